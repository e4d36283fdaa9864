//! What handlers are handed.

use std::ops::Deref;
use std::sync::Arc;

use ipnet::IpNet;
use tokio::sync::watch;

use super::assets::Assets;
use super::cors::Origins;
use super::metrics::Metrics;
use crate::app::App;
use crate::domain::adapter::Adapters;

/// The settings that concern HTTP.
#[derive(Clone, Debug)]
pub struct WebConfig {
    /// Where readers and phones reach the server; no trailing slash.
    pub base_url: String,
    /// Who may say where a request came from (`X-Forwarded-For`).
    pub trusted_proxies: Vec<IpNet>,
    /// What else is spoken with phones and pages.
    pub adapters: Adapters,
    /// Serve the demo's blog and phone; the demo's own secret parts.
    pub demo: Option<Demo>,
}

/// What the demo's pages need.
#[derive(Clone, Debug)]
pub struct Demo {
    /// The phone that the demo page speaks for.
    pub device: crate::domain::id::DeviceId,
    /// The demo's site.
    pub site: String,
    /// The demo's article.
    pub product: String,
    /// The page of the simulated Alipay wallet, where there is one.
    pub wallet: Option<String>,
}

/// The state of the router: one counted reference, because each layer and each request clones it.
#[derive(Clone)]
pub struct Web(Arc<Parts>);

/// What [`Web`] refers to.
pub struct Parts {
    /// The parts of Matcha.
    pub app: App,
    /// The settings.
    pub config: WebConfig,
    /// Embedded files.
    pub assets: Assets,
    /// Which browser origins are known.
    pub origins: Origins,
    /// Counters.
    pub metrics: Metrics,
    /// How many uploaded pictures may be decoded at once: one takes up to 200 MiB for a moment.
    pub uploads: Arc<tokio::sync::Semaphore>,
    /// Turns true when the server stops: streams end then.
    pub stopping: watch::Receiver<bool>,
}

impl Web {
    /// Wires the parts; `stopping` turns true when the server stops.
    #[must_use]
    pub fn new(app: App, config: WebConfig, stopping: watch::Receiver<bool>) -> Web {
        Web(Arc::new(Parts {
            app,
            config,
            assets: Assets::embedded(),
            origins: Origins::default(),
            metrics: Metrics::new(),
            uploads: Arc::new(tokio::sync::Semaphore::new(1)),
            stopping,
        }))
    }
}

impl Deref for Web {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
