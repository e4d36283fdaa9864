//! Money to a person through the owner's API: with the key said twice, within the day's bound, asked about to its end, and
//! never sent again because an answer was lost.

use matcha::domain::log::Actor;
use matcha::domain::time::Timestamp;
use matcha::flow::catalog;
use matcha::flow::gateway::transfer;

use super::*;

const SEND: &str = "alipay.fund.trans.uni.transfer";
const ASK: &str = "alipay.fund.trans.common.query";

/// The body of a wish; the owner's key is put to it where it is sent.
fn wish(request_id: &str, amount: &str) -> Value {
    json!({ "request_id": request_id, "payee_kind": "logon_id", "payee": "writer@example.com", "name": "张三",
        "amount": amount, "remark": "稿费" })
}

impl Shop {
    /// A shop that may send so much a day.
    async fn that_sends(yuan: &str) -> Shop {
        let most = yuan.parse().expect("an amount");
        Shop::of(TestApp::start_with(|setup| setup.transfer_daily_max = most).await, "hold").await
    }

    async fn send_as(&self, key: &str, mut wish: Value) -> Answer {
        wish["owner_key"] = json!(key);
        self.test.owner_post("/transfers", wish).await
    }

    async fn send(&self, wish: Value) -> Answer {
        self.send_as(&self.test.owner_key, wish).await
    }

    /// One that is taken; how far it is known.
    async fn sent(&self, request_id: &str, amount: &str) -> Value {
        self.send(wish(request_id, amount)).await.is(201).json()
    }

    /// Time passes, and the worker carries on.
    async fn carry_on(&self) {
        self.gateway.advance(60).await.expect("time passes");
        self.test.pass(60);
        transfer::run_once(&self.test.app, self.test.now()).await.expect("a run");
    }

    /// The clocks go on to a time of China's.
    async fn at(&self, time: &str) {
        let then = Timestamp::from_china_clock(time).expect("a time");
        self.test.clock.advance(then.since(self.test.now()));
        self.gateway.advance_to(time).await.expect("a time to come");
    }

    /// Newest first.
    async fn transfers(&self) -> Vec<Value> {
        self.test.owner_get("/transfers").await["items"].as_array().expect("items").clone()
    }

    /// What really moved at the gateway.
    async fn moved(&self) -> Vec<String> {
        self.gateway.state().await.ledger.iter().map(|row| text(&row["amount"])).collect()
    }

    /// The numbers under which money was sent, one for each time that it was.
    async fn numbers(&self) -> Vec<String> {
        let calls = self.gateway.calls().await;
        let sent = calls.into_iter().filter(|call| call.method.as_deref() == Some(SEND));
        let number = |signed: String| {
            let rest = signed.split("\"out_biz_no\":\"").nth(1).expect("a number");
            rest.split('"').next().expect("its end").to_owned()
        };
        sent.map(|call| number(call.signed_text.expect("a signed text"))).collect()
    }
}

