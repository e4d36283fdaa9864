//! Readers and a phone that keep a server busy and write down what it tells them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use matcha::clock::Clock;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::ledger::{Batch, Known, Ledger, Wish};
use crate::binary::http::{Answer, Http};
use crate::binary::shop::ARTICLES;

/// The ledger, shared by all clients.
pub(crate) type Shared = Arc<Mutex<Ledger>>;

pub(crate) fn locked(ledger: &Shared) -> MutexGuard<'_, Ledger> {
    ledger.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reader and phone in one: does one thing after the other until the server is gone.
pub(crate) struct Client {
    pub(crate) name: String,
    pub(crate) http: Http,
    pub(crate) ledger: Shared,
    /// Counts the answers of success.
    pub(crate) acknowledged: watch::Sender<usize>,
    pub(crate) rng: StdRng,
}

/// The server is gone, and the answer with it.
struct Gone;

impl Client {
    pub(crate) fn new(
        name: String,
        http: Http,
        ledger: Shared,
        acknowledged: watch::Sender<usize>,
        seed: u64,
    ) -> Client {
        Client { name, http, ledger, acknowledged, rng: StdRng::seed_from_u64(seed) }
    }

    pub(crate) async fn work_until_it_is_gone(mut self) {
        while let Ok(()) = self.act().await {}
    }

    async fn act(&mut self) -> Result<(), Gone> {
        match self.rng.random_range(0..100) {
            0..40 => self.order().await,
            40..50 => self.extend().await,
            50..58 => self.cancel().await,
            58..82 => self.pay().await,
            82..90 => self.send_again().await,
            _ => self.look().await,
        }
    }

    fn word(&mut self, prefix: &str) -> String {
        format!("{prefix}-{:016x}", self.rng.random::<u64>())
    }

    fn note(&self, line: &str) {
        locked(&self.ledger).note(format!("{}: {line}", self.name));
    }

    /// An answer of success counts; any other must be one of `refusals`.
    fn judge(&self, what: &str, answer: Answer, refusals: &[u16]) -> Result<Option<Value>, Gone> {
        let Some((status, body)) = answer else {
            self.note(&format!("{what}: no answer"));
            return Err(Gone);
        };
        self.note(&format!("{what}: {status}"));
        if (200..300).contains(&status) {
            return Ok(Some(body));
        }
        assert!(refusals.contains(&status), "{what} was answered {status}: {body}");
        Ok(None)
    }

    fn count(&self) {
        self.acknowledged.send_modify(|count| *count += 1);
    }

    async fn order(&mut self) -> Result<(), Gone> {
        let (site, product) = *ARTICLES.choose(&mut self.rng).expect("there are articles");
        let channel =
            *[None, Some("wechat"), Some("alipay")].choose(&mut self.rng).expect("there are wallets");
        let wish = Wish { site, product, channel, client_order_id: self.word("order") };
        // A private address: strangers would have to prove work after their sixtieth abandoned order.
        let from = format!("10.{}.{}.1", self.rng.random::<u8>(), self.rng.random::<u8>());
        let answer = self.http.post_from(&from, "/api/v1/orders", &wish.body()).await;
        match self.judge(&format!("order {}", wish.client_order_id), answer, &[429, 503]) {
            Err(Gone) => {
                locked(&self.ledger).unanswered.push(wish);
                Err(Gone)
            }
            Ok(None) => Ok(()),
            Ok(Some(body)) => {
                let id = locked(&self.ledger).ordered(&wish, &body);
                self.note(&format!("{id} is {} by {}", body["amount"], body["channel"]));
                self.count();
                Ok(())
            }
        }
    }

    /// One of the open orders; `taken` means that no other client may choose it any more.
    fn choose(&mut self, taken: bool) -> Option<(String, Known)> {
        let mut ledger = locked(&self.ledger);
        let youngest = ledger.open.len().checked_sub(1)?;
        // One of the youngest, as readers do: the others are usually over.
        let at = youngest - self.rng.random_range(0..=youngest.min(11));
        let id = if taken { ledger.open.remove(at) } else { ledger.open.get(at)?.clone() };
        let known = ledger.orders.get(&id)?.clone();
        Some((id, known))
    }

    async fn extend(&mut self) -> Result<(), Gone> {
        let Some((id, known)) = self.choose(false) else { return Ok(()) };
        let path = format!("/api/v1/orders/{id}/extend");
        let answer = self.http.send(Method::POST, &path, &known.token, &json!({})).await;
        if let Some(body) = self.judge(&format!("extend {id}"), answer, &[409])? {
            let mut ledger = locked(&self.ledger);
            ledger.seen(&id, &body);
            ledger.orders.get_mut(&id).expect("it is known").extends += 1;
            drop(ledger);
            self.count();
        }
        Ok(())
    }

