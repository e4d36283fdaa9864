//! One integration binary: the real router, the real store, a clock that tests move.

mod flows;
mod fuzz;
mod world;
