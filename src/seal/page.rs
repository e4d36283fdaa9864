//! What stands in a page where a paid part stood.
//!
//! Knows the markup of `<matcha-lock>` and Google's rules for paywalled content. Refuses to know how a text is sealed.

use super::edit::Edit;
use super::html::{self, Token};
use super::json::{self, Object};
use super::words;

/// The class by which search engines are told which part of a page is paid: they take classes only.
const CLASS: &str = "matcha-lock";

/// The facts that a lock shows.
#[derive(Clone, Copy, Debug)]
pub struct Lock<'a> {
    /// The site's slug.
    pub site: &'a str,
    /// The product's slug.
    pub product: &'a str,
    /// Where the server is, without a slash at the end.
    pub server: &'a str,
    /// The words of the link.
    pub label: &'a str,
    /// The price in yuan.
    pub price: &'a str,
}

impl Lock<'_> {
    /// Where the product is sold without any script.
    #[must_use]
    pub fn address(&self) -> String {
        format!("{}/a/{}/{}", self.server, self.site, self.product)
    }

    /// The words that stand where the paid text stood.
    #[must_use]
    pub fn words(&self) -> String {
        format!("{} · ¥{}", self.label, self.price)
    }

    /// A link to where the product is sold.
    #[must_use]
    pub fn link(&self) -> String {
        format!("<a href=\"{}\">{}</a>", html::escape(&self.address()), html::escape(&self.words()))
    }

    /// The element with a sealed text in it.
    #[must_use]
    pub fn sealed(&self, sealed: &str) -> String {
        format!("{} sealed=\"{sealed}\">{}</matcha-lock>", self.start(), self.link())
    }

    /// The element, and behind it the text in the open, hidden until it is paid for.
    #[must_use]
    pub fn reveal(&self, text: &str) -> String {
        let (start, link) = (self.start(), self.link());
        let product = html::escape(self.product);
        format!(
            "{start}>{link}</matcha-lock><div class=\"matcha-reveal {CLASS}\" data-matcha-reveal=\"{product}\" hidden>{text}</div>"
        )
    }

    fn start(&self) -> String {
        let [site, product, server] = [self.site, self.product, self.server].map(html::escape);
        format!("<matcha-lock class=\"{CLASS}\" site=\"{site}\" product=\"{product}\" server=\"{server}\"")
    }
}

/// The kinds of things whose description says what is paid.
const ARTICLES: &[&str] = &[
    "Article",
    "BlogPosting",
    "NewsArticle",
    "TechArticle",
    "ScholarlyArticle",
    "Report",
    "SocialMediaPosting",
];

const PART: &str = r#"{"@type":"WebPageElement","isAccessibleForFree":false,"cssSelector":".matcha-lock"}"#;

/// Says in the page's JSON-LD that a part of it is paid: in the description of its article, or in a new one where the
/// page has none and `alone` says that it is an article's own page.
#[must_use]
pub fn structured_data(page: &str, tokens: &[Token], alone: bool) -> Vec<Edit> {
    let mut edits = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let is_data = token.start().is_some_and(|t| {
            t.name == "script" && t.get("type").is_some_and(|t| t.trim() == "application/ld+json")
        });
        let Some(end) = tokens.get(index + 1).filter(|_| is_data) else { continue };
        let from = token.span.end;
        let data = page.get(from..end.span.start).unwrap_or_default();
        for object in json::objects(data) {
            if is_article(data, &object) {
                edits.extend(
                    described(data, &object)
                        .into_iter()
                        .map(|edit| Edit { at: edit.at.start + from..edit.at.end + from, with: edit.with }),
                );
            }
        }
    }
    if edits.is_empty() && alone {
        let at = tokens.iter().find(|t| t.ends("head")).map(|t| t.span.start);
        let at = at.or_else(|| {
            tokens.iter().find(|t| t.start().is_some_and(|t| t.name == "body")).map(|t| t.span.end)
        });
        edits.push(Edit::insert(at.unwrap_or(page.len()), new_description(page, tokens)));
    }
    edits
}

fn is_article(data: &str, object: &Object) -> bool {
    let kind = object.value("@type").and_then(|range| data.get(range)).unwrap_or_default();
    kind.split(['"', ',', '[', ']', ' ']).any(|kind| ARTICLES.contains(&kind))
}

fn described(data: &str, object: &Object) -> Vec<Edit> {
    let (mut edits, mut new) = (Vec::new(), String::new());
    match object.value("isAccessibleForFree") {
        Some(at) => edits.push(Edit { at, with: "false".to_owned() }),
        None => new.push_str("\"isAccessibleForFree\":false,"),
    }
    match object.value("hasPart") {
        None => new.push_str(&format!("\"hasPart\":{PART},")),
        Some(at) => {
            let value = data.get(at.clone()).unwrap_or_default();
            if value.contains(".matcha-lock") {
                // It says so already.
            } else if let Some(rest) = value.strip_prefix('[') {
                let comma = if rest.trim_start().starts_with(']') { "" } else { "," };
                edits.push(Edit::insert(at.start + 1, format!("{PART}{comma}")));
            } else {
                edits.push(Edit { with: format!("[{PART},{value}]"), at });
            }
        }
    }
    // The object has a type, so something follows the comma.
    edits.push(Edit::insert(object.inside, new));
    edits
}

