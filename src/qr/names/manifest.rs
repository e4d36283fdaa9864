//! The manifest of a folder, for pictures whose names say nothing.
//!
//! Knows TOML and which files there are. Refuses to open pictures, and to guess: a file that a line speaks of is
//! never taken by its name instead.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use serde::Deserialize;

use super::scan::read_file;
use super::{ImportItem, Problem, Reason};

/// The name of the manifest, directly in the folder.
pub const MANIFEST: &str = "codes.toml";

/// The largest manifest, in bytes: 1 MiB, some ten thousand lines.
pub const MANIFEST_BYTES_MAX: usize = 1024 * 1024;

/// The manifest: `[[code]]` with `file`, `channel`, and perhaps `amount` and `remark`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    #[serde(default)]
    code: Vec<Line>,
}

/// One code. The amount is a text: `0.98` without quotes would be a float.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    file: String,
    channel: String,
    amount: Option<String>,
    remark: Option<String>,
}

/// The lines of the manifest; none if there is no manifest.
pub(super) fn manifest(folder: &Path) -> Result<Vec<Line>, Reason> {
    let bytes = match read_file(&folder.join(MANIFEST), MANIFEST_BYTES_MAX + 1) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Reason::Io(error.to_string())),
    };
    if bytes.len() > MANIFEST_BYTES_MAX {
        return Err(Reason::Manifest(format!("more than {MANIFEST_BYTES_MAX} bytes")));
    }
    let manifest =
        toml::from_slice::<Manifest>(&bytes).map_err(|error| Reason::Manifest(error.to_string()))?;
    Ok(manifest.code)
}

/// Turns lines into items and problems, and tells which files they spoke of.
pub(super) fn read_lines(
    lines: Vec<Line>,
    files: &BTreeSet<String>,
    items: &mut Vec<ImportItem>,
    problems: &mut Vec<Problem>,
) -> BTreeSet<String> {
    let mut by_file: BTreeMap<String, Vec<Line>> = BTreeMap::new();
    for line in lines {
        let path = line.file.strip_prefix("./").unwrap_or(&line.file).to_owned();
        by_file.entry(path).or_default().push(line);
    }
    for (path, lines) in &by_file {
        let item = match lines.as_slice() {
            // What is not among the files that the walk found is outside, a link, or not there.
            _ if !files.contains(path) => Err(Reason::Missing),
            [line] => ImportItem::new(&line.channel, line.amount.as_deref(), line.remark.as_deref(), path),
            // Which of the lines is meant is not ours to guess.
            _ => Err(Reason::ListedTwice),
        };
        match item {
            Ok(item) => items.push(item),
            Err(reason) => problems.push(Problem { path: path.clone(), reason }),
        }
    }
    by_file.into_keys().collect()
}
