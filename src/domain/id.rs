//! Identifiers: one type a table, each with a prefix, so that a wrong id neither compiles nor reads well.
//!
//! The number is a snowflake (time-ordered, 63 bits); the wire form is text, because JavaScript loses digits
//! above 2^53. Refuses to make ids: `src/rng.rs` does.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A text that is not an id of the expected kind.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("an id of this kind is {prefix} and digits")]
pub struct IdError {
    /// The prefix that was expected, with its underscore.
    pub prefix: &'static str,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(i64);

        impl $name {
            /// What every id of this kind begins with.
            pub const PREFIX: &'static str = $prefix;

            /// Wraps a raw number as made by the id generator or read from the database.
            #[must_use]
            pub const fn from_raw(raw: i64) -> Self {
                Self(raw)
            }

            /// The raw number.
            #[must_use]
            pub const fn raw(self) -> i64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}", $prefix, self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                let digits = text.strip_prefix($prefix).filter(|d| d.bytes().all(|b| b.is_ascii_digit()));
                digits
                    .and_then(|d| d.parse().ok())
                    .map(Self)
                    .ok_or(IdError { prefix: $prefix })
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.to_string()
            }
        }
    )*};
}

ids! {
    /// A blog.
    SiteId = "sit_";
    /// What a site sells.
    ProductId = "prd_";
    /// A receiving account.
    AccountId = "acc_";
    /// A payment code image.
    CodeId = "cod_";
    /// A reader's order.
    OrderId = "ord_";
    /// A paired phone.
    DeviceId = "dev_";
    /// A notification as the phone saw it.
    NoticeId = "ntc_";
    /// A notice read as "money came in".
    ReceiptId = "rcp_";
    /// What paid an order.
    SettlementId = "stl_";
    /// A reader's right to a product.
    UnlockId = "unl_";
    /// A browser in which an unlock is used.
    SeatId = "sea_";
    /// What a reader says to have paid.
    ClaimId = "clm_";
    /// A coupon.
    CouponId = "cpn_";
    /// Something the owner must look at.
    InboxId = "inb_";
    /// A line of the append-only log.
    EventId = "evt_";
    /// A reader's consent to be charged each period.
    AgreementId = "sub_";
    /// Money that goes back.
    RefundId = "rfd_";
    /// What an official gateway told us.
    MessageId = "gwm_";
    /// A difference between our books and another's.
    DifferenceId = "dif_";
    /// The comparison of one day.
    BookDayId = "bkd_";
    /// Money sent to a person.
    TransferId = "trf_";
    /// An owner's API key (the row, not the secret).
    KeyId = "key_";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_from_what_it_prints() {
        let id = OrderId::from_raw(7_263_544_117_862_400);
        assert_eq!(id.to_string(), "ord_7263544117862400");
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn an_id_of_another_kind_or_shape_is_refused() {
        for text in
            ["7263544117862400", "dev_1", "ord_", "ord_-1", "ord_1a", "ord_99999999999999999999", "ORD_1"]
        {
            assert!(text.parse::<OrderId>().is_err(), "{text}");
        }
    }
}
