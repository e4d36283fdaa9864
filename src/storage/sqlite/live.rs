//! Who has how many pending orders, in the writer's memory.
//!
//! The two questions are asked for every order, and their keys are hashes: an index of either would touch another page
//! for each order that begins and for each that ends. The table is the truth; this is read from it when it is first
//! asked, kept up by the verbs, and forgotten with the rest of the writer's memory.

use std::cell::RefCell;
use std::collections::HashMap;

use rusqlite::Connection;

use super::sql::all;
use crate::domain::id::OrderId;
use crate::domain::order::{Order, OrderStatus};
use crate::domain::time::Timestamp;
use crate::storage::verbs::Result;

/// Pending orders and when their windows end.
type Orders = Vec<(OrderId, Timestamp)>;

#[derive(Default)]
struct Pending {
    readers: HashMap<i64, Orders>,
    addresses: HashMap<i64, Orders>,
}

/// The pending orders by reader and by address block; nothing while they were not asked for.
#[derive(Default)]
pub(super) struct Live(RefCell<Option<Pending>>);

/// Whose orders are counted.
#[derive(Clone, Copy)]
pub(super) enum Of {
    Reader(i64),
    Address(i64),
}

impl Pending {
    fn read(conn: &Connection) -> Result<Pending> {
        let sql = "SELECT id, reader, address, expires_at FROM orders WHERE status = 'pending'";
        let rows = all(conn, sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
        let mut pending = Pending::default();
        for (id, reader, address, expires_at) in rows {
            pending.add(id, reader, address, expires_at);
        }
        Ok(pending)
    }

    fn add(&mut self, id: OrderId, reader: Option<i64>, address: i64, expires_at: Timestamp) {
        if let Some(reader) = reader {
            self.readers.entry(reader).or_default().push((id, expires_at));
        }
        self.addresses.entry(address).or_default().push((id, expires_at));
    }

    fn remove(&mut self, id: OrderId, reader: Option<i64>, address: i64) {
        let from = |orders: &mut HashMap<i64, Orders>, key: i64| {
            if let Some(some) = orders.get_mut(&key) {
                some.retain(|(order, _)| *order != id);
                if some.is_empty() {
                    orders.remove(&key);
                }
            }
        };
        if let Some(reader) = reader {
            from(&mut self.readers, reader);
        }
        from(&mut self.addresses, address);
    }
}

impl Live {
    /// How many orders whose window is open at `now` somebody has.
    pub(super) fn count(&self, conn: &Connection, of: Of, now: Timestamp) -> Result<i64> {
        let mut known = self.0.borrow_mut();
        if known.is_none() {
            *known = Some(Pending::read(conn)?);
        }
        let orders = known.as_ref().and_then(|pending| match of {
            Of::Reader(reader) => pending.readers.get(&reader),
            Of::Address(address) => pending.addresses.get(&address),
        });
        let open = orders.map_or(0, |some| some.iter().filter(|(_, until)| *until > now).count());
        Ok(i64::try_from(open).unwrap_or(i64::MAX))
    }

    /// An order came in.
    pub(super) fn came(&mut self, order: &Order) {
        if let Some(pending) = self.0.get_mut().as_mut().filter(|_| order.status == OrderStatus::Pending) {
            pending.add(order.id, order.reader, order.address, order.expires_at);
        }
    }

    /// An order of this reader and address block was changed.
    pub(super) fn changed(&mut self, order: &Order, reader: Option<i64>, address: i64) {
        if let Some(pending) = self.0.get_mut() {
            pending.remove(order.id, reader, address);
            if order.status == OrderStatus::Pending {
                pending.add(order.id, reader, address, order.expires_at);
            }
        }
    }
}
