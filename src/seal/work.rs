//! The same work for many files, on a few threads.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::limits;

/// Is told how many of how many are done.
pub type Progress<'a> = &'a (dyn Fn(usize, usize) + Sync);

/// `work` of each item, in the order of the items.
///
/// # Errors
/// The first error in that order; items that nobody has begun by then are left.
pub fn each<T: Sync, R: Send, E: Send>(
    items: &[T],
    progress: Progress<'_>,
    work: impl Fn(&T) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads = threads.min(limits::SEAL_THREADS_MAX).min(items.len().max(1));
    let (next, done, failed) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let run = || {
        let mut results = Vec::new();
        while failed.load(Ordering::Relaxed) == 0 {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { break };
            let result = work(item);
            if result.is_err() {
                failed.fetch_add(1, Ordering::Relaxed);
            }
            results.push((index, result));
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, items.len());
        }
        results
    };
    let mut all: Vec<(usize, Result<R, E>)> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(run)).collect();
        let mut all = run();
        for other in others {
            match other.join() {
                Ok(results) => all.extend(results),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    });
    all.sort_by_key(|(index, _)| *index);
    all.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_their_order_and_a_failure_is_told() {
        let items: Vec<usize> = (0..1000).collect();
        let seen = AtomicUsize::new(0);
        let progress = |_: usize, _: usize| {
            seen.fetch_add(1, Ordering::Relaxed);
        };
        let doubled: Result<Vec<usize>, ()> = each(&items, &progress, |n| Ok(n * 2));
        assert_eq!(doubled.unwrap(), items.iter().map(|n| n * 2).collect::<Vec<_>>());
        assert_eq!(seen.load(Ordering::Relaxed), 1000);
        let failed: Result<Vec<()>, usize> =
            each(&items, &progress, |n| if *n == 7 { Err(*n) } else { Ok(()) });
        assert_eq!(failed, Err(7));
        let none: Result<Vec<()>, ()> = each(&[] as &[u8], &progress, |_| Ok(()));
        assert_eq!(none, Ok(vec![]));
    }
}
