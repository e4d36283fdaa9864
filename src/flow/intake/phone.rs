//! A notification as a phone describes it: lenient about everything but its id.

use serde::Deserialize;

use crate::domain::id::DeviceId;
use crate::domain::notice::{HintKind, Reading, Rules, Seen};
use crate::domain::time::Timestamp;
use crate::secrets::sha256;

/// A notification as the phone describes it. Only `id` is demanded: what else is missing or odd is stored all the same
/// and read as far as it can be, because a notice that is refused is a notice that is lost.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PhoneNotice {
    /// The phone's own id of the notice; echoed in the answer.
    pub id: String,
    /// The Android package.
    #[serde(deserialize_with = "or_default")]
    pub package: String,
    /// The title.
    #[serde(deserialize_with = "or_default")]
    pub title: String,
    /// The text.
    #[serde(deserialize_with = "or_default")]
    pub text: String,
    /// The long text.
    #[serde(deserialize_with = "or_default")]
    pub big_text: Option<String>,
    /// The ticker.
    #[serde(deserialize_with = "or_default")]
    pub ticker: Option<String>,
    /// When the phone's system posted it: RFC 3339, or milliseconds since the epoch as Android counts them.
    #[serde(deserialize_with = "time_or_none")]
    pub posted_at: Option<Timestamp>,
    /// The notification id within the app.
    #[serde(deserialize_with = "or_default")]
    pub notification_id: Option<i64>,
    /// The system's key of the notification.
    #[serde(deserialize_with = "or_default")]
    pub key: Option<String>,
    /// Its tag.
    #[serde(deserialize_with = "or_default")]
    pub tag: Option<String>,
    /// Its channel.
    #[serde(deserialize_with = "or_default")]
    pub channel_id: Option<String>,
    /// The Android user: a cloned app has another.
    #[serde(deserialize_with = "or_default")]
    pub user: Option<i64>,
    /// A standing notification.
    #[serde(deserialize_with = "or_default")]
    pub ongoing: Option<bool>,
    /// A summary of others.
    #[serde(deserialize_with = "or_default")]
    pub group_summary: Option<bool>,
    /// Why the words are not there: `redacted` by the system, `details_off` in the wallet, `empty`; or `garbled` by the
    /// app that forwards them.
    #[serde(deserialize_with = "or_default")]
    pub hidden: Option<String>,
}

impl PhoneNotice {
    /// What the sender itself says of words that it could not see or pass on.
    fn says_hidden(&self) -> Option<HintKind> {
        match self.hidden.as_deref()? {
            "redacted" | "details_off" => Some(HintKind::TextHidden),
            "garbled" => Some(HintKind::AmountMissing),
            _ => None,
        }
    }
}

fn time_or_none<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    let text = value.as_str().and_then(|text| text.parse().ok());
    Ok(text.or(value.as_i64().filter(|ms| *ms > 0).map(Timestamp::from_millis)))
}

/// A field of another type than expected counts as missing: it must not cost the notice.
fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + serde::de::DeserializeOwned,
{
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(T::deserialize(value).unwrap_or_default())
}

impl PhoneNotice {
    /// Reads a notice object; `None` where it is no object with an id.
    #[must_use]
    pub fn parse(raw: &str) -> Option<PhoneNotice> {
        serde_json::from_str::<PhoneNotice>(raw).ok().filter(|notice| !notice.id.is_empty())
    }

    fn seen(&self) -> Seen<'_> {
        Seen {
            package: &self.package,
            title: &self.title,
            text: &self.text,
            big_text: self.big_text.as_deref(),
            ticker: self.ticker.as_deref(),
            channel_id: self.channel_id.as_deref(),
            ongoing: self.ongoing.unwrap_or(false),
            group_summary: self.group_summary.unwrap_or(false),
        }
    }

    /// What the rules make of it.
    #[must_use]
    pub fn read(&self, rules: &Rules) -> Reading {
        match (rules.read(&self.seen()), self.says_hidden()) {
            (Reading::Unread, Some(kind)) => Reading::Hint { rule: "sender:hidden".into(), kind },
            (reading, _) => reading,
        }
    }

    /// SHA-256 over what makes two notices the same (M9): the phone, the notification's key, its post time and its words.
    /// Where the phone tells no post time, its own id of the notice stands for it: two payments of one amount must not
    /// pass for one. The post time itself stands in front of 24 bytes of the hash, so that new notices lie together in
    /// the index however many old ones there are.
    pub(super) fn fingerprint(&self, device: DeviceId) -> [u8; 32] {
        let key = self.key.clone().unwrap_or_else(|| {
            let number = |n: Option<i64>| n.map_or_else(String::new, |n| n.to_string());
            let tag = self.tag.as_deref().unwrap_or("");
            format!("{}|{}|{tag}|{}", self.package, number(self.notification_id), number(self.user))
        });
        let posted = self.posted_at.map_or_else(|| format!("id {}", self.id), |at| at.millis().to_string());
        let mut whole = Vec::new();
        for part in [&device.to_string(), &key, &posted, &self.title, &self.text] {
            whole.extend_from_slice(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            whole.extend_from_slice(part.as_bytes());
        }
        let hash = sha256(&whole);
        let mut fingerprint = [0; 32];
        let (time, rest) = fingerprint.split_at_mut(8);
        time.copy_from_slice(&self.posted_at.map_or(0, Timestamp::millis).to_be_bytes());
        rest.copy_from_slice(hash.get(..24).unwrap_or(&[0; 24]));
        fingerprint
    }
}
