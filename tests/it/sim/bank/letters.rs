//! What the gateway sends: its notifications, what a browser brings back, and what others forge of both.

use matcha::domain::money::Fen;
use matcha::domain::time::Timestamp;
use matcha::flow::gateway::cashier::renewals::{self, AgreementSaid};
use matcha::flow::gateway::cashier::{News, Notice, Notices, Return, Unbelieved};
use matcha::flow::gateway::hear::Said;
use matcha::secrets::sha256;
use serde_json::{Value, json};

use super::super::chance::Chance;
use super::{APP_ID, Bank, SELLER_ID, Standing, State};

/// A notification that is under way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in super::super) struct Letter {
    pub(in super::super) number: String,
    pub(in super::super) body: String,
    /// Which one it is of those about its number.
    nth: u32,
    /// How often it was sent in vain.
    pub(in super::super) tries: u32,
    /// No question of ours would find what it tells: it is repeated until it is answered.
    pub(in super::super) kept: bool,
}

/// What somebody else wants us to believe.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in super::super) enum Forgery {
    /// A true letter with another amount, or one that says paid.
    Changed,
    /// Signed for another seller.
    OtherSeller,
    /// Signed for another application, sent as ours.
    OtherApp,
    /// Of an application that we do not have.
    UnknownApp,
    /// Signed for us, about a trade that is none of ours: the application sells elsewhere too.
    OtherNumber,
    /// No letter at all.
    Noise,
}

impl Forgery {
    pub(in super::super) const ALL: [Forgery; 6] = [
        Forgery::Changed,
        Forgery::OtherSeller,
        Forgery::OtherApp,
        Forgery::UnknownApp,
        Forgery::OtherNumber,
        Forgery::Noise,
    ];
}

