//! Seals a whole site: everything is read, thought through and written beside its place before the first file changes.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use regex::Regex;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::attachments::Plan;
use super::clean::{self, Cleaner, Cut, Format, Offer};
use super::edit::{self, Edit};
use super::format::{self, Binding, SealError, SiteSecret};
use super::html;
use super::known::{Known, Passage};
use super::page;
use super::scan::{self, Page, Scan};
use super::walk::{self, File, Staged, WalkError};
use super::words::Run;
use super::work::{self, Progress};
use crate::domain::money::Fen;
use crate::domain::product::Lock;
use crate::domain::site::Slug;
use crate::limits;
use crate::rng::Rng;

/// What the server says of a product.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Facts {
    /// What it costs.
    pub price: Fen,
    /// How it is locked.
    pub lock: Lock,
    /// The version of its key, from 1.
    pub key_version: u32,
}

/// What a seal needs to know besides the site's files.
#[derive(Debug)]
pub struct Order<'a> {
    /// The site's slug.
    pub site: &'a str,
    /// Where the server is, without a slash at the end.
    pub server: &'a str,
    /// The words of the links.
    pub label: &'a str,
    /// The site's sealing secret.
    pub secret: &'a SiteSecret,
    /// Facts of each product, by slug.
    pub facts: &'a BTreeMap<Slug, Facts>,
    /// Seal the files that only paid parts name.
    pub attachments: bool,
    /// How many words in a row are taken out of other files.
    pub run: Run,
}

/// What was done.
#[derive(Debug, Default)]
pub struct Report {
    /// Files that were looked at.
    pub files: usize,
    /// Files that were changed.
    pub changed: usize,
    /// How many parts of each product were sealed.
    pub sealed: BTreeMap<String, usize>,
    /// Parts that are only hidden: page and product.
    pub revealed: Vec<(String, String)>,
    /// What was taken out, by file.
    pub cuts: Vec<(String, Cut)>,
    /// Compressed copies of changed files that were removed.
    pub twins: Vec<String>,
    /// Attachments: the file that is gone, and what it was sealed to.
    pub attachments: Vec<(String, String)>,
    /// Smaller or larger copies of attachments that were removed.
    pub variants: Vec<String>,
    /// Files that paid parts name and that stayed in the open, and why.
    pub kept: Vec<(String, String)>,
    /// Files that were not looked at, and why.
    pub skipped: Vec<(String, &'static str)>,
    /// Products with a part that is too short to be looked for elsewhere.
    pub too_short: Vec<String>,
}

/// Why a site cannot be sealed. Nothing was changed, unless the cause says otherwise.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// A file cannot be read or written.
    #[error(transparent)]
    Walk(#[from] WalkError),
    /// A part or an attachment cannot be sealed.
    #[error("{what} cannot be sealed; nothing was changed")]
    Seal {
        /// Which.
        what: String,
        /// Why.
        source: SealError,
    },
    /// A token whose part was not laid aside, or not in this version.
    #[error(
        "{path}: the token {token} has no part of that content in --parts; build the site anew. Nothing was changed"
    )]
    Token {
        /// The file.
        path: String,
        /// The token.
        token: String,
    },
    /// A product without facts.
    #[error("{0} has no price")]
    Facts(String),
}

/// Sealed files by path and product: where they lie from now on.
type Sealed = BTreeMap<(String, String), String>;

/// Seals the site that was scanned.
///
/// # Errors
/// [`SiteError`]
pub fn seal(scan: &Scan, order: &Order<'_>, rng: &Rng, progress: Progress<'_>) -> Result<Report, SiteError> {
    let sealer = Sealer::new(scan, order, rng)?;
    let mut plan = sealer.plan(progress)?;
    if !order.attachments {
        plan = Plan::default();
    }
    let (sealed_files, mut staged) = sealer.seal_files(&plan)?;
    let texts = sealer.seal_aside(&plan, &sealed_files)?;
    let done =
        work::each(&scan.tree.files, progress, |file| sealer.file(file, &plan, &sealed_files, &texts))?;
    let mut report = sealer.report(&plan, &sealed_files);
    let mut gone: BTreeSet<String> =
        sealed_files.keys().map(|(path, _)| path.clone()).chain(plan.removed.iter().cloned()).collect();
    let there: BTreeSet<&str> = scan.tree.files.iter().map(|file| file.path.as_str()).collect();
    for (file, done) in scan.tree.files.iter().zip(done) {
        if let Some(why) = done.skipped {
            report.skipped.push((file.path.clone(), why));
        }
        report.cuts.extend(done.cuts.into_iter().map(|cut| (file.path.clone(), cut)));
        if let Some(file) = done.staged {
            report.changed += 1;
            staged.push(file);
        }
        if done.changed || gone.contains(&file.path) {
            let twins = [".gz", ".br", ".zst"].map(|ending| format!("{}{ending}", file.path));
            report.twins.extend(twins.into_iter().filter(|twin| there.contains(twin.as_str())));
        }
    }
    gone.extend(report.twins.iter().cloned());
    walk::commit(&scan.root, staged, &gone.into_iter().collect::<Vec<_>>())?;
    Ok(report)
}

