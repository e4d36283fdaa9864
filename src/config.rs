//! Settings: as typed (command line, `MATCHA_…`, `matcha.toml`), then validated. The only place that reads the
//! environment is here and in `cli`, through clap.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use ipnet::IpNet;
use serde::Deserialize;

use crate::domain::adapter::{Adapter, Adapters};
use crate::domain::money::Fen;

/// The settings as typed. The command line wins over the environment, the environment over the file.
#[derive(Args, Clone, Debug, Default)]
pub struct RawConfig {
    /// The folder with the database, the keys and the owner's rules [default: ./data]
    #[arg(long, env = "MATCHA_DATA", value_name = "DIR", global = true)]
    pub data: Option<PathBuf>,
    /// The settings file [default: matcha.toml in the data folder, if there is one]
    #[arg(long, env = "MATCHA_CONFIG", value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
}

/// The settings of a server as typed.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawServe {
    /// Where to listen [default: 127.0.0.1:8080]
    #[arg(long, env = "MATCHA_LISTEN", value_name = "ADDR")]
    pub listen: Option<String>,
    /// Where readers and phones reach the server [default: http:// and the listen address]
    #[arg(long, env = "MATCHA_BASE_URL", value_name = "URL")]
    pub base_url: Option<String>,
    /// Networks that may say where a request came from, in X-Forwarded-For [default: 127.0.0.0/8, ::1/128]
    #[arg(long, env = "MATCHA_TRUSTED_PROXIES", value_name = "NET,NET", value_delimiter = ',')]
    pub trusted_proxies: Option<Vec<String>>,
    /// Live orders one address block may have [default: 20]
    #[arg(long, env = "MATCHA_LIVE_ORDERS_PER_ADDRESS", value_name = "N")]
    pub live_orders_per_address: Option<i64>,
    /// How much one day (in China) may transfer to people through the official API, in yuan [default: 0, none]
    #[arg(long, env = "MATCHA_TRANSFER_DAILY_MAX", value_name = "YUAN")]
    pub transfer_daily_max: Option<String>,
    /// Answer the endpoints of the original article (/v1/Pay/…) [default: false]
    #[arg(long, env = "MATCHA_ARTICLE_ADAPTER", value_name = "BOOL")]
    pub article_adapter: Option<bool>,
    /// Take the pushes of V免签's phone app (/appHeart, /appPush) [default: false]
    #[arg(long, env = "MATCHA_VMQ_ADAPTER", value_name = "BOOL")]
    pub vmq_adapter: Option<bool>,
    /// Take SmsForwarder's webhook (/in/smsforwarder/…) [default: false]
    #[arg(long, env = "MATCHA_SMSFORWARDER_ADAPTER", value_name = "BOOL")]
    pub smsforwarder_adapter: Option<bool>,
    /// Take receiptnotice's pushes (/in/receiptnotice/…) [default: false]
    #[arg(long, env = "MATCHA_RECEIPTNOTICE_ADAPTER", value_name = "BOOL")]
    pub receiptnotice_adapter: Option<bool>,
    /// Take texts that Tasker, MacroDroid or Shortcuts post (/in/text/…) [default: false]
    #[arg(long, env = "MATCHA_TEXT_ADAPTER", value_name = "BOOL")]
    pub text_adapter: Option<bool>,
    /// How the log is written: text or json [default: text]
    #[arg(long, env = "MATCHA_LOG_FORMAT", value_name = "FORMAT")]
    pub log_format: Option<String>,
}

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the settings file {path} could not be read: {source}")]
    File {
        /// Which file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not right.
    #[error("the settings file {path} is not right: {message}")]
    Toml {
        /// Which file.
        path: String,
        /// Where and why.
        message: String,
    },
    /// A value is not right.
    #[error("{name} = {value:?} is not right: {why}")]
    Value {
        /// Which setting.
        name: &'static str,
        /// What was typed.
        value: String,
        /// What would be right.
        why: &'static str,
    },
}

/// The validated settings of a server.
#[derive(Clone, Debug)]
pub struct ServeConfig {
    /// The data folder.
    pub data: PathBuf,
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where readers and phones reach the server, if it was said; no trailing slash.
    pub base_url: Option<String>,
    /// Who may say where a request came from.
    pub trusted_proxies: Vec<IpNet>,
    /// Live orders one address block may have.
    pub live_orders_per_address: i64,
    /// How much one day may transfer to people.
    pub transfer_daily_max: Fen,
    /// What else is spoken with phones and pages.
    pub adapters: Adapters,
    /// Log as JSON.
    pub log_json: bool,
}

