//! One uploaded picture, from bytes to something safe to serve.
//!
//! Knows what an owner must be told about a picture. Refuses to know where it is stored and whether the same
//! code is there already (see [`names::find_clashes`](super::names::find_clashes)).

use sha2::{Digest, Sha256};

use crate::domain::channel::Channel;

use super::decode::{decode, encode};
use super::draw::draw;
use super::payload::judge;
use super::read::payloads;
use super::{UPLOAD_BYTES_MAX, UPLOAD_SIDE_PX_MAX};

/// What an upload became.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Intake {
    /// A PNG made by us: the code drawn anew, or the picture encoded anew where no single code was read.
    pub png: Vec<u8>,
    /// What the code says, if exactly one was read. Text of a stranger's making: escape it.
    pub payload: Option<String>,
    /// One code was read and it is a receive code of the right wallet: there are no warnings.
    pub verified: bool,
    /// What the owner should look at before selling with this code.
    pub warnings: Vec<Warning>,
}

/// Why an upload is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum IntakeError {
    /// More than [`UPLOAD_BYTES_MAX`] bytes.
    #[error("a picture has at most {} MiB", UPLOAD_BYTES_MAX / (1024 * 1024))]
    TooLarge,
    /// A side longer than [`UPLOAD_SIDE_PX_MAX`] pixels, or more memory than such a picture needs.
    #[error("a picture has at most {UPLOAD_SIDE_PX_MAX} × {UPLOAD_SIDE_PX_MAX} pixels of 8 bits")]
    Dimensions,
    /// Neither PNG, JPEG nor WebP, whatever its name says.
    #[error("a picture is a PNG, JPEG or WebP file")]
    Format,
    /// It begins like a picture and cannot be decoded.
    #[error("the picture is damaged")]
    Broken,
}

impl IntakeError {
    /// The stable name of the error, for the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            IntakeError::TooLarge => "image_too_large",
            IntakeError::Dimensions => "image_dimensions",
            IntakeError::Format => "image_format",
            IntakeError::Broken => "image_broken",
        }
    }

    /// The error in Chinese; [`Display`](std::fmt::Display) is English.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            IntakeError::TooLarge => "图片不能超过 2 MiB",
            IntakeError::Dimensions => "图片不能超过 4096 × 4096 像素(每通道 8 位)",
            IntakeError::Format => "只接受 PNG、JPEG、WebP 图片(看文件内容,不看扩展名)",
            IntakeError::Broken => "图片已损坏,无法解码",
        }
    }
}

/// What the owner should look at.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Warning {
    /// An Alipay code for a WeChat account, or the other way round.
    PayloadOtherWallet,
    /// Not a personal receive code as today's wallets save it.
    PayloadUnknownScheme,
    /// No code was read: art, a reward code (赞赏码, not a QR code), a blurred photograph.
    Unreadable,
    /// Codes that say different things: which of them is meant is not ours to guess.
    SeveralCodes,
}

impl Warning {
    /// Every warning.
    pub const ALL: [Warning; 4] = [
        Warning::PayloadOtherWallet,
        Warning::PayloadUnknownScheme,
        Warning::Unreadable,
        Warning::SeveralCodes,
    ];

