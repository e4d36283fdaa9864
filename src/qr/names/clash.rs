//! Which codes stand in each other's way.
//!
//! Knows items and what they say, whether they come from a folder or from the database. Refuses to decide which
//! of two is right.

use std::collections::HashMap;
use std::fmt;

use crate::domain::money::Fen;

use super::ImportItem;

/// Two codes that cannot both be right.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Clash {
    /// The same channel, amount and remark twice: a payment of it could not tell which code was scanned, and one
    /// of the two is superfluous.
    SameAmount {
        /// The path of the one that came first.
        first: String,
        /// The path of the later one.
        second: String,
    },
    /// The same code under two amounts, remarks or channels: at most one of them is what the wallet will ask for.
    SameCode {
        /// The path of the one that came first.
        first: String,
        /// The path of the later one.
        second: String,
    },
}

impl Clash {
    /// The stable name of the clash, for the API.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Clash::SameAmount { .. } => "same_amount",
            Clash::SameCode { .. } => "same_code",
        }
    }

    /// The paths of the two, the earlier first.
    #[must_use]
    pub fn paths(&self) -> (&str, &str) {
        match self {
            Clash::SameAmount { first, second } | Clash::SameCode { first, second } => (first, second),
        }
    }

    /// The clash in Chinese; [`Display`](fmt::Display) is English.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Clash::SameAmount { first, second } => format!("{second} 与 {first} 的渠道、金额、备注相同"),
            Clash::SameCode { first, second } => {
                format!("{second} 与 {first} 是同一张码,金额或备注却不同")
            }
        }
    }
}

impl fmt::Display for Clash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Clash::SameAmount { first, second } => {
                write!(f, "{second} has the same channel, amount and remark as {first}")
            }
            Clash::SameCode { first, second } => {
                write!(f, "{second} is the same code as {first} under another amount, remark or channel")
            }
        }
    }
}

/// Names every item that clashes with an earlier one of the list, once for each way.
///
/// The items are those of one account. The second half of a pair is what tells codes apart, the payload or
/// [`identity`](crate::qr::identity), or `None` if the picture was refused. Put the codes that are stored
/// already first, with what the owner knows them by as their path.
#[must_use]
pub fn find_clashes(items: &[(ImportItem, Option<String>)]) -> Vec<Clash> {
    type Slot<'a> = (&'static str, Option<Fen>, Option<&'a str>);
    let mut slots: HashMap<Slot<'_>, &ImportItem> = HashMap::new();
    let mut codes: HashMap<&str, (Slot<'_>, &ImportItem)> = HashMap::new();
    let mut clashes = Vec::new();
    for (item, identity) in items {
        let slot = (item.channel.as_str(), item.amount, item.remark.as_deref());
        let pair = |first: &ImportItem| (first.path.clone(), item.path.clone());
        if let Some(earlier) = slots.get(&slot) {
            let (first, second) = pair(earlier);
            clashes.push(Clash::SameAmount { first, second });
        } else {
            slots.insert(slot, item);
        }
        let Some(identity) = identity.as_deref() else { continue };
        match codes.get(identity) {
            Some((taken, earlier)) if *taken != slot => {
                let (first, second) = pair(earlier);
                clashes.push(Clash::SameCode { first, second });
            }
            Some(_) => {}
            None => {
                codes.insert(identity, (slot, item));
            }
        }
    }
    clashes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(path: &str) -> ImportItem {
        ImportItem::from_path(path).expect("a good name")
    }

    fn clashes(codes: &[(&str, Option<&str>)]) -> Vec<String> {
        let items: Vec<_> =
            codes.iter().map(|(path, identity)| (item(path), identity.map(str::to_owned))).collect();
        find_clashes(&items).iter().map(|clash| format!("{}: {clash}", clash.code())).collect()
    }

    #[test]
    fn different_codes_of_different_amounts_do_not_clash() {
        assert!(
            clashes(&[
                ("wechat/0.98.png", Some("wxp://a")),
                ("wechat/0.99.png", Some("wxp://b")),
                ("wechat/0.99_A7.png", Some("wxp://c")),
                ("wechat/0.99_A8.png", Some("wxp://d")),
                ("wechat/open.png", Some("wxp://e")),
                ("alipay/0.98.png", Some("https://qr.alipay.com/fkx1")),
                ("alipay/0.99.png", None),
                ("alipay/1.00.png", None),
            ])
            .is_empty()
        );
    }

    #[test]
    fn the_same_amount_twice_is_named() {
        assert_eq!(
            clashes(&[
                ("wechat/1.png", Some("wxp://a")),
                ("wechat/1.00.jpg", Some("wxp://b")),
                ("wechat/1.0.png", None),
                ("wechat/open.png", None),
                ("wechat/open.webp", None),
            ]),
            [
                "same_amount: wechat/1.00.jpg has the same channel, amount and remark as wechat/1.png",
                "same_amount: wechat/1.0.png has the same channel, amount and remark as wechat/1.png",
                "same_amount: wechat/open.webp has the same channel, amount and remark as wechat/open.png",
            ]
        );
    }

    #[test]
    fn the_same_code_under_another_amount_remark_or_channel_is_named() {
        for second in ["wechat/0.99.png", "wechat/0.98_A7.png", "wechat/open.png", "alipay/0.98.png"] {
            assert_eq!(
                clashes(&[("wechat/0.98.png", Some("wxp://a")), (second, Some("wxp://a"))]),
                [format!(
                    "same_code: {second} is the same code as wechat/0.98.png under another amount, remark or channel"
                )]
            );
        }
    }

    #[test]
    fn the_same_code_under_the_same_amount_is_named_once() {
        assert_eq!(
            clashes(&[("wechat/0.98.png", Some("wxp://a")), ("wechat/0.98.jpg", Some("wxp://a"))]),
            ["same_amount: wechat/0.98.jpg has the same channel, amount and remark as wechat/0.98.png"]
        );
    }

    #[test]
    fn both_ways_to_clash_are_named() {
        let codes =
            [("wechat/0.98.png", Some("a")), ("wechat/0.99.png", Some("b")), ("wechat/0.99.jpg", Some("a"))];
        assert_eq!(clashes(&codes).len(), 2);
    }
}