#[tokio::test]
async fn the_key_is_said_twice_or_nothing_is_sent() {
    let shop = Shop::that_sends("100.00").await;
    let second = catalog::add_owner_key(&shop.test.app, "second".to_owned(), Actor::Console).await;
    let second = second.expect("another key of the same owner");
    for wrong in ["", "ok_", &second] {
        shop.send_as(wrong, wish("request-1", "25.00")).await.problem(403, "reauthentication_failed");
    }
    let keyless = shop.test.owner_post("/transfers", wish("request-1", "25.00")).await;
    keyless.problem(422, "invalid");
    let mut body = wish("request-1", "25.00");
    body["owner_key"] = json!(shop.test.owner_key);
    let stranger = shop.test.post("/api/v1/owner/transfers").json(&body).ask().await;
    stranger.problem(401, "unauthorized");
    assert_eq!(shop.test.get("/api/v1/owner/transfers").ask().await.status, 401, "nor listed to a stranger");
    shop.carry_on().await;
    assert_eq!((shop.transfers().await, shop.calls(SEND).await), (Vec::new(), 0));

    let made = shop.sent("request-1", "25.00").await;
    assert_eq!((&made["state"], &made["account"]), (&json!("done"), &json!(shop.account)));
    assert_eq!(shop.moved().await, ["-25.00"]);
    let listed = shop.transfers().await;
    assert_eq!(listed, std::slice::from_ref(&made), "listed as it was answered");
    assert!(!listed[0].to_string().contains(&shop.test.owner_key), "the key is kept nowhere");
    for (name, value) in
        [("payee", "writer@example.com"), ("name", "张三"), ("amount", "25.00"), ("remark", "稿费")]
    {
        assert_eq!(made[name], value);
    }
    assert!(made["gateway_ref"].is_string() && made["finished_at"].is_string(), "{made}");
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_to_its_end_and_the_money_goes_once() {
    let shop = Shop::that_sends("100.00").await;
    shop.fault(SEND, "lost_answer", 1).await;
    let made = shop.sent("request-1", "25.00").await;
    assert_eq!((&made["state"], &made["finished_at"]), (&json!("open"), &json!(null)), "nobody knows");
    assert_eq!(shop.moved().await, ["-25.00"], "and yet it went");
    assert_eq!(shop.sent("request-1", "25.00").await, made, "asked for again, it is the same");
    let other = shop.send(wish("request-1", "26.00")).await;
    other.problem(409, "transfer_request_reused");
    // The question is lost as well, with all its repetitions.
    shop.fault(ASK, "lost_answer", 99).await;
    shop.carry_on().await;
    assert_eq!(shop.transfers().await[0]["state"], "open");
    assert!(shop.calls(ASK).await > 0, "it was asked");
    shop.gateway.mend().await.expect("the line is well again");
    shop.carry_on().await;
    let ended = shop.transfers().await;
    assert_eq!((ended.len(), &ended[0]["id"], &ended[0]["state"]), (1, &made["id"], &json!("done")));
    assert_eq!(shop.sent("request-1", "25.00").await, ended[0]);
    assert_eq!(shop.numbers().await, [text(&made["number"])], "sent once");
    assert_eq!(shop.moved().await, ["-25.00"]);
    let asked = shop.calls(ASK).await;
    shop.carry_on().await;
    assert_eq!((shop.calls(ASK).await, shop.calls(SEND).await), (asked, 1), "what ended is left alone");
    assert_eq!(shop.reasons().await, Vec::<String>::new());
}

#[tokio::test]
async fn one_that_never_arrived_is_sent_again_under_its_number_only() {
    let shop = Shop::that_sends("100.00").await;
    let lost = Fault::new(SEND, "system_error").with("work", json!(false)).times(9);
    shop.gateway.fault(lost).await.expect("a fault");
    let made = shop.sent("request-1", "25.00").await;
    assert_eq!((&made["state"], shop.moved().await.len()), (&json!("open"), 0));
    shop.gateway.mend().await.expect("the line is well again");
    shop.carry_on().await;
    assert_eq!(shop.transfers().await[0]["state"], "done");
    let numbers = shop.numbers().await;
    assert!(numbers.len() > 1 && numbers.iter().all(|number| *number == made["number"]), "{numbers:?}");
    assert_eq!(shop.moved().await, ["-25.00"]);
}

#[tokio::test]
async fn what_alipay_refuses_or_gives_back_is_in_the_inbox_and_in_the_list() {
    let shop = Shop::that_sends("30.00").await;
    let refused =
        Fault::new(SEND, "answer").with("code", json!("40004")).with("sub_code", json!("PAYEE_NOT_EXIST"));
    shop.gateway.fault(refused).await.expect("a fault");
    let failed = shop.sent("request-1", "30.00").await;
    assert_eq!((&failed["state"], &failed["problem"]), (&json!("failed"), &json!("PAYEE_NOT_EXIST")));
    assert_eq!(shop.reasons().await, ["transfer_failed"]);
    shop.fault(SEND, "in_process", 1).await;
    let dealt_with = shop.sent("request-2", "30.00").await;
    assert_eq!(dealt_with["state"], "open", "what failed left the day as it was");
    shop.gateway.end_transfer(&text(&dealt_with["number"]), "REFUND").await.expect("it ends");
    shop.carry_on().await;
    let listed = shop.transfers().await;
    let states: Vec<&Value> = listed.iter().map(|transfer| &transfer["state"]).collect();
    assert_eq!(states, ["returned", "failed"], "newest first");
    assert_eq!(shop.reasons().await, ["transfer_failed", "transfer_failed"]);
}

#[tokio::test]
async fn a_day_of_china_sends_no_more_than_its_bound() {
    let shop = Shop::that_sends("30.00").await;
    assert_eq!(shop.test.now().china_clock(), "2026-11-20 12:00:00");
    assert_eq!(shop.sent("request-1", "20.00").await["state"], "done");
    shop.fault(SEND, "lost_answer", 1).await;
    assert_eq!(shop.sent("request-2", "9.00").await["state"], "open");
    let mut over = wish("request-3", "1.01");
    let problem = shop.send(over.clone()).await.problem(409, "transfer_daily_max");
    assert!(text(&problem["detail"]).contains("没有转账"), "{problem}");
    over["owner_key"] = json!(shop.test.owner_key);
    let english = shop.test.owner(Method::POST, "/transfers").header("accept-language", "en").json(&over);
    let problem = english.ask().await.problem(409, "transfer_daily_max");
    assert!(text(&problem["detail"]).contains("Nothing was sent"), "{problem}");
    assert_eq!(shop.sent("request-4", "1.00").await["state"], "done", "to the fen, with what is open");
    shop.at("2026-11-20 23:59:59").await;
    shop.send(wish("request-5", "0.10")).await.problem(409, "transfer_daily_max");
    shop.at("2026-11-21 00:00:00").await;
    assert_eq!(shop.sent("request-6", "30.00").await["state"], "done", "the day is China's");
    // Another day in London, the same in China.
    shop.at("2026-11-21 08:00:01").await;
    shop.send(wish("request-7", "0.10")).await.problem(409, "transfer_daily_max");

    let listed = shop.transfers().await;
    let ids = |items: &[Value]| -> Vec<String> { items.iter().map(|t| text(&t["request_id"])).collect() };
    assert_eq!(ids(&listed), ["request-6", "request-4", "request-2", "request-1"], "no row of a refused one");
    let first = shop.test.owner_get("/transfers?limit=3").await;
    let cursor = text(&first["next_cursor"]);
    let rest = shop.test.owner_get(&format!("/transfers?limit=3&cursor={cursor}")).await;
    let [first, more] = [&first, &rest].map(|page| page["items"].as_array().expect("items").clone());
    assert_eq!((first.len(), [first, more].concat()), (3, listed));
    assert_eq!(rest["next_cursor"], json!(null));
}

#[tokio::test]
async fn the_account_that_pays_is_named_where_there_are_several() {
    let shop = Shop::that_sends("30.00").await;
    let personal = shop.test.account("wechat").await;
    let from = |account: &str| {
        let mut wish = wish("request-1", "1.00");
        wish["account"] = json!(account);
        wish
    };
    shop.send(from(&personal)).await.problem(404, "account_not_found");
    // Another application, for one has one account.
    let clock = shop.test.now().china_clock();
    let elsewhere = Gateway::start(&json!({ "clock_start": clock, "app_id": "2021009900000002" }));
    let second = shop.test.official(&elsewhere).await;
    let unnamed = shop.send(wish("request-1", "1.00")).await.problem(422, "invalid");
    assert_eq!(unnamed["field"], "account");
    let made = shop.send(from(&second)).await.is(201).json();
    assert_eq!((&made["account"], &made["state"]), (&json!(second), &json!("done")));
    shop.send(from(&shop.account)).await.problem(409, "transfer_request_reused");
    assert_eq!(shop.moved().await, Vec::<String>::new());
    let moved = elsewhere.state().await.ledger;
    assert_eq!(moved.iter().map(|row| text(&row["amount"])).collect::<Vec<_>>(), ["-1.00"]);
}