fn new_description(page: &str, tokens: &[Token]) -> String {
    let headline = title(page, tokens).map_or_else(String::new, |title| {
        let quoted = serde_json::Value::String(title).to_string();
        format!("\"headline\":{},", quoted.replace('<', "\\u003c").replace('>', "\\u003e"))
    });
    format!(
        "<script type=\"application/ld+json\">{{\"@context\":\"https://schema.org\",\"@type\":\"Article\",{headline}\
         \"isAccessibleForFree\":false,\"hasPart\":{PART}}}</script>"
    )
}

/// The page's title: its first `<h1>`, or its `<title>`.
#[must_use]
pub fn title(page: &str, tokens: &[Token]) -> Option<String> {
    ["h1", "title"].into_iter().find_map(|name| element_text(page, tokens, name))
}

/// The text of the first element of that name, if there is any.
#[must_use]
pub fn element_text(page: &str, tokens: &[Token], name: &str) -> Option<String> {
    let start = tokens.iter().position(|t| t.start().is_some_and(|tag| tag.name == name))?;
    let end = html::end_of(tokens, start)?;
    let inner = page.get(tokens.get(start)?.span.end..tokens.get(end)?.span.start)?;
    Some(words::plain(inner)).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::edit;

    const LOCK: Lock<'static> = Lock {
        site: "blog",
        product: "tea",
        server: "https://pay.example",
        label: "展开\"阅读\"",
        price: "1.00",
    };

    fn with_data(page: &str, alone: bool) -> String {
        edit::apply(page, structured_data(page, &html::tokens(page), alone))
    }

    #[test]
    fn the_element_has_a_link_that_works_without_script() {
        let element = LOCK.sealed("ms1.1.AAAA");
        let tokens = html::tokens(&element);
        let [lock, link] = [0, 1].map(|index| tokens[index].start().unwrap());
        assert_eq!((lock.get("site"), lock.get("product")), (Some("blog"), Some("tea")));
        assert_eq!(
            (lock.get("server"), lock.get("sealed")),
            (Some("https://pay.example"), Some("ms1.1.AAAA"))
        );
        assert_eq!(link.get("href"), Some("https://pay.example/a/blog/tea"));
        assert_eq!(words::plain(&element), "展开\"阅读\" · ¥1.00");
    }

    #[test]
    fn a_revealed_text_stands_behind_its_lock_and_is_hidden() {
        let element = LOCK.reveal("<p>x</p>");
        assert!(element.ends_with(
            "</matcha-lock><div class=\"matcha-reveal matcha-lock\" data-matcha-reveal=\"tea\" hidden><p>x</p></div>"
        ));
    }

    #[test]
    fn a_description_that_is_there_says_what_is_paid_and_keeps_the_rest() {
        for data in [
            r#"{ "@context": "https://schema.org", "@type": "BlogPosting", "author": {"@type":"Person","name":"a"} }"#,
            r#"{"@graph":[{"@type":"WebSite"},{"@type":["Article","Thing"],"isAccessibleForFree":true,"x":1}]}"#,
            r#"{"@type":"Article","hasPart":[{"@type":"Clip"}]}"#,
            r#"{"@type":"Article","hasPart":[]}"#,
            r#"{"@type":"Article","hasPart":{"@type":"Clip"}}"#,
        ] {
            let page = format!("<head><script type=\"application/ld+json\">{data}</script></head>");
            let changed = with_data(&page, true);
            assert_eq!(changed.matches("<script").count(), 1, "{changed}");
            let json = changed.split(['>', '<']).nth(4).unwrap();
            let json: serde_json::Value =
                serde_json::from_str(json).unwrap_or_else(|e| panic!("{changed}: {e}"));
            let article = json.get("@graph").map_or(&json, |graph| &graph[1]);
            assert_eq!(article["isAccessibleForFree"], false, "{changed}");
            let part = article["hasPart"].as_array().map_or(&article["hasPart"], |parts| &parts[0]);
            assert_eq!(part["cssSelector"], ".matcha-lock", "{changed}");
            assert_eq!(with_data(&changed, true).matches(".matcha-lock").count(), 1, "twice is once");
        }
    }

    #[test]
    fn an_article_without_description_gets_one_and_a_list_of_articles_does_not() {
        let page = "<head><title>T</title></head><body><h1>A </script> & B</h1></body>";
        let changed = with_data(page, true);
        let data = changed.split_once("ld+json\">").unwrap().1.split_once("</script>").unwrap().0;
        let data: serde_json::Value = serde_json::from_str(data).unwrap();
        assert_eq!(data["headline"], "A & B");
        assert!(changed.contains("</script></head>"), "{changed}");
        assert_eq!(with_data(page, false), page);
        let broken = "<script type=\"application/ld+json\">{\"@type\":\"Article\",</script>";
        assert_eq!(with_data(broken, false), broken, "what is no JSON is left alone");
    }
}
