//! One integration binary: the real router, the real store, a clock that tests move.

// Each part is marked as a test, so that its helpers may unwrap and panic as tests do.
#[cfg(test)]
mod app;
#[cfg(test)]
mod flows;
#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod routes;
#[cfg(test)]
mod world;
