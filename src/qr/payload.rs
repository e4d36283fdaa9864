//! Whether a payload is a personal receive code, and of which wallet.
//!
//! Knows how the two wallets' codes begin. Refuses to know whether money would arrive: only a phone can tell, so
//! everything that is not plainly a receive code of the right wallet is warned about.

use crate::domain::channel::Channel;

use super::Warning;

/// The two apps that scan.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Wallet {
    Wechat,
    Alipay,
}

/// What the beginning of a payload tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    /// A personal receive code.
    Receive(Wallet),
    /// Something else that this wallet opens: an order, a login, a friend, an older or a merchant's code.
    Other(Wallet),
    /// Neither wallet's.
    Unknown,
}

/// What to warn about when this payload is uploaded for this channel.
pub(super) fn judge(payload: &str, channel: Channel) -> Option<Warning> {
    let wanted = match channel {
        Channel::Wechat => Wallet::Wechat,
        Channel::Alipay | Channel::AlipayOfficial => Wallet::Alipay,
    };
    match kind(payload) {
        Kind::Receive(wallet) if wallet == wanted => None,
        Kind::Receive(wallet) | Kind::Other(wallet) if wallet != wanted => Some(Warning::PayloadOtherWallet),
        Kind::Receive(_) | Kind::Other(_) | Kind::Unknown => Some(Warning::PayloadUnknownScheme),
    }
}

fn kind(payload: &str) -> Kind {
    // A payload with blanks, controls or letters beyond ASCII is nothing a wallet made.
    if !payload.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Kind::Unknown;
    }
    let Some((scheme, rest)) = payload.split_once("://") else { return Kind::Unknown };
    // Alipay prints some codes in capitals (the denser alphanumeric mode): scheme and host have no case.
    match scheme.to_ascii_lowercase().as_str() {
        "wxp" if !rest.is_empty() => Kind::Receive(Wallet::Wechat),
        // Merchants' orders (`weixin://wxpay/…`), red packets, links into the app.
        "wxp" | "weixin" | "wxhb" | "wechat" => Kind::Other(Wallet::Wechat),
        "alipay" | "alipays" | "alipayqr" => Kind::Other(Wallet::Alipay),
        "https" => web(rest, true),
        "http" => web(rest, false),
        _ => Kind::Unknown,
    }
}

fn web(rest: &str, secure: bool) -> Kind {
    // The whole authority is compared, so that a user name or a port in front of the real host changes it.
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(end);
    let host = host.to_ascii_lowercase();
    if host == "qr.alipay.com" && secure && is_alipay_receive(path) {
        return Kind::Receive(Wallet::Alipay);
    }
    let within =
        |domain: &str| host == domain || host.strip_suffix(domain).is_some_and(|sub| sub.ends_with('.'));
    if within("alipay.com") {
        return Kind::Other(Wallet::Alipay);
    }
    // `payapp.weixin.qq.com/qr/…` (printed shop codes) and `wx.tenpay.com/f2f…` (before 2018) do receive money,
    // but are not what the app saves today: worth a look before they are sold with.
    let wechat = ["weixin.qq.com", "wechat.com", "wechatpay.cn", "wx.tenpay.com"];
    if wechat.into_iter().any(within) { Kind::Other(Wallet::Wechat) } else { Kind::Unknown }
}

