//! Money that the owner sends to a person through an official gateway: what it may become, and how much a day may send.
//!
//! The rule that matters: a transfer has one number for ever. What became of it is asked for; it is sent again only under
//! the same number and with the same content, and only while the gateway says that it never arrived.

use serde::{Deserialize, Serialize};

use super::gateway::{has_arrived, pause};
use super::id::{AccountId, TransferId};
use super::money::Fen;
use super::time::{Day, Millis, Timestamp};

/// By what a payee is named.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PayeeKind {
    /// An account's number (2088…).
    UserId,
    /// An e-mail address or telephone number; the payee's name has to be said.
    LogonId,
}

impl PayeeKind {
    /// The wire form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            PayeeKind::UserId => "user_id",
            PayeeKind::LogonId => "logon_id",
        }
    }
}

/// Who gets the money, how much, and in which words. It never changes: the gateway refuses a number with other content.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Content {
    /// By what the payee is named.
    pub payee_kind: PayeeKind,
    /// The number, address or telephone number.
    pub payee: String,
    /// The payee's name, which the gateway compares; demanded for [`PayeeKind::LogonId`].
    pub name: Option<String>,
    /// How much.
    pub amount: Fen,
    /// What the payee reads.
    pub remark: String,
}

/// What became of a transfer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransferState {
    /// Asked for; whether the money moved is not known yet. It counts as moved.
    Open,
    /// The payee has it.
    Done,
    /// The money is where it was.
    Failed,
    /// The payee had it, and it came back.
    Returned,
}

impl TransferState {
    /// The wire form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            TransferState::Open => "open",
            TransferState::Done => "done",
            TransferState::Failed => "failed",
            TransferState::Returned => "returned",
        }
    }
}

/// A transfer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Transfer {
    /// Its id.
    pub id: TransferId,
    /// The official account that pays.
    pub account: AccountId,
    /// The caller's own id of the request: the same one is the same transfer.
    pub request_id: String,
    /// Our number at the gateway (`out_biz_no`).
    pub number: String,
    /// What is sent, to whom.
    pub content: Content,
    /// What became of it.
    pub state: TransferState,
    /// The gateway's number.
    pub gateway_ref: Option<String>,
    /// Why it failed, or what the last answer was where that is not sure.
    pub problem: Option<String>,
    /// Who asked for it, as the log names him.
    pub actor: String,
    /// The day in China whose bound it counts against.
    pub day: Day,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// When it was last sent, or about to be: a request may be on its way for a while.
    pub sent_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// When the gateway is asked next.
    pub ask_at: Option<Timestamp>,
    /// How often the gateway was spoken to about it.
    pub asked: u32,
}

/// What the gateway says of a transfer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Told {
    /// The payee has it.
    Done(Option<String>),
    /// The money is where it was.
    Failed(String),
    /// It came back.
    Returned(Option<String>),
    /// It is under way.
    Dealing,
    /// The gateway knows no such transfer.
    NotFound,
    /// It did not want to do it, and says why.
    Refused(String),
    /// There is no answer that can be used.
    Unknown,
}

/// What to say to the gateway next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    /// Send it: nobody has heard of it.
    Send,
    /// Ask what became of it.
    Ask,
    /// Give it up: nobody has heard of it, and it is too old to be sent.
    Drop,
}

/// So long after the owner's wish it may still be sent: later it would surprise, and the day is another.
pub const SEND_FOR: Millis = Millis::seconds(3600);

impl Transfer {
    /// What is said first in a step: only a transfer of which nobody was told yet is sent without asking.
    #[must_use]
    pub fn next(&self, now: Timestamp) -> Next {
        match self.asked {
            0 if self.may_send_again(now) => Next::Send,
            0 => Next::Drop,
            _ => Next::Ask,
        }
    }

    /// True where a transfer that the gateway does not know may be sent once more.
    #[must_use]
    pub fn may_send_again(&self, now: Timestamp) -> bool {
        self.state == TransferState::Open && self.problem.is_none() && now.since(self.requested_at) < SEND_FOR
    }