    /// The stable name of the warning, for the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Warning::PayloadOtherWallet => "payload_other_wallet",
            Warning::PayloadUnknownScheme => "payload_unknown_scheme",
            Warning::Unreadable => "unreadable",
            Warning::SeveralCodes => "several_codes",
        }
    }

    /// The warning in Chinese.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Warning::PayloadOtherWallet => "这张码是另一个钱包的:请检查是否传错了账户",
            Warning::PayloadUnknownScheme => {
                "码的内容不是常见的个人收款码(微信 wxp://…,支付宝 https://qr.alipay.com/…):请先用手机扫一次,确认能收款"
            }
            Warning::Unreadable => {
                "没有读出二维码,按原图重新编码保存:请先用手机扫一次(赞赏码不是标准二维码,读不出是正常的)"
            }
            Warning::SeveralCodes => "图中有内容不同的多个二维码,按原图重新编码保存:请裁剪到只剩一个再上传",
        }
    }

    /// The warning in English.
    #[must_use]
    pub const fn en(self) -> &'static str {
        match self {
            Warning::PayloadOtherWallet => "this code belongs to the other wallet: check the account",
            Warning::PayloadUnknownScheme => {
                "this is not a usual personal receive code (WeChat wxp://…, Alipay https://qr.alipay.com/…): scan it with a phone before you sell with it"
            }
            Warning::Unreadable => {
                "no QR code was read, so the picture is kept, encoded anew: scan it with a phone first (WeChat's reward codes are not QR codes and are never read)"
            }
            Warning::SeveralCodes => {
                "the picture holds several different codes, so it is kept, encoded anew: crop it to one and upload it again"
            }
        }
    }
}

/// Takes in an uploaded picture for an account of this channel.
///
/// No byte of the upload is in the result: a code that was read is drawn from its payload, any other picture is
/// decoded, scaled down and encoded anew without its metadata.
///
/// # Errors
/// [`IntakeError`]: too many bytes or pixels, another format, or damaged.
pub fn intake(bytes: &[u8], channel: Channel) -> Result<Intake, IntakeError> {
    let picture = decode(bytes)?;
    let mut payloads = payloads(&picture.to_luma8());
    let warning = match (payloads.pop(), payloads.is_empty()) {
        (Some(payload), true) => match draw(&payload) {
            Ok(png) => {
                let warnings = Vec::from_iter(judge(&payload, channel));
                return Ok(Intake { png, payload: Some(payload), verified: warnings.is_empty(), warnings });
            }
            // What cannot be drawn again cannot be served clean, so it counts as not read.
            Err(_) => Warning::Unreadable,
        },
        (Some(_), false) => Warning::SeveralCodes,
        (None, _) => Warning::Unreadable,
    };
    let png = encode(&picture).ok_or(IntakeError::Broken)?;
    Ok(Intake { png, payload: None, verified: false, warnings: vec![warning] })
}

