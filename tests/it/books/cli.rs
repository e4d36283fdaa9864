//! The books at the command line, beside a running server on the same database: money to a person, and what the reports say.
//!
//! A command holds up the thread that waits for it. The other one hears meanwhile that an idle connection was closed.

use matcha::clock::Clock;
use matcha::domain::account::Distinguish;
use matcha::domain::channel::Channel;
use matcha::domain::time::Millis;
use matcha::domain::transfer::{PayeeKind, TransferState};
use serde_json::json;

use super::Shop;
use super::transfers::{ASK, SEND};
use super::watching::Watched;
use crate::binary::{run, run_badly};
use crate::gateway::Fault;
use crate::world::{Announcer, fen};

/// A transfer of that much to a writer.
fn make<'a>(amount: &'a str, request_id: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let words = ["transfer", "make", amount, "writer@example.com", "--request-id", request_id];
    words.into_iter().chain(more.iter().copied()).collect()
}

const NAMED: [&str; 5] = ["--name", "张三", "--remark", "稿费", "--yes"];

impl Shop {
    fn says(&self, args: &[&str]) -> String {
        run(&self.data(), args)
    }

    fn refuses(&self, args: &[&str]) -> String {
        run_badly(&self.data(), args)
    }

    /// Commands live by the real clock. The server is some minutes ahead of them, so that what they leave is due, and well
    /// within the hour for which it is good.
    async fn lives_now(&self) {
        self.at(&Clock::System.now().plus(Millis::seconds(600)).china_clock()).await;
    }

