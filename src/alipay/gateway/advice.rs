//! What an owner should do about a refusal, in both languages.
//!
//! Knows codes, never their messages: those are for people and change. The prefix says who speaks (`ACQ.` the trade,
//! `isv.` the settings); it is left off where several speak alike.

/// What to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Advice {
    /// In Chinese.
    pub zh: &'static str,
    /// In English.
    pub en: &'static str,
}

const fn row(word: &'static str, zh: &'static str, en: &'static str) -> (&'static str, Advice) {
    (word, Advice { zh, en })
}

/// By the business code without its prefix; several that mean the same stand between `|`.
const BY_WORD: &[(&str, Advice)] = &[
    // Settings.
    row(
        "invalid-signature",
        "支付宝用它保存的应用公钥验不过我们的签名：把本页显示的应用公钥重新上传到开放平台，或换成与它配对的应用私钥。",
        "Alipay cannot verify our signature with the application key that it holds: upload the application public key shown here, or paste the private key that belongs to the one uploaded.",
    ),
    row(
        "missing-signature-key",
        "开放平台上还没有为该应用设置公钥或证书：先在“接口加签方式”里完成设置。",
        "No key or certificate is set for this application yet: finish its signing method in Alipay's console.",
    ),
    row(
        "invalid-app-id",
        "APPID 不存在：检查有没有抄错，以及沙箱应用是不是用在了正式环境（或相反）。",
        "There is no such app id: look for a slip of the pen, and for a sandbox app in production or the other way round.",
    ),
    row(
        "missing-app-id",
        "请求里没有 APPID：检查账户设置。",
        "The app id is missing: look at the account's settings.",
    ),
    row(
        "invalid-timestamp",
        "服务器时钟不准：校准时间（NTP）后再试。",
        "The server's clock is off: set it (NTP) and try again.",
    ),
    row(
        "invalid-app-cert-sn",
        "应用公钥证书不是平台上的那一份：重新下载 appCertPublicKey 文件并重新填写。",
        "The application's certificate is not the one in Alipay's console: download appCertPublicKey again and paste it.",
    ),
    row(
        "invalid-alipay-root-cert-sn",
        "支付宝根证书不对：重新下载 alipayRootCert.crt，原样填写整个文件。",
        "The root certificates are wrong: download alipayRootCert.crt again and paste the whole file as it is.",
    ),
    row(
        "missing-encrypt-key",
        "平台上没有设置接口内容加密密钥：在平台上设置，或在这里去掉 AES 密钥。",
        "No AES key is set in Alipay's console: set one there, or remove it here.",
    ),
    row(
        "decryption-error-unknown",
        "支付宝解不开内容：这里填的 AES 密钥与平台上的不同。",
        "Alipay cannot decrypt the content: the AES key here is not the one in the console.",
    ),
    row(
        "invalid-encrypt",
        "加密设置不一致：检查平台上是否开启了接口内容加密。",
        "The encryption settings differ: see in the console whether encryption of contents is on.",
    ),
    row(
        "insufficient-isv-permissions",
        "应用没有调用该接口的权限：在开放平台签约对应产品，并等待应用上线。",
        "The application may not call this method: sign the contract for its product in Alipay's console, and see that the application is online.",
    ),
    row(
        "insufficient-user-permissions",
        "缺少用户或商户授权：检查授权是否过期。",
        "An authorisation of the user or merchant is missing: see whether it has expired.",
    ),
    row(
        "invalid-app-auth-token",
        "应用授权令牌无效：重新授权。",
        "The application's authorisation token is not valid: authorise again.",
    ),
    row("app-call-limited", "调用太频繁：稍后再试。", "Too many calls: wait and try again."),
    // Contracts and the merchant.
    row(
        "ACCESS_FORBIDDEN",
        "没有签约该支付产品，或签约尚未生效：在商家中心完成签约。",
        "The contract for this way of paying is not signed or not in force: finish it in the merchant centre.",
    ),
    row(
        "PARTNER_ERROR",
        "应用与商户不匹配：检查 APPID 是否绑定到该商户。",
        "The application and the merchant do not fit: see whether the app id is bound to this merchant.",
    ),
    row(
        "INVALID_RECEIVE_ACCOUNT",
        "收款账号与签约账号不符：检查 seller_id。",
        "The receiving account is not the contract's: look at the seller id.",
    ),
    row(
        "SELLER_BEEN_BLOCKED",
        "商户账号被冻结或限制：联系支付宝客服。",
        "The merchant's account is blocked: call Alipay's support.",
    ),
    row(
        "MERCHANT_STATUS_NOT_NORMAL",
        "商户状态异常：在商家中心查看原因。",
        "The merchant's account is not in order: see why in the merchant centre.",
    ),
    row(
        "AGREEMENT_CHECK_FAIL|USER_AGREEMENT_CHECK_FAIL",
        "没有开通账务明细（商家账单）产品：先签约。",
        "The product for account logs is not contracted: sign it first.",
    ),
    row(
        "PRODUCT_NOT_SIGN",
        "没有开通转账产品：先签约，并使用证书模式。",
        "The product for transfers is not contracted: sign it, and use certificate mode.",
    ),
    // Trades.
    row(
        "INVALID_PARAMETER",
        "参数有误：看支付宝给出的说明，多半是订单标题、金额或时间不合要求。",
        "A parameter is wrong: read Alipay's message; most often it is the title, the amount or a time.",
    ),
    row(
        "TRADE_NOT_EXIST",
        "交易还不存在：买家还没有扫码，或订单号不对。",
        "The trade does not exist yet: nobody scanned its code, or the number is wrong.",
    ),
    row(
        "TRADE_HAS_SUCCESS",
        "该订单已经支付：查询它，不要再收一次。",
        "This order was paid already: query it, do not charge it again.",
    ),
    row("TRADE_HAS_CLOSE", "该交易已经关闭：换一个新的订单号。", "This trade is closed: use a new number."),
    row(
        "TRADE_HAS_FINISHED",
        "该交易已经结束，不能再退款：另行转账给买家。",
        "This trade is finished and cannot be refunded any more: pay the buyer back in another way.",
    ),
    row(
        "TRADE_STATUS_ERROR|REASON_TRADE_STATUS_INVALID|REASON_ILLEGAL_STATUS",
        "交易状态不允许这样做：先查询它的状态。",
        "The trade's state does not allow this: query it first.",
    ),
    row(
        "CONTEXT_INCONSISTENT",
        "同一订单号以前用过别的金额或标题：换一个新的订单号。",
        "This number was used with another amount or title: use a new number.",
    ),
    row(
        "EXIST_FORBIDDEN_WORD",
        "标题里有支付宝不允许的词：改一改标题。",
        "The title holds a word that Alipay does not allow: change it.",
    ),
    row(
        "TOTAL_FEE_EXCEED",
        "金额超过单笔上限：降低价格，或申请提高额度。",
        "The amount is above the limit for one payment: lower it, or ask Alipay for more.",
    ),
    row(
        "BUYER_SELLER_EQUAL",
        "买家和卖家是同一个人：换一个支付宝账号付款。",
        "Buyer and seller are the same person: pay from another account.",
    ),
    row("TRADE_CANCEL_TIME_OUT", "超过可撤销时间：改用退款。", "It is too late to cancel: refund instead."),
    row(
        "NOW_TIME_AFTER_EXPIRE_TIME_ERROR",
        "订单已过付款期限：换一个新的订单号重新下单。",
        "The order can no longer be paid: make a new one with a new number.",
    ),
    row(
        "TRADE_BUYER_NOT_MATCH",
        "这笔交易已由另一个买家扫码：换一个新的订单号。",
        "Another buyer has scanned this trade: use a new number.",
    ),
    row(
        "BEYOND_PAY_RESTRICTION|BEYOND_PER_RECEIPT_RESTRICTION|BEYOND_PER_RECEIPT_DAY_RESTRICTION|BEYOND_PER_RECEIPT_SINGLE_RESTRICTION|MERCHANT_PERM_RECEIPT_SINGLE_LIMIT|MERCHANT_PERM_RECEIPT_DAY_LIMIT|MERCHANT_PERM_RECEIPT_SUSPEND_LIMIT",
        "商户收款受限（单笔或当日额度，或收款权限）：在商家中心查看，申请提高额度或恢复收款。",
        "The merchant may not receive this much, or not at all for now: see the limits in the merchant centre.",
    ),
    row(
        "REASON_TRADE_REFUND_FEE_ERR",
        "退款金额无效，或已部分退款的交易不能撤销：查看已退金额，改用退款。",
        "The amount of the refund is not valid, or a trade that was refunded in part cannot be cancelled: see what was refunded, and refund.",
    ),
    // Refunds.
    row(
        "SELLER_BALANCE_NOT_ENOUGH",
        "商户余额不足：充值后用同一退款号再试。",
        "The merchant's balance is too low: top it up and repeat under the same refund number.",
    ),
    row(
        "REFUND_AMT_NOT_EQUAL_TOTAL",
        "退款金额超过可退金额：查看已经退了多少。",
        "The refund is more than what is left of the trade: see what was refunded before.",
    ),
    row(
        "DISCORDANT_REPEAT_REQUEST",
        "同一退款号以前用过别的金额：为新的退款换一个退款号。",
        "This refund number was used with another amount: give a new refund a new number.",
    ),
    row(
        "REASON_TRADE_BEEN_FREEZEN",
        "交易被冻结：联系支付宝客服。",
        "The trade is frozen: call Alipay's support.",
    ),
    row(
        "TRADE_NOT_ALLOW_REFUND",
        "该交易不允许退款：联系支付宝客服。",
        "This trade does not allow refunds: call Alipay's support.",
    ),
    // The payer.
    row(
        "BUYER_BALANCE_NOT_ENOUGH|NO_PAYMENT_INSTRUMENTS_AVAILABLE",
        "付款人余额不足，或没有可用的付款方式：请付款人充值或换一种付款方式。",
        "The payer's balance is too low, or no way of paying is left: ask for a top-up or another way.",
    ),
    row(
        "BUYER_BANKCARD_BALANCE_NOT_ENOUGH",
        "付款人银行卡余额不足：请换一种付款方式。",
        "The payer's bank card has too little: ask for another way of paying.",
    ),
    row(
        "PAYMENT_REQUEST_HAS_RISK",
        "支付宝认为有风险：请付款人换一种方式支付。",
        "Alipay sees a risk: the payer should pay in another way.",
    ),
    row(
        "BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR|BUYER_PAYMENT_AMOUNT_MONTH_LIMIT_ERROR",
        "付款人当日或当月付款已达上限：换一种付款方式，或以后再付。",
        "The payer has reached the day's or the month's limit: pay in another way, or later.",
    ),
    row(
        "BUYER_ENABLE_STATUS_FORBID|ERROR_BUYER_CERTIFY_LEVEL_LIMIT|BUYER_NOT_EXIST",
        "付款人的账号不能付款（受限、未认证或不存在）：请付款人在支付宝里查看，或换一个账号。",
        "The payer's account cannot pay (it is restricted, not certified or gone): look at it in Alipay, or use another.",
    ),
    row(
        "PAYMENT_FAIL",
        "付款没有成功：先查询交易，再请付款人重试。",
        "The payment failed: query the trade, then let the payer try again.",
    ),
    // Agreements.
    row(
        "AGREEMENT_NOT_EXIST|AGREEMENT_NOT_EXSIT|AGREEMENT_INVALID|AGREEMENT_HAS_UNSIGNED",
        "协议不存在或已解约：停止扣款，请读者重新签约。",
        "The agreement does not exist or was ended: stop charging, and let the reader sign anew.",
    ),
    row(
        "USER_AGREEMENT_NOT_EXIST",
        "协议不存在：读者没有完成签约，或已经解约。",
        "There is no such agreement: the reader did not finish signing, or ended it.",
    ),
    row(
        "AGREEMENT_STATUS_NOT_NORMAL|AGREEMENT_ERROR|ILLEGAL_AGREEMENT|USER_AGREEMENT_STATUS_NOT_NORMAL|USER_AGREEMENT_STATUS_IS_NOT_NORMAL",
        "协议不在生效状态：停止扣款并查询协议。",
        "The agreement is not in force: stop charging and query it.",
    ),
    row(
        "CYCLE_PAY_DATE_NOT_MATCH",
        "不在可扣款的日期内：最早提前五天；过期的要先修改扣款计划。",
        "It is not a day on which may be charged: at the earliest five days before; for a missed one, move the plan first.",
    ),
    row(
        "CYCLE_PAY_SINGLE_FEE_EXCEED",
        "超过协议的单笔上限：只能请读者重新签约。",
        "It is more than the agreement allows for one charge: only a new agreement can raise it.",
    ),
    row(
        "CYCLE_PAY_TOTAL_FEE_EXCEED",
        "超过协议的总金额上限：请读者重新签约。",
        "It is more than the agreement allows in all: let the reader sign anew.",
    ),
    row(
        "CYCLE_PAY_TOTAL_TIMES_EXCEED",
        "超过协议的扣款次数：请读者重新签约。",
        "The agreement allows no more charges: let the reader sign anew.",
    ),
    row(
        "PRODUCT_AMOUNT_LIMIT_ERROR",
        "超过产品的单笔限额（默认 100 元）：降低金额或申请提高。",
        "It is above the product's limit for one charge (¥100 unless the contract says more): lower it or ask for more.",
    ),
    row(
        "OVER_MAX_DEDUCT_COUNT",
        "本期扣款次数已用完：下一期再扣，或联系读者。",
        "No more tries in this period: charge the next one, or write to the reader.",
    ),
    row(
        "ILLEGAL_EXECUTION_TIME",
        "新的扣款日不合要求：必须晚于原计划，按月的只能是 1–28 日。",
        "The new day does not do: it has to be later than planned, and by months between the 1st and the 28th.",
    ),
    row(
        "OVER_MAX_UNDER_WAY_DEDUCT_COUNT",
        "还有一笔扣款没有结果：先查询它，不要再扣一次。",
        "Another charge is still under way: query it first, and do not charge again.",
    ),
    row(
        "OVER_MERCHANT_DAILY_DEDUCT_AMOUNT",
        "超过商户当日的扣款额度：明天再扣，或申请提高额度。",
        "It is above the merchant's limit for charges of one day: charge tomorrow, or ask for more.",
    ),
    row(
        "MERCHANT_AGREEMENT_NOT_EXIST|MERCHANT_AGREEMENT_INVALID|MERCHANT_AGREEMENT_IS_NOT_EXIST",
        "商户没有签约周期扣款产品，或签约已失效：在商家中心处理。",
        "The merchant's own contract for periodic charges is missing or over: see the merchant centre.",
    ),
    // Transfers.
    row(
        "PAYER_BALANCE_NOT_ENOUGH|BALANCE_IS_NOT_ENOUGH",
        "付款账户余额不足：充值后用同一单号再试。",
        "The paying account's balance is too low: top it up and repeat under the same number.",
    ),
    row("PAYEE_NOT_EXIST", "收款账号不存在：核对账号。", "There is no such payee: check the account."),
    row(
        "PAYEE_USERINFO_ERROR",
        "收款人姓名与账号不符：核对姓名。",
        "The payee's name does not fit the account: check the name.",
    ),
    row(
        "PAYEE_ACC_OCUPIED",
        "该登录号对应多个账号：改用收款人的支付宝用户号。",
        "This login belongs to several accounts: use the payee's user id.",
    ),
    row(
        "EXCEED_LIMIT_SM_AMOUNT|EXCEED_LIMIT_PERSONAL_SM_AMOUNT",
        "超过单笔转账限额：分开转或提高限额。",
        "It is above the limit for one transfer: split it, or have the limit raised.",
    ),
    row(
        "EXCEED_LIMIT_DM_AMOUNT",
        "超过当日转账限额：明天再转。",
        "It is above the day's limit for transfers: go on tomorrow.",
    ),
    row(
        "TRANSFER_SCENE_NAME_BLANK|TRANSFER_SCENE_NAME_ILLEGAL|TRANSFER_SCENE_REPORT_INFO_ILLEGAL|TRANSFER_SCENE_INFO_ADMIT_FAIL",
        "转账合同要求填写转账场景和报备信息：按合同写的填写。",
        "The contract wants a scene for transfers and what has to be reported for it: fill in what it names.",
    ),
    row(
        "PAYMENT_INFO_INCONSISTENCY|REP_INCONSISTENT",
        "同一单号以前用过别的内容：查询原来的那笔，再用新单号。",
        "This number was used with another content: query that transfer, then use a new number.",
    ),
    row(
        "PAYEE_NOT_RELNAME_CERTIFY",
        "收款人没有实名认证：请收款人先完成认证。",
        "The payee has not proved a real name to Alipay: ask for that first.",
    ),
    row(
        "PAYER_PAYEE_CANNOT_SAME",
        "付款和收款是同一个账号：核对收款账号。",
        "Payer and payee are the same account: check the payee.",
    ),
    row(
        "NO_PERMISSION_ACCOUNT|PERMIT_CHECK_PERM_LIMITED|SECURITY_CHECK_FAILED",
        "账户被限制转账或未通过安全检查：看支付宝给出的说明，联系支付宝客服。",
        "The account may not transfer, or a security check failed: read Alipay's message and call its support.",
    ),
    row(
        "MEMO_REQUIRED_IN_TRANSFER_ERROR|REMARK_HAS_SENSITIVE_WORD",
        "转账备注缺少或含有不允许的词：五万元起企业转账必须填写备注，改好备注后重新转账。",
        "The transfer's remark is missing or holds a word that is not allowed: from ¥50 000 on a company has to say one. Change it and transfer anew.",
    ),
    // Bills.
    row(
        "BILL_NOT_EXIST|NO_BILL_DATA",
        "账单还没有生成或当天没有数据：上午九点以后再试。",
        "The bill is not there yet, or the day had none: try again after nine in the morning.",
    ),
    row("SYSTEM_RATE_LIMIT", "查询太频繁：放慢节奏再试。", "Too many questions: ask less often."),
];

