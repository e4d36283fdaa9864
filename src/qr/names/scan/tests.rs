//! Folders on a real disk.

use super::*;
use crate::domain::channel::Channel;
use crate::qr::names::MANIFEST_BYTES_MAX;

/// A folder with these files, all holding one byte, and this manifest.
fn folder(files: &[&str], manifest: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for file in files {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().expect("inside")).expect("a subfolder");
        fs::write(path, "x").expect("a file");
    }
    if !manifest.is_empty() {
        fs::write(folder.path().join(MANIFEST), manifest).expect("a manifest");
    }
    folder
}

/// The items as `path channel amount remark`, and the problems as `path code`.
fn scanned(folder: &tempfile::TempDir) -> (Vec<String>, Vec<String>) {
    let Scan { items, problems } = scan_folder(folder.path()).expect("listed");
    let amount = |item: &ImportItem| item.amount.map_or("open".to_owned(), |fen| fen.to_string());
    let line = |item: &ImportItem| {
        let remark = item.remark.as_deref().unwrap_or("-");
        format!("{} {} {} {remark}", item.path, item.channel.as_str(), amount(item))
    };
    let named = |problem: &Problem| format!("{} {}", problem.path, problem.reason.code());
    (items.iter().map(line).collect(), problems.iter().map(named).collect())
}

#[test]
fn a_folder_is_read_by_name() {
    let folder = folder(
        &[
            "wechat/0.98.png",
            "wechat/open.png",
            "alipay/1.00_A7.jpg",
            "wechat/one.png",
            "wechat/notes.txt",
            "loose.png",
            "README.md",
            ".DS_Store",
            ".git/config",
            "wechat/Thumbs.db",
        ],
        "",
    );
    let (items, problems) = scanned(&folder);
    let expected = [
        "alipay/1.00_A7.jpg alipay 1.00 A7",
        "wechat/0.98.png wechat 0.98 -",
        "wechat/open.png wechat open -",
    ];
    assert_eq!(items, expected);
    assert_eq!(problems, ["loose.png folder", "wechat/notes.txt extension", "wechat/one.png amount"]);
}

#[test]
fn the_manifest_goes_before_the_name() {
    let folder = folder(
        &["a.png", "wechat/0.98.png", "deep/er/x.bin", "README-code.png", "b.png"],
        r#"
        [[code]]
        file = "a.png"
        channel = "alipay"
        amount = "2.00"
        remark = "读者"
        [[code]]
        file = "./wechat/0.98.png"
        channel = "wechat"
        amount = "0.97"
        [[code]]
        file = "deep/er/x.bin"
        channel = "wechat"
        [[code]]
        file = "README-code.png"
        channel = "wechat"
        amount = "3"
        "#,
    );
    let (items, problems) = scanned(&folder);
    let expected = [
        "README-code.png wechat 3.00 -",
        "a.png alipay 2.00 读者",
        "deep/er/x.bin wechat open -",
        "wechat/0.98.png wechat 0.97 -",
    ];
    assert_eq!(items, expected);
    assert_eq!(problems, ["b.png folder"]);
}

#[test]
fn lines_that_are_wrong_are_named_and_never_replaced_by_the_file_name() {
    let line = |file: &str, rest: &str| format!("[[code]]\nfile = \"{file}\"\n{rest}\n");
    let manifest = [
        line("wechat/0.98.png", "channel = \"wechat\"\namount = \"0.985\""),
        line("wechat/0.99.png", "channel = \"paypal\""),
        line("wechat/1.00.png", "channel = \"wechat\"\namount = \"1.00\""),
        line("wechat/1.00.png", "channel = \"wechat\"\namount = \"1.01\""),
        line("wechat/1.02.png", "channel = \"wechat\"\nremark = \"A\""),
        line("gone.png", "channel = \"wechat\""),
        line("../outside.png", "channel = \"wechat\""),
        line("/etc/hostname", "channel = \"wechat\""),
    ];
    let files = ["wechat/0.98.png", "wechat/0.99.png", "wechat/1.00.png", "wechat/1.02.png"];
    let (items, problems) = scanned(&folder(&files, &manifest.concat()));
    assert!(items.is_empty(), "{items:?}");
    let expected = [
        "../outside.png missing",
        "/etc/hostname missing",
        "gone.png missing",
        "wechat/0.98.png amount",
        "wechat/0.99.png channel",
        "wechat/1.00.png listed_twice",
        "wechat/1.02.png remark_on_open",
    ];
    assert_eq!(problems, expected);
}

