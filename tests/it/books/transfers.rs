//! Money to a person: once, within the day's bound, and never a second time because an answer was lost.

use matcha::domain::books::DifferenceKind;
use matcha::domain::log::Actor;
use matcha::domain::money::Fen;
use matcha::domain::receipt::Reason;
use matcha::domain::transfer::{Content, PayeeKind, Transfer, TransferState};
use matcha::flow::gateway::transfer::{self, Wish};
use matcha::flow::{Conflict, Error};
use serde_json::json;

use super::Shop;
use crate::gateway::Fault;
use crate::world::fen;

pub(super) const SEND: &str = "alipay.fund.trans.uni.transfer";
pub(super) const ASK: &str = "alipay.fund.trans.common.query";

pub(super) fn wish(request_id: &str, amount: i64) -> Wish {
    Wish {
        account: None,
        request_id: request_id.to_owned(),
        content: Content {
            payee_kind: PayeeKind::LogonId,
            payee: "writer@example.com".to_owned(),
            name: Some("张三".to_owned()),
            amount: fen(amount),
            remark: "稿费".to_owned(),
        },
    }
}

impl Shop {
    /// A shop that may send so much a day.
    pub(super) async fn that_sends(fen: i64) -> Shop {
        let mut shop = Shop::open().await;
        shop.world.app.transfer_daily_max = Fen::new(fen).expect("an amount");
        shop
    }

    async fn send(&self, request_id: &str, amount: i64) -> Result<Transfer, Error> {
        transfer::make(self.app(), wish(request_id, amount), Actor::Console).await
    }

    /// The worker's next step.
    pub(super) async fn carry_on(&self) -> Transfer {
        self.pass(60).await;
        transfer::run_once(self.app(), self.world.now()).await.expect("a run");
        self.all_transfers().await.into_iter().next().expect("a transfer")
    }

    /// Newest first.
    pub(super) async fn all_transfers(&self) -> Vec<Transfer> {
        self.world.read(|tx| tx.transfers(super::ALL)).await
    }

    /// What really moved at the gateway.
    pub(super) async fn moved(&self) -> Vec<String> {
        let ledger = self.gateway.state().await.ledger;
        ledger.iter().map(|row| row["amount"].as_str().expect("an amount").to_owned()).collect()
    }
}

#[tokio::test]
async fn a_transfer_is_sent_once_however_often_it_is_asked_for() {
    let shop = Shop::that_sends(10_000).await;
    let made = shop.send("request-1", 2_500).await.unwrap();
    assert_eq!(made.state, TransferState::Done);
    assert!(made.gateway_ref.is_some() && made.finished_at.is_some());
    assert_eq!(shop.send("request-1", 2_500).await.unwrap(), made);
    let other = shop.send("request-1", 2_501).await;
    assert!(matches!(other, Err(Error::Conflict(Conflict::TransferRequestReused))), "{other:?}");
    assert_eq!(shop.moved().await, ["-25.00"]);
    assert_eq!(shop.calls(SEND).await, 1);
    let log = shop.world.log_of(made.id.raw()).await;
    let acts: Vec<&str> = log.iter().map(|line| line.act.as_str()).collect();
    assert_eq!(acts, ["transfer.requested", "transfer.ended"]);
}

#[tokio::test]
async fn a_lost_answer_never_becomes_a_second_transfer() {
    let lost = [
        ("lost_answer", json!(null)),
        ("late", json!(null)),
        ("never", json!(null)),
        ("bad_signature", json!(null)),
        ("unsigned", json!(null)),
        ("system_error", json!(true)),
        ("system_error", json!(false)),
        ("http", json!(true)),
        ("http", json!(false)),
    ];
    let mut shop = Shop::that_sends(1_000_000).await;
    for (n, (kind, work)) in lost.into_iter().enumerate() {
        let fault = Fault::new(SEND, kind);
        let fault = if work.is_null() { fault } else { fault.with("work", work.clone()) };
        shop.gateway.fault(fault).await.unwrap();
        shop.lose_patience();
        let made = shop.send(&format!("request-{n}"), 100).await.unwrap();
        assert_eq!(made.state, TransferState::Open, "{kind} {work}");
        // The question is lost too, and the server starts anew.
        shop.gateway.fault(Fault::new(ASK, "never").times(3)).await.unwrap();
        assert_eq!(shop.carry_on().await.state, TransferState::Open, "{kind} {work}");
        shop.gateway.mend().await.unwrap();
        shop.restart().await;
        shop.gateway.idle().await.unwrap();
        let ended = shop.carry_on().await;
        assert_eq!((ended.id, ended.state), (made.id, TransferState::Done), "{kind} {work}");
        assert_eq!(shop.moved().await.len(), n + 1, "{kind} {work}: one movement for one transfer");
        shop.world.app.transfer_daily_max = fen(1_000_000);
    }
    assert_eq!(shop.world.inbox().await, []);
}