    /// The transfer after an answer. `sent` says whether the answer is to a sending, `gives_up_after` how many words are
    /// spent on one.
    ///
    /// A no to the very first sending is an end. A no to a later one is not, because the first may be under way: it is
    /// believed when the gateway says, so long after it that nothing is on its way any more, that there is no such transfer.
    /// That also ends one that is too old to send.
    #[must_use]
    pub fn after(&self, told: &Told, sent: bool, gives_up_after: u32, now: Timestamp) -> Transfer {
        let asked = self.asked.saturating_add(1);
        let sent_at = if sent { Some(now) } else { self.sent_at };
        let ended = |state, problem: Option<String>, gateway_ref: Option<String>| Transfer {
            state,
            problem,
            gateway_ref: gateway_ref.or_else(|| self.gateway_ref.clone()),
            sent_at,
            finished_at: Some(now),
            ask_at: None,
            asked,
            ..self.clone()
        };
        let open = |problem: Option<String>| {
            let ask_at = (asked < gives_up_after).then(|| now.plus(pause(asked)));
            Transfer { ask_at, asked, problem, sent_at, ..self.clone() }
        };
        match told {
            Told::Done(number) => ended(TransferState::Done, None, number.clone()),
            Told::Returned(number) => ended(TransferState::Returned, None, number.clone()),
            Told::Failed(why) => ended(TransferState::Failed, Some(why.clone()), None),
            Told::Refused(why) if sent && self.asked == 0 => {
                ended(TransferState::Failed, Some(why.clone()), None)
            }
            // A question that is refused tells nothing of the transfer.
            Told::Refused(why) => open(if sent { Some(why.clone()) } else { self.problem.clone() }),
            Told::NotFound if !sent && !self.may_send_again(now) && has_arrived(self.sent_at, now) => {
                let why = self.problem.clone().unwrap_or_else(|| "never arrived".to_owned());
                ended(TransferState::Failed, Some(why), None)
            }
            Told::NotFound | Told::Dealing | Told::Unknown => open(self.problem.clone()),
        }
    }
}

