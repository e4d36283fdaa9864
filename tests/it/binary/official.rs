//! Accounts at Alipay's gateway at the command line: keys that come in by files and by standard input and never out, and what
//! `matcha alipay check` says of them to the simulator of the gateway, by the real clock.

use std::path::{Path, PathBuf};
use std::time::Duration;

use matcha::clock::Clock;
use matcha::domain::time::Millis;
use reqwest::Method;
use serde_json::json;
use tempfile::TempDir;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;

use super::http::{Http, good, word};
use super::{Server, matcha, run, run_badly, run_with, text};
use crate::gateway::{self, Gateway, vectors};

/// A data folder, and one beside it with the files that an owner has.
struct Desk {
    dir: TempDir,
    data: PathBuf,
}

/// A key of the vectors.
fn key(owner: &str, half: &str, form: &str) -> String {
    gateway::text(&vectors("keys.json")[owner][half][form]).to_owned()
}

/// A gateway whose clock is so far ahead of ours, and goes on.
fn gateway_ahead(by: Millis) -> Gateway {
    Gateway::start(&json!({
        "clock_start": Clock::System.now().plus(by).china_clock(),
        "clock_runs": true,
        "next_private_key": key("alipay_next", "private", "pkcs8_bare"),
    }))
}

fn private_key(gateway: &Gateway) -> String {
    gateway.ready.app_private_key.clone().expect("a key that it made")
}

/// No piece of a key stands in a text, wherever a line was broken. A private key begins with the public one's number, which
/// is shown: the rest of it counts.
fn hides(said: &str, keys: &[&str]) {
    for secret in keys {
        let letters: Vec<char> = secret.chars().filter(|sign| !sign.is_whitespace()).collect();
        let own = letters.get(if letters.len() > 24 { letters.len() / 3 } else { 0 }..).expect("a key");
        assert!(own.len() >= 24, "{secret}");
        let shown = own.windows(24).any(|some| said.contains(&some.iter().collect::<String>()));
        assert!(!shown, "a key is shown in: {said}");
    }
}

impl Desk {
    fn new() -> Desk {
        let dir = tempfile::tempdir().expect("a folder");
        let data = dir.path().join("data");
        Desk { dir, data }
    }

    /// Writes a file; its path.
    fn file(&self, name: &str, text: &str) -> String {
        let path = self.dir.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path.to_str().expect("a path").to_owned()
    }

    /// The arguments that give the application's keys, from files.
    fn keys(&self, app_id: &str, gateway: &str, private: &str, alipay: &str) -> Vec<String> {
        let (own, theirs) = (self.file("app-private.txt", private), self.file("alipay-public.txt", alipay));
        let words =
            ["--app-id", app_id, "--gateway", gateway, "--private-key", &own, "--alipay-public-key", &theirs];
        words.map(str::to_owned).into()
    }

    /// Adds an account with these keys; its id.
    fn add(&self, app_id: &str, gateway: &Gateway, private: &str) -> String {
        let ready = &gateway.ready;
        let keys = self.keys(app_id, &ready.gateway, private, &ready.alipay_public_key);
        let said = run(&self.data, &words(&["account", "add", "alipay_official", "--name", "官方"], &keys));
        said.lines().next().expect("an id").to_owned()
    }

    /// `matcha alipay check`, which must find faults.
    fn faults(&self) -> String {
        let said = run_badly(&self.data, &["alipay", "check"]);
        assert!(said.contains("faults were found"), "{said}");
        said
    }
}

fn words<'a>(first: &[&'a str], more: &'a [String]) -> Vec<&'a str> {
    first.iter().copied().chain(more.iter().map(String::as_str)).collect()
}

/// True where a check has a finding of this weight and code.
fn finds(said: &str, weight: &str, code: &str) -> bool {
    said.lines().any(|line| line.split_whitespace().eq([weight, code]))
}

