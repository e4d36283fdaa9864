//! A row of an account's log as a notice: stored like a phone's, and matched by the same code.
//!
//! What a phone's words need rules for, a row says in fields; so no rule reads it, and no change of the rules reads it anew.

use serde::{Deserialize, Serialize};

use super::phone::PhoneNotice;
use super::{Fate, Incoming};
use crate::app::App;
use crate::domain::channel::Channel;
use crate::domain::id::DeviceId;
use crate::domain::money::Fen;
use crate::domain::notice::{ReadReceipt, Reading};
use crate::domain::time::{Millis, Timestamp};
use crate::domain::watch::LogRow;
use crate::flow::Error;
use crate::limits;
use crate::secrets::sha256;

/// What a receipt says read it.
const RULE: &str = "log";
/// Who a receipt says announced it.
const ANNOUNCER: &str = "支付宝账单";

/// How far the gateway's clock may be from ours. A row has whole seconds of its clock; two holds within this are for the
/// owner, as with a phone whose clock is known no better.
pub(super) const CLOCK_JITTER: Millis = limits::CLOCK_SLACK;

/// A row as it is stored: what a notice has, so that it is found among notices, and the row itself.
#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    id: String,
    package: String,
    title: String,
    text: String,
    posted_at: Timestamp,
    channel_id: String,
    amount: Fen,
    #[serde(skip_serializing_if = "Option::is_none")]
    trade_no: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    merchant_order_no: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    memo: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
}

impl Stored {
    fn of(row: &LogRow) -> Stored {
        Stored {
            id: row.id.clone(),
            package: "alipay.accountlog".to_owned(),
            title: ANNOUNCER.to_owned(),
            text: format!("收入 {} 元", row.amount),
            posted_at: row.at,
            // A channel of its own is what makes an announcer certain; the gateway's signature is more than that.
            channel_id: "accountlog".to_owned(),
            amount: row.amount,
            trade_no: row.gateway_ref.clone(),
            merchant_order_no: row.number.clone(),
            memo: row.memo.clone(),
            payer: row.payer.clone(),
            kind: row.kind.clone(),
        }
    }

    fn reading(self) -> Reading {
        Reading::Receipt(ReadReceipt {
            channel: Channel::Alipay,
            amount: self.amount,
            payer: self.payer,
            remark: self.memo,
            rule: RULE.into(),
            announcer: ANNOUNCER.to_owned(),
            pins_id: false,
        })
    }
}

/// Reads a stored row again.
pub(crate) fn reading(raw: &str) -> Reading {
    serde_json::from_str::<Stored>(raw).map_or(Reading::Unread, Stored::reading)
}

/// One row is one notice whatever else an answer says of it (M9): only device and number count. Like a phone's, the first
/// bytes keep those of one kind together in the index.
pub(crate) fn fingerprint(device: DeviceId, row: &str) -> [u8; 32] {
    let hash = sha256(format!("{device}\n{row}").as_bytes());
    let mut fingerprint = [0; 32];
    fingerprint[8..].copy_from_slice(hash.get(..24).unwrap_or(&[0; 24]));
    fingerprint
}

/// Stores incoming rows as notices of `device` and settles what can be settled; what became of each.
///
/// # Errors
/// Of the storage, or [`Error::NotFound`] for a device that was revoked. What was stored before stays stored.
pub(crate) async fn receive(
    app: &App,
    device: DeviceId,
    rows: &[LogRow],
    now: Timestamp,
) -> Result<Vec<Fate>, Error> {
    let mut fates = Vec::with_capacity(rows.len());
    for some in rows.chunks(limits::NOTICES_PER_UNIT) {
        let mut incoming = Vec::with_capacity(some.len());
        for row in some {
            let stored = Stored::of(row);
            // Texts, numbers and times cannot fail to serialise.
            let raw = serde_json::to_string(&stored).unwrap_or_default();
            let phone = PhoneNotice {
                id: stored.id.clone(),
                package: stored.package.clone(),
                title: stored.title.clone(),
                text: stored.text.clone(),
                posted_at: Some(stored.posted_at),
                channel_id: Some(stored.channel_id.clone()),
                ..PhoneNotice::default()
            };
            incoming.push(Incoming { raw, phone, reading: stored.reading() });
        }
        match super::store_some(app, device, None, incoming, now).await? {
            super::Stored::Yes(some) => fates.extend(some),
            super::Stored::MessageIdReused => {}
        }
    }
    Ok(fates)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> LogRow {
        LogRow {
            id: "2026060100001".to_owned(),
            incoming: true,
            amount: Fen::new(98).unwrap(),
            at: Timestamp::from_millis(1_780_272_005_000),
            gateway_ref: Some("20260601220014".to_owned()),
            number: None,
            memo: Some("收款 \"x\"".to_owned()),
            payer: Some("*三".to_owned()),
            kind: Some("转账".to_owned()),
        }
    }

    #[test]
    fn a_row_reads_back_from_what_is_stored_as_it_was_read_at_first() {
        let raw = serde_json::to_string(&Stored::of(&row())).unwrap();
        assert_eq!(reading(&raw), Stored::of(&row()).reading());
        let phone = PhoneNotice::parse(&raw).unwrap();
        assert_eq!((phone.id, phone.posted_at), (row().id, Some(row().at)));
        assert!(raw.contains("20260601220014"), "its number is kept as evidence");
        assert_eq!(reading("{}"), Reading::Unread);
    }

    #[test]
    fn only_device_and_number_make_a_row_another() {
        let (one, two) = (DeviceId::from_raw(1), DeviceId::from_raw(2));
        assert_eq!(fingerprint(one, "a"), fingerprint(one, "a"));
        assert_ne!(fingerprint(one, "a"), fingerprint(one, "b"));
        assert_ne!(fingerprint(one, "a"), fingerprint(two, "a"));
    }
}
