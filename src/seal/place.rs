//! Paths of files and the addresses that links name them by.
//!
//! Knows that `posts/tea/index.html`, `/posts/tea/`, `/posts/tea.html` and `https://blog.example/posts/tea` are one page.

/// Where a site lies on its host: `https://me.example/blog` has the prefix `/blog`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Base {
    /// `https://me.example`, if it is known; links to other hosts are not this site then.
    pub origin: Option<String>,
    /// The path in front of every file, without a slash at the end.
    pub prefix: String,
}

impl Base {
    /// The base that an address such as `https://me.example/blog/` says.
    #[must_use]
    pub fn of(url: &str) -> Option<Base> {
        let (origin, path) = split(url)?;
        Some(Base {
            origin: Some(origin.to_ascii_lowercase()),
            prefix: path.trim_end_matches('/').to_owned(),
        })
    }

    /// The base that follows from the canonical address of the page in the file `path`.
    #[must_use]
    pub fn guess(canonical: &str, path: &str) -> Option<Base> {
        let (origin, address) = split(canonical)?;
        let page = page_of(&format!("/{path}"));
        let prefix = page_of(&decoded(address)).strip_suffix(page.trim_end_matches('/'))?.to_owned();
        let prefix = prefix.trim_end_matches('/').to_owned();
        Some(Base { origin: Some(origin.to_ascii_lowercase()), prefix })
    }

    /// The path on the host of the file at `path`.
    #[must_use]
    pub fn address(&self, path: &str) -> String {
        format!("{}/{path}", self.prefix)
    }

    /// The file path (without the first slash) and fragment that `link` names on the page in the file `page`; `None` for
    /// another site.
    #[must_use]
    pub fn resolve(&self, page: &str, link: &str) -> Option<(String, Option<String>)> {
        let link = link.trim();
        let (link, fragment) = match link.split_once('#') {
            Some((link, fragment)) => (link, Some(decoded(fragment)).filter(|f| !f.is_empty())),
            None => (link, None),
        };
        let link = link.split('?').next().unwrap_or(link);
        if link.is_empty() {
            return Some((page.to_owned(), fragment));
        }
        let path = match (split(link), link.strip_prefix("//")) {
            (Some((origin, path)), _) => {
                if self.origin.as_ref().is_some_and(|own| !origin.eq_ignore_ascii_case(own)) {
                    return None;
                }
                path
            }
            (None, Some(_)) => return None,
            (None, None) if has_scheme(link) => return None,
            (None, None) => link,
        };
        let path = decoded(path);
        let absolute = if path.starts_with('/') || link.is_empty() {
            path.strip_prefix(&self.prefix)?.to_owned()
        } else if split(link).is_some() {
            path
        } else {
            let folder = page.rsplit_once('/').map_or("", |(folder, _)| folder);
            format!("/{folder}/{path}")
        };
        Some((normal(&absolute), fragment))
    }
}

/// Origin and path of an `http` address.
fn split(url: &str) -> Option<(&str, &str)> {
    let host = url.find("://").filter(|at| matches!(url.get(..*at), Some("http" | "https")))? + 3;
    let path = url.get(host..)?.find('/').map_or(url.len(), |at| host + at);
    Some((url.get(..path)?, url.get(path..)?))
}

fn has_scheme(link: &str) -> bool {
    let scheme = link.split(['/', '?']).next().unwrap_or_default();
    scheme.contains(':')
}

/// Without `.`, `..` and empty pieces, and without the first slash; a folder keeps its last one.
fn normal(path: &str) -> String {
    let mut pieces: Vec<&str> = Vec::new();
    for piece in path.split('/') {
        match piece {
            "" | "." => {}
            ".." => drop(pieces.pop()),
            piece => pieces.push(piece),
        }
    }
    let mut normal = pieces.join("/");
    if path.ends_with('/') && !normal.is_empty() {
        normal.push('/');
    }
    normal
}

/// The name that all addresses of one page share.
#[must_use]
pub fn page_of(path: &str) -> String {
    let path = path.strip_suffix("index.html").or_else(|| path.strip_suffix("index.htm")).unwrap_or(path);
    let path = path.strip_suffix(".html").or_else(|| path.strip_suffix(".htm")).unwrap_or(path);
    path.trim_end_matches('/').to_owned()
}

/// Without `%XX`, where that is UTF-8.
#[must_use]
pub fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let byte = hex.filter(|_| *first == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { tail.get(2..).unwrap_or_default() } else { tail };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// With `%XX` for what cannot stand in an address.
#[must_use]
pub fn encoded(path: &str) -> String {
    let mut encoded = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/!$'()*+,;=:@".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_to_a_file() {
        let base = Base::of("https://me.example/blog/").unwrap();
        for (link, to) in [
            ("a.png", Some(("posts/a.png", None))),
            ("../images/%E8%8C%B6.png?v=1", Some(("images/茶.png", None))),
            ("/blog/images/a.png#x", Some(("images/a.png", Some("x")))),
            ("https://me.example/blog/posts/tea/", Some(("posts/tea/", None))),
            ("#%E8%8C%B6", Some(("posts/tea.html", Some("茶")))),
            ("./", Some(("posts/", None))),
            ("/elsewhere/a.png", None),
            ("https://other.example/blog/a.png", None),
            ("//cdn.example/a.png", None),
            ("data:image/png;base64,AAAA", None),
            ("mailto:a@b", None),
            ("../../../../etc/passwd", Some(("etc/passwd", None))),
        ] {
            let found = base.resolve("posts/tea.html", link);
            assert_eq!(
                found,
                to.map(|(p, f): (&str, Option<&str>)| (p.to_owned(), f.map(str::to_owned))),
                "{link}"
            );
        }
    }

    #[test]
    fn all_addresses_of_a_page_are_one() {
        for path in ["posts/tea/index.html", "posts/tea/", "posts/tea", "posts/tea.html", "posts/tea.htm"] {
            assert_eq!(page_of(path), "posts/tea");
        }
        assert_eq!(page_of("index.html"), "");
    }

    #[test]
    fn the_base_follows_from_a_canonical_address() {
        for (canonical, path, prefix) in [
            ("https://a.example/posts/tea/", "posts/tea/index.html", Some("")),
            ("https://a.example/blog/posts/tea.html", "posts/tea.html", Some("/blog")),
            ("https://a.example/blog/", "index.html", Some("/blog")),
            ("https://a.example/other/", "posts/tea.html", None),
            ("/posts/tea/", "posts/tea/index.html", None),
        ] {
            assert_eq!(Base::guess(canonical, path).map(|b| b.prefix).as_deref(), prefix, "{canonical}");
        }
    }

    #[test]
    fn an_address_reads_back() {
        let path = "/文件/a b+c%.png";
        assert_eq!(decoded(&encoded(path)), path);
        assert_eq!(decoded("%zz%4"), "%zz%4");
    }
}
