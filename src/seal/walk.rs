//! The files of a built site, and how they are changed: all of them, or none.
//!
//! Never follows a link out of the folder (or within it: what it leads to is a file of its own), and never leaves half
//! a file behind.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use crate::limits;

/// A file of the site.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct File {
    /// Its path from the folder, with `/`.
    pub path: String,
    /// Its size in bytes.
    pub bytes: u64,
}

/// What lies in a folder.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tree {
    /// Its files, by path.
    pub files: Vec<File>,
    /// What was left alone, and why.
    pub skipped: Vec<(String, &'static str)>,
}

/// Why a folder cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum WalkError {
    /// A file or folder cannot be read.
    #[error("{path} cannot be read")]
    Read {
        /// Which.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// A file cannot be written; nothing was changed.
    #[error("{path} cannot be written; nothing was changed")]
    Stage {
        /// Which.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// A file cannot be put in its place; run the command again when the cause is gone.
    #[error("{path} cannot be put in its place: build the site anew and seal it again")]
    Commit {
        /// Which.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// More than `limits::SITE_FILES_MAX` files or `SITE_DEPTH_MAX` folders in each other.
    #[error("the folder has too many files, or folders within folders")]
    TooMany,
}

/// All files below `root`, by path. Folders of version control are skipped.
///
/// # Errors
/// [`WalkError::Read`], [`WalkError::TooMany`]
pub fn walk(root: &Path) -> Result<Tree, WalkError> {
    let mut tree = Tree::default();
    let mut folders = vec![(root.to_owned(), String::new(), 0)];
    while let Some((folder, prefix, depth)) = folders.pop() {
        if depth > limits::SITE_DEPTH_MAX {
            return Err(WalkError::TooMany);
        }
        let failed = |source| WalkError::Read { path: folder.display().to_string(), source };
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let Ok(name) = entry.file_name().into_string() else {
                let name = entry.file_name().to_string_lossy().into_owned();
                tree.skipped.push((format!("{prefix}{name}"), "its name is not UTF-8"));
                continue;
            };
            let path = format!("{prefix}{name}");
            // Of the entry itself, not of what a link leads to.
            let about = entry.metadata().map_err(failed)?;
            if about.is_symlink() {
                tree.skipped.push((path, "it is a symbolic link"));
            } else if about.is_dir() && [".git", ".hg", ".svn"].contains(&name.as_str()) {
                tree.skipped.push((path, "version control; its history is not looked at"));
            } else if about.is_dir() {
                folders.push((entry.path(), format!("{path}/"), depth + 1));
            } else if about.is_file() {
                if tree.files.len() >= limits::SITE_FILES_MAX {
                    return Err(WalkError::TooMany);
                }
                tree.files.push(File { path, bytes: about.len() });
            }
        }
    }
    tree.files.sort_by(|a, b| a.path.cmp(&b.path));
    tree.skipped.sort();
    Ok(tree)
}

/// Reads a file of the site.
///
/// # Errors
/// [`WalkError::Read`]
pub fn read(root: &Path, path: &str) -> Result<Vec<u8>, WalkError> {
    std::fs::read(root.join(path)).map_err(|source| WalkError::Read { path: path.to_owned(), source })
}

/// A file that is written beside its place and not yet in it.
#[derive(Debug)]
pub struct Staged {
    written: TempPath,
    place: PathBuf,
    path: String,
}

/// Writes `bytes` beside the place of `path`, with the rights of the file that is there.
///
/// # Errors
/// [`WalkError::Stage`]
pub fn stage(root: &Path, path: &str, bytes: &[u8]) -> Result<Staged, WalkError> {
    let place = root.join(path);
    let write = || {
        let folder = place.parent().unwrap_or(root);
        std::fs::create_dir_all(folder)?;
        let mut file = tempfile::Builder::new().prefix(".matcha-").tempfile_in(folder)?;
        file.write_all(bytes)?;
        match std::fs::metadata(&place) {
            Ok(about) => file.as_file().set_permissions(about.permissions())?,
            #[cfg(unix)]
            Err(_) => {
                let readable = std::os::unix::fs::PermissionsExt::from_mode(0o644);
                file.as_file().set_permissions(readable)?;
            }
            #[cfg(not(unix))]
            Err(_) => {}
        }
        Ok(file.into_temp_path())
    };
    let written = write().map_err(|source| WalkError::Stage { path: path.to_owned(), source })?;
    Ok(Staged { written, place, path: path.to_owned() })
}

/// Puts all staged files in their places, then removes what is to go.
///
/// # Errors
/// [`WalkError::Commit`]
pub fn commit(root: &Path, staged: Vec<Staged>, gone: &[String]) -> Result<(), WalkError> {
    for Staged { written, place, path } in staged {
        written.persist(&place).map_err(|e| WalkError::Commit { path, source: e.error })?;
    }
    for path in gone {
        match std::fs::remove_file(root.join(path)) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(WalkError::Commit { path: path.clone(), source });
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed_and_history_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let (root, outside) = (dir.path().join("site"), dir.path().join("outside"));
        for folder in [&root.join("a/b"), &root.join(".git"), &outside] {
            std::fs::create_dir_all(folder).unwrap();
        }
        for file in [root.join("a/b/c.html"), root.join(".git/x"), root.join("z"), outside.join("secret")] {
            std::fs::write(file, "x").unwrap();
        }
        std::os::unix::fs::symlink(&outside, root.join("out")).unwrap();
        std::os::unix::fs::symlink(outside.join("secret"), root.join("file")).unwrap();
        let tree = walk(&root).unwrap();
        let paths: Vec<&str> = tree.files.iter().map(|f| f.path.as_str()).collect();
        assert_eq!(paths, ["a/b/c.html", "z"]);
        let skipped: Vec<&str> = tree.skipped.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(skipped, [".git", "file", "out"]);
    }

    #[test]
    fn what_is_staged_and_dropped_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a"), "old").unwrap();
        let staged = vec![stage(dir.path(), "a", b"new").unwrap(), stage(dir.path(), "b", b"new").unwrap()];
        assert_eq!(std::fs::read(dir.path().join("a")).unwrap(), b"old");
        drop(staged);
        assert_eq!(walk(dir.path()).unwrap().files.len(), 1);
        commit(
            dir.path(),
            vec![stage(dir.path(), "x/b", b"new").unwrap()],
            &["a".to_owned(), "gone".to_owned()],
        )
        .unwrap();
        let tree = walk(dir.path()).unwrap();
        assert_eq!(tree.files, [File { path: "x/b".to_owned(), bytes: 3 }]);
    }
}
