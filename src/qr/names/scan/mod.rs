//! A folder of pictures to items and problems.
//!
//! Knows how to walk without leaving the folder: links are not followed, and the manifest can only name what the
//! walk has seen.

use std::collections::BTreeSet;
use std::fs::{self, DirEntry, File};
use std::io::{self, Read};
use std::path::Path;

use super::manifest::{MANIFEST, manifest, read_lines};
use super::{ImportItem, Problem, Reason};
use crate::qr::UPLOAD_BYTES_MAX;

/// How many files and folders one import looks at. An owner with 200 amounts in two wallets has 400.
pub const FOLDER_ENTRIES_MAX: usize = 5000;

/// How many folders deep files may lie. By name it is one; the manifest may name deeper ones.
pub const FOLDER_DEPTH_MAX: usize = 4;

/// What a folder holds.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Scan {
    /// The codes, sorted by path.
    pub items: Vec<ImportItem>,
    /// Everything that was not understood, sorted by path.
    pub problems: Vec<Problem>,
}

/// Reads a folder. A file that the manifest names is what the manifest says; any other is what its name says.
///
/// Hidden files, the manifest itself, `README*` and what Windows leaves behind are passed over in silence.
///
/// # Errors
/// The folder itself cannot be listed. Everything inside that cannot be read is a [`Problem`].
pub fn scan_folder(folder: &Path) -> io::Result<Scan> {
    let mut walk = Walk::default();
    let entries = fs::read_dir(folder)?;
    walk.list(entries, "", 0);
    let Walk { files, mut problems, .. } = walk;
    let mut items = Vec::new();
    let lines = match manifest(folder) {
        Ok(lines) => lines,
        Err(reason) => {
            // What the manifest says about a file is not known, so no file is taken by its name either.
            problems.push(Problem { path: MANIFEST.to_owned(), reason });
            return Ok(Scan { items, problems: sorted(problems) });
        }
    };
    let listed = read_lines(lines, &files, &mut items, &mut problems);
    for path in files.iter().filter(|path| !listed.contains(*path) && !is_passed_over(path)) {
        match ImportItem::from_path(path) {
            Ok(item) => items.push(item),
            Err(reason) => problems.push(Problem { path: path.clone(), reason }),
        }
    }
    items.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(Scan { items, problems: sorted(problems) })
}

fn sorted(mut problems: Vec<Problem>) -> Vec<Problem> {
    problems.sort_by(|a, b| a.path.cmp(&b.path));
    problems
}

/// The bytes of an item's picture, at most one more than [`UPLOAD_BYTES_MAX`], so that `intake` refuses what is
/// too large without all of it having been read.
///
/// # Errors
/// It cannot be opened, or has become something else than a file since the folder was scanned.
pub fn read_picture(folder: &Path, item: &ImportItem) -> io::Result<Vec<u8>> {
    read_file(&folder.join(&item.path), UPLOAD_BYTES_MAX + 1)
}

/// The first `bytes_max` bytes of a file; links are not followed.
pub(super) fn read_file(path: &Path, bytes_max: usize) -> io::Result<Vec<u8>> {
    if !fs::symlink_metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(u64::try_from(bytes_max).unwrap_or(u64::MAX)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The files of a folder, and what could not be walked.
#[derive(Default)]
struct Walk {
    files: BTreeSet<String>,
    problems: Vec<Problem>,
    entries: usize,
}

impl Walk {
    fn list(&mut self, entries: fs::ReadDir, folder: &str, depth: usize) {
        for entry in entries {
            if self.entries >= FOLDER_ENTRIES_MAX {
                return self.problem(folder, Reason::TooMany);
            }
            self.entries += 1;
            match entry {
                Ok(entry) => self.step(&entry, folder, depth),
                Err(error) => self.problem(folder, Reason::Io(error.to_string())),
            }
        }
    }

    fn step(&mut self, entry: &DirEntry, folder: &str, depth: usize) {
        let os_name = entry.file_name();
        let name = os_name.to_string_lossy();
        let path = if folder.is_empty() { name.to_string() } else { format!("{folder}/{name}") };
        if name.starts_with('.') {
            return;
        }
        if os_name.to_str().is_none() {
            return self.problem(&path, Reason::NotUtf8);
        }
        // `file_type` does not follow links.
        match entry.file_type() {
            Ok(kind) if kind.is_file() => {
                self.files.insert(path);
            }
            Ok(kind) if kind.is_dir() && depth >= FOLDER_DEPTH_MAX => self.problem(&path, Reason::TooDeep),
            Ok(kind) if kind.is_dir() => match fs::read_dir(entry.path()) {
                Ok(entries) => self.list(entries, &path, depth + 1),
                Err(error) => self.problem(&path, Reason::Io(error.to_string())),
            },
            Ok(_) => self.problem(&path, Reason::NotAFile),
            Err(error) => self.problem(&path, Reason::Io(error.to_string())),
        }
    }

    fn problem(&mut self, path: &str, reason: Reason) {
        let path = if path.is_empty() { "." } else { path };
        self.problems.push(Problem { path: path.to_owned(), reason });
    }
}

fn is_passed_over(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    path == MANIFEST || name.starts_with("README") || name == "Thumbs.db" || name == "desktop.ini"
}

#[cfg(test)]
mod tests;