#[tokio::test]
async fn what_the_gateway_deals_with_is_asked_for_to_its_end() {
    let shop = Shop::that_sends(10_000).await;
    for (request, status, state) in
        [("request-1", "SUCCESS", TransferState::Done), ("request-2", "FAIL", TransferState::Failed)]
    {
        shop.gateway.fault(Fault::new(SEND, "in_process")).await.unwrap();
        let made = shop.send(request, 100).await.unwrap();
        assert_eq!(made.state, TransferState::Open);
        assert_eq!(shop.carry_on().await.state, TransferState::Open);
        shop.gateway.end_transfer(&made.number, status).await.unwrap();
        assert_eq!(shop.carry_on().await.state, state);
    }
    assert_eq!(shop.calls(SEND).await, 2);
    assert_eq!(shop.world.reasons().await, [Reason::TransferFailed]);
    let told = shop.differences().await;
    assert_eq!((told[0].kind, told[0].ours), (DifferenceKind::TransferFailed, Some(fen(100))));
}

#[tokio::test]
async fn a_refusal_is_an_end_and_frees_the_day() {
    let shop = Shop::that_sends(100).await;
    let refused =
        Fault::new(SEND, "answer").with("code", json!("40004")).with("sub_code", json!("PAYEE_NOT_EXIST"));
    shop.gateway.fault(refused).await.unwrap();
    let made = shop.send("request-1", 100).await.unwrap();
    assert_eq!((made.state, made.problem.as_deref()), (TransferState::Failed, Some("PAYEE_NOT_EXIST")));
    assert_eq!(shop.moved().await, [] as [String; 0]);
    assert_eq!(shop.world.reasons().await, [Reason::TransferFailed]);
    assert_eq!(shop.send("request-2", 100).await.unwrap().state, TransferState::Done);
}

#[tokio::test]
async fn a_day_sends_no_more_than_the_owner_allows_and_nothing_by_itself() {
    let shop = Shop::open().await;
    let off = shop.send("request-0", 10).await;
    assert!(matches!(off, Err(Error::Conflict(Conflict::TransferTooMuch))), "off until it is set");
    let mut shop = shop;
    shop.world.app.transfer_daily_max = fen(250);
    shop.lose_patience();
    shop.gateway.fault(Fault::new(SEND, "never").times(3)).await.unwrap();
    let unknown = shop.send("request-1", 200).await.unwrap();
    assert_eq!(unknown.state, TransferState::Open);
    shop.gateway.mend().await.unwrap();
    shop.restart().await;
    shop.world.app.transfer_daily_max = fen(250);
    let over = shop.send("request-2", 51).await;
    assert!(matches!(over, Err(Error::Conflict(Conflict::TransferTooMuch))), "one not known counts");
    assert_eq!(shop.send("request-3", 50).await.unwrap().state, TransferState::Done);
    assert_eq!(shop.all_transfers().await.len(), 2, "what was refused is not stored");
    shop.at("2026-06-01 23:59:59").await;
    assert!(shop.send("request-4", 50).await.is_err());
    shop.at("2026-06-02 00:00:00").await;
    assert_eq!(shop.send("request-5", 250).await.unwrap().state, TransferState::Done, "a day of China");
}

#[tokio::test]
async fn what_was_left_for_a_server_is_sent_within_the_hour_or_not_at_all() {
    let shop = Shop::that_sends(1_000).await;
    let left = transfer::leave(shop.app(), wish("request-1", 100), Actor::Console).await.unwrap();
    assert_eq!((left.state, shop.moved().await.len()), (TransferState::Open, 0));
    assert_eq!(shop.carry_on().await.state, TransferState::Done);
    transfer::leave(shop.app(), wish("request-2", 100), Actor::Console).await.unwrap();
    shop.pass(3600).await;
    let dropped = shop.carry_on().await;
    assert_eq!((dropped.state, dropped.problem.as_deref()), (TransferState::Failed, Some("never sent")));
    assert_eq!(shop.moved().await, ["-1.00"]);
}

#[tokio::test]
async fn what_cannot_be_sent_is_not_stored() {
    let shop = Shop::that_sends(10_000).await;
    let nameless = Content { name: None, ..wish("request-1", 100).content };
    let little = wish("request-1", 9);
    let short = wish("r", 100);
    for (bad, field) in [
        (Wish { content: nameless, ..wish("request-1", 100) }, "name"),
        (little, "amount"),
        (short, "request_id"),
    ] {
        let refused = transfer::make(shop.app(), bad, Actor::Console).await;
        assert!(matches!(&refused, Err(Error::Invalid { field: f, .. }) if *f == field), "{refused:?}");
    }
    assert_eq!(shop.all_transfers().await, []);
}
