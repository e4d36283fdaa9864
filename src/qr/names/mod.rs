//! Which code a picture in a folder is: by its file name, or by a line in the folder's manifest.
//!
//! | file | what it does |
//! |---|---|
//! | `mod.rs` | one name or line to an [`ImportItem`]: `wechat/0.98.png`, `alipay/1.00_A7.jpg`, `wechat/open.png` |
//! | `scan` | a folder to items and problems |
//! | `manifest` | `codes.toml`: files whose names say nothing |
//! | `clash` | which codes stand in each other's way |
//!
//! Knows names and folders. Refuses to look into pictures: [`intake`](fn@super::intake) does.

mod clash;
mod manifest;
mod reason;
mod scan;

use crate::domain::channel::Channel;
use crate::domain::money::Fen;

pub use clash::{Clash, find_clashes};
pub use manifest::{MANIFEST, MANIFEST_BYTES_MAX};
pub use reason::{Problem, Reason};
pub use scan::{FOLDER_DEPTH_MAX, FOLDER_ENTRIES_MAX, Scan, read_picture, scan_folder};

/// The longest remark, in characters: what a stored code takes. The wallets themselves allow fewer.
pub const REMARK_CHARS_MAX: usize = 50;

/// The stem of an open code's file name.
const OPEN: &str = "open";

/// One code to be imported.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImportItem {
    /// The kind of account it is for; never [`Channel::AlipayOfficial`].
    pub channel: Channel,
    /// What the code asks for, never zero; `None` for an open code, where the payer types the amount.
    pub amount: Option<Fen>,
    /// What was set inside the wallet when the code was made; an open code has none.
    pub remark: Option<String>,
    /// Where the picture is, relative to the folder, parted by `/`. For codes that are stored already it is what
    /// the owner knows them by.
    pub path: String,
}

impl ImportItem {
    /// Checks what a name or a line says. `amount` is a yuan string.
    ///
    /// # Errors
    /// [`Reason`]: no personal channel, no amount, or a remark that cannot be one.
    pub fn new(
        channel: &str,
        amount: Option<&str>,
        remark: Option<&str>,
        path: &str,
    ) -> Result<ImportItem, Reason> {
        let channel = match channel.parse::<Channel>() {
            Ok(channel @ (Channel::Wechat | Channel::Alipay)) => channel,
            Ok(Channel::AlipayOfficial) | Err(_) => return Err(Reason::Channel),
        };
        let amount = match amount.map(Fen::parse) {
            None => None,
            Some(Ok(amount)) if !amount.is_zero() => Some(amount),
            Some(Ok(_) | Err(_)) => return Err(Reason::Amount),
        };
        match remark {
            Some(_) if amount.is_none() => return Err(Reason::RemarkOnOpen),
            Some(remark) if !is_remark(remark) => return Err(Reason::Remark),
            Some(_) | None => {}
        }
        Ok(ImportItem { channel, amount, remark: remark.map(str::to_owned), path: path.to_owned() })
    }

    /// Reads a path relative to the folder, parted by `/`: the wallet, then `amount.png`, `amount_remark.png` or
    /// `open.png` (also `.jpg`, `.jpeg`, `.webp`).
    ///
    /// # Errors
    /// [`Reason`]: what in the name was not understood.
    pub fn from_path(path: &str) -> Result<ImportItem, Reason> {
        let (folder, name) = path.split_once('/').ok_or(Reason::Folder)?;
        if name.contains('/') || folder.parse::<Channel>().is_err() {
            return Err(Reason::Folder);
        }
        let stem = stem(name).ok_or(Reason::Extension)?;
        if stem == OPEN {
            return ImportItem::new(folder, None, None, path);
        }
        match stem.split_once('_') {
            Some((OPEN, _)) => Err(Reason::RemarkOnOpen),
            Some((amount, remark)) => ImportItem::new(folder, Some(amount), Some(remark), path),
            None => ImportItem::new(folder, Some(stem), None, path),
        }
    }
}

