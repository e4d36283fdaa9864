//! Files that only paid parts name: which they are, and what stands in their place.
//!
//! A picture that a public page, feed or style sheet names too is public and stays. Refuses to know how a file is sealed.

use std::collections::{BTreeMap, BTreeSet};

use aho_corasick::{AhoCorasick, AhoCorasickBuilder};

use super::clean::{self, Format};
use super::edit::{self, Edit};
use super::html::{self, Attribute, Tag};
use super::place::{self, Base};

/// A file that was named, and how.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Named {
    /// In `src` or `href`: it can be sealed.
    Whole,
    /// Beside another name, as a smaller or larger copy: browsers choose one, so all of them go.
    Variant,
    /// In a way for which there is no sealed form (`poster`, `object`).
    Otherwise,
}

/// The files of the site that an element names: attribute, path and how.
fn names<'a>(tag: &'a Tag, page: &str, base: &Base) -> Vec<(&'a Attribute, String, Named)> {
    let mut found = Vec::new();
    for attribute in &tag.attributes {
        let whole = |how| vec![(attribute.value.as_str(), how)];
        let links: Vec<(&str, Named)> = match (tag.name.as_str(), attribute.name.as_str()) {
            ("img" | "source" | "video" | "audio", "src") | ("a", "href") => whole(Named::Whole),
            ("img" | "source", "srcset") => {
                let urls = attribute.value.split(',').filter_map(|one| one.split_whitespace().next());
                urls.map(|url| (url, Named::Variant)).collect()
            }
            (_, "src" | "href" | "poster" | "data" | "background" | "content" | "action") => {
                whole(Named::Otherwise)
            }
            (_, name) if name.starts_with("data-") => whole(Named::Otherwise),
            _ => Vec::new(),
        };
        for (link, how) in links {
            if let Some((path, _)) = base.resolve(page, link) {
                found.push((attribute, path, how));
            }
        }
    }
    found
}

/// What is to become of the files that paid parts name.
#[derive(Debug, Default)]
pub struct Plan {
    /// To be sealed: by path, for these products.
    pub sealed: BTreeMap<String, BTreeSet<String>>,
    /// Smaller or larger copies of them: only removed.
    pub removed: BTreeSet<String>,
    /// Named in paid parts, and kept for a reason.
    pub kept: BTreeMap<String, String>,
}

impl Plan {
    /// The files that these paid parts (product, path of the page, HTML) name and `is_file` knows.
    pub fn new<'a>(
        paid: impl Iterator<Item = (&'a str, &'a str, &'a str)>,
        base: &Base,
        is_file: impl Fn(&str) -> bool,
    ) -> Plan {
        let mut plan = Plan::default();
        for (product, page, html) in paid {
            for token in html::tokens(html) {
                let Some(tag) = token.start() else { continue };
                for (_, path, how) in names(tag, page, base) {
                    // A page is no attachment, however it is linked to.
                    if !is_file(&path) || clean::format_of(&path) == Some(Format::Html) {
                        continue;
                    }
                    match how {
                        Named::Whole => {
                            plan.sealed.entry(path).or_default().insert(product.to_owned());
                        }
                        Named::Variant => drop(plan.removed.insert(path)),
                        Named::Otherwise => {
                            let why =
                                "the paid part names it in a way that has no sealed form (poster, data-…)";
                            plan.kept.insert(path, why.to_owned());
                        }
                    }
                }
            }
        }
        for path in plan.kept.keys() {
            plan.sealed.remove(path);
            plan.removed.remove(path);
        }
        for path in plan.sealed.keys() {
            plan.removed.remove(path);
        }
        plan
    }

