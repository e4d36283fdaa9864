//! `matcha seal DIR`: encrypts the paid parts of a built site and cleans everything else of their words.

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;

use clap::Args;

use super::facts::{self, Server};
use super::secret::SecretArgs;
use super::{Failure, say};
use crate::config::RawConfig;
use crate::domain::site::Slug;
use crate::limits;
use crate::rng::Rng;
use crate::seal::place::Base;
use crate::seal::scan::{self, Scan};
use crate::seal::site::{self, Order, Report};
use crate::seal::words::Run;

/// `matcha seal DIR`
#[derive(Args, Debug)]
pub(super) struct Seal {
    /// The built site: public/, _site/, .vitepress/dist/ …
    dir: PathBuf,
    /// The site's name on the server
    #[arg(long, value_name = "SLUG")]
    site: Slug,
    /// Where readers reach the server
    #[arg(long, env = "MATCHA_SERVER", value_name = "URL")]
    server: String,
    #[command(flatten)]
    secret: SecretArgs,
    /// Parts that an adapter laid aside as SLUG.html, for matcha-part tokens
    #[arg(long, value_name = "DIR")]
    parts: Option<PathBuf>,
    /// Seal the files that only paid parts name, and remove the plain ones
    #[arg(long)]
    attachments: bool,
    /// Make and change products on the server as the pages say (needs MATCHA_OWNER_KEY)
    #[arg(long, conflicts_with = "offline")]
    sync: bool,
    /// An owner key: give it in the environment, where other users do not see it
    #[arg(long, env = "MATCHA_OWNER_KEY", hide_env_values = true, hide = true)]
    owner_key: Option<String>,
    /// Ask no server: prices come from the markers, and keys are the first ones
    #[arg(long)]
    offline: bool,
    /// The words of the link
    #[arg(long, default_value = "展开阅读全文", value_name = "TEXT")]
    label: String,
    /// Where the site is published, if its pages do not say so by rel="canonical"
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// Runs of so many words are taken out of feeds, indexes and descriptions
    #[arg(long, default_value_t = limits::LEAK_RUN_WORDS_DEFAULT, value_name = "N")]
    run: usize,
}

/// The run as typed.
pub(super) fn run_of(words: usize) -> Result<Run, Failure> {
    let (min, max) = (limits::LEAK_RUN_WORDS_MIN, limits::LEAK_RUN_WORDS_MAX);
    Run::new(words).ok_or_else(|| format!("--run {words}: it is {min} to {max}").into())
}

/// The base as typed.
pub(super) fn base_of(url: Option<&str>) -> Result<Option<Base>, Failure> {
    let base = |url| Base::of(url).ok_or_else(|| format!("--base-url {url}: https:// and a host").into());
    url.map(base).transpose()
}

impl Seal {
    pub(super) async fn run(self, raw: &RawConfig) -> Result<(), Failure> {
        let server = self.server.trim_end_matches('/');
        if !server.starts_with("https://") && !server.starts_with("http://") {
            return Err(format!("--server {server}: https:// and a host").into());
        }
        let (run, base) = (run_of(self.run)?, base_of(self.base_url.as_deref())?);
        let (secret, app) = self.secret.find(raw, self.site.as_str()).await?;
        let scan = scan::scan(&self.dir, self.parts.as_deref(), base, &counting("reading"))
            .map_err(|e| in_folder(&self.dir, e.into()))?;
        let wanted = scan.wanted();
        if wanted.is_empty() {
            return nothing(&scan);
        }
        let asked = Server::new(server, self.site.as_str())?;
        let known = match app {
            _ if self.offline => facts::offline(&wanted)?,
            Some(app) if !self.sync => facts::from_database(&app, self.site.as_str(), &wanted).await?,
            _ => {
                if self.sync {
                    let key = self.owner_key.as_deref();
                    let key = key
                        .ok_or("--sync needs an owner key in MATCHA_OWNER_KEY (matcha key create --owner)")?;
                    asked.sync(&wanted, key).await?;
                }
                asked.facts(&wanted).await?
            }
        };
        facts::compare(self.site.as_str(), &wanted, &known)?;
        let order = Order {
            site: self.site.as_str(),
            server,
            label: &self.label,
            secret: &secret,
            facts: &known,
            attachments: self.attachments,
            run,
        };
        let report = site::seal(&scan, &order, &Rng::system(), &counting("sealing"))?;
        tell(&report)
    }
}

/// No marker: fine where the site was sealed before, and a mistake elsewhere.
fn nothing(scan: &Scan) -> Result<(), Failure> {
    let root = scan.root.display();
    if scan.sealed_before {
        return say(&format!(
            "{root}: nothing to seal: it was sealed before / 没有需要封存的内容, 之前已封存过"
        ));
    }
    Err(format!(
        "{root} has no paid part. Is it the built site? A minifier may have removed the markers: keep comments, or mark \
         elements with data-matcha-paid / 没有找到付费部分: 请确认目录, 或检查压缩器是否删掉了注释标记"
    )
    .into())
}

fn in_folder(dir: &std::path::Path, error: Failure) -> Failure {
    if dir.is_dir() { error } else { format!("{} is no folder", dir.display()).into() }
}

fn tell(report: &Report) -> Result<(), Failure> {
    for (path, product) in &report.revealed {
        say(&format!("reveal   {path}: {product} is only hidden, NOT SECRET / 只是隐藏, 并不保密"))?;
    }
    for (path, cut) in &report.cuts {
        say(&format!("cleaned  {path}:{}: {} ({})", cut.line, cut.what, cut.product))?;
    }
    for (path, to) in &report.attachments {
        say(&format!("sealed   {path} → {to}"))?;
    }
    for path in &report.variants {
        say(&format!("removed  {path}: a copy in another size of a sealed file"))?;
    }
    for path in &report.twins {
        say(&format!("removed  {path}: a compressed copy of what changed; compress after sealing"))?;
    }
    for (path, why) in &report.kept {
        say(&format!("kept     {path}: {why}; anybody can fetch it / 仍然公开"))?;
    }
    for (path, why) in &report.skipped {
        say(&format!("skipped  {path}: {why}"))?;
    }
    for product in &report.too_short {
        say(&format!("short    {product}: a paid part has too few letters to be looked for elsewhere"))?;
    }
    let parts: usize = report.sealed.values().sum();
    let (products, changed, files) = (report.sealed.len(), report.changed, report.files);
    let (cuts, attachments, revealed) = (report.cuts.len(), report.attachments.len(), report.revealed.len());
    say(&format!(
        "{parts} parts of {products} products sealed, {revealed} only hidden, {attachments} attachments sealed, {cuts} places \
         cleaned; {changed} of {files} files changed. Next: matcha leakcheck"
    ))?;
    say(&format!(
        "已封存 {products} 个商品的 {parts} 处正文, {revealed} 处仅隐藏, {attachments} 个附件, 清理 {cuts} 处; 改动 {changed}/{files} \
         个文件。下一步: matcha leakcheck"
    ))
}

/// A line that is overwritten, where there is a person to see it.
pub(super) fn counting(what: &'static str) -> impl Fn(usize, usize) + Sync {
    let terminal = std::io::stderr().is_terminal();
    move |done, of| {
        if terminal && (done == of || done.is_multiple_of(64)) {
            let mut out = std::io::stderr().lock();
            let end = if done == of { "\n" } else { "" };
            drop(write!(out, "\r{what} {done} of {of}{end}"));
        }
    }
}
