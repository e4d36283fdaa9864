//! Every command as it is typed: that it runs, what it prints, how it fails.

use std::path::Path;

use serde_json::Value;

use super::{run, run_badly, run_with, text};

fn samples() -> String {
    format!("{}/qrcodes", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn a_shop_is_set_up_at_the_command_line() {
    let dir = tempfile::tempdir().expect("a folder");
    let data = dir.path();
    let said = run_badly(&data.join("none"), &["doctor"]);
    assert!(said.contains("holds no database"), "{said}");

    let wechat = run(data, &["account", "add", "wechat", "--name", "微信"]);
    assert!(wechat.starts_with("acc_"), "{wechat}");
    let said = run_badly(data, &["code", "import", &samples()]);
    assert!(said.contains("matcha account add alipay"), "what is missing is named: {said}");
    run(data, &["account", "add", "alipay", "--name", "支付宝"]);
    import_codes(data, wechat.trim());
    let accounts = run(data, &["account", "list"]);
    assert!(
        accounts.contains("wechat") && accounts.contains("11 codes") && accounts.contains("支付宝"),
        "{accounts}"
    );

    assert_eq!(
        run(data, &["site", "add", "blog", "--name", "茶", "--origin", "https://blog.example"]),
        "blog\n"
    );
    assert!(run_badly(data, &["site", "add", "blog", "--name", "again"]).contains("exists"));
    run(
        data,
        &["site", "set", "blog", "--pay-window", "90", "--max-discount", "0.05", "--account", wechat.trim()],
    );
    assert!(run_badly(data, &["site", "set", "blog", "--pay-window", "0"]).contains("pay_window"));
    assert_eq!(run(data, &["site", "list"]), "blog  茶  https://blog.example\n");

    let article = data.join("article.html");
    std::fs::write(&article, "<p>八十度</p>").expect("a file");
    let html = article.to_str().expect("a path");
    let add = ["product", "add", "blog", "oolong", "--title", "乌龙", "--price", "1.00", "--html", html];
    assert!(run(data, &add).starts_with("prd_"));
    assert!(
        run_badly(data, &["product", "add", "none", "x", "--title", "X", "--price", "1.00"])
            .contains("no such")
    );
    let products = run(data, &["product", "list", "blog"]);
    assert!(
        products.contains("¥1.00") && products.contains("oolong") && products.contains("乌龙"),
        "{products}"
    );

    let code = run(data, &["device", "pair"]);
    assert!(code.contains("works once"), "{code}");
    assert_eq!(run(data, &["device", "list"]), "");
    assert!(run(data, &["key", "create", "--owner"]).starts_with("ok_"));
    let said = run_badly(data, &["doctor"]);
    assert!(said.contains("ok    22 payment codes") && said.contains("look  0 of 0 phones"), "{said}");
}

fn import_codes(data: &Path, wechat: &str) {
    run(data, &["code", "import", &samples(), "--dry-run"]);
    assert_eq!(run(data, &["code", "list", wechat]), "", "a dry run changes nothing");
    let said = run(data, &["code", "import", &samples()]);
    assert!(said.contains("22 imported, 0 there already, 0 refused, 0 warnings"), "{said}");
    let said = run(data, &["code", "import", &samples()]);
    assert!(said.contains("0 imported, 22 there already"), "twice is once: {said}");
    let codes = run(data, &["code", "list", wechat]);
    assert_eq!(codes.lines().count(), 11, "{codes}");
    assert!(codes.contains("¥0.98  verified"), "{codes}");
    let first = codes.split_whitespace().next().expect("a code");
    run(data, &["code", "remove", first]);
    assert_eq!(run(data, &["code", "list", wechat]).lines().count(), 10);
    let said = run(data, &["code", "import", &samples()]);
    assert!(said.contains("1 imported, 21 there already"), "what was removed can come back: {said}");
}

#[test]
fn a_backup_is_a_data_folder_of_its_own() {
    let dir = tempfile::tempdir().expect("a folder");
    let (data, copy) = (dir.path().join("data"), dir.path().join("copy"));
    run(&data, &["account", "add", "wechat", "--name", "微信"]);
    let to = copy.to_str().expect("a path");
    assert!(run(&data, &["backup", to]).contains("copied"));
    assert_eq!(run(&copy, &["account", "list"]), run(&data, &["account", "list"]));
    let key = |folder: &Path| std::fs::read(folder.join("master.key")).expect("a key");
    assert_eq!(key(&copy), key(&data), "without the key the copy would open nothing");
    assert!(run_badly(&data, &["backup", to]).contains("empty folder"), "a backup is never overwritten");
}

#[test]
fn notices_are_read_line_by_line_in_order() {
    let dir = tempfile::tempdir().expect("a folder");
    let lines = [
        r#"{"package":"com.tencent.mm","title":"微信支付","text":"微信支付收款0.98元(朋友到店)"}"#,
        "this is no JSON",
        r#"{"package":"com.eg.android.AlipayGphone","title":"你已成功收款1,430.00元","text":""}"#,
        "",
        r#"{"package":"com.tencent.mm","title":"微信支付","text":"已支付¥0.98"}"#,
        r#"{"package":"com.example","title":null,"text":"收款1元"}"#,
        "\"收款1元\"",
    ];
    let output = run_with(dir.path(), &["notice", "parse"], lines.join("\n").as_bytes());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let answers: Vec<Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let read: Vec<(bool, Option<&str>, bool)> = answers
        .iter()
        .map(|a| (a["receipt"] == true, a["amount"].as_str(), a["error"].is_string()))
        .collect();
    let expected = [
        (true, Some("0.98"), false),
        (false, None, true),
        (true, Some("1430.00"), false),
        (false, None, false),
        (false, None, false),
        (false, None, true),
    ];
    assert_eq!(read, expected, "one answer a line, and none for an empty one: {answers:?}");
    assert_eq!((&answers[0]["channel"], &answers[2]["channel"]), (&"wechat".into(), &"alipay".into()));
}

#[test]
fn the_printed_description_is_the_committed_one() {
    let dir = tempfile::tempdir().expect("a folder");
    let committed = std::fs::read_to_string(format!("{}/openapi.json", env!("CARGO_MANIFEST_DIR")));
    let printed = run(dir.path(), &["openapi"]);
    assert!(printed.trim() == committed.expect("openapi.json").trim(), "matcha openapi > openapi.json");
    assert!(std::fs::read_dir(dir.path()).expect("a folder").next().is_none(), "printing touches no data");
}

#[test]
fn completions_and_help_are_there() {
    let dir = tempfile::tempdir().expect("a folder");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(run(dir.path(), &["completions", shell]).contains("matcha"), "{shell}");
    }
    let help = run(dir.path(), &["--help"]);
    for command in [
        "serve",
        "demo",
        "account",
        "code",
        "site",
        "product",
        "device",
        "key",
        "notice",
        "seal",
        "leakcheck",
        "doctor",
        "backup",
    ] {
        assert!(help.lines().any(|line| line.trim_start().starts_with(command)), "{command}: {help}");
    }
    assert_eq!(run(dir.path(), &["--version"]), format!("matcha {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn what_was_mistyped_is_named() {
    let dir = tempfile::tempdir().expect("a folder");
    for (args, named) in [
        (["serve", "--listen", "nowhere"].as_slice(), "listen"),
        (&["serve", "--base-url", "blog.example"], "base_url"),
        (
            &["notice", "send", "--device", "dev_1", "--secret", "x", "--server", "http://127.0.0.1:9", "x"],
            "127.0.0.1:9",
        ),
        (&["device", "revoke", "dev_1"], "no such"),
        (&["code", "import", "/nowhere/at/all"], "/nowhere/at/all"),
    ] {
        let said = run_badly(dir.path(), args);
        assert!(said.contains(named), "{args:?} said: {said}");
    }
    let output =
        run_with(dir.path(), &["product", "add", "blog", "x", "--title", "X", "--price", "1.001"], b"");
    assert_eq!(output.status.code(), Some(2), "what cannot be parsed is a mistake of usage");
}

#[test]
fn the_blogs_script_is_named_pinned_and_copied() {
    let dir = tempfile::tempdir().expect("a folder");
    let said = run(dir.path(), &["embed", "--server", "https://pay.tea.example/"]);
    assert!(said.contains("<script async src=\"https://pay.tea.example/v1/embed.js\"></script>"), "{said}");
    assert!(
        said.contains("https://pay.tea.example/assets/embed.") && said.contains("integrity=\"sha384-"),
        "{said}"
    );
    assert!(run_badly(dir.path(), &["embed", "--server", "pay.tea.example"]).contains("https://"));

    let js = dir.path().join("js");
    let said = run(dir.path(), &["embed", "--copy", js.to_str().expect("a path")]);
    assert!(said.contains("src=\"/js/embed.") && said.contains("crossorigin"), "{said}");
    let mut names: Vec<_> = std::fs::read_dir(&js)
        .expect("the folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    let [hashed, stable, keep] = names.as_slice() else { panic!("{names:?}") };
    assert_eq!(stable, "embed.js");
    let first = std::fs::read_to_string(js.join(hashed)).expect("the first part");
    assert!(first.contains(keep.as_str()), "it finds the second part beside itself");
}