    /// True where nothing is to be done.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sealed.is_empty() && self.removed.is_empty()
    }

    /// Finds the plan's files in public texts.
    #[must_use]
    pub fn finder(&self) -> Finder {
        let paths: Vec<String> = self.sealed.keys().chain(&self.removed).cloned().collect();
        let spelled = paths.iter().flat_map(|path| [path.clone(), place::encoded(path)]);
        // It fails only where the names together are larger than memory.
        let spelled = AhoCorasickBuilder::new().ascii_case_insensitive(true).build(spelled).ok();
        Finder { paths, spelled }
    }

    /// A public file names this one: it stays.
    pub fn keep(&mut self, path: &str, named_by: &str) {
        let gone = self.sealed.remove(path).is_some() | self.removed.remove(path);
        if gone {
            self.kept.insert(path.to_owned(), format!("{named_by} names it in the open"));
        }
    }

    /// The paid part with its sealed files named as such. `sealed` is the path of what a file was sealed to.
    #[must_use]
    pub fn rewrite(
        &self,
        part: &str,
        page: &str,
        base: &Base,
        sealed: impl Fn(&str) -> Option<String>,
    ) -> String {
        let mut edits = Vec::new();
        for token in html::tokens(part) {
            let Some(tag) = token.start() else { continue };
            for (attribute, path, how) in names(tag, page, base) {
                let at = whole_attribute(part, attribute);
                match (how, sealed(&path)) {
                    (Named::Whole, Some(to)) => {
                        let [to, name] = [place::encoded(&base.address(&to)), base.address(&path)];
                        let with = format!(
                            "data-matcha-{}=\"{}\" data-matcha-name=\"{}\" data-matcha-type=\"{}\"",
                            attribute.name,
                            html::escape(&to),
                            html::escape(&name),
                            type_of(&path)
                        );
                        edits.push(Edit { at, with });
                    }
                    (Named::Variant, to) if to.is_some() || self.removed.contains(&path) => {
                        edits.push(Edit { at, with: String::new() });
                    }
                    (Named::Whole | Named::Variant | Named::Otherwise, _) => {}
                }
            }
        }
        edit::apply(part, edits)
    }
}

/// The attribute with its quotes.
fn whole_attribute(html: &str, attribute: &Attribute) -> std::ops::Range<usize> {
    let value = html::value_span(html, attribute);
    let quoted = html.as_bytes().get(value.start.wrapping_sub(1)).is_some_and(|b| matches!(b, b'"' | b'\''));
    attribute.span.start..value.end + usize::from(quoted && value.start > attribute.span.start)
}

/// Looks for names of files in public texts.
#[derive(Debug)]
pub struct Finder {
    paths: Vec<String>,
    spelled: Option<AhoCorasick>,
}

impl Finder {
    /// The plan's files that a public text names: by their whole path, or by a link that leads to them.
    #[must_use]
    pub fn named(&self, path: &str, text: &str, base: &Base) -> BTreeSet<String> {
        let mut named = BTreeSet::new();
        if let Some(spelled) = &self.spelled {
            // `a.png` is not named by `banana.png`.
            let whole = |at: usize| {
                let before = at.checked_sub(1).and_then(|at| text.as_bytes().get(at));
                before.is_none_or(|b| !b.is_ascii_alphanumeric() && !matches!(b, b'-' | b'_' | b'.'))
            };
            let found = spelled.find_overlapping_iter(text).filter(|m| whole(m.start()));
            named.extend(found.filter_map(|m| self.paths.get(m.pattern().as_usize() / 2)).cloned());
        }
        let mut add = |link: &str| {
            if let Some((to, _)) = base.resolve(path, link)
                && self.paths.contains(&to)
            {
                named.insert(to);
            }
        };
        if clean::format_of(path) == Some(Format::Html) {
            for token in html::tokens(text) {
                let Some(tag) = token.start() else { continue };
                for attribute in &tag.attributes {
                    attribute.value.split([',', ' ', '(', ')', '\'', '"', ';']).for_each(&mut add);
                    add(&attribute.value);
                }
            }
        }
        for piece in text.split("url(").skip(1) {
            add(piece.split(')').next().unwrap_or_default().trim_matches([' ', '"', '\'']));
        }
        named
    }
}

