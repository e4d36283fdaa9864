//! Which gateway an account speaks to.

/// Where calls go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Gateway {
    /// Alipay's.
    Production,
    /// Alipay's, with play money.
    Sandbox,
    /// Another address: a simulator, or a sandbox of before.
    Own(reqwest::Url),
}

/// A gateway that is neither `production` nor `sandbox` nor a usable address.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a gateway is production, sandbox, or an address with https (http only on this machine)")]
pub struct GatewayError;

impl Gateway {
    /// Reads `production`, `sandbox` or an address. `http` is taken only for this machine itself, because what is sent
    /// says who bought what.
    ///
    /// # Errors
    /// [`GatewayError`].
    pub fn parse(text: &str) -> Result<Gateway, GatewayError> {
        match text.trim() {
            "production" | "https://openapi.alipay.com/gateway.do" => Ok(Gateway::Production),
            "sandbox" | "https://openapi-sandbox.dl.alipaydev.com/gateway.do" => Ok(Gateway::Sandbox),
            address => {
                let url = reqwest::Url::parse(address).map_err(|_| GatewayError)?;
                let here = match url.host_str() {
                    Some("localhost") => true,
                    Some(host) => {
                        let host = host.trim_start_matches('[').trim_end_matches(']');
                        host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
                    }
                    None => return Err(GatewayError),
                };
                let safe = url.scheme() == "https" || (url.scheme() == "http" && here);
                let secret = !url.username().is_empty() || url.password().is_some();
                let plain = url.query().is_none() && url.fragment().is_none() && !secret;
                if safe && plain { Ok(Gateway::Own(url)) } else { Err(GatewayError) }
            }
        }
    }

    /// The address, without a query.
    #[must_use]
    pub fn url(&self) -> &str {
        match self {
            Gateway::Production => "https://openapi.alipay.com/gateway.do",
            Gateway::Sandbox => "https://openapi-sandbox.dl.alipaydev.com/gateway.do",
            Gateway::Own(url) => url.as_str(),
        }
    }

    /// The name or address, as [`Gateway::parse`] reads it.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Gateway::Production => "production",
            Gateway::Sandbox => "sandbox",
            Gateway::Own(url) => url.as_str(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gateway_is_a_name_or_a_safe_address() {
        for (text, good) in [
            ("production", true),
            (" sandbox ", true),
            ("https://gateway.example/x", true),
            ("http://localhost:1/gateway.do", true),
            ("http://[::1]:1/gateway.do", true),
            ("http://10.0.0.1/gateway.do", false),
            ("http://127.0.0.1.example.com/", false),
            ("https://gateway.example/x?charset=gbk", false),
            ("https://me@gateway.example/", false),
            ("https://:secret@gateway.example/", false),
            ("ftp://gateway.example/", false),
            ("Production", false),
            ("", false),
        ] {
            assert_eq!(Gateway::parse(text).is_ok(), good, "{text}");
        }
        let own = Gateway::parse("https://gateway.example/x").unwrap();
        assert_eq!(Gateway::parse(own.name()), Ok(own));
        let production = Gateway::parse("https://openapi.alipay.com/gateway.do").unwrap();
        assert_eq!(production, Gateway::Production);
    }
}