struct Sealer<'a> {
    scan: &'a Scan,
    order: &'a Order<'a>,
    rng: &'a Rng,
    pages: HashMap<&'a str, &'a Page>,
    known: Known,
    keys: BTreeMap<&'a str, Zeroizing<[u8; 32]>>,
    token: Regex,
}

#[derive(Default)]
struct Done {
    cuts: Vec<Cut>,
    staged: Option<Staged>,
    changed: bool,
    skipped: Option<&'static str>,
}

impl<'a> Sealer<'a> {
    fn new(scan: &'a Scan, order: &'a Order<'a>, rng: &'a Rng) -> Result<Sealer<'a>, SiteError> {
        let mut passages = Vec::new();
        for (part, passage) in scan.pages.iter().flat_map(|page| &page.parts) {
            if lock_of(order, part)? != Lock::Reveal {
                passages.push(passage.clone());
            }
        }
        for aside in &scan.aside {
            let nowhere = Passage {
                product: aside.product.to_string(),
                path: None,
                html: String::new(),
                near: String::new(),
                ids: vec![],
            };
            let pages = scan.tokens.get(aside.product.as_str()).cloned().unwrap_or_else(|| vec![nowhere]);
            let ids = super::parts::ids(&aside.html);
            let with = |passage: Passage| Passage { html: aside.html.clone(), ids: ids.clone(), ..passage };
            passages.extend(pages.into_iter().map(with));
        }
        let known = Known::new(order.run, passages, &scan.titles);
        let key = |(slug, facts): (&'a Slug, &Facts)| {
            let key = order.secret.product_key(order.site, slug.as_str(), facts.key_version);
            (slug.as_str(), Zeroizing::new(key))
        };
        let keys = order.facts.iter().map(key).collect();
        let pages = scan.pages.iter().map(|page| (page.path.as_str(), page)).collect();
        Ok(Sealer { scan, order, rng, pages, known, keys, token: scan::token_pattern() })
    }

    fn facts(&self, product: &str) -> Result<&'a Facts, SiteError> {
        let facts = self.order.facts.iter().find(|(slug, _)| slug.as_str() == product);
        facts.map(|(_, facts)| facts).ok_or_else(|| SiteError::Facts(product.to_owned()))
    }

    fn sealing(&self, product: &'a str) -> Result<(&[u8; 32], Binding<'a>), SiteError> {
        let version = self.facts(product)?.key_version;
        let key = self.keys.get(product).ok_or_else(|| SiteError::Facts(product.to_owned()))?;
        Ok((key, Binding { site: self.order.site, product, version }))
    }

    fn seal_text(&self, product: &'a str, html: &str, at: &str) -> Result<String, SiteError> {
        let (key, of) = self.sealing(product)?;
        let failed = |source| SiteError::Seal { what: format!("the part of {product} in {at}"), source };
        format::seal_text(key, of, self.rng.bytes(), html).map_err(failed)
    }

    fn offer(&self, product: &str) -> Option<Offer> {
        let price = self.facts(product).ok()?.price.to_string();
        let lock = self.lock(product, None, &price);
        Some(Offer { address: lock.address(), words: lock.words() })
    }

    fn lock<'b>(&'b self, product: &'b str, label: Option<&'b str>, price: &'b str) -> page::Lock<'b> {
        let Order { site, server, .. } = self.order;
        page::Lock { site, product, server, label: label.unwrap_or(self.order.label), price }
    }

    /// The files that only paid parts name.
    fn plan(&self, progress: Progress<'_>) -> Result<Plan, SiteError> {
        if !self.order.attachments {
            return Ok(Plan::default());
        }
        let mut paid = Vec::new();
        for page in &self.scan.pages {
            for (part, passage) in &page.parts {
                if lock_of(self.order, part)? != Lock::Reveal {
                    paid.push((part.product.as_str(), page.path.as_str(), passage.html.as_str()));
                }
            }
        }
        for aside in &self.scan.aside {
            paid.push((aside.product.as_str(), self.page_of_aside(aside.product.as_str()), &aside.html));
        }
        let files: BTreeSet<&str> = self.scan.tree.files.iter().map(|file| file.path.as_str()).collect();
        let mut plan = Plan::new(paid.into_iter(), &self.scan.base, |path| files.contains(path));
        if plan.is_empty() {
            return Ok(plan);
        }
        let finder = plan.finder();
        let named = work::each(&self.scan.tree.files, progress, |file| {
            let readable = clean::format_of(&file.path).is_some() || file.path.ends_with(".css");
            if !readable || file.bytes > limits::SITE_TEXT_BYTES_MAX {
                return Ok::<_, SiteError>(BTreeSet::new());
            }
            let Ok(text) = String::from_utf8(walk::read(&self.scan.root, &file.path)?) else {
                return Ok(BTreeSet::new());
            };
            let format = clean::format_of(&file.path).unwrap_or(Format::Plain);
            let (edits, _) = self.clean(&file.path, &text, format);
            // What stands in the open after all that was paid for is gone; a reveal part stays in the open.
            Ok(finder.named(&file.path, &edit::apply(&text, edits), &self.scan.base))
        })?;
        for (file, named) in self.scan.tree.files.iter().zip(named) {
            named.iter().for_each(|path| plan.keep(path, &file.path));
        }
        Ok(plan)
    }

    fn page_of_aside(&self, product: &str) -> &str {
        let pages = self.scan.tokens.get(product);
        pages.and_then(|pages| pages.first()?.path.as_deref()).unwrap_or("index.html")
    }

    /// The changes that clean a file, with its sealed parts taken out.
    fn clean(&self, path: &str, text: &str, format: Format) -> (Vec<Edit>, Vec<Cut>) {
        let parts = self.pages.get(path).map(|page| page.parts.as_slice()).unwrap_or_default();
        let outer: Vec<_> = parts.iter().map(|(part, _)| part.outer.clone()).collect();
        let offer = |product: &str| self.offer(product);
        let cleaner = Cleaner { known: &self.known, base: &self.scan.base, offer: &offer };
        let (mut edits, cuts) = cleaner.clean(path, text, format, &outer);
        let sealed =
            parts.iter().filter(|(part, _)| lock_of(self.order, part).is_ok_and(|lock| lock != Lock::Reveal));
        edits.extend(sealed.map(|(part, _)| Edit { at: part.outer.clone(), with: String::new() }));
        (edits, cuts)
    }

    fn seal_files(&self, plan: &Plan) -> Result<(Sealed, Vec<Staged>), SiteError> {
        let (mut sealed, mut staged) = (Sealed::new(), Vec::new());
        for (path, products) in &plan.sealed {
            let bytes = walk::read(&self.scan.root, path)?;
            let name = self.scan.base.address(path);
            for product in products {
                let Some((slug, _)) = self.order.facts.iter().find(|(slug, _)| slug.as_str() == product)
                else {
                    return Err(SiteError::Facts(product.clone()));
                };
                let (key, of) = self.sealing(slug.as_str())?;
                let failed = |source| SiteError::Seal { what: path.clone(), source };
                let body = format::seal_file(key, of, &name, self.rng.bytes(), &bytes).map_err(failed)?;
                // The same name for the same content, which tells nothing to who does not have the key.
                let mut hash = Sha256::new();
                [key.as_slice(), name.as_bytes(), &bytes].iter().for_each(|piece| hash.update(piece));
                let hash: String =
                    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
                let to = format!("matcha/{hash}.sealed");
                staged.push(walk::stage(&self.scan.root, &to, &body)?);
                sealed.insert((path.clone(), product.clone()), to);
            }
        }
        Ok((sealed, staged))
    }

    fn rewritten(&self, product: &str, page: &str, html: &str, plan: &Plan, files: &Sealed) -> String {
        if plan.is_empty() {
            return html.to_owned();
        }
        let sealed = |path: &str| files.get(&(path.to_owned(), product.to_owned())).cloned();
        plan.rewrite(html, page, &self.scan.base, sealed)
    }

    /// Sealed texts by token.
    fn seal_aside(&self, plan: &Plan, files: &Sealed) -> Result<BTreeMap<String, String>, SiteError> {
        let mut texts = BTreeMap::new();
        for aside in &self.scan.aside {
            let product = aside.product.as_str();
            let html = self.rewritten(product, self.page_of_aside(product), &aside.html, plan, files);
            let sealed = self.seal_text(product, &html, "--parts")?;
            texts.insert(format!("matcha-part:{product}:{}", aside.hash), sealed);
        }
        Ok(texts)
    }

    fn file(
        &self,
        file: &File,
        plan: &Plan,
        files: &Sealed,
        texts: &BTreeMap<String, String>,
    ) -> Result<Done, SiteError> {
        let path = file.path.as_str();
        let Some(format) = clean::format_of(path) else { return Ok(Done::default()) };
        let skipped = |why| Ok(Done { skipped: Some(why), ..Done::default() });
        if file.bytes > limits::SITE_TEXT_BYTES_MAX {
            return skipped("it is too large");
        }
        let Ok(text) = String::from_utf8(walk::read(&self.scan.root, path)?) else {
            return skipped("it is not UTF-8");
        };
        let (mut edits, cuts) = self.clean(path, &text, format);
        if let Some(page) = self.pages.get(path) {
            edits.retain(|edit| !page.parts.iter().any(|(part, _)| part.outer == edit.at));
            edits.extend(self.locks(page, &text, plan, files)?);
        }
        // An adapter's page says nothing of prices by itself.
        if self.scan.alone.contains(path) && !self.scan.aside.is_empty() {
            edits.extend(page::structured_data(&text, &html::tokens(&text), true));
        }
        for found in self.token.captures_iter(&text) {
            let Some(token) = found.get(0) else { continue };
            let unknown = || SiteError::Token { path: path.to_owned(), token: token.as_str().to_owned() };
            // Without --parts a token is somebody else's: leakcheck names it.
            if self.scan.aside.is_empty() {
                continue;
            }
            let with = texts.get(token.as_str()).ok_or_else(unknown)?.clone();
            edits.push(Edit { at: token.range(), with });
        }
        if edits.is_empty() {
            return Ok(Done { cuts, ..Done::default() });
        }
        let changed = edit::apply(&text, edits);
        if changed == text {
            return Ok(Done { cuts, ..Done::default() });
        }
        let staged = walk::stage(&self.scan.root, path, changed.as_bytes())?;
        Ok(Done { cuts, staged: Some(staged), changed: true, skipped: None })
    }

    /// The locks of a page, and what its structured data says of them.
    fn locks(&self, page: &'a Page, text: &str, plan: &Plan, files: &Sealed) -> Result<Vec<Edit>, SiteError> {
        let mut edits = Vec::new();
        for (part, passage) in &page.parts {
            let product = part.product.as_str();
            let price = self.facts(product)?.price.to_string();
            let lock = self.lock(product, part.label.as_deref(), &price);
            let with = if lock_of(self.order, part)? == Lock::Reveal {
                lock.reveal(&passage.html)
            } else {
                let html = self.rewritten(product, &page.path, &passage.html, plan, files);
                lock.sealed(&self.seal_text(product, &html, &page.path)?)
            };
            edits.push(Edit { at: part.outer.clone(), with });
        }
        let blanked = edit::blanked(text, page.parts.iter().map(|(part, _)| part.outer.clone()));
        edits.extend(page::structured_data(&blanked, &html::tokens(&blanked), page.alone));
        Ok(edits)
    }

    fn report(&self, plan: &Plan, files: &Sealed) -> Report {
        let mut report = Report {
            files: self.scan.tree.files.len(),
            attachments: files.iter().map(|((path, _), to)| (path.clone(), to.clone())).collect(),
            variants: plan.removed.iter().cloned().collect(),
            kept: plan.kept.iter().map(|(path, why)| (path.clone(), why.clone())).collect(),
            skipped: self.scan.tree.skipped.clone(),
            too_short: self.known.too_short().into_iter().map(str::to_owned).collect(),
            ..Report::default()
        };
        for page in &self.scan.pages {
            for (part, _) in &page.parts {
                if lock_of(self.order, part).is_ok_and(|lock| lock == Lock::Reveal) {
                    report.revealed.push((page.path.clone(), part.product.to_string()));
                } else {
                    *report.sealed.entry(part.product.to_string()).or_default() += 1;
                }
            }
        }
        for aside in &self.scan.aside {
            *report.sealed.entry(aside.product.to_string()).or_default() += 1;
        }
        report
    }
}

/// How a part is locked: as its marker says, or else as the server says.
fn lock_of(order: &Order<'_>, part: &super::parts::Part) -> Result<Lock, SiteError> {
    let facts = order.facts.get(&part.product).ok_or_else(|| SiteError::Facts(part.product.to_string()))?;
    Ok(part.lock.unwrap_or(facts.lock))
}