impl Bank {
    fn sign(&self, fields: &Value) -> String {
        let hash = sha256(format!("{}{fields}", self.seed).as_bytes());
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub(super) fn signed(&self, mut fields: Value) -> String {
        fields["sign"] = json!(self.sign(&fields));
        fields.to_string()
    }

    /// Writes a letter about how a trade stands now; `returned` where it is about money that went back.
    pub(super) fn write(&self, state: &mut State, number: &str, returned: Option<i64>) {
        let nth = Bank::count_letter(state, number);
        let trade = &state.trades[number];
        let status = if trade.standing == Standing::Paid { "paid" } else { "closed" };
        let fields = json!({
            "app_id": APP_ID, "seller_id": SELLER_ID, "notify_id": nth, "out_trade_no": number,
            "trade_no": trade.trade_no(), "status": status, "amount": trade.amount, "paid_at": trade.paid_at,
            "returned": returned,
        });
        let kept = trade.paid_at.is_some_and(|at| at + 1000 >= trade.ends_at);
        self.post(state, number, fields, nth, kept);
    }

    pub(super) fn count_letter(state: &mut State, number: &str) -> u32 {
        let nth = state.written.entry(number.to_owned()).or_default();
        *nth += 1;
        *nth
    }

    pub(super) fn post(&self, state: &mut State, number: &str, fields: Value, nth: u32, kept: bool) {
        let (number, body) = (number.to_owned(), self.signed(fields));
        state.letters.push(Letter { number, body, nth, tries: 0, kept });
        // Flows that run side by side cause letters in either order.
        state.letters.sort_by(|one, other| (&one.number, one.nth).cmp(&(&other.number, other.nth)));
    }

    /// Some letter that is under way, not always the oldest.
    pub(in super::super) fn next_letter(&self, dice: &mut Chance) -> Option<Letter> {
        let mut state = self.state();
        if state.letters.is_empty() {
            return None;
        }
        let index = if dice.happens(50) { 0 } else { dice.index(state.letters.len()) };
        Some(state.letters.remove(index))
    }

    /// A letter that was answered before, once more.
    pub(in super::super) fn old_letter(&self, dice: &mut Chance) -> Option<Letter> {
        dice.pick(&self.state().answered).cloned()
    }

    pub(in super::super) fn was_answered(&self, letter: Letter) {
        self.state().answered.push(letter);
    }

    /// A letter that was not answered comes again, or is given up; true where it comes again.
    pub(in super::super) fn was_not_answered(&self, letter: Letter) -> bool {
        let again = letter.kept || letter.tries < 2;
        if again {
            self.state().letters.push(Letter { tries: letter.tries + 1, ..letter });
        }
        again
    }

    /// What a browser brings back from the page of a trade.
    pub(in super::super) fn way_back(&self, number: &str) -> String {
        self.signed(json!({ "app_id": APP_ID, "seller_id": SELLER_ID, "back_from": number }))
    }

    /// A letter that nobody may believe, made of a true one about `number`.
    pub(in super::super) fn forge(&self, how: Forgery, number: &str) -> String {
        let trade = self.trade(number);
        let amount = trade.as_ref().map_or(100, |t| t.amount);
        let fields = |app: &str, seller: &str, number: &str, amount: i64| {
            json!({
                "app_id": app, "seller_id": seller, "notify_id": 0, "out_trade_no": number, "trade_no": "2026forged",
                "status": "paid", "amount": amount, "paid_at": 0, "returned": null,
            })
        };
        match how {
            Forgery::Changed => {
                let mut changed: Value =
                    serde_json::from_str(&self.signed(fields(APP_ID, SELLER_ID, number, amount + 1)))
                        .unwrap();
                changed["amount"] = json!(amount);
                changed.to_string()
            }
            Forgery::OtherSeller => self.signed(fields(APP_ID, "2088000000000666", number, amount)),
            Forgery::OtherApp => self.signed(fields("2021000000000666", SELLER_ID, number, amount)),
            Forgery::UnknownApp => self.signed(fields("2021000000000777", SELLER_ID, number, amount)),
            Forgery::OtherNumber => self.signed(fields(APP_ID, SELLER_ID, &format!("{number}x"), amount)),
            Forgery::Noise => format!("trade_status=TRADE_SUCCESS&out_trade_no={number}"),
        }
    }

    fn verified(&self, text: &str) -> Result<Value, Unbelieved> {
        let mut fields: Value = serde_json::from_str(text).map_err(|_| Unbelieved::Malformed)?;
        let sign = fields.as_object_mut().and_then(|fields| fields.remove("sign"));
        if sign != Some(json!(self.sign(&fields))) {
            return Err(Unbelieved::Signature);
        }
        let ours = fields["app_id"] == APP_ID && fields["seller_id"] == SELLER_ID;
        if ours { Ok(fields) } else { Err(Unbelieved::ForAnother) }
    }
}

fn fen(value: &Value) -> Option<Fen> {
    value.as_i64().and_then(Fen::new)
}

/// What a letter says of an agreement.
fn agreement(fields: &Value, number: &str) -> Notice {
    let standing = match fields["status"].as_str() {
        Some("InForce") => renewals::Standing::InForce,
        Some("Ended") => renewals::Standing::Ended,
        _ => renewals::Standing::Paused,
    };
    Notice {
        kind: "dut_user_sign".to_owned(),
        number: Some(number.to_owned()),
        news: News::Agreement(AgreementSaid {
            standing,
            gateway_no: fields["agreement_no"].as_str().map(str::to_owned),
            next_due: None,
        }),
        text: fields.to_string(),
    }
}

impl Notices for Bank {
    fn read_notice(&self, body: &[u8], _: Timestamp) -> Result<Notice, Unbelieved> {
        let fields = self.verified(std::str::from_utf8(body).unwrap())?;
        if let Some(number) = fields["agreement"].as_str() {
            return Ok(agreement(&fields, number));
        }
        let returned = fen(&fields["returned"]);
        let said = match fields["status"].as_str() {
            Some("paid") => Said::Paid {
                trade_no: fields["trade_no"].as_str().unwrap().to_owned(),
                amount: fen(&fields["amount"]).unwrap(),
                at: fields["paid_at"].as_i64().map(Timestamp::from_millis),
                returned,
            },
            Some("closed") => Said::Closed { returned },
            _ => return Err(Unbelieved::Malformed),
        };
        Ok(Notice {
            kind: "trade_status_sync".to_owned(),
            number: fields["out_trade_no"].as_str().map(str::to_owned),
            news: News::Trade(said),
            text: fields.to_string(),
        })
    }

    fn read_return(&self, query: &str, now: Timestamp) -> Option<Return> {
        let number = self.verified(query).ok()?["back_from"].as_str().map(str::to_owned)?;
        Some(Return { number, at: Some(now) })
    }
}
