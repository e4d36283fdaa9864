//! `matcha embed`: the script tag for a blog, pinned or not, and a copy of the script for a blog that serves it itself.
//!
//! Knows the embedded script and how browsers check a file's hash. Refuses to know blogs: it prints, the owner pastes.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use sha2::{Digest as _, Sha384};

use super::{Failure, say};
use crate::config::RawConfig;
use crate::web::assets::{EMBED_JS, KEEP_JS, hashed_name};

/// What stands for the server where nobody said what it is.
const EXAMPLE_SERVER: &str = "https://pay.blog.example";

/// `matcha embed`
#[derive(Args, Debug)]
pub(super) struct Embed {
    /// Where readers reach the server; default: base_url of the configuration
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// Write the script into a folder of the blog instead, so that it is served from there
    #[arg(long, value_name = "DIR")]
    copy: Option<PathBuf>,
}

impl Embed {
    pub(super) fn run(self, raw: &RawConfig) -> Result<(), Failure> {
        let told = match self.server {
            Some(url) => Some(url),
            None => raw.file()?.base_url,
        };
        let server = told.as_deref().unwrap_or(EXAMPLE_SERVER).trim_end_matches('/');
        if !(server.starts_with("https://") || server.starts_with("http://")) {
            return Err(format!("--server {server}: https:// or http:// and a host").into());
        }
        let name = hashed_name("embed", "js", EMBED_JS);
        match self.copy {
            Some(dir) => copy(&dir, &name, server),
            None => {
                say("Follows this server when it is updated:")?;
                say(&format!("  <script async src=\"{server}/v1/embed.js\"></script>"))?;
                say("Pinned to this version; to be pasted anew after each update:")?;
                say(&format!("  {}", pinned(&format!("{server}/assets/{name}"))))
            }
        }
    }
}

/// A tag for a file that must be exactly this one. Its second part is pinned by a hash within the first.
fn pinned(src: &str) -> String {
    let hash = STANDARD.encode(Sha384::digest(EMBED_JS));
    format!("<script async src=\"{src}\" integrity=\"sha384-{hash}\" crossorigin></script>")
}

fn copy(dir: &Path, name: &str, server: &str) -> Result<(), Failure> {
    std::fs::create_dir_all(dir)?;
    let keep = hashed_name("keep", "js", KEEP_JS);
    for (name, text) in [("embed.js", EMBED_JS), (name, EMBED_JS), (keep.as_str(), KEEP_JS)] {
        let path = dir.join(name);
        std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
        say(&format!("wrote {}", path.display()))?;
    }
    let folder = dir.file_name().map_or_else(|| ".".into(), |name| name.to_string_lossy());
    say(&format!("Where the blog serves that folder as /{folder}/:"))?;
    say(&format!("  {}", pinned(&format!("/{folder}/{name}"))))?;
    say("Each lock then names the server:")?;
    say(&format!("  <matcha-lock site=\"…\" product=\"…\" server=\"{server}\">"))
}