#[test]
fn keys_come_from_files_or_from_standard_input_and_are_never_shown() {
    let desk = Desk::new();
    let (private, alipay) = (key("app", "private", "pkcs1_pem"), key("alipay", "public", "spki_pem"));
    let aes = gateway::text(&vectors("keys.json")["aes_key"]).to_owned();
    let (pkcs1, pkcs8) = (key("app", "private", "pkcs1_bare"), key("app", "private", "pkcs8_bare"));
    let secrets = [private.as_str(), &pkcs1, &pkcs8, &aes];
    let app_id = "2021000000000001";
    let mut keys = desk.keys(app_id, "http://127.0.0.1:9/gateway.do", &private, &alipay);
    keys.extend(["--aes-key".to_owned(), desk.file("aes.txt", &aes)]);
    let added = run(&desk.data, &words(&["account", "add", "alipay_official", "--name", "文件"], &keys));
    assert!(added.starts_with("acc_"), "{added}");
    assert!(added.contains(&format!("app id {app_id} at http://127.0.0.1:9/gateway.do")), "{added}");
    assert!(added.contains(&key("app", "public", "spki_bare")), "what belongs into the console: {added}");
    assert!(added.contains("matcha alipay check"), "{added}");

    let alipay = desk.file("alipay-public.txt", &alipay);
    let args = ["account", "add", "alipay_official", "--name", "管道", "--app-id", "2021000000000002"];
    let piped: Vec<&str> =
        args.into_iter().chain(["--private-key", "-", "--alipay-public-key", &alipay]).collect();
    let output = run_with(&desk.data, &piped, private.as_bytes());
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(output.status.success() && said.contains(&key("app", "public", "spki_bare")), "{said}");

    let listed = run(&desk.data, &["account", "list"]);
    let lines: Vec<&str> = listed.lines().collect();
    assert_eq!(lines.len(), 2, "{listed}");
    for (line, app_id, name) in [(lines[0], app_id, "文件"), (lines[1], "2021000000000002", "管道")] {
        assert!(line.contains("alipay_official") && line.contains(app_id) && line.contains(name), "{line}");
    }
    for shown in [&added, &said, &listed] {
        hides(shown, &secrets);
    }
    // The second would be told that it is empty, and that would be the wrong thing to look for.
    let both: Vec<&str> =
        args.into_iter().chain(["--private-key", "-", "--alipay-public-key", "-"]).collect();
    let output = run_with(&desk.data, &both, private.as_bytes());
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("only one key can come from standard input"), "{said}");
}