/// By the gateway's code, where the business code says nothing that is known.
const BY_CODE: &[(&str, Advice)] = &[
    row(
        "20000",
        "支付宝暂时不可用：稍后查询结果，再用同一单号重试。",
        "Alipay is not available: query the result later, then repeat under the same number.",
    ),
    row(
        "20001",
        "授权无效或过期：检查应用的授权设置。",
        "An authorisation is missing or over: look at the application's authorisations.",
    ),
    row(
        "40001",
        "缺少参数：检查账户设置；若设置无误，请报告这个问题。",
        "A parameter is missing: look at the account's settings; if they are right, report this.",
    ),
    row(
        "40002",
        "参数不正确：检查账户设置（APPID、密钥、证书）。",
        "A parameter is wrong: look at the account's settings (app id, keys, certificates).",
    ),
    row("40003", "条件不满足：看支付宝给出的说明。", "A condition is not met: read Alipay's message."),
    row("40004", "业务处理失败：看支付宝给出的说明。", "Alipay could not do it: read its message."),
    row("40005", "调用太频繁：稍后再试。", "Too many calls: wait and try again."),
    row(
        "40006",
        "没有权限：在开放平台签约对应产品。",
        "Not permitted: sign the contract for the product in Alipay's console.",
    ),
];

const UNKNOWN: Advice = Advice {
    zh: "未知的错误：看支付宝给出的说明，必要时联系支付宝客服。",
    en: "An error that is not known here: read Alipay's message, and call its support if need be.",
};