/// True where one more of `amount` keeps within the most that a day may send. `sent` is what the day has sent, with all whose
/// end is not known.
#[must_use]
pub fn fits(sent: Fen, amount: Fen, daily_max: Fen) -> bool {
    sent.checked_add(amount).is_some_and(|sum| sum <= daily_max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(1_000_000_000 + ms)
    }

    fn fen(n: i64) -> Fen {
        Fen::new(n).unwrap()
    }

    fn transfer() -> Transfer {
        let content = Content {
            payee_kind: PayeeKind::UserId,
            payee: "2088".to_owned(),
            name: None,
            amount: fen(100),
            remark: "thanks".to_owned(),
        };
        Transfer {
            id: TransferId::from_raw(1),
            account: AccountId::from_raw(1),
            request_id: "r".to_owned(),
            number: "t1".to_owned(),
            content,
            state: TransferState::Open,
            gateway_ref: None,
            problem: None,
            actor: "console".to_owned(),
            day: Day::in_china(at(0)),
            requested_at: at(0),
            sent_at: None,
            finished_at: None,
            ask_at: Some(at(0)),
            asked: 0,
        }
    }

    #[test]
    fn a_no_to_the_first_sending_is_the_end() {
        let failed = transfer().after(&Told::Refused("PAYEE_NOT_EXIST".to_owned()), true, 100, at(1));
        assert_eq!((failed.state, failed.ask_at), (TransferState::Failed, None));
        assert_eq!(failed.problem.as_deref(), Some("PAYEE_NOT_EXIST"));
    }

    #[test]
    fn a_no_to_a_later_sending_counts_only_when_the_gateway_knows_no_such_transfer() {
        let unknown = transfer().after(&Told::Unknown, true, 100, at(1));
        assert_eq!((unknown.state, unknown.next(at(2))), (TransferState::Open, Next::Ask));
        let refused = unknown.after(&Told::Refused("PAYER_BALANCE_NOT_ENOUGH".to_owned()), true, 100, at(2));
        assert_eq!(refused.state, TransferState::Open);
        assert!(!refused.may_send_again(at(3)));
        let done = refused.after(&Told::Done(Some("2026".to_owned())), false, 100, at(3));
        assert_eq!((done.state, done.problem), (TransferState::Done, None));
        let early = refused.after(&Told::NotFound, false, 100, at(3));
        assert_eq!(early.state, TransferState::Open, "the first one may still arrive");
        let failed = refused.after(&Told::NotFound, false, 100, at(2 + 600_000));
        assert_eq!(failed.problem.as_deref(), Some("PAYER_BALANCE_NOT_ENOUGH"));
    }

    #[test]
    fn a_transfer_that_never_arrived_is_sent_again_within_the_hour_and_fails_after_it() {
        let unknown = transfer().after(&Told::Unknown, true, 100, at(1));
        assert!(unknown.may_send_again(at(3_599_999)) && !unknown.may_send_again(at(3_600_000)));
        assert_eq!(unknown.after(&Told::NotFound, false, 100, at(5)).state, TransferState::Open);
        let late = unknown.after(&Told::NotFound, false, 100, at(3_600_000));
        assert_eq!((late.state, late.problem.as_deref()), (TransferState::Failed, Some("never arrived")));
    }

    #[test]
    fn one_that_was_sent_in_the_last_minute_of_its_hour_has_ten_more_to_arrive() {
        let (minute, second) = (60_000, 1000);
        let first = transfer().after(&Told::Unknown, true, 100, at(1));
        let again = first.after(&Told::Unknown, true, 100, at(59 * minute + 59 * second));
        let asked = again.after(&Told::NotFound, false, 100, at(60 * minute + 5 * second));
        assert_eq!(asked.state, TransferState::Open);
        assert!(
            asked.ask_at.is_some() && asked.next(at(61 * minute)) == Next::Ask,
            "and it is asked for, not sent"
        );
        let late = asked.after(&Told::NotFound, false, 100, at(70 * minute + 5 * second));
        assert_eq!((late.state, late.problem.as_deref()), (TransferState::Failed, Some("never arrived")));
    }

    #[test]
    fn one_that_waited_too_long_for_a_server_is_not_sent_at_all() {
        assert_eq!(transfer().next(at(3_599_999)), Next::Send);
        assert_eq!(transfer().next(at(3_600_000)), Next::Drop);
    }

    #[test]
    fn one_that_nobody_can_tell_of_stays_open_and_is_not_asked_for_ever() {
        let mut open = transfer();
        for n in 0..5 {
            open = open.after(&Told::Dealing, n == 0, 5, at(n));
        }
        assert_eq!((open.state, open.ask_at, open.asked), (TransferState::Open, None, 5));
    }

    #[test]
    fn nothing_fits_a_day_that_may_send_nothing() {
        assert!(!fits(Fen::ZERO, Fen::ONE, Fen::ZERO));
        assert!(fits(fen(60), fen(40), fen(100)) && !fits(fen(61), fen(40), fen(100)));
        assert!(!fits(Fen::MAX, fen(1), Fen::MAX), "a sum too large is no sum");
    }

    proptest! {
        #[test]
        fn what_ended_well_was_told_and_only_a_told_or_proven_no_frees_the_money(
            answers in proptest::collection::vec(0_u8..7, 1..20),
        ) {
            let (mut now, mut open, mut last) = (at(0), transfer(), Told::Unknown);
            for answer in answers {
                if open.state != TransferState::Open { break; }
                let sent = open.next(now) == Next::Send;
                last = match answer {
                    0 => Told::Done(None),
                    1 => Told::Failed("x".to_owned()),
                    2 => Told::Returned(None),
                    3 => Told::Dealing,
                    4 if !sent => Told::NotFound,
                    5 => Told::Refused("y".to_owned()),
                    _ => Told::Unknown,
                };
                open = open.after(&last, sent, 1000, now);
                now = now.plus(Millis::seconds(600));
            }
            prop_assert_eq!(&open.number, "t1");
            match open.state {
                TransferState::Failed => prop_assert!(matches!(
                    last, Told::Failed(_) | Told::NotFound | Told::Refused(_)
                )),
                TransferState::Done => prop_assert_eq!(last, Told::Done(None)),
                TransferState::Returned => prop_assert_eq!(last, Told::Returned(None)),
                TransferState::Open => prop_assert!(open.finished_at.is_none()),
            }
        }

        #[test]
        fn what_may_still_arrive_is_never_given_up(
            // Each word: what happens to a sending, how long it is on its way, and how long until the next word.
            words in proptest::collection::vec((0_u8..3, 0_i64..600, 1_i64..1200), 1..60),
        ) {
            let (mut now, mut open) = (at(0), transfer());
            let mut on_their_way: Vec<Timestamp> = Vec::new();
            for (fate, way, pause) in words {
                if open.state != TransferState::Open { break; }
                let is_there = on_their_way.iter().any(|arrives| *arrives <= now);
                let mut sends = open.next(now) == Next::Send;
                if !sends {
                    let told = if is_there { Told::Dealing } else { Told::NotFound };
                    sends = told == Told::NotFound && open.may_send_again(now);
                    if !sends { open = open.after(&told, false, 1000, now); }
                }
                if sends {
                    let told = match fate {
                        0 => Told::Refused("y".to_owned()),
                        _ => { on_their_way.push(now.plus(Millis::seconds(way))); Told::Unknown }
                    };
                    open = open.after(&told, true, 1000, now);
                }
                now = now.plus(Millis::seconds(pause));
            }
            prop_assert!(open.state != TransferState::Failed || on_their_way.is_empty(), "{on_their_way:?}");
        }
    }
}
