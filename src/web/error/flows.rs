//! What a flow could not do, as a problem.

use super::{Problem, conflict, internal, invalid, missing, unavailable, unusable};
use crate::flow::gateway::merchant::CredentialError;
use crate::flow::{Conflict, Error, Thing};
use crate::limits;
use crate::storage;

/// Keys of an official gateway that do not fit: which part, and what is wrong with it.
fn keys_do_not_fit(error: &CredentialError) -> Problem {
    let zh = format!("{} 没有保存任何内容。", error.zh());
    let en = format!("{error}. Nothing was stored.");
    unusable("keys_do_not_fit", &zh, &en).with("field", error.code())
}

impl From<Error> for Problem {
    fn from(error: Error) -> Problem {
        match error {
            Error::NotFound(thing) => no_such(thing),
            Error::Taken(thing) => taken(thing),
            Error::Invalid { field, why } => invalid(field, &why),
            Error::Keys(error) => keys_do_not_fit(&error),
            Error::Conflict(what) => in_the_way(what),
            Error::Storage(error) => Problem::from(error),
        }
    }
}

impl From<storage::Error> for Problem {
    fn from(error: storage::Error) -> Problem {
        match error {
            storage::Error::Busy | storage::Error::Closed => unavailable(
                "busy",
                "服务器正忙, 请稍后重试; 没有保存任何内容。",
                "The server is busy; nothing was stored. Please try again.",
            )
            .retry_after(limits::RETRY_AFTER_MIN),
            storage::Error::Unavailable(trouble) => unavailable(
                "storage_unavailable",
                "服务器暂时无法保存数据, 因此暂停下单; 已付款的文章仍可阅读。",
                "The server cannot store anything at the moment, so it takes no orders; what is paid can be read.",
            )
            .with("reason", trouble.as_str())
            .retry_after(limits::RETRY_AFTER_MAX),
            storage::Error::Panicked
            | storage::Error::Unreadable { .. }
            | storage::Error::NewerSchema { .. }
            | storage::Error::Failed { .. }
            | storage::Error::File { .. } => {
                // The one place where the inner message is written down.
                tracing::error!(%error, source = ?std::error::Error::source(&error), "a request failed inside");
                internal()
            }
        }
    }
}

fn no_such(thing: Thing) -> Problem {
    let (code, zh, en) = match thing {
        Thing::Site => ("site_not_found", "没有这个站点。", "There is no such site."),
        Thing::Product => ("product_not_found", "没有这篇付费内容。", "There is no such product."),
        Thing::Account => ("account_not_found", "没有这个收款账户。", "There is no such account."),
        Thing::Code => ("code_not_found", "没有这个收款码。", "There is no such code."),
        Thing::Order => ("order_not_found", "没有这个订单。", "There is no such order."),
        Thing::Device => ("device_not_found", "没有这台手机。", "There is no such device."),
        Thing::InboxItem => ("inbox_item_not_found", "收件箱里没有这一项。", "There is no such inbox item."),
        Thing::Coupon => ("coupon_not_found", "没有这个优惠码。", "There is no such coupon."),
        Thing::Claim => ("claim_not_found", "没有这个申请。", "There is no such claim."),
        Thing::Trade => (
            "trade_not_found",
            "这个订单不通过支付宝官方接口付款。",
            "This order is not paid through Alipay's gateway.",
        ),
        Thing::Transfer => ("transfer_not_found", "没有这笔转账。", "There is no such transfer."),
        Thing::Subscription => {
            ("subscription_not_found", "没有这个自动续费。", "There is no such subscription.")
        }
        Thing::Refund => ("refund_not_found", "没有这笔退款。", "There is no such refund."),
        Thing::Unlock => {
            ("unlock_not_found", "恢复码不正确或已被撤销。", "The recovery code is unknown or was revoked.")
        }
    };
    missing(code, zh, en)
}

fn taken(thing: Thing) -> Problem {
    let (code, zh, en) = match thing {
        Thing::Site => ("site_exists", "已有同名站点。", "A site of that slug exists."),
        Thing::Product => ("product_exists", "该站点已有同名内容。", "The site has a product of that slug."),
        Thing::Code => (
            "code_exists",
            "该账户已有相同金额和备注的收款码。",
            "The account has a code of that amount and remark.",
        ),
        Thing::Coupon => ("coupon_exists", "该站点已有同名优惠码。", "The site has a coupon of that code."),
        Thing::Account
        | Thing::Trade
        | Thing::Order
        | Thing::Device
        | Thing::InboxItem
        | Thing::Unlock
        | Thing::Claim
        | Thing::Refund
        | Thing::Transfer
        | Thing::Subscription => ("exists", "已存在。", "It exists already."),
    };
    conflict(code, zh, en)
}

