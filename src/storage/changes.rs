//! Hints that a row changed, for whoever keeps a stream open.
//!
//! A hint says "look again", nothing more: it carries no state, may come twice, and is sent after the commit.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use crate::domain::id::OrderId;

/// Where changes of orders are announced; cheap to clone.
#[derive(Clone, Default, Debug)]
pub struct Changes(Arc<Mutex<HashMap<OrderId, watch::Sender<()>>>>);

/// A subscription to one order; ends when dropped.
#[derive(Debug)]
pub struct Watch {
    changes: Changes,
    order: OrderId,
    receiver: watch::Receiver<()>,
}

impl Changes {
    /// Tells those who watch `order` to look again.
    pub fn announce(&self, order: OrderId) {
        let watched = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = watched.get(&order) {
            sender.send_replace(());
        }
    }

    /// Watches `order`. Subscribe first and read the row then, or a change in between is missed.
    #[must_use]
    pub fn watch(&self, order: OrderId) -> Watch {
        let mut watched = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let receiver = match watched.get(&order) {
            Some(sender) => sender.subscribe(),
            None => {
                let (sender, receiver) = watch::channel(());
                watched.insert(order, sender);
                receiver
            }
        };
        Watch { changes: self.clone(), order, receiver }
    }

    /// How many orders are watched.
    #[must_use]
    pub fn watched(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl Watch {
    /// Waits for the next hint.
    pub async fn changed(&mut self) {
        // The sender lives in the map for as long as this subscription does; were it gone, waiting for ever would be
        // right: the heartbeat and the end of the stream are timed by the caller.
        if self.receiver.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut watched = self.changes.0.lock().unwrap_or_else(PoisonError::into_inner);
        if watched.get(&self.order).is_some_and(|sender| sender.receiver_count() <= 1) {
            watched.remove(&self.order);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_watch_hears_its_order_and_leaves_nothing_behind() {
        let changes = Changes::default();
        let order = OrderId::from_raw(1);
        let mut first = changes.watch(order);
        let second = changes.watch(order);
        changes.announce(OrderId::from_raw(2));
        assert!(!first.receiver.has_changed().unwrap());
        changes.announce(order);
        first.changed().await;
        drop(second);
        assert_eq!(changes.watched(), 1);
        drop(first);
        assert_eq!(changes.watched(), 0);
    }
}
