//! The real binary and a real browser: a reader buys on the demo's blog, the demo's phone hears the money.
//!
//! [`demo`] runs `matcha demo`, [`chrome`] runs Chromium, [`people`] are who sits in front of it: a reader and the owner
//! with the phone. Every wait is for a thing that can be seen, with a deadline; whatever the browser complains about on
//! its console (a script error, a violated policy, a request that failed) fails the test, unless the test expects it.

mod blog;
mod chrome;
mod demo;
mod people;

mod abroad;
mod accessible;
mod blogs;
mod dialog;
mod kinds;
mod noscript;
mod official;
mod page;
mod pictures;
mod rights;
mod sale;
mod wallets;

use std::time::Duration;

/// How long anything may take before it counts as not happening; generous, because only failures wait so long.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often a thing is looked at while it is waited for.
const GLANCE: Duration = Duration::from_millis(50);

/// Looks until there is something to see; nothing if there never is.
async fn look_for<T>(mut look: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let looking = async {
        loop {
            if let Some(seen) = look().await {
                return seen;
            }
            tokio::time::sleep(GLANCE).await;
        }
    };
    tokio::time::timeout(PATIENCE, looking).await.ok()
}

/// A client for plain HTTP on this machine.
fn http() -> reqwest::Client {
    // A client cannot be built without a provider of TLS, even where it will never speak any.
    drop(rustls::crypto::ring::default_provider().install_default());
    reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap()
}

/// The lines a child process prints, read beside the test so that the child never blocks.
fn lines_of(child: &mut std::process::Child) -> tokio::sync::mpsc::UnboundedReceiver<String> {
    use std::io::BufRead as _;
    let (tell, lines) = tokio::sync::mpsc::unbounded_channel();
    let out = child.stdout.take().expect("its stdout is a pipe");
    std::thread::spawn(move || {
        for line in std::io::BufReader::new(out).lines().map_while(Result::ok) {
            drop(tell.send(line));
        }
    });
    lines
}
