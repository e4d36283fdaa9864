//! One integration binary: the real router, the real store, a clock that tests move; and the real binary in the parts
//! `binary`, `browser` and `crash`.

// Each part is marked as a test, so that its helpers may unwrap and panic as tests do.
#[cfg(test)]
mod alipay;
#[cfg(test)]
mod app;
#[cfg(test)]
mod binary;
#[cfg(test)]
mod books;
#[cfg(test)]
mod browser;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod flows;
#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod gateway;
#[cfg(test)]
mod model;
#[cfg(test)]
mod official;
#[cfg(test)]
mod routes;
#[cfg(test)]
mod sim;
#[cfg(test)]
mod subscriptions;
#[cfg(test)]
mod tidy;
#[cfg(test)]
mod world;
