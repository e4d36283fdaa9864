//! The ways money reaches the owner.
//!
//! Knows their names on the wire. Refuses to know how a payment on any of them is recognised: notices are
//! read in [`crate::domain::notice`], and Alipay's signed messages by the gateway client.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A channel of payment, which is also the kind of a receiving account.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// A personal WeChat receive code, seen through the phone's notifications.
    Wechat,
    /// A personal Alipay receive code, seen through the phone's notifications.
    Alipay,
    /// Alipay's official API, which signs what it says. Never read from a notice.
    AlipayOfficial,
}

/// The text is not the name of a channel.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a channel is wechat, alipay or alipay_official")]
pub struct UnknownChannel;

impl Channel {
    /// Every channel, in the order in which they are listed to people.
    pub const ALL: [Channel; 3] = [Channel::Wechat, Channel::Alipay, Channel::AlipayOfficial];

    /// The name on the wire and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Channel::Wechat => "wechat",
            Channel::Alipay => "alipay",
            Channel::AlipayOfficial => "alipay_official",
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Channel {
    type Err = UnknownChannel;

    fn from_str(name: &str) -> Result<Channel, UnknownChannel> {
        Channel::ALL.into_iter().find(|channel| channel.as_str() == name).ok_or(UnknownChannel)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_channel_has_one_name_for_text_and_json() {
        for channel in Channel::ALL {
            assert_eq!(channel.to_string().parse(), Ok(channel));
            let json = serde_json::to_string(&channel).expect("a channel is a JSON string");
            assert_eq!(json, format!("\"{channel}\""));
            assert_eq!(serde_json::from_str::<Channel>(&json).ok(), Some(channel));
        }
    }

    #[test]
    fn a_name_is_matched_exactly() {
        for name in ["", "WeChat", "wechat ", "alipay-official", "unionpay"] {
            assert_eq!(name.parse::<Channel>(), Err(UnknownChannel), "{name:?}");
        }
    }
}