/// The name without the extension of a picture. Only a filter for obvious mistakes: the bytes are sniffed later.
fn stem(name: &str) -> Option<&str> {
    let (stem, extension) = name.rsplit_once('.')?;
    let known = ["png", "jpg", "jpeg", "webp"];
    known.into_iter().any(|known| extension.eq_ignore_ascii_case(known)).then_some(stem)
}

fn is_remark(remark: &str) -> bool {
    !remark.is_empty()
        && remark.trim() == remark
        && remark.chars().count() <= REMARK_CHARS_MAX
        && !remark.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_read() {
        for (path, channel, amount, remark) in [
            ("wechat/0.98.png", Channel::Wechat, Some("0.98"), None),
            ("alipay/1.00_A7.jpg", Channel::Alipay, Some("1.00"), Some("A7")),
            ("wechat/open.png", Channel::Wechat, None, None),
            ("alipay/12.JPEG", Channel::Alipay, Some("12.00"), None),
            ("alipay/9.9.webp", Channel::Alipay, Some("9.90"), None),
            ("wechat/1.00_A_7.v2.png", Channel::Wechat, Some("1.00"), Some("A_7.v2")),
            ("wechat/1.00_读者七.png", Channel::Wechat, Some("1.00"), Some("读者七")),
        ] {
            let item = ImportItem::from_path(path).unwrap_or_else(|reason| panic!("{path}: {reason:?}"));
            assert_eq!(item.channel, channel, "{path}");
            assert_eq!(item.amount.map(|fen| fen.to_string()).as_deref(), amount, "{path}");
            assert_eq!(item.remark.as_deref(), remark, "{path}");
            assert_eq!(item.path, path);
        }
    }

    #[test]
    fn names_that_could_be_misread_are_refused() {
        for (path, reason) in [
            ("0.98.png", Reason::Folder),
            ("paypal/0.98.png", Reason::Folder),
            ("wechat/new/0.98.png", Reason::Folder),
            ("/0.98.png", Reason::Folder),
            ("alipay_official/0.98.png", Reason::Channel),
            ("wechat/0.98", Reason::Extension),
            ("wechat/0.98.gif", Reason::Extension),
            ("wechat/0.98.svg", Reason::Extension),
            ("wechat/0.98.png.exe", Reason::Extension),
            ("wechat/.png", Reason::Amount),
            ("wechat/one.png", Reason::Amount),
            ("wechat/0.00.png", Reason::Amount),
            ("wechat/0.985.png", Reason::Amount),
            ("wechat/-1.00.png", Reason::Amount),
            ("wechat/１.00.png", Reason::Amount),
            ("wechat/0.98 (1).png", Reason::Amount),
            ("wechat/OPEN.png", Reason::Amount),
            ("wechat/1.00_.png", Reason::Remark),
            ("wechat/1.00_ A7.png", Reason::Remark),
            ("wechat/1.00_A\u{7}7.png", Reason::Remark),
            ("wechat/open_A7.png", Reason::RemarkOnOpen),
        ] {
            assert_eq!(ImportItem::from_path(path), Err(reason), "{path}");
        }
    }

    #[test]
    fn a_remark_is_as_long_as_it_may_be() {
        let path = |chars: usize| format!("wechat/1.00_{}.png", "读".repeat(chars));
        assert!(ImportItem::from_path(&path(REMARK_CHARS_MAX)).is_ok());
        assert_eq!(ImportItem::from_path(&path(REMARK_CHARS_MAX + 1)), Err(Reason::Remark));
    }

    proptest! {
        #[test]
        fn no_path_makes_the_reader_panic(path in "(wechat|alipay|.{0,8})/.{0,20}(\\.png)?") {
            if let Ok(item) = ImportItem::from_path(&path) {
                prop_assert_eq!(item.path, path);
                prop_assert!(item.amount != Some(Fen::ZERO));
            }
        }
    }
}
