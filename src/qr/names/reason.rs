//! What is wrong with a file or a line, in a form that can be shown to the owner.

use std::fmt;

use super::{FOLDER_DEPTH_MAX, FOLDER_ENTRIES_MAX, REMARK_CHARS_MAX};

/// A file, folder or line that will not be imported, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// Relative to the folder, parted by `/`; what is not UTF-8 in it is replaced.
    pub path: String,
    /// Why.
    pub reason: Reason,
}

/// Why something will not be imported.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reason {
    /// Not directly in a folder named after a wallet, and not in the manifest.
    Folder,
    /// Not a channel that has codes.
    Channel,
    /// Not named like a picture.
    Extension,
    /// Not an amount above zero.
    Amount,
    /// Empty, blank at an end, too long, or with control characters.
    Remark,
    /// A remark needs an amount: wallets set both together.
    RemarkOnOpen,
    /// A symbolic link, or neither file nor folder. Links are never followed.
    NotAFile,
    /// A name that is not UTF-8.
    NotUtf8,
    /// A folder too deep inside.
    TooDeep,
    /// More entries than one import takes; the rest was not looked at.
    TooMany,
    /// It could not be opened or listed: the system's words.
    Io(String),
    /// The manifest is too large or not understood: the parser's words.
    Manifest(String),
    /// The manifest names a file that is not in the folder (anymore, or never was inside it).
    Missing,
    /// The manifest names a file twice.
    ListedTwice,
}

impl Reason {
    /// The stable name, for the API.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Reason::Folder => "folder",
            Reason::Channel => "channel",
            Reason::Extension => "extension",
            Reason::Amount => "amount",
            Reason::Remark => "remark",
            Reason::RemarkOnOpen => "remark_on_open",
            Reason::NotAFile => "not_a_file",
            Reason::NotUtf8 => "not_utf8",
            Reason::TooDeep => "too_deep",
            Reason::TooMany => "too_many",
            Reason::Io(_) => "io",
            Reason::Manifest(_) => "manifest",
            Reason::Missing => "missing",
            Reason::ListedTwice => "listed_twice",
        }
    }

    /// The reason in Chinese; [`Display`](fmt::Display) is English.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Reason::Folder => "要放在 wechat/ 或 alipay/ 目录下,或写进 codes.toml".to_owned(),
            Reason::Channel => "渠道只能是 wechat 或 alipay".to_owned(),
            Reason::Extension => "不是 .png、.jpg、.jpeg、.webp 图片".to_owned(),
            Reason::Amount => "金额要写成 0.98 这样(大于零,最多两位小数);不定额的码叫 open".to_owned(),
            Reason::Remark => format!("备注不能为空,首尾不能有空格,最多 {REMARK_CHARS_MAX} 个字"),
            Reason::RemarkOnOpen => "不定额的码不能带备注".to_owned(),
            Reason::NotAFile => "是符号链接或特殊文件,不会跟随".to_owned(),
            Reason::NotUtf8 => "文件名不是 UTF-8".to_owned(),
            Reason::TooDeep => format!("目录太深(最多 {FOLDER_DEPTH_MAX} 层)"),
            Reason::TooMany => format!("文件太多(最多 {FOLDER_ENTRIES_MAX} 个),其余未读"),
            Reason::Io(words) => format!("无法读取:{words}"),
            Reason::Manifest(words) => format!("codes.toml 无法理解:{words}"),
            Reason::Missing => "codes.toml 里写的文件不在目录中".to_owned(),
            Reason::ListedTwice => "codes.toml 里写了两次".to_owned(),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Folder => write!(f, "belongs into wechat/ or alipay/, or into codes.toml"),
            Reason::Channel => write!(f, "the channel is wechat or alipay"),
            Reason::Extension => write!(f, "is not a .png, .jpg, .jpeg or .webp picture"),
            Reason::Amount => {
                write!(f, "an amount looks like 0.98 and is above zero; an open code is named open")
            }
            Reason::Remark => {
                write!(f, "a remark has 1 to {REMARK_CHARS_MAX} characters and no blanks at its ends")
            }
            Reason::RemarkOnOpen => write!(f, "an open code has no remark"),
            Reason::NotAFile => write!(f, "is a link or a special file, which are not followed"),
            Reason::NotUtf8 => write!(f, "the name is not UTF-8"),
            Reason::TooDeep => write!(f, "is more than {FOLDER_DEPTH_MAX} folders deep"),
            Reason::TooMany => {
                write!(f, "more than {FOLDER_ENTRIES_MAX} files and folders: the rest was not looked at")
            }
            Reason::Io(words) => write!(f, "cannot be read: {words}"),
            Reason::Manifest(words) => write!(f, "is not understood: {words}"),
            Reason::Missing => write!(f, "is in codes.toml but not in the folder"),
            Reason::ListedTwice => write!(f, "is in codes.toml twice"),
        }
    }
}
