//! Runs a piece of work that may panic and turns the panic into a value.
//!
//! Knows nothing about what it runs. Meant for decoders of hostile input only: our own code returns errors.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// What `work` returned, or `None` if it panicked.
///
/// The libraries that read codes and pictures index and multiply with what the picture says (rqrr asserts that
/// projected corners fit an `i32`), and `overflow-checks` stay on in release. A picture that trips over this is
/// unreadable, not a reason to lose the request. The panic hook still runs, so that it is seen in the log.
pub(super) fn contain<T>(work: impl FnOnce() -> T) -> Option<T> {
    // Nothing that `work` borrows is used after a panic: every caller drops it with the `None`.
    catch_unwind(AssertUnwindSafe(work)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_none() {
        assert_eq!(contain(|| 7), Some(7));
        assert_eq!(contain(|| std::panic::resume_unwind(Box::new("hostile"))), None::<u8>);
    }
}