/// Code, Chinese and English.
type Words = (&'static str, &'static str, &'static str);

// ---- refunds ----

const REFUND_TOO_MUCH: Words =
    ("refund_too_much", "退款金额超过了尚未退还的金额。", "This is more than what is left to be paid back.");
const REFUND_REQUEST_REUSED: Words = (
    "refund_request_reused",
    "这个 request_id 已用于另一笔金额的退款。",
    "This request_id belongs to a refund of another amount.",
);
const REFUND_OPEN: Words = (
    "refund_open",
    "这笔钱有一笔退款尚无结果, 为免重复退款没有再退; 请等待, 或用同一 request_id 查询。",
    "A refund of this money is open, and whether it moved is not known yet. Wait, or repeat that request_id.",
);
const NO_TRADE_TO_REFUND: Words = (
    "no_trade_to_refund",
    "支付宝没有这个订单的付款记录, 无法原路退回; 若已自行退款, 请带上 \"way\": \"by_hand\" 记录下来。",
    "No payment of this order at the gateway is known. If you paid it back yourself, note it with \"way\": \"by_hand\".",
);

// ---- signing for a membership that renews itself ----

const NOT_RENEWING: Words = (
    "not_renewing",
    "这项内容不提供自动续费。",
    "This product does not renew itself; buy it anew when its time is over.",
);
const RENEWS_ALREADY: Words = (
    "renews_already",
    "这份会员已开通自动续费, 无需重复签约。",
    "This membership renews itself already; there is nothing to sign.",
);
const CHARGE_UNDER_WAY: Words = (
    "charge_under_way",
    "上一次自动续费还有一笔扣款没有结果, 暂时不能重新签约; 请稍后再试。",
    "A charge by your earlier subscription is still under way; please sign again later.",
);

fn in_the_way(what: Conflict) -> Problem {
    let (code, zh, en) = match what {
        Conflict::OrderNotPending => (
            "order_not_pending",
            "订单已不在待付款状态。若已付款请勿重复支付。",
            "The order is not pending any more. If you have paid, do not pay again.",
        ),
        Conflict::NoExtensionsLeft => {
            ("no_extensions_left", "已达到延长次数上限。", "The order was extended as often as it can be.")
        }
        Conflict::OrderPaid => ("order_paid", "订单已付款。", "The order is paid already."),
        Conflict::OrderNotPaid => ("order_not_paid", "订单未付款。", "The order is not paid."),
        Conflict::ReceiptSettled => {
            ("receipt_settled", "这笔收款已对应其他订单。", "The receipt belongs to an order already.")
        }
        Conflict::NoReceipt => (
            "no_receipt",
            "这一项没有金额, 不能用来结清订单; 请直接在订单上标记已付款。",
            "This item has no amount; settle the order by itself instead.",
        ),
        Conflict::ItemResolved => {
            ("item_resolved", "这一项已处理; 可先撤销。", "The item is resolved already; undo it first.")
        }
        Conflict::ItemOpen => {
            ("item_open", "这一项尚未处理, 无可撤销。", "The item is open: there is nothing to undo.")
        }
        Conflict::OtherProduct => (
            "other_product",
            "这个订单不是读者所说的内容; 请选同一内容的订单。",
            "The order is for another product than the reader claims; choose one that opens it.",
        ),
        Conflict::UnlockRevoked => {
            ("unlock_revoked", "这份阅读权已被撤销。", "The right to read was taken back.")
        }
        Conflict::ClientOrderIdReused => (
            "client_order_id_reused",
            "这个 client_order_id 已用于另一篇内容的订单。",
            "This client_order_id belongs to an order of another product.",
        ),
        Conflict::RefundTooMuch => REFUND_TOO_MUCH,
        Conflict::RefundRequestReused => REFUND_REQUEST_REUSED,
        Conflict::RefundOpen => REFUND_OPEN,
        Conflict::NoTradeToRefund => NO_TRADE_TO_REFUND,
        Conflict::NotOfficial => (
            "not_official",
            "这个账户是个人收款码账户, 没有密钥。",
            "This account has personal codes and no keys.",
        ),
        Conflict::OtherApplication => (
            "other_application",
            "这些密钥属于另一个应用 (APPID); 没有保存。请为它新建一个账户。",
            "These are keys of another application (app id); nothing was stored. Make a new account for it.",
        ),
        Conflict::KeysLost => (
            "keys_lost",
            "这个账户的密钥无法读取 (master.key 与数据库不是一对?); 请重新设置密钥。",
            "The keys of this account cannot be read (is master.key not this database's?); set them again.",
        ),
        Conflict::LogWatched => (
            "log_watched",
            "这个官方账户的账单已用于另一个收款账户。",
            "The log of this official account is watched for another account already.",
        ),
        Conflict::TransferRequestReused => (
            "transfer_request_reused",
            "这个 request_id 已用于另一笔转账, 内容不同; 没有转账。",
            "This request_id belongs to a transfer of other content; nothing was sent.",
        ),
        Conflict::TransferTooMuch => (
            "transfer_daily_max",
            "超过了每日转账上限 (设置 transfer_daily_max, 默认 0 即不允许转账); 没有转账。",
            "The day may not send that much (setting transfer_daily_max; the default, 0, allows none). Nothing was sent.",
        ),
        Conflict::NotRenewing => NOT_RENEWING,
        Conflict::RenewsAlready => RENEWS_ALREADY,
        Conflict::ChargeUnderWay => CHARGE_UNDER_WAY,
        Conflict::ApplicationTaken => (
            "application_taken",
            "这个应用 (APPID) 的密钥已在另一个账户里; 没有保存。要更换密钥, 请在那个账户里更换。",
            "Another account has the keys of this application (app id); nothing was stored. To replace its keys, do it there.",
        ),
        Conflict::Raced => (
            "raced",
            "同一时刻有其他改动, 没有保存; 请重试。",
            "Something else changed at the same moment; nothing was stored. Please try again.",
        ),
    };
    conflict(code, zh, en)
}
