//! What is wrong with what was pasted, in Chinese; the English is the errors' own text.

use super::{CredentialError, GatewayError};
use crate::alipay::aes::AesKeyError;
use crate::alipay::certs::CertError;
use crate::alipay::keys::KeyError;
use crate::limits;

impl CredentialError {
    /// The same in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            CredentialError::AppId => "APPID 是 16 位数字。".to_owned(),
            CredentialError::SellerId => "商户号（PID）是以 2088 开头的 16 位数字。".to_owned(),
            CredentialError::Gateway(GatewayError) => {
                "网关填 production、sandbox，或一个 https:// 开头的地址。".to_owned()
            }
            CredentialError::PrivateKey(error) => format!("应用私钥：{}", key(error)),
            CredentialError::AlipayKeys => "没有填写支付宝公钥，或填得太多。".to_owned(),
            CredentialError::AlipayKey(error) => format!("支付宝公钥：{}", key(error)),
            CredentialError::ApplicationKey => {
                "这是应用公钥，不是支付宝公钥。上传应用公钥后，开放平台会在旁边显示“支付宝公钥”，请复制那一个。"
                    .to_owned()
            }
            CredentialError::AppCertificate(error) => format!("应用公钥证书：{}", certificate(error)),
            CredentialError::AppCertificateKey => "应用公钥证书与应用私钥不是一对。".to_owned(),
            CredentialError::ApplicationCertificate => {
                "这是应用公钥证书；支付宝公钥证书是文件 alipayCertPublicKey_RSA2.crt。".to_owned()
            }
            CredentialError::AlipayCertificate(error) => format!("支付宝公钥证书：{}", certificate(error)),
            CredentialError::Roots(error) => format!("支付宝根证书：{}", certificate(error)),
            CredentialError::CertificatesNeedRsa2 => "证书模式只能用 RSA2。".to_owned(),
            CredentialError::AesKey(AesKeyError) => "AES 密钥不对：应是开放平台给出的 Base64 文本。".to_owned(),
            CredentialError::Stored => "保存的账户设置已损坏，请重新填写密钥。".to_owned(),
        }
    }
}

fn key(error: &KeyError) -> String {
    match error {
        KeyError::Empty => "没有填写。".to_owned(),
        KeyError::TooLong => "内容太长，不是密钥。".to_owned(),
        KeyError::NotAKey => "这不是密钥。".to_owned(),
        KeyError::CutOff => "密钥末尾不完整：复制时被截断了。".to_owned(),
        KeyError::Damaged => "密钥已损坏：复制时有字符被改动或多出。".to_owned(),
        KeyError::PublicKey => "这是公钥，这里要填应用私钥。".to_owned(),
        KeyError::PrivateKey => "这是私钥，这里要填支付宝公钥。".to_owned(),
        KeyError::Certificate => "这是证书，这里要填密钥。".to_owned(),
        KeyError::CertificateRequest => "这是证书请求文件（CSR），这里要填密钥。".to_owned(),
        KeyError::Locked => "私钥有口令保护，请填写去掉口令后的私钥。".to_owned(),
        KeyError::NotRsa => "这不是 RSA 密钥。".to_owned(),
        KeyError::TooShort { bits, at_least } => format!("密钥只有 {bits} 位，至少要 {at_least} 位。"),
        KeyError::TooBig { bits } => format!("密钥有 {bits} 位，最多 {} 位。", limits::ALIPAY_RSA_BITS_MAX),
    }
}

fn certificate(error: &CertError) -> String {
    match error {
        CertError::Empty => "没有填写。".to_owned(),
        CertError::TooLong => "内容太多，不是证书文件。".to_owned(),
        CertError::NotACertificate => "这不是证书。".to_owned(),
        CertError::CutOff => "证书末尾不完整：复制时被截断了。".to_owned(),
        CertError::Key => "这是密钥，这里要填证书（.crt）。".to_owned(),
        CertError::BadKey(error) => format!("证书里的密钥不能用：{}", key(error)),
        CertError::NotRoots => "这不是支付宝的根证书文件。".to_owned(),
        CertError::Untrusted => "证书不是由支付宝根证书签发的。".to_owned(),
        CertError::OtherHolder { expected, found } => format!("证书的持有人是 {found}，应是 {expected}。"),
        CertError::NotYet(from) => format!("证书从 {} 起才生效。", from.china_clock()),
        CertError::Expired(until) => format!("证书已于 {} 到期。", until.china_clock()),
        CertError::Another { asked, found } => format!("证书编号是 {found}，要的是 {asked}。"),
    }
}
