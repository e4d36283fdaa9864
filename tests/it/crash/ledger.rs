//! What the clients of a server were told, and so what must be true of it for ever.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};

use crate::binary::http::{Phone, word};
use crate::binary::shop::Shop;

/// Lines of the trace that are kept to explain a failure.
const TRACE_LINES: usize = 300;

/// What was acknowledged, and what went unanswered.
pub(crate) struct Ledger {
    pub(crate) phone: Phone,
    /// Orders that were acknowledged, by id.
    pub(crate) orders: BTreeMap<String, Known>,
    /// Ids of orders that nobody has paid or cancelled yet, as far as the clients know.
    pub(crate) open: Vec<String>,
    /// Wishes without an answer: they became an order, or they did not.
    pub(crate) unanswered: Vec<Wish>,
    /// Notices that were acknowledged as stored, verbatim, by the phone's id.
    pub(crate) stored: BTreeMap<String, String>,
    /// Batches that were acknowledged.
    pub(crate) delivered: Vec<Batch>,
    /// Batches without an answer: the phone sends them again.
    pub(crate) outbox: Vec<Batch>,
    trace: VecDeque<String>,
}

/// What a reader asks for.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    pub(crate) site: &'static str,
    pub(crate) product: &'static str,
    pub(crate) channel: Option<&'static str>,
    pub(crate) client_order_id: String,
}

impl Wish {
    pub(crate) fn body(&self) -> Value {
        json!({
            "site": self.site, "product": self.product, "channel": self.channel,
            "client_order_id": self.client_order_id,
        })
    }
}

/// An order as the clients know it.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) wish: Wish,
    pub(crate) token: String,
    pub(crate) amount: String,
    pub(crate) channel: String,
    pub(crate) extends: u32,
    pub(crate) cancelled: bool,
    pub(crate) paid: bool,
}

/// A message of notices, as it can be sent again.
#[derive(Clone, Debug)]
pub(crate) struct Batch {
    pub(crate) message_id: String,
    pub(crate) sent_at: String,
    /// Each notice: the phone's id of it, and its JSON.
    pub(crate) notices: Vec<(String, String)>,
}

impl Batch {
    pub(crate) fn body(&self) -> String {
        let notices: Vec<&str> = self.notices.iter().map(|(_, raw)| raw.as_str()).collect();
        format!(r#"{{"sent_at":"{}","notices":[{}]}}"#, self.sent_at, notices.join(","))
    }
}

impl Ledger {
    pub(crate) fn new(shop: &Shop) -> Ledger {
        Ledger {
            phone: shop.phone.clone(),
            orders: BTreeMap::new(),
            open: Vec::new(),
            unanswered: Vec::new(),
            stored: BTreeMap::new(),
            delivered: Vec::new(),
            outbox: Vec::new(),
            trace: VecDeque::new(),
        }
    }

    /// An order was acknowledged to a client that asked for `wish`.
    pub(crate) fn ordered(&mut self, wish: &Wish, body: &Value) -> String {
        let id = word(body, "id");
        let known = Known {
            wish: wish.clone(),
            token: word(body, "token"),
            amount: word(body, "amount"),
            channel: word(body, "channel"),
            extends: 0,
            cancelled: false,
            paid: false,
        };
        match self.orders.get(&id) {
            None => {
                self.open.push(id.clone());
                self.orders.insert(id.clone(), known);
            }
            Some(first) => {
                let same = (&first.amount, &first.token, &first.wish.client_order_id);
                assert_eq!(
                    same,
                    (&known.amount, &known.token, &wish.client_order_id),
                    "{id} changed its face"
                );
            }
        }
        id
    }

    /// An answer told of an order's state.
    pub(crate) fn seen(&mut self, id: &str, body: &Value) {
        let known = self.orders.get_mut(id).expect("an order that was acknowledged");
        match body["status"].as_str() {
            Some("paid") => known.paid = true,
            Some("cancelled") => known.cancelled = true,
            Some("pending" | "expired") => {}
            other => panic!("{id} is {other:?}"),
        }
    }

    /// A batch was acknowledged.
    pub(crate) fn delivered(&mut self, batch: Batch) {
        self.stored.extend(batch.notices.iter().cloned());
        self.delivered.push(batch);
    }

    pub(crate) fn note(&mut self, line: String) {
        if self.trace.len() >= TRACE_LINES {
            self.trace.pop_front();
        }
        self.trace.push_back(line);
    }

    /// What happened last, oldest first.
    pub(crate) fn trace(&self) -> String {
        self.trace.iter().map(|line| format!("  {line}\n")).collect()
    }
}
