//! `matcha leakcheck DIR`: fails when words of a paid part stand anywhere in a built site.

use std::path::PathBuf;

use clap::Args;

use super::seal::{base_of, counting, run_of};
use super::secret::SecretArgs;
use super::{Failure, say};
use crate::config::RawConfig;
use crate::domain::site::Slug;
use crate::limits;
use crate::seal::leak::{self, Findings, Kind, Leak, Search};

/// `matcha leakcheck DIR`
#[derive(Args, Debug)]
pub(super) struct Leakcheck {
    /// The built and sealed site
    dir: PathBuf,
    /// The site's name on the server
    #[arg(long, value_name = "SLUG")]
    site: Slug,
    #[command(flatten)]
    secret: SecretArgs,
    /// Parts that an adapter laid aside as SLUG.html
    #[arg(long, value_name = "DIR")]
    parts: Option<PathBuf>,
    /// Where the site is published, if its pages do not say so by rel="canonical"
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// How many words in a row are a leak; of Chinese, Japanese and Korean half as many characters more
    #[arg(long, default_value_t = limits::LEAK_RUN_WORDS_DEFAULT, value_name = "N")]
    run: usize,
}

impl Leakcheck {
    pub(super) async fn run(self, raw: &RawConfig) -> Result<(), Failure> {
        if !self.dir.is_dir() {
            return Err(format!("{} is no folder", self.dir.display()).into());
        }
        let (run, base) = (run_of(self.run)?, base_of(self.base_url.as_deref())?);
        let (secret, _) = self.secret.find(raw, self.site.as_str()).await?;
        let search = Search {
            root: &self.dir,
            site: self.site.as_str(),
            secret: &secret,
            aside: self.parts.as_deref(),
            base,
            run,
        };
        let findings = leak::check(&search, &counting("looking"))?;
        tell(&findings, run.words(), run.characters())
    }
}

fn tell(findings: &Findings, words: usize, characters: usize) -> Result<(), Failure> {
    for (path, why) in &findings.unchecked {
        say(&format!("unchecked  {path}: {why}"))?;
    }
    for product in &findings.too_short {
        say(&format!("short      {product}: a paid part has too few letters to be looked for"))?;
    }
    if findings.revealed > 0 {
        let revealed = findings.revealed;
        say(&format!(
            "reveal     {revealed} parts are only hidden, NOT SECRET / {revealed} 处只是隐藏, 并不保密"
        ))?;
    }
    for leak in findings.leaks.iter().take(limits::LEAKS_LISTED_MAX) {
        say(&line(leak))?;
    }
    let leaks = findings.leaks.len();
    if leaks > limits::LEAKS_LISTED_MAX {
        say(&format!("… and {} more", leaks - limits::LEAKS_LISTED_MAX))?;
    }
    for kind in [Kind::Words, Kind::Heading, Kind::Marker, Kind::Token, Kind::Attachment, Kind::Unopened] {
        if findings.leaks.iter().any(|leak| leak.kind == kind) {
            say(&format!("  → {}", remedy(kind)))?;
        }
    }
    let Findings { files, parts, attachments, .. } = findings;
    let unchecked = findings.unchecked.len();
    say(&format!(
        "{parts} paid parts and {attachments} attachments looked for in {files} files ({unchecked} unchecked), in runs of {words} words or \
         {characters} characters: {leaks} leaks"
    ))?;
    say(&format!(
        "在 {files} 个文件 ({unchecked} 个未能检查) 中查找了 {parts} 处付费正文和 {attachments} 个附件: {leaks} 处泄漏"
    ))?;
    if leaks > 0 {
        return Err("paid text is in the open; do not publish this / 付费内容已泄漏, 请勿发布".into());
    }
    if *parts == 0 && findings.revealed == 0 {
        return Err(
            "nothing sealed was found: is this the built site, and was it sealed? / 没有找到已封存的内容"
                .into(),
        );
    }
    Ok(())
}

fn line(leak: &Leak) -> String {
    let Leak { path, line, kind, product, words } = leak;
    let what = match kind {
        Kind::Words => format!("{product}: “{words}”"),
        Kind::Heading => format!("{product}: a link to the paid heading {words}"),
        Kind::Marker if words.is_empty() => format!("{product}: a paid part that was not sealed"),
        Kind::Marker => format!("a marker that is wrong: {words}"),
        Kind::Token => format!("{product}: a token whose part was not put in"),
        Kind::Attachment => {
            format!("{product}: the plain file {words} is sealed and lies here in the open too")
        }
        Kind::Unopened => format!("{product}: {words}… cannot be opened with this secret"),
    };
    format!("leak  {path}:{line}: {what}")
}

/// What is to be done.
const fn remedy(kind: Kind) -> &'static str {
    match kind {
        Kind::Words => {
            "words: leave this file out of the build, or end its excerpt before the paid part; files made after sealing \
             (search indexes, compressed copies) must be made anew from the sealed site / 请勿发布该文件, 或在封存之后再生成它"
        }
        Kind::Heading => {
            "headings: leave the paid part's headings out of the table of contents / 目录中请去掉付费部分的标题"
        }
        Kind::Marker => "markers: run matcha seal on this folder / 请先运行 matcha seal",
        Kind::Token => "tokens: run matcha seal with --parts / 请用 --parts 运行 matcha seal",
        Kind::Attachment => "attachments: remove the plain file / 请删除明文文件",
        Kind::Unopened => {
            "sealed with another secret or product: build and seal the site anew / 用其他密钥封存的内容, 请重新构建并封存"
        }
    }
}
