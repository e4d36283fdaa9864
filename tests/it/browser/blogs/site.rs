//! An example site on its way to its readers: as its generator built it, moved to this machine, sealed and checked by
//! the real binary, served as a static host would.

use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use super::super::demo::Demo;
use super::host::host;
use crate::binary::{matcha, text};

/// Where the examples say that their server is.
const ELSEWHERE: &str = "https://pay.example";

/// What a reader buys on an example site.
pub(super) struct Example {
    /// The folder below `examples`, and below `target/examples`.
    pub(super) name: &'static str,
    /// The page that sells.
    pub(super) page: &'static str,
    /// Words that are paid for.
    pub(super) words: &'static str,
    /// The files that the generator put those words into.
    pub(super) spread: &'static [&'static str],
    /// Code that is paid for.
    pub(super) code: &'static str,
    /// Words of another part that the site sells.
    pub(super) besides: &'static str,
}

impl Example {
    /// The files of the generator that have these words.
    pub(super) fn files_with(&self, words: &str) -> Vec<String> {
        files_with(&self.built(), words)
    }

    fn built(&self) -> PathBuf {
        let built = examples().join(self.name);
        assert!(built.is_dir(), "{} is missing: build the example sites with ./test blogs", built.display());
        built
    }

    /// What the adapter laid aside, where it does.
    fn parts(&self) -> Option<PathBuf> {
        Some(examples().join(format!("{}-parts", self.name))).filter(|parts| parts.is_dir())
    }
}

fn examples() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/examples")
}

/// An example that is published.
pub(super) struct Site<'a> {
    pub(super) example: &'a Example,
    pub(super) origin: String,
    demo: &'a Demo,
    folder: TempDir,
    parts: TempDir,
    owner_key: String,
}

impl<'a> Site<'a> {
    /// Publishes an example for the first time.
    pub(super) async fn publish(example: &'a Example, demo: &'a Demo) -> Site<'a> {
        let folder = tempfile::tempdir().expect("a folder for the site");
        let parts = tempfile::tempdir().expect("a folder for the parts");
        let origin = host(folder.path()).await;
        let owner_key = demo.owner_key();
        let site = Site { example, origin, demo, folder, parts, owner_key };
        site.demo.matcha(&["site", "add", &site.slug(), "--name", example.name, "--origin", &site.origin]);
        site.publish_again(|text| text);
        site
    }

    /// Publishes what the generator built after a change of its texts.
    pub(super) fn publish_again(&self, change: impl Fn(String) -> String) {
        let public = self.folder.path();
        for entry in std::fs::read_dir(public).expect("the folder") {
            let path = entry.expect("an entry").path();
            let removed =
                if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
            removed.expect("a folder to build into is empty");
        }
        let tokens = self.lay_parts_aside(&change);
        copy(&self.example.built(), public, &|text| {
            let text = change(text.replace(ELSEWHERE, &self.demo.url));
            tokens.iter().fold(text, |text, (old, new)| text.replace(old, new))
        });
        let sealed = self.tool("seal", &["--server", &self.demo.url, "--attachments", "--sync"]);
        assert!(sealed.0, "matcha seal: {}", sealed.1);
        let checked = self.leakcheck();
        assert!(checked.0, "matcha leakcheck: {}", checked.1);
    }

    /// Changes the parts that the adapter laid aside, where it does; their old and new tokens.
    fn lay_parts_aside(&self, change: &impl Fn(String) -> String) -> Vec<(String, String)> {
        let Some(laid) = self.example.parts() else { return Vec::new() };
        let mut tokens = Vec::new();
        walk(&laid, &mut |path| {
            let (name, old) =
                (path.file_name().expect("a name"), std::fs::read_to_string(path).expect("a part"));
            let slug = path.file_stem().expect("a slug").to_string_lossy();
            let new = change(old.clone());
            std::fs::write(self.parts.path().join(name), &new).expect("a part");
            tokens.push((token(&slug, &old), token(&slug, &new)));
        });
        tokens
    }

    /// What `matcha leakcheck` finds: whether all is well, and what it says.
    pub(super) fn leakcheck(&self) -> (bool, String) {
        self.tool("leakcheck", &[])
    }

    /// Writes a file beside those of the generator.
    pub(super) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).expect("a file");
    }

    /// The published files that have these words.
    pub(super) fn files_with(&self, words: &str) -> Vec<String> {
        files_with(self.folder.path(), words)
    }

    /// The address of a page.
    pub(super) fn at(&self, page: &str) -> String {
        format!("{}{page}", self.origin)
    }

    fn slug(&self) -> String {
        format!("{}-example", self.example.name)
    }

    fn tool(&self, verb: &str, options: &[&str]) -> (bool, String) {
        let (public, slug) = (self.folder.path().to_string_lossy().into_owned(), self.slug());
        let mut args = vec![verb, &public, "--site", &slug];
        args.extend(options);
        let parts = self.parts.path().to_string_lossy();
        if self.example.parts().is_some() {
            args.extend(["--parts", &parts]);
        }
        let mut command = matcha();
        command.env("MATCHA_OWNER_KEY", &self.owner_key).arg("--data").arg(self.demo.data()).args(&args);
        let run = command.output().expect("the program ends");
        (run.status.success(), format!("{}{}", text(&run.stdout), text(&run.stderr)))
    }
}

/// What stands for a part until it is sealed.
fn token(slug: &str, html: &str) -> String {
    let hash = Sha256::digest(html);
    let hash: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("matcha-part:{slug}:{hash}")
}

fn walk(folder: &Path, see: &mut dyn FnMut(&Path)) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { walk(&path, see) } else { see(&path) }
    }
}

fn files_with(folder: &Path, words: &str) -> Vec<String> {
    let mut found = Vec::new();
    walk(folder, &mut |path| {
        let bytes = std::fs::read(path).expect("a file");
        if String::from_utf8_lossy(&bytes).contains(words) {
            found.push(path.strip_prefix(folder).expect("below").to_string_lossy().into_owned());
        }
    });
    found.sort();
    found
}

/// Copies a folder; what is text is changed on the way.
fn copy(from: &Path, to: &Path, change: &dyn Fn(String) -> String) {
    walk(from, &mut |path| {
        let place = to.join(path.strip_prefix(from).expect("below"));
        std::fs::create_dir_all(place.parent().expect("a folder")).expect("a folder");
        let bytes = std::fs::read(path).expect("a file");
        let bytes = match String::from_utf8(bytes) {
            Ok(text) => change(text).into_bytes(),
            Err(other) => other.into_bytes(),
        };
        std::fs::write(place, bytes).expect("a file");
    });
}