/// `/fkx…`, `/tsx…`, `/2m6…`, perhaps with a query. Not `/bax…`, one order that expires in two hours, and not
/// `/_d?…`, a login or a peer's request.
fn is_alipay_receive(path: &str) -> bool {
    let token = path.strip_prefix('/').unwrap_or_default();
    let token = token.split(['?', '#']).next().unwrap_or_default();
    let order = token.get(..3).is_some_and(|head| head.eq_ignore_ascii_case("bax"));
    !token.is_empty() && !order && token.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receive_codes_of_the_right_wallet_pass() {
        for (payload, wallet) in [
            ("wxp://f2f0abcDEF_-x", Wallet::Wechat),
            ("WXP://f2f1abc=", Wallet::Wechat),
            ("https://qr.alipay.com/fkx17442xocvwp4p9sfgn98", Wallet::Alipay),
            ("HTTPS://QR.ALIPAY.COM/FKX08154U5F2H5RLLWGX25", Wallet::Alipay),
            ("https://QR.alipay.com/2m611628fhnturpr4p9bs96?t=1608010938119", Wallet::Alipay),
        ] {
            assert_eq!(kind(payload), Kind::Receive(wallet), "{payload}");
        }
        assert_eq!(judge("wxp://f2f0x", Channel::Wechat), None);
        assert_eq!(judge("https://qr.alipay.com/fkx1", Channel::Alipay), None);
    }

    #[test]
    fn what_only_resembles_a_receive_code_is_told_apart() {
        for (payload, wallet) in [
            ("wxp://", Wallet::Wechat),
            ("weixin://wxpay/bizpayurl?pr=abc", Wallet::Wechat),
            ("wxhb://f2fabc", Wallet::Wechat),
            ("https://payapp.weixin.qq.com/qr/AQFjACEu", Wallet::Wechat),
            ("https://payapp.wechatpay.cn/qr/AQFj", Wallet::Wechat),
            ("https://wx.tenpay.com/f2f?t=AQAAAF", Wallet::Wechat),
            ("https://u.wechat.com/EIA-Ye", Wallet::Wechat),
            ("https://qr.alipay.com/bax03431ljhokirwl38f00a7", Wallet::Alipay),
            ("HTTPS://QR.ALIPAY.COM/BAX034", Wallet::Alipay),
            ("https://qr.alipay.com/_d?_b=PAI_LOGIN_DY&securityId=x", Wallet::Alipay),
            ("https://qr.alipay.com/", Wallet::Alipay),
            ("http://qr.alipay.com/fkx1", Wallet::Alipay),
            ("alipays://platformapi/startapp?saId=10000007", Wallet::Alipay),
            ("https://render.alipay.com/p/s/i", Wallet::Alipay),
        ] {
            assert_eq!(kind(payload), Kind::Other(wallet), "{payload}");
        }
    }

    #[test]
    fn disguises_and_strangers_are_unknown() {
        for payload in [
            "",
            "hello",
            "https://example.com/",
            "https://qr.alipay.com.evil.example/fkx1",
            "https://qr.alipay.com@evil.example/fkx1",
            "https://evil.example/https://qr.alipay.com/fkx1",
            "https://qr.alipay.com:8443/fkx1",
            "https://notalipay.com/fkx1",
            "https://qr.alipay.com\\fkx1",
            " wxp://f2f0x",
            "wxp://f2f0\u{202e}x",
            "wxp://f2f0\nx",
            "ｗｘｐ://f2f0x",
            "javascript:alert(1)",
            "https://qr.95516.com/00010000/1",
        ] {
            assert_eq!(kind(payload), Kind::Unknown, "{payload:?}");
        }
    }

    #[test]
    fn the_other_wallets_code_is_named_as_such() {
        let alipay = "https://qr.alipay.com/fkx1";
        assert_eq!(judge(alipay, Channel::Wechat), Some(Warning::PayloadOtherWallet));
        assert_eq!(judge("wxp://f2f0x", Channel::Alipay), Some(Warning::PayloadOtherWallet));
        assert_eq!(
            judge("weixin://wxpay/bizpayurl?pr=a", Channel::Alipay),
            Some(Warning::PayloadOtherWallet)
        );
        assert_eq!(judge("weixin://wxpay/x", Channel::Wechat), Some(Warning::PayloadUnknownScheme));
        assert_eq!(judge("https://example.com/", Channel::Wechat), Some(Warning::PayloadUnknownScheme));
    }
}