    async fn cancel(&mut self) -> Result<(), Gone> {
        let Some((id, known)) = self.choose(false) else { return Ok(()) };
        let path = format!("/api/v1/orders/{id}/cancel");
        let answer = self.http.send(Method::POST, &path, &known.token, &json!({})).await;
        if let Some(body) = self.judge(&format!("cancel {id}"), answer, &[409])? {
            assert_eq!(body["status"], "cancelled", "{body}");
            locked(&self.ledger).seen(&id, &body);
            self.count();
        }
        Ok(())
    }

    async fn look(&mut self) -> Result<(), Gone> {
        let chosen = {
            let ledger = locked(&self.ledger);
            let at = self.rng.random_range(0..ledger.orders.len().max(1));
            ledger.orders.iter().nth(at).map(|(id, known)| (id.clone(), known.clone()))
        };
        let Some((id, known)) = chosen else { return Ok(()) };
        let answer = self.http.get(&format!("/api/v1/orders/{id}"), &known.token).await;
        if let Some(body) = self.judge(&format!("look at {id}"), answer, &[])? {
            assert_eq!(body["amount"], known.amount.as_str(), "{id}");
            locked(&self.ledger).seen(&id, &body);
            self.count();
        }
        Ok(())
    }

    /// Pays one to three orders to the fen, and lets the phone tell of it in one batch.
    async fn pay(&mut self) -> Result<(), Gone> {
        let mut notices = Vec::new();
        for _ in 0..self.rng.random_range(1..=3) {
            let Some((_, order)) = self.choose(true) else { break };
            notices.push(self.notice(&order.channel, &order.amount, false));
            if order.channel == "wechat" && self.rng.random_bool(0.2) {
                notices.push(self.notice(&order.channel, &order.amount, true));
            }
        }
        if self.rng.random_bool(0.2) {
            notices.push(self.notice("chat", "", false));
        }
        if notices.is_empty() {
            return Ok(());
        }
        let batch = Batch { message_id: self.word("msg"), sent_at: now(), notices };
        self.deliver(batch).await
    }

    /// A notice as a phone would send it; `echo` is the second announcer of the same payment.
    fn notice(&mut self, channel: &str, amount: &str, echo: bool) -> (String, String) {
        let id = self.word("n");
        let (package, title, text) = match channel {
            "wechat" => (
                "com.tencent.mm",
                if echo { "微信收款助手" } else { "微信支付" }.to_owned(),
                format!("微信支付收款{amount}元(朋友到店)"),
            ),
            "alipay" => (
                "com.eg.android.AlipayGphone",
                format!("你已成功收款{amount}元"),
                "已转入余额 做生意收钱提现免费>>".to_owned(),
            ),
            _ => ("com.tencent.mm", "阿旺".to_owned(), "在吗".to_owned()),
        };
        let raw = json!({
            "id": id, "package": package, "title": title, "text": text, "posted_at": now(), "key": id,
            "note": "a field that the server does not know must stay, and \u{1f375} too",
        });
        (id, raw.to_string())
    }

    /// What a phone does after a lost answer, and sometimes for no reason at all: the same message again, or the same
    /// notices in a new message.
    async fn send_again(&mut self) -> Result<(), Gone> {
        let batch = {
            let mut ledger = locked(&self.ledger);
            let again = ledger.delivered.choose(&mut self.rng).cloned();
            ledger.outbox.pop().or(again)
        };
        let Some(mut batch) = batch else { return Ok(()) };
        if self.rng.random_bool(0.5) {
            batch.message_id = self.word("msg");
            batch.sent_at = now();
        }
        self.deliver(batch).await
    }

    async fn deliver(&mut self, batch: Batch) -> Result<(), Gone> {
        let phone = locked(&self.ledger).phone.clone();
        let path = "/api/v1/bridge/notices";
        let answer = self.http.signed(&phone, path, &batch.message_id, &batch.body()).await;
        let ids: Vec<&str> = batch.notices.iter().map(|(id, _)| id.as_str()).collect();
        match self.judge(&format!("notices {ids:?} in {}", batch.message_id), answer, &[]) {
            Err(Gone) => {
                locked(&self.ledger).outbox.push(batch);
                Err(Gone)
            }
            Ok(None) => Ok(()),
            Ok(Some(body)) => {
                assert_eq!(body["stored"], json!(ids), "everything was stored");
                locked(&self.ledger).delivered(batch);
                self.count();
                Ok(())
            }
        }
    }
}

fn now() -> String {
    Clock::System.now().to_string()
}