impl RawConfig {
    /// The data folder.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.data.clone().unwrap_or_else(|| PathBuf::from("data"))
    }

    /// The settings in the file; none where there is no file and none was named.
    ///
    /// # Errors
    /// [`ConfigError::File`], [`ConfigError::Toml`] with line and column.
    pub fn file(&self) -> Result<RawServe, ConfigError> {
        let named = self.config.is_some();
        let path = self.config.clone().unwrap_or_else(|| self.data().join("matcha.toml"));
        match std::fs::read_to_string(&path) {
            Ok(text) => toml::from_str(&text).map_err(|error| ConfigError::Toml {
                path: path.display().to_string(),
                message: error.to_string().trim().to_owned(),
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !named => Ok(RawServe::default()),
            Err(source) => Err(ConfigError::File { path: path.display().to_string(), source }),
        }
    }
}

impl RawServe {
    /// These settings where they are given, else those of `file`.
    #[must_use]
    pub fn or(self, file: RawServe) -> RawServe {
        RawServe {
            listen: self.listen.or(file.listen),
            base_url: self.base_url.or(file.base_url),
            trusted_proxies: self.trusted_proxies.or(file.trusted_proxies),
            live_orders_per_address: self.live_orders_per_address.or(file.live_orders_per_address),
            transfer_daily_max: self.transfer_daily_max.or(file.transfer_daily_max),
            article_adapter: self.article_adapter.or(file.article_adapter),
            vmq_adapter: self.vmq_adapter.or(file.vmq_adapter),
            smsforwarder_adapter: self.smsforwarder_adapter.or(file.smsforwarder_adapter),
            receiptnotice_adapter: self.receiptnotice_adapter.or(file.receiptnotice_adapter),
            text_adapter: self.text_adapter.or(file.text_adapter),
            log_format: self.log_format.or(file.log_format),
        }
    }

    /// Checks and completes.
    ///
    /// # Errors
    /// [`ConfigError::Value`] names the setting and what would be right.
    pub fn resolve(self, data: &Path) -> Result<ServeConfig, ConfigError> {
        let listen = self.listen.unwrap_or_else(|| "127.0.0.1:8080".to_owned());
        let wrong = |name, value: &str, why| ConfigError::Value { name, value: value.to_owned(), why };
        let address =
            listen.parse().map_err(|_| wrong("listen", &listen, "an address and port, 127.0.0.1:8080"))?;
        let base_url = match self.base_url {
            Some(url) if url.starts_with("https://") || url.starts_with("http://") => {
                Some(url.trim_end_matches('/').to_owned())
            }
            Some(url) => return Err(wrong("base_url", &url, "http:// or https:// and a host")),
            None => None,
        };
        let proxies =
            self.trusted_proxies.unwrap_or_else(|| vec!["127.0.0.0/8".to_owned(), "::1/128".to_owned()]);
        let net = |text: &String| {
            let text = text.trim();
            text.parse::<IpNet>()
                .or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from))
                .map_err(|_| wrong("trusted_proxies", text, "addresses or networks, 10.0.0.0/8"))
        };
        let trusted_proxies =
            proxies.iter().filter(|t| !t.trim().is_empty()).map(net).collect::<Result<_, _>>()?;
        let live = self.live_orders_per_address.unwrap_or(crate::limits::LIVE_ORDERS_PER_ADDRESS_DEFAULT);
        if live < 1 {
            return Err(wrong("live_orders_per_address", &live.to_string(), "1 or more"));
        }
        let daily_max = self.transfer_daily_max.unwrap_or_else(|| "0".to_owned());
        let transfer_daily_max = Fen::parse(&daily_max)
            .map_err(|_| wrong("transfer_daily_max", &daily_max, "an amount in yuan, 200.00"))?;
        let format = self.log_format.unwrap_or_else(|| "text".to_owned());
        let log_json = match format.as_str() {
            "text" => false,
            "json" => true,
            _ => return Err(wrong("log_format", &format, "text or json")),
        };
        let adapters = [
            (Adapter::Article, self.article_adapter),
            (Adapter::Vmq, self.vmq_adapter),
            (Adapter::Smsforwarder, self.smsforwarder_adapter),
            (Adapter::Receiptnotice, self.receiptnotice_adapter),
            (Adapter::Text, self.text_adapter),
        ];
        let adapters = adapters.into_iter().filter(|(_, on)| *on == Some(true)).map(|(a, _)| a).collect();
        Ok(ServeConfig {
            data: data.to_owned(),
            listen: address,
            base_url,
            trusted_proxies,
            live_orders_per_address: live,
            transfer_daily_max,
            adapters,
            log_json,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_configured_listens_on_this_machine_only() {
        let config = RawServe::default().resolve(Path::new("data")).unwrap();
        assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
        assert_eq!((config.adapters, config.base_url), (Adapters::default(), None));
    }

    #[test]
    fn what_is_typed_wins_over_the_file() {
        let typed = RawServe { listen: Some("0.0.0.0:1".to_owned()), ..RawServe::default() };
        let file: RawServe =
            toml::from_str("listen = \"0.0.0.0:2\"\nbase_url = \"https://pay.example/\"").unwrap();
        let config = typed.or(file).resolve(Path::new("data")).unwrap();
        assert_eq!(config.listen.port(), 1);
        assert_eq!(config.base_url.as_deref(), Some("https://pay.example"));
    }

    #[test]
    fn an_adapter_is_on_where_it_was_switched_on() {
        let all =
            [Adapter::Article, Adapter::Vmq, Adapter::Smsforwarder, Adapter::Receiptnotice, Adapter::Text];
        for adapter in all {
            let file: RawServe = toml::from_str(&format!("{} = true", adapter.setting())).unwrap();
            let config = file.resolve(Path::new("data")).unwrap();
            assert_eq!(config.adapters, Adapters::from_iter([adapter]));
        }
    }

    #[test]
    fn a_wrong_value_is_named() {
        for (raw, name) in [
            (RawServe { listen: Some("localhost".to_owned()), ..RawServe::default() }, "listen"),
            (RawServe { base_url: Some("pay.example".to_owned()), ..RawServe::default() }, "base_url"),
            (
                RawServe { trusted_proxies: Some(vec!["x".to_owned()]), ..RawServe::default() },
                "trusted_proxies",
            ),
            (RawServe { live_orders_per_address: Some(0), ..RawServe::default() }, "live_orders_per_address"),
            (RawServe { log_format: Some("xml".to_owned()), ..RawServe::default() }, "log_format"),
        ] {
            let error = raw.resolve(Path::new("data")).unwrap_err().to_string();
            assert!(error.starts_with(name), "{error}");
        }
        assert!(toml::from_str::<RawServe>("lisen = \"x\"").is_err(), "an unknown key is refused");
    }
}