/// What tells one code from another: the payload, or the SHA-256 of the kept picture where none was read.
#[must_use]
pub fn identity(payload: Option<&str>, png: &[u8]) -> String {
    match payload {
        Some(payload) => payload.to_owned(),
        None => Sha256::digest(png).iter().fold("sha256:".to_owned(), |hex, byte| format!("{hex}{byte:02x}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::qr::fixtures::{ALIPAY, Style, WECHAT, WHITE, code, jpeg, lay, png, screenshot, webp};
    use image::{DynamicImage, Rgb, RgbImage};

    fn art() -> RgbImage {
        let shade = |at: u32| u8::try_from(at % 256).expect("a byte");
        RgbImage::from_fn(200, 160, |x, y| Rgb([shade(x), shade(y), shade(x + y)]))
    }

    fn decoded(png: &[u8]) -> DynamicImage {
        image::load_from_memory_with_format(png, image::ImageFormat::Png).expect("a PNG")
    }

    #[test]
    fn a_code_of_the_right_wallet_is_drawn_anew_from_every_format() {
        let picture = code(WECHAT, Style::PLAIN);
        for bytes in [png(&picture), jpeg(&picture, 80), webp(&picture), jpeg(&screenshot(WECHAT), 85)] {
            let taken = intake(&bytes, Channel::Wechat).expect("taken in");
            assert_eq!(taken.payload.as_deref(), Some(WECHAT));
            assert_eq!((taken.verified, taken.warnings), (true, vec![]));
            assert_eq!(Ok(taken.png), draw(WECHAT));
        }
    }

    #[test]
    fn the_wrong_wallet_and_strange_payloads_are_drawn_and_warned_about() {
        for (payload, channel, warning) in [
            (ALIPAY, Channel::Wechat, Warning::PayloadOtherWallet),
            (WECHAT, Channel::Alipay, Warning::PayloadOtherWallet),
            ("https://example.com/", Channel::Alipay, Warning::PayloadUnknownScheme),
            ("<script>alert(1)</script>", Channel::Wechat, Warning::PayloadUnknownScheme),
        ] {
            let taken = intake(&png(&code(payload, Style::PLAIN)), channel).expect("taken in");
            assert_eq!(taken.payload.as_deref(), Some(payload));
            assert_eq!((taken.verified, taken.warnings), (false, vec![warning]));
            assert_eq!(Ok(taken.png), draw(payload));
        }
    }

    #[test]
    fn art_without_a_code_is_kept_encoded_anew_and_unverified() {
        let art = art();
        let taken = intake(&png(&art), Channel::Wechat).expect("taken in");
        assert_eq!((taken.payload, taken.verified, taken.warnings), (None, false, vec![Warning::Unreadable]));
        assert_eq!(decoded(&taken.png).into_rgb8(), art);
    }

    #[test]
    fn a_kept_picture_is_scaled_down() {
        let taken =
            intake(&jpeg(&RgbImage::from_pixel(3000, 1000, WHITE), 80), Channel::Wechat).expect("taken in");
        let kept = decoded(&taken.png);
        assert_eq!((kept.width(), kept.height()), (1200, 400));
    }

    #[test]
    fn several_different_codes_are_not_chosen_from() {
        let mut poster = RgbImage::from_pixel(1100, 500, WHITE);
        lay(&mut poster, &code(WECHAT, Style::PLAIN), (20, 20));
        lay(&mut poster, &code(ALIPAY, Style::PLAIN), (600, 20));
        let taken = intake(&png(&poster), Channel::Wechat).expect("taken in");
        assert_eq!(
            (taken.payload, taken.verified, taken.warnings),
            (None, false, vec![Warning::SeveralCodes])
        );
        assert_eq!(decoded(&taken.png).into_rgb8(), poster);
    }

    #[test]
    fn the_same_code_twice_is_one_code() {
        let mut poster = RgbImage::from_pixel(1100, 500, WHITE);
        lay(&mut poster, &code(WECHAT, Style::PLAIN), (20, 20));
        lay(&mut poster, &code(WECHAT, Style::PLAIN), (600, 20));
        assert!(intake(&png(&poster), Channel::Wechat).expect("taken in").verified);
    }

    #[test]
    fn a_payload_too_long_to_draw_counts_as_unreadable() {
        let long = format!("wxp://{}", "x".repeat(1100));
        let taken =
            intake(&png(&code(&long, Style { module: 4, ..Style::PLAIN })), Channel::Wechat).expect("taken");
        assert_eq!((taken.payload, taken.warnings), (None, vec![Warning::Unreadable]));
    }

    #[test]
    fn codes_and_texts_are_stable_and_complete() {
        let codes = Warning::ALL.map(Warning::code);
        assert_eq!(codes, ["payload_other_wallet", "payload_unknown_scheme", "unreadable", "several_codes"]);
        assert!(Warning::ALL.iter().all(|warning| !warning.zh().is_ascii() && !warning.en().is_empty()));
        let errors =
            [IntakeError::TooLarge, IntakeError::Dimensions, IntakeError::Format, IntakeError::Broken];
        assert_eq!(
            errors.map(IntakeError::code),
            ["image_too_large", "image_dimensions", "image_format", "image_broken"]
        );
        assert!(IntakeError::TooLarge.zh().contains(&(UPLOAD_BYTES_MAX / (1024 * 1024)).to_string()));
        assert!(IntakeError::Dimensions.zh().contains(&UPLOAD_SIDE_PX_MAX.to_string()));
    }

    #[test]
    fn identities_tell_codes_apart() {
        assert_eq!(identity(Some(WECHAT), b"png"), WECHAT);
        let digest = "sha256:8f8cbb7dcf46e0bc7d53265749a6c17d116093a6ba95e442764060c76fd4a86c";
        assert_eq!(identity(None, b"png"), digest);
    }
}
