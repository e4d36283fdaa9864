//! Columns to domain values and back. A text that no value of ours prints as is corruption, and said so.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

use crate::domain::account::{Distinguish, Remark};
use crate::domain::books::{Book, DayState, DifferenceKind};
use crate::domain::channel::Channel;
use crate::domain::claim::ReceiptDigits;
use crate::domain::coupon::CouponCode;
use crate::domain::device::DeviceKind;
use crate::domain::gateway::{RefundState, RefundWay, TradeState, Way};
use crate::domain::id::{
    AccountId, AgreementId, BookDayId, ClaimId, CodeId, CouponId, DeviceId, DifferenceId, InboxId, KeyId,
    MessageId, NoticeId, OrderId, ProductId, ReceiptId, RefundId, SeatId, SettlementId, SiteId, TransferId,
    UnlockId,
};
use crate::domain::money::Fen;
use crate::domain::order::OrderStatus;
use crate::domain::product::{Lock, ProductKind};
use crate::domain::receipt::{InboxState, ReadAs, Reason, ReceiptState, Trust};
use crate::domain::site::Slug;
use crate::domain::subscription::{AgreementState, ChargeState, Ending, Period};
use crate::domain::time::{Day, Millis, Timestamp};
use crate::domain::transfer::{PayeeKind, TransferState};

#[derive(Debug, thiserror::Error)]
#[error("{value:?} is no {kind} that this version knows")]
struct Unknown {
    kind: &'static str,
    value: String,
}

fn unknown(kind: &'static str, value: &str) -> FromSqlError {
    FromSqlError::Other(Box::new(Unknown { kind, value: value.to_owned() }))
}

macro_rules! ids {
    ($($name:ident),*) => {$(
        impl ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(self.raw().into())
            }
        }
        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                value.as_i64().map(Self::from_raw)
            }
        }
    )*};
}

ids!(
    AccountId,
    AgreementId,
    BookDayId,
    ClaimId,
    CodeId,
    CouponId,
    DeviceId,
    DifferenceId,
    InboxId,
    KeyId,
    MessageId,
    NoticeId,
    OrderId,
    ProductId,
    ReceiptId,
    RefundId,
    SeatId,
    SettlementId,
    SiteId,
    TransferId,
    UnlockId
);

macro_rules! words {
    ($($name:ident: $($variant:ident),*;)*) => {$(
        impl ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(self.as_str().into())
            }
        }
        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                let text = value.as_str()?;
                [$($name::$variant),*]
                    .into_iter()
                    .find(|known| known.as_str() == text)
                    .ok_or_else(|| unknown(stringify!($name), text))
            }
        }
    )*};
}

words! {
    Book: Bill, Log;
    Channel: Wechat, Alipay, AlipayOfficial;
    DayState: Waiting, Compared, Missing;
    DeviceKind: Bridge, Vmq, Smsforwarder, Receiptnotice, Text, Bill;
    DifferenceKind: UnknownPayment, Unsettled, OtherAmount, OtherNumber, Missing, UnknownRefund, RefundNotDone, RefundMissing, Unread, NoBill, Announcers, TransferFailed, TransferDoubtful, ChargeDoubtful, ChargesRefused;
    Distinguish: Amount, Remark;
    InboxState: Open, Settled, Dismissed;
    Lock: Hosted, Sealed, Reveal;
    OrderStatus: Pending, Paid, Expired, Cancelled, Refunded;
    PayeeKind: UserId, LogonId;
    ProductKind: Article, Bundle, Membership;
    ReadAs: Pending, Receipt, Refused, Hint, Unread;
    Reason: NoCandidate, TwoCandidates, SecondReceipt, PossibleEcho, WrongAnnouncer, Untrusted, NoAccount, AmountMissing, TextHidden, NoTime, Claim, DeviceSilent, OtherAmount, PaidTwice, WentBack, GatewayRefused, RefundDoubtful, BillUnknown, BillUnsettled, BillMissing, BillAmount, BillRefund, BillUnread, AnnouncersDiffer, TransferFailed, SubscriptionEnded, ChargeDoubtful, ChargesRefused;
    ReceiptState: Settled, Echo, Pin, Inbox, Dismissed;
    RefundState: Open, Done, Failed;
    RefundWay: ByHand, Gateway;
    TradeState: Open, Paid, Closed;
    TransferState: Open, Done, Failed, Returned;
    Way: Code, Wap, Page, Charge;
    AgreementState: Pending, Normal, Paused, Ended;
    Ending: Reader, Owner, Wallet, Lapsed, Unpaid, Refused, Revoked, Unsigned, Replaced;
    ChargeState: Planned, Asked, Unknown, Paid, Failed;
    Trust: AmountOnly, NoId, Unpinned, Pinned;
}

impl ToSql for Fen {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.get().into())
    }
}

impl FromSql for Fen {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let fen = value.as_i64()?;
        Fen::new(fen).ok_or(FromSqlError::OutOfRange(fen))
    }
}

impl ToSql for Timestamp {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.millis().into())
    }
}

impl FromSql for Timestamp {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_i64().map(Timestamp::from_millis)
    }
}

impl ToSql for Millis {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.get().into())
    }
}

impl FromSql for Millis {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_i64().map(Millis::new)
    }
}

macro_rules! texts {
    ($($name:ident),*) => {$(
        impl ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(self.as_str().into())
            }
        }
        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                let text = value.as_str()?;
                text.parse().map_err(|_| unknown(stringify!($name), text))
            }
        }
    )*};
}

/// Texts that are printed when they are written.
macro_rules! printed {
    ($($name:ident),*) => {$(
        impl ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(self.to_string().into())
            }
        }
        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                let text = value.as_str()?;
                text.parse().map_err(|_| unknown(stringify!($name), text))
            }
        }
    )*};
}

printed!(Day, Period);
texts!(Slug, Remark, CouponCode, ReceiptDigits);