/// What to do about a gateway's code and business code.
#[must_use]
pub fn of(code: &str, sub_code: &str) -> Advice {
    let word = sub_code.rsplit('.').next().unwrap_or_default();
    let find = |table: &[(&str, Advice)], wanted: &str| {
        let row = table.iter().find(|(words, _)| words.split('|').any(|word| word == wanted));
        row.map(|(_, advice)| *advice)
    };
    find(BY_WORD, word).or_else(|| find(BY_CODE, code)).unwrap_or(UNKNOWN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_business_code_speaks_before_the_gateways_and_prefixes_do_not_matter() {
        let forbidden = of("40004", "ACQ.ACCESS_FORBIDDEN");
        assert!(forbidden.en.contains("contract"));
        assert_eq!(of("40004", "ACCESS_FORBIDDEN"), forbidden);
        assert_eq!(of("40006", "isv.something-new"), BY_CODE[7].1);
        assert_eq!(of("", ""), UNKNOWN);
        let ended = of("40004", "ACQ.AGREEMENT_INVALID");
        assert_eq!(
            (of("40004", "AGREEMENT_NOT_EXSIT"), of("40004", "AGREEMENT_HAS_UNSIGNED")),
            (ended, ended)
        );
        assert!(of("40004", "ACQ.OVER_MAX_UNDER_WAY_DEDUCT_COUNT").en.contains("under way"));
        assert_eq!(of("40004", "ACQ.AGREEMENT"), BY_CODE[5].1, "a part of a code is no code");
    }

    #[test]
    fn no_code_stands_twice_and_every_advice_has_both_languages() {
        for table in [BY_WORD, BY_CODE] {
            let mut words: Vec<_> = table.iter().flat_map(|(words, _)| words.split('|')).collect();
            let all = words.len();
            words.sort_unstable();
            words.dedup();
            assert_eq!(words.len(), all);
            let chinese = |text: &str| text.chars().any(|sign| ('\u{4e00}'..='\u{9fff}').contains(&sign));
            assert!(table.iter().all(|(_, advice)| chinese(advice.zh)
                && !chinese(advice.en)
                && advice.en.is_ascii() | advice.en.contains('¥')));
        }
    }
}