/// The media type of a file by its name.
#[must_use]
pub fn type_of(path: &str) -> &'static str {
    let ending = path.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    match ending.as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "avif" => "image/avif",
        "svg" => "image/svg+xml",
        "mp3" => "audio/mpeg",
        "m4a" => "audio/mp4",
        "ogg" => "audio/ogg",
        "mp4" => "video/mp4",
        "webm" => "video/webm",
        "pdf" => "application/pdf",
        "zip" => "application/zip",
        "epub" => "application/epub+zip",
        "txt" | "md" | "csv" => "text/plain",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PART: &str = "<p><img alt=x src='a.png' srcset=\"a-2x.png 2x, a-3x.png 3x\"><a href=/files/r.pdf download>r</a>\
        <a href=\"/posts/cake/\">c</a><video poster=p.jpg src=v.mp4></video><img src=https://cdn.example/a.png></p>";

    fn plan() -> Plan {
        let files =
            ["posts/a.png", "posts/a-2x.png", "posts/a-3x.png", "files/r.pdf", "posts/p.jpg", "posts/v.mp4"];
        let base = Base { origin: Some("https://b.example".to_owned()), prefix: String::new() };
        Plan::new([("tea", "posts/tea.html", PART)].into_iter(), &base, |path| files.contains(&path))
    }

    #[test]
    fn files_of_the_site_that_a_part_names_are_found() {
        let plan = plan();
        assert_eq!(plan.sealed.keys().collect::<Vec<_>>(), ["files/r.pdf", "posts/a.png", "posts/v.mp4"]);
        assert_eq!(plan.removed.iter().collect::<Vec<_>>(), ["posts/a-2x.png", "posts/a-3x.png"]);
        assert_eq!(plan.kept.keys().collect::<Vec<_>>(), ["posts/p.jpg"]);
    }

    #[test]
    fn what_is_named_in_the_open_is_found_however_it_is_named() {
        let base = Base { origin: Some("https://b.example".to_owned()), prefix: String::new() };
        let finder = plan().finder();
        for (path, text, named) in [
            ("index.html", "<img src=posts/a.png>", "posts/a.png"),
            ("posts/cake.html", "<img src=a.png>", "posts/a.png"),
            ("posts/cake.html", "<img srcset='x.png 1x, a.png 2x'>", "posts/a.png"),
            ("feed.xml", "<media url=\"https://b.example/posts/a.png\"/>", "posts/a.png"),
            ("posts/s.css", "body { background: url('a.png') }", "posts/a.png"),
            ("posts/x.html", "<div style=\"background:url(a.png)\">", "posts/a.png"),
            ("search.json", "{\"u\":\"/files/r.pdf\"}", "files/r.pdf"),
        ] {
            let found = finder.named(path, text, &base);
            assert_eq!(found.into_iter().collect::<Vec<_>>(), [named], "{path}: {text}");
        }
        assert!(finder.named("index.html", "<img src=a.png>a.png /xposts/a.png", &base).is_empty());
    }

    #[test]
    fn a_part_names_its_sealed_files_and_nothing_else_changes() {
        let mut plan = plan();
        plan.keep("posts/v.mp4", "index.html");
        let base = Base { origin: None, prefix: "/blog".to_owned() };
        let html = "<img alt=x src='/blog/posts/a.png' srcset=\"/blog/posts/a-2x.png 2x\"><video src=/blog/posts/v.mp4>";
        let sealed = |path: &str| plan.sealed.contains_key(path).then(|| "matcha/HASH.sealed".to_owned());
        assert_eq!(
            plan.rewrite(html, "posts/tea.html", &base, sealed),
            "<img alt=x data-matcha-src=\"/blog/matcha/HASH.sealed\" data-matcha-name=\"/blog/posts/a.png\" \
             data-matcha-type=\"image/png\" ><video src=/blog/posts/v.mp4>"
        );
    }
}