#[test]
fn a_manifest_that_is_not_understood_stops_the_import() {
    for manifest in [
        "[[code]",
        "[[code]]\nfile = \"wechat/0.98.png\"\nchannel = \"wechat\"\namount = 0.98",
        "[[code]]\nfile = \"wechat/0.98.png\"\nchanel = \"wechat\"",
        "[[codes]]\nfile = \"wechat/0.98.png\"",
        &"#".repeat(MANIFEST_BYTES_MAX + 1),
    ] {
        let (items, problems) = scanned(&folder(&["wechat/0.98.png"], manifest));
        assert!(items.is_empty(), "{items:?}");
        assert_eq!(problems, ["codes.toml manifest"]);
    }
}

#[test]
#[cfg(unix)]
fn links_are_named_and_not_followed() {
    use std::os::unix::fs::symlink;
    let outside = folder(&["wechat/1.00.png", "codes.toml"], "");
    let folder = folder(&["wechat/0.98.png"], "");
    symlink(outside.path().join("wechat/1.00.png"), folder.path().join("wechat/1.00.png")).expect("a link");
    symlink(outside.path().join("wechat"), folder.path().join("alipay")).expect("a link");
    symlink(folder.path(), folder.path().join("wechat/loop")).expect("a link");
    let (items, problems) = scanned(&folder);
    assert_eq!(items, ["wechat/0.98.png wechat 0.98 -"]);
    assert_eq!(problems, ["alipay not_a_file", "wechat/1.00.png not_a_file", "wechat/loop not_a_file"]);

    symlink(outside.path().join("codes.toml"), folder.path().join("codes.toml")).expect("a link");
    assert!(scanned(&folder).0.is_empty(), "a linked manifest is not read, so nothing is imported");
    let item = ImportItem::from_path("wechat/1.00.png").expect("a good name");
    assert!(read_picture(folder.path(), &item).is_err());
}

#[test]
#[cfg(unix)]
fn names_that_are_not_utf8_are_named() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let folder = folder(&["wechat/0.98.png"], "");
    // Not every file system takes such a name.
    if fs::write(folder.path().join("wechat").join(OsStr::from_bytes(b"1.00_\xff.png")), "x").is_ok() {
        assert_eq!(scanned(&folder).1, ["wechat/1.00_\u{fffd}.png not_utf8"]);
    }
}

#[test]
fn deep_and_crowded_folders_are_bounded() {
    let (items, problems) = scanned(&folder(&["a/b/c/d/e/f.png"], ""));
    assert!(items.is_empty());
    assert_eq!(problems, ["a/b/c/d/e too_deep"]);

    let folder = folder(&["wechat/0.98.png"], "");
    for number in 0..FOLDER_ENTRIES_MAX {
        fs::write(folder.path().join(format!("wechat/{number}.txt")), "").expect("a file");
    }
    let (_, problems) = scanned(&folder);
    assert_eq!(problems.iter().filter(|problem| problem.ends_with("too_many")).count(), 1);
    assert!(problems.len() <= FOLDER_ENTRIES_MAX + 1);
}

#[test]
fn a_folder_that_is_not_there_is_an_error() {
    assert!(scan_folder(Path::new("no/such/folder")).is_err());
}

#[test]
fn pictures_are_read_with_a_bound() {
    let folder = folder(&[], "");
    fs::create_dir(folder.path().join("wechat")).expect("a subfolder");
    fs::write(folder.path().join("wechat/1.00.png"), vec![0; UPLOAD_BYTES_MAX * 2]).expect("a file");
    let item = ImportItem::from_path("wechat/1.00.png").expect("a good name");
    let bytes = read_picture(folder.path(), &item).expect("readable");
    assert_eq!(bytes.len(), UPLOAD_BYTES_MAX + 1);
    let refusal = crate::qr::intake(&bytes, Channel::Wechat);
    assert_eq!(refusal, Err(crate::qr::IntakeError::TooLarge));
}