    /// The owner's settings say how much a day may send.
    fn allows(&self, yuan: &str) {
        let settings = format!("transfer_daily_max = \"{yuan}\"\n");
        std::fs::write(self.data().join("matcha.toml"), settings).expect("the settings are written");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transfer_typed_at_the_command_line_is_sent_by_the_server_and_once() {
    let shop = Shop::that_sends(3_000).await;
    shop.lives_now().await;
    let off = shop.refuses(&make("25.00", "request-1", &NAMED));
    assert!(off.contains("more would be transferred") && off.contains("transfer_daily_max"), "{off}");
    shop.allows("30.00");
    let unasked = shop.refuses(&make("25.00", "request-1", &["--name", "张三"]));
    assert!(unasked.contains("nothing was sent") && unasked.contains("--yes"), "{unasked}");
    for (amount, request, more, named) in [
        ("25.00", "request-1", ["--yes"].as_slice(), "name"),
        ("0.09", "request-1", &NAMED, "amount"),
        ("25.00", "short", &NAMED, "request_id"),
        ("30.01", "request-1", &NAMED, "transfer_daily_max"),
    ] {
        let said = shop.refuses(&make(amount, request, more));
        assert!(said.contains(named), "{named}: {said}");
    }
    assert_eq!(shop.says(&["transfer", "list"]), "", "what was refused is not stored");

    let made = shop.says(&make("25.00", "request-1", &NAMED));
    assert!(made.contains("open") && made.contains("the running server sends it"), "{made}");
    let listed = shop.says(&["transfer", "list"]);
    assert_eq!(made.lines().next(), listed.lines().next());
    assert!(listed.contains("25.00") && listed.contains("writer@example.com"), "{listed}");
    assert_eq!((shop.calls(SEND).await, shop.moved().await.len()), (0, 0), "no command sends");
    assert_eq!(shop.says(&make("25.00", "request-1", &NAMED)), made, "typed again, it is the same");
    let other = shop.refuses(&make("24.00", "request-1", &NAMED));
    assert!(other.contains("belongs to another transfer"), "{other}");
    let over = shop.refuses(&make("5.01", "request-2", &NAMED));
    assert!(over.contains("more would be transferred"), "what is open counts: {over}");

    let sent = shop.carry_on().await;
    assert_eq!((sent.state, sent.content.remark.as_str()), (TransferState::Done, "稿费"));
    assert_eq!(shop.moved().await, ["-25.00"]);
    let listed = shop.says(&["transfer", "list"]);
    assert!(listed.lines().count() == 1 && listed.contains("  done  "), "{listed}");
    assert_eq!(shop.says(&make("25.00", "request-1", &NAMED)).lines().next(), listed.lines().next());
    shop.carry_on().await;
    assert_eq!((shop.calls(SEND).await, shop.moved().await.len()), (1, 1), "once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_says_how_a_transfer_ended_and_a_number_of_alipays_needs_no_name() {
    let mut shop = Shop::that_sends(3_000).await;
    shop.lives_now().await;
    shop.allows("30.00");
    let refused =
        Fault::new(SEND, "answer").with("code", json!("40004")).with("sub_code", json!("PAYEE_NOT_EXIST"));
    shop.gateway.fault(refused).await.unwrap();
    let by_number = ["transfer", "make", "1.00", "2088000000000001", "--yes"];
    shop.says(&by_number);
    let failed = shop.carry_on().await;
    assert_eq!((failed.state, failed.content.payee_kind), (TransferState::Failed, PayeeKind::UserId));
    let listed = shop.says(&["transfer", "list"]);
    assert!(listed.contains("  failed  ") && listed.contains("PAYEE_NOT_EXIST"), "{listed}");

    shop.gateway.fault(Fault::new(SEND, "lost_answer")).await.unwrap();
    shop.lose_patience();
    shop.says(&by_number);
    assert_eq!(shop.carry_on().await.state, TransferState::Open, "nobody knows yet");
    let listed = shop.says(&["transfer", "list", "--last", "1"]);
    assert!(listed.lines().count() == 1 && listed.contains("  open  "), "{listed}");
    assert_eq!(shop.carry_on().await.state, TransferState::Done, "asked for, not sent again");
    assert_eq!((shop.moved().await.len(), shop.calls(SEND).await), (1, 2));
    assert!(shop.calls(ASK).await > 0);
    let listed = shop.says(&["transfer", "list"]);
    assert_eq!(listed.lines().count(), 2, "without an id of one's own each is another: {listed}");
    assert!(listed.lines().next().unwrap().contains("  done  "), "newest first: {listed}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_report_of_bills_says_each_day_and_what_differs() {
    let shop = Shop::open().await;
    for report in ["bills", "watch", "differences"] {
        assert_eq!(shop.says(&["report", report]), "", "{report}");
    }
    shop.sold().await;
    shop.sold_elsewhere("shop17", 990).await;
    shop.at("2026-06-02 09:30:00").await;
    assert_eq!(shop.reconcile().await, 1);
    let account = shop.merchant.to_string();
    let bills = shop.says(&["report", "bills"]);
    let [line] = bills.lines().collect::<Vec<_>>()[..] else { panic!("{bills}") };
    for word in ["2026-06-01", &account, "compared", "2 paid ¥10.90, 0 refunded ¥0.00, 1 differences"] {
        assert!(line.contains(word), "{word}: {line}");
    }
    let differences = shop.says(&["report", "differences", "--account", &account]);
    let [line] = differences.lines().collect::<Vec<_>>()[..] else { panic!("{differences}") };
    for word in ["2026-06-01", &account, "unknown", "shop17", "theirs       9.90", "ours          -"] {
        assert!(line.contains(word), "{word}: {line}");
    }
    shop.at("2026-06-03 09:30:00").await;
    shop.reconcile().await;
    let days = |args: &[&str]| {
        let said = shop.says(args);
        said.lines().map(|line| line.split_whitespace().next().unwrap_or_default().to_owned()).collect()
    };
    let all: Vec<String> = days(&["report", "bills"]);
    assert_eq!(all, ["2026-06-02", "2026-06-01"], "newest first");
    let last: Vec<String> = days(&["report", "bills", "--last", "1"]);
    assert_eq!(last, ["2026-06-02"]);
    let other = shop.world.account(Channel::Alipay, Distinguish::Amount).await.to_string();
    assert_eq!(shop.says(&["report", "bills", "--account", &other]), "");
    assert_eq!(shop.says(&["report", "differences", "--account", &other]), "");
    assert_eq!(shop.says(&["report", "watch"]), "", "no log is watched");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_is_set_at_the_command_line_and_its_report_names_what_one_side_announced() {
    let watched = Watched::open().await;
    let (shop, account) = (&watched.shop, watched.account.to_string());
    let phone = watched.phone().await;
    shop.gateway.receipt("6.66", "收款").await.unwrap();
    shop.pass(7200).await;
    shop.world.pay(&phone, Announcer::Alipay, 777).await;
    shop.at("2026-06-02 09:30:00").await;
    assert_eq!(watched.report().await, 1);
    let report = shop.says(&["report", "watch", "--account", &account]);
    let lines: Vec<&str> = report.lines().collect();
    let [day, phone, log] = lines.as_slice() else { panic!("{report}") };
    assert!(day.contains("2026-06-01") && day.contains("both announced 0 of ¥0.00, 2 differences"), "{day}");
    assert!(
        phone.contains("only the phone: 2026-06-01") && phone.contains(&format!("¥{}", fen(777))),
        "{phone}"
    );
    assert!(log.contains("only the log: 2026-06-01") && log.contains(&format!("¥{}", fen(666))), "{log}");

    let ended = shop.says(&["account", "watch", &account]);
    assert_eq!(ended, format!("{account} is not watched\n"));
    assert!(shop.world.read(|tx| tx.watches()).await.is_empty(), "the server looks no more");
    let by = shop.merchant.to_string();
    let begun = shop.says(&["account", "watch", &account, "--by", &by]);
    assert!(begun.starts_with(&format!("{account} is watched by {by} as dev_")), "{begun}");
    assert_eq!(shop.world.read(|tx| tx.watches()).await.len(), 1);
    let other = shop.world.account(Channel::Alipay, Distinguish::Amount).await.to_string();
    let taken = shop.refuses(&["account", "watch", &other, "--by", &by]);
    assert!(taken.contains("watched for another one"), "{taken}");
    let keyless = shop.refuses(&["account", "watch", &account, "--by", &other]);
    assert!(keyless.contains("no such Account"), "{keyless}");
}