#[test]
fn keys_that_do_not_fit_are_refused_by_name_in_both_languages_and_nothing_is_stored() {
    let desk = Desk::new();
    let (private, alipay) = (key("app", "private", "pkcs8_bare"), key("alipay", "public", "spki_bare"));
    let own_public = key("app", "public", "spki_bare");
    let cut = private.get(..private.len() / 2).expect("half of it");
    let (app, here) = ("2021000000000001", "http://127.0.0.1:9/gateway.do");
    for ((app_id, gateway, private, alipay), code, zh, en) in [
        (
            (app, here, private.as_str(), own_public.as_str()),
            "alipay_public_key.application_key",
            "应用公钥",
            "the application's own public key",
        ),
        ((app, here, &own_public, &alipay), "private_key.public_key_pasted", "公钥", "this is a public key"),
        (
            (app, here, &private, &private),
            "alipay_public_key.private_key_pasted",
            "私钥",
            "this is a private key",
        ),
        ((app, here, cut, &alipay), "private_key.key_cut_off", "不完整", "cut off"),
        ((app, here, "", &alipay), "private_key.key_empty", "没有", "nothing was pasted"),
        (("12", here, &private, &alipay), "app_id", "APPID", "an app id is 16 digits"),
        ((app, "ftp://x", &private, &alipay), "gateway", "网关", "an address with https"),
    ] {
        let keys = desk.keys(app_id, gateway, private, alipay);
        let args = words(&["account", "add", "alipay_official", "--name", "官方"], &keys);
        let said = run_badly(&desk.data, &args);
        let lines: Vec<&str> = said.lines().collect();
        let [first, chinese, english] = lines.as_slice() else { panic!("{said}") };
        assert_eq!(*first, format!("matcha: keys_do_not_fit: {code}"));
        assert!(chinese.contains(zh) && chinese.ends_with("没有保存任何内容。"), "{code}: {chinese}");
        assert!(english.contains(en) && english.ends_with("Nothing was stored."), "{code}: {english}");
        hides(&said, &[&key("app", "private", "pkcs8_bare")]);
    }
    assert_eq!(run(&desk.data, &["account", "list"]), "", "nothing was stored");
    let bare = ["account", "add", "alipay_official", "--name", "官方"];
    assert!(run_badly(&desk.data, &bare).contains("needs --app-id, --private-key FILE"));
    let keys = desk.keys(app, here, &private, &alipay);
    let personal = run_badly(&desk.data, &words(&["account", "add", "wechat", "--name", "微信"], &keys));
    assert!(personal.contains("a personal account has codes and no keys"), "{personal}");
    let nowhere: Vec<&str> =
        bare.into_iter().chain(["--app-id", app, "--private-key", "/nowhere/at/all"]).collect();
    assert!(run_badly(&desk.data, &nowhere).contains("/nowhere/at/all cannot be read"));
    assert_eq!(run(&desk.data, &["account", "list"]), "", "and is not yet");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_keys_of_the_same_application_take_the_place_of_the_old_ones() {
    let gateway = gateway_ahead(Millis::ZERO);
    let desk = Desk::new();
    let (app_id, private) = (gateway.ready.app_id.as_str(), private_key(&gateway));
    let account = desk.add(app_id, &gateway, &private);
    let good = run(&desk.data, &["alipay", "check"]);
    assert!(good.contains(&account) && finds(&good, "good", "works"), "{good}");
    assert!(
        good.contains("互相匹配") && good.contains("both signatures verify"),
        "in both languages: {good}"
    );

    let next = gateway.rotate().await.expect("a next key");
    let next = gateway::text(&next["alipay_public_key"]);
    let said = desk.faults();
    assert!(finds(&said, "fault", "alipay_key_wrong"), "{said}");
    assert!(said.contains("把“应用公钥”当成了“支付宝公钥”") && said.contains("was pasted instead"), "{said}");
    let give = |app_id: &str, alipay: &str| desk.keys(app_id, &gateway.ready.gateway, &private, alipay);
    let keys = give(app_id, next);
    let changed = run(&desk.data, &words(&["alipay", "keys", &account], &keys));
    assert!(changed.contains(&format!("app id {app_id}")) && changed.contains("应用公钥"), "{changed}");
    let good = run(&desk.data, &["alipay", "check", &account]);
    assert!(finds(&good, "good", "works"), "{good}");
    for shown in [&said, &changed, &good] {
        hides(shown, &[&private]);
    }

    // What is refused leaves the keys that work.
    let other = give("2021000000000009", next);
    let said = run_badly(&desk.data, &words(&["alipay", "keys", &account], &other));
    assert!(said.contains("keys of another application"), "{said}");
    let wrong = give(app_id, &private);
    let said = run_badly(&desk.data, &words(&["alipay", "keys", &account], &wrong));
    assert!(said.contains("keys_do_not_fit: alipay_public_key.private_key_pasted"), "{said}");
    hides(&said, &[&private]);
    let personal = run(&desk.data, &["account", "add", "wechat", "--name", "微信"]).trim().to_owned();
    let keys = give(app_id, next);
    let said = run_badly(&desk.data, &words(&["alipay", "keys", &personal], &keys));
    assert!(said.contains("not at an official gateway"), "{said}");
    let good = run(&desk.data, &["alipay", "check"]);
    assert!(finds(&good, "good", "works") && !good.contains(&personal), "{good}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_names_the_usual_mistakes() {
    let desk = Desk::new();
    let none = run_badly(&desk.data, &["alipay", "check"]);
    assert!(none.contains("no such account at Alipay's gateway"), "{none}");
    let gateway = gateway_ahead(Millis::ZERO);
    let app_id = gateway.ready.app_id.clone();
    desk.add(&app_id, &gateway, &key("other", "private", "pkcs8_bare"));
    let said = desk.faults();
    assert!(finds(&said, "fault", "private_key_wrong"), "{said}");
    assert!(finds(&said, "note", "application_key"), "{said}");
    assert!(said.contains(&key("other", "public", "spki_bare")), "what is to be uploaded: {said}");
    hides(&said, &[&key("other", "private", "pkcs8_bare")]);

    let desk = Desk::new();
    desk.add("9021000000000009", &gateway, &private_key(&gateway));
    let said = desk.faults();
    assert!(finds(&said, "fault", "app_id_unknown"), "{said}");
    let asked = gateway.calls().await;
    assert_eq!(asked.len(), 2, "one harmless question each: {asked:?}");
    assert!(asked.iter().all(|call| call.method.as_deref() == Some("alipay.trade.query")), "{asked:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_says_which_way_the_clock_is_off() {
    for (hours, zh, en) in [(1, "慢", "behind Alipay's"), (-1, "快", "ahead of Alipay's")] {
        let gateway = gateway_ahead(Millis::seconds(hours * 3600));
        let desk = Desk::new();
        desk.add(&gateway.ready.app_id, &gateway, &private_key(&gateway));
        let said = desk.faults();
        assert!(finds(&said, "fault", "clock_off"), "{said}");
        assert!(said.contains(&format!("服务器时钟比支付宝{zh}了")) && said.contains(en), "{said}");
    }
}

/// Alipay's own address is asked through a proxy of this machine at which nobody is: nothing leaves it.
#[test]
fn keys_of_the_sandbox_on_production_are_told_also_where_nobody_answers() {
    let desk = Desk::new();
    let keys = desk.keys(
        "9021000000000000",
        "production",
        &key("app", "private", "pkcs8_bare"),
        &key("alipay", "public", "spki_bare"),
    );
    run(&desk.data, &words(&["account", "add", "alipay_official", "--name", "官方"], &keys));
    let said = behind_no_proxy(&desk.data, &["alipay", "check"]);
    assert!(finds(&said, "fault", "sandbox_app_in_production"), "{said}");
    assert!(said.contains("沙箱应用") && said.contains("looks like the sandbox's"), "{said}");
    assert!(finds(&said, "fault", "unreachable"), "{said}");
}

/// Runs a command that must fail, with a proxy that is not there.
fn behind_no_proxy(data: &Path, args: &[&str]) -> String {
    let nobody = "http://127.0.0.1:9";
    let output = matcha()
        .envs([("HTTPS_PROXY", nobody), ("HTTP_PROXY", nobody)])
        .arg("--data")
        .arg(data)
        .args(args)
        .output()
        .expect("the program ends");
    let said = text(&output.stdout) + &text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    said
}

/// The first thing that is asked of a gateway that never answers: the first line of the request.
async fn first_call(gateway: &TcpListener) -> String {
    let (mut call, _) = gateway.accept().await.expect("a call");
    let mut head = String::new();
    while !head.contains("\r\n") {
        let mut some = [0; 4096];
        let read = call.read(&mut some).await.expect("a request");
        assert!(read > 0, "the request breaks off: {head}");
        head.push_str(&text(some.get(..read).expect("what was read")));
    }
    head.lines().next().expect("a line").to_owned()
}

/// A server that began without an official account has nothing to look for. The first one is added while it runs, by its own
/// API and by a command, which is another process; a transfer that a command leaves is a thing that only workers send.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_official_account_that_is_added_beside_a_running_server_is_served_by_it() {
    for by_command in [false, true] {
        let desk = Desk::new();
        let gateway = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("http://{}/gateway.do", gateway.local_addr().expect("an address"));
        let (app_id, private) = ("2021000000000001", key("app", "private", "pkcs8_bare"));
        let alipay = key("alipay", "public", "spki_bare");
        let server = Server::start(&desk.data, &desk.dir.path().join("log"));
        if by_command {
            let keys = desk.keys(app_id, &address, &private, &alipay);
            run(&desk.data, &words(&["account", "add", "alipay_official", "--name", "官方"], &keys));
        } else {
            let owner = run(&desk.data, &["key", "create", "--owner"]);
            let body = json!({ "name": "官方", "channel": "alipay_official", "keys": {
                "app_id": app_id, "private_key": private, "alipay_public_key": alipay, "gateway": address,
            } });
            let http = Http::new().at(&server.base);
            let made = http.send(Method::POST, "/api/v1/owner/accounts", owner.trim(), &body).await;
            assert!(word(&good(made), "id").starts_with("acc_"));
        }
        let transfer =
            ["transfer", "make", "1.00", "2088000000000001", "--yes", "--transfer-daily-max", "1.00"];
        run(&desk.data, &transfer);
        let called = tokio::time::timeout(Duration::from_secs(60), first_call(&gateway)).await;
        let called = called.unwrap_or_else(|_| panic!("nobody called; by command: {by_command}"));
        assert!(called.contains("method=alipay.fund.trans.uni.transfer"), "{called}");
    }
}
