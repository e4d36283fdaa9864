//! Whole units of work: all or nothing, once, durable, and alone.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::mpsc;
use std::task::Poll;

use tokio::sync::oneshot;

use super::rows::{DEVICE, fen, furnished, hold, notice, order, put_order, read, write};
use crate::domain::id::OrderId;
use crate::domain::order::OrderStatus;
use crate::storage::verbs::{Inserted, WriteTx};
use crate::storage::{Error, Store, Trouble};

type Written<T> = Pin<Box<dyn Future<Output = Result<T, Error>>>>;

/// Hands a unit to the writer without waiting for its end: it stands in the queue when this returns.
async fn queue<T, F>(store: &Store, unit: F) -> Written<T>
where
    F: FnMut(&mut dyn WriteTx) -> Result<T, Error> + Send + 'static,
    T: Send + 'static,
{
    let store = store.clone();
    let mut written: Written<T> =
        Box::pin(tokio::task::unconstrained(async move { store.write::<T, Error, F>(unit).await }));
    let early = poll_once(&mut written).await;
    assert!(early.is_none(), "a unit is not answered before the writer ran it");
    written
}

async fn poll_once<T>(future: &mut (impl Future<Output = T> + Unpin)) -> Option<T> {
    std::future::poll_fn(|cx| match Pin::new(&mut *future).poll(cx) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

/// A unit that keeps the writer busy, so that others gather behind it, until it is let go.
struct Block {
    go: mpsc::Sender<()>,
    done: Written<()>,
}

impl Block {
    async fn put(store: &Store) -> Block {
        let (go, wait) = mpsc::channel();
        let (running, is_running) = oneshot::channel();
        let mut running = Some(running);
        let done = queue(store, move |_| {
            running.take().map(|running| running.send(()).ok());
            wait.recv().map_err(|_| Error::Closed)
        })
        .await;
        is_running.await.unwrap();
        Block { go, done }
    }

    async fn lift(self) {
        self.go.send(()).unwrap();
        self.done.await.unwrap();
    }
}

async fn orders(store: &Store) -> Vec<i64> {
    let page = crate::storage::verbs::Page { before: None, limit: 1000 };
    let mut found =
        read(store, move |tx| tx.orders(&crate::storage::verbs::OrderFilter::default(), page)).await;
    found.reverse();
    found.iter().map(|o| o.id.raw() - 1000).collect()
}

pub(crate) async fn a_unit_that_fails_leaves_nothing_behind(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    let failed: Result<(), Error> = store
        .write(|tx| {
            put_order(tx, 1)?;
            assert_eq!(tx.insert_notice(&notice(1))?, Inserted::Yes);
            Err(Error::Unreadable { what: "test" })
        })
        .await;
    assert!(matches!(failed, Err(Error::Unreadable { what: "test" })), "the unit's own error comes back");
    assert_eq!(orders(&store).await, [] as [i64; 0]);
    let counted = read(&store, |tx| tx.census()).await;
    assert_eq!((counted.holds_live, counted.counts.iter().map(|(_, rows)| rows).sum::<i64>()), (0, 0));
}

pub(crate) async fn a_unit_that_panics_leaves_nothing_behind(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    let panicked: Result<(), Error> = store
        .write(|tx| {
            put_order(tx, 1)?;
            panic!("as a test of the storage")
        })
        .await;
    assert!(matches!(panicked, Err(Error::Panicked)));
    assert_eq!(orders(&store).await, [] as [i64; 0]);
    write(&store, |tx| put_order(tx, 2)).await;
    assert_eq!(orders(&store).await, [2], "the writer goes on");
}

pub(crate) async fn neighbours_in_one_group_do_not_share_a_failure(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    let block = Block::put(&store).await;
    let first = queue(&store, |tx| put_order(tx, 1)).await;
    let failing = queue(&store, |tx| {
        put_order(tx, 2)?;
        Err::<(), Error>(Error::Closed)
    })
    .await;
    let panicking: Written<()> = queue(&store, |tx| {
        put_order(tx, 3)?;
        panic!("as a test of the storage")
    })
    .await;
    let last = queue(&store, |tx| put_order(tx, 4)).await;
    block.lift().await;
    assert!(first.await.is_ok() && last.await.is_ok());
    assert!(matches!(failing.await, Err(Error::Closed)));
    assert!(matches!(panicking.await, Err(Error::Panicked)));
    assert_eq!(orders(&store).await, [1, 4]);
}

pub(crate) async fn a_caller_that_goes_away_does_not_cut_its_unit(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    let block = Block::put(&store).await;
    let waiting = queue(&store, |tx| put_order(tx, 1)).await;
    drop(waiting);
    let (half, is_half) = oneshot::channel();
    let mut half = Some(half);
    let (go, wait) = mpsc::channel::<()>();
    let running = queue(&store, move |tx| {
        assert_eq!(tx.insert_order(&order(2), &hold(2, 102))?, Inserted::Yes);
        half.take().map(|half| half.send(()).ok());
        wait.recv().map_err(|_| Error::Closed)?;
        assert_eq!(tx.insert_notice(&notice(2))?, Inserted::Yes);
        Ok(())
    })
    .await;
    block.lift().await;
    is_half.await.unwrap();
    drop(running);
    go.send(()).unwrap();
    write(&store, |tx| put_order(tx, 3)).await;
    assert_eq!(orders(&store).await, [1, 2, 3]);
    let kept =
        read(&store, |tx| tx.notices(None, None, crate::storage::verbs::Page { before: None, limit: 9 }))
            .await;
    assert_eq!(kept.len(), 1, "its second half too");
}

pub(crate) async fn what_was_answered_survives_a_restart(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    write(&store, |tx| put_order(tx, 1)).await;
    // The old process is still there: nothing was closed in good order.
    let second = open();
    assert_eq!(orders(&second).await, [1]);
    drop(store);
    write(&second, |tx| put_order(tx, 2)).await;
    drop(second);
    assert_eq!(orders(&open()).await, [1, 2]);
}

pub(crate) async fn a_unit_sees_what_those_before_it_in_the_group_wrote(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    let block = Block::put(&store).await;
    let hold_same = |n: i64| move |tx: &mut dyn WriteTx| tx.insert_order(&order(n), &hold(n, 100));
    let (first, second) = (queue(&store, hold_same(1)).await, queue(&store, hold_same(2)).await);
    let taken = queue(&store, |tx| tx.taken(super::rows::ACCOUNT, fen(1), fen(200))).await;
    block.lift().await;
    assert_eq!((first.await.unwrap(), second.await.unwrap()), (Inserted::Yes, Inserted::Conflict));
    assert_eq!(taken.await.unwrap().len(), 1);
}

pub(crate) async fn many_waiting_units_share_one_commit(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    // Counted on the writer's own thread, between groups: what came before is counted, what comes after is not.
    let counted = |store: &Store| {
        let counting = store.clone();
        let store = store.clone();
        async move { write(&store, move |_| Ok(counting.writer_stats())).await }
    };
    let before = counted(&store).await;
    let block = Block::put(&store).await;
    let mut waiting = Vec::new();
    for n in 0..100 {
        waiting.push(queue(&store, move |tx| put_order(tx, n)).await);
    }
    block.lift().await;
    for written in waiting {
        written.await.unwrap();
    }
    let after = counted(&store).await;
    // Besides the block and the hundred, the unit that took the first count is in the difference.
    assert_eq!((after.units - before.units, after.commits - before.commits), (102, 3));
    assert_eq!(after.largest_batch, 100);
    assert_eq!(orders(&store).await.len(), 100);
}

pub(crate) async fn a_read_sees_one_snapshot(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    write(&store, |tx| put_order(tx, 1)).await;
    let (looked, has_looked) = oneshot::channel();
    let (go, wait) = mpsc::channel::<()>();
    let reading = store.read::<_, Error, _>(move |tx| {
        let look = |n: i64| tx.order(OrderId::from_raw(1000 + n)).map(|o| o.map(|o| o.status));
        let before = (look(1)?, look(2)?);
        looked.send(()).ok();
        wait.recv().map_err(|_| Error::Closed)?;
        Ok((before, (look(1)?, look(2)?)))
    });
    let mut reading = pin!(reading);
    assert!(poll_once(&mut reading).await.is_none());
    has_looked.await.unwrap();
    write(&store, |tx| {
        put_order(tx, 2)?;
        tx.update_order(&crate::domain::order::Order { status: OrderStatus::Cancelled, ..order(1) })
    })
    .await;
    go.send(()).unwrap();
    let (before, after) = reading.await.unwrap();
    assert_eq!(before, (Some(OrderStatus::Pending), None));
    assert_eq!(after, before);
    assert_eq!(orders(&store).await, [1, 2], "the next read sees the news");
}

pub(crate) async fn a_read_waits_for_no_unit(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    write(&store, |tx| put_order(tx, 1)).await;
    let block = Block::put(&store).await;
    let waiting = queue(&store, |tx| put_order(tx, 2)).await;
    assert_eq!(orders(&store).await, [1]);
    block.lift().await;
    waiting.await.unwrap();
    assert_eq!(orders(&store).await, [1, 2]);
}

pub(crate) async fn a_read_may_fail_and_the_next_one_works(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    for _ in 0..20 {
        let failed: Result<(), Error> = store.read(|_| Err(Error::Unreadable { what: "test" })).await;
        assert!(matches!(failed, Err(Error::Unreadable { what: "test" })));
    }
    assert_eq!(orders(&store).await, [] as [i64; 0]);
}

fn cancelled(n: i64) -> crate::domain::order::Order {
    crate::domain::order::Order { status: OrderStatus::Cancelled, ..order(n) }
}

pub(crate) async fn changes_are_announced_after_the_commit(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    write(&store, |tx| put_order(tx, 1)).await;
    let mut watch = store.changes().watch(order(1).id);
    let (changed, has_changed) = oneshot::channel();
    let mut changed = Some(changed);
    let (go, wait) = mpsc::channel::<()>();
    let writing = queue(&store, move |tx| {
        assert!(tx.update_order(&cancelled(1))?);
        changed.take().map(|changed| changed.send(()).ok());
        wait.recv().map_err(|_| Error::Closed)
    })
    .await;
    has_changed.await.unwrap();
    let mut hint = Box::pin(watch.changed());
    assert!(poll_once(&mut hint).await.is_none(), "written, but not committed");
    go.send(()).unwrap();
    hint.await;
    let seen = read(&store, |tx| tx.order(order(1).id)).await;
    assert_eq!(
        seen.map(|o| (o.status, o.version)),
        Some((OrderStatus::Cancelled, 2)),
        "the row was there first"
    );
    writing.await.unwrap();
}

pub(crate) async fn what_was_rolled_back_is_not_announced(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    write(&store, |tx| {
        put_order(tx, 1)?;
        put_order(tx, 2)
    })
    .await;
    let (mut first, mut second) = (store.changes().watch(order(1).id), store.changes().watch(order(2).id));
    let block = Block::put(&store).await;
    let failing = queue(&store, |tx| {
        assert!(tx.update_order(&cancelled(1))?);
        Err::<(), Error>(Error::Closed)
    })
    .await;
    let stale =
        queue(&store, |tx| tx.update_order(&crate::domain::order::Order { version: 9, ..cancelled(1) }))
            .await;
    let good = queue(&store, |tx| tx.update_order(&cancelled(2))).await;
    block.lift().await;
    assert!(failing.await.is_err() && !stale.await.unwrap() && good.await.unwrap());
    // Hints of one group are sent together: when the second's is here, the first's would be too.
    second.changed().await;
    let mut hint = Box::pin(first.changed());
    assert!(poll_once(&mut hint).await.is_none());
}

pub(crate) async fn a_probe_meets_the_disk(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    let before = store.writer_stats().units;
    store.probe().await.unwrap();
    write(&store, |_| Ok(())).await;
    assert!(store.writer_stats().units > before);
    assert_eq!(store.trouble(), None::<Trouble>);
}

pub(crate) async fn a_copy_of_a_database_in_use_is_whole(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    write(&store, |tx| put_order(tx, 1)).await;
    let block = Block::put(&store).await;
    let waiting = queue(&store, |tx| put_order(tx, 2)).await;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("copy.db");
    store.backup_to(path.clone()).await.unwrap();
    assert!(std::fs::metadata(&path).unwrap().len() > 0);
    block.lift().await;
    waiting.await.unwrap();
    let (device, kept) = (DEVICE, orders(&store).await);
    assert_eq!(kept, [1, 2], "the copy disturbed nobody");
    assert!(read(&store, move |tx| tx.device(device)).await.is_some());
}
