//! Money that goes back through a gateway: when it is sent, asked for, sent again, given up.
//!
//! The rule that matters: a refund counts as moved until the gateway says, after the last sending, that it did not. An owner
//! who is told too early that it failed pays back twice.

use super::gateway::{Refund, RefundState, has_arrived, pause};
use super::time::{Millis, Timestamp};

/// What the gateway says of a refund.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Told {
    /// The money went back.
    Done,
    /// It has not, or not yet.
    NotYet,
    /// A no, with the gateway's code.
    Refused(String),
    /// There is no answer that can be used.
    Unknown,
}

/// So long after a sending the gateway mostly knows what became of it: what it does not have then is sent again.
pub const TELLS_AFTER: Millis = Millis::seconds(10);

/// While a call may be under way nobody else speaks of the same refund.
pub const HANDS_OFF: Millis = Millis::seconds(60);

impl Refund {
    /// True where the gateway may be spoken to about it now: nobody else does, and it is due or was given up.
    #[must_use]
    pub fn is_free(&self, now: Timestamp) -> bool {
        self.state == RefundState::Open && self.ask_at.is_none_or(|at| at <= now)
    }

    /// The refund while somebody speaks of it.
    #[must_use]
    pub fn claimed(&self, now: Timestamp) -> Refund {
        Refund { asked: self.asked.saturating_add(1), ask_at: Some(now.plus(HANDS_OFF)), ..self.clone() }
    }

    /// True where an answer tells of the last sending.
    fn tells(&self, now: Timestamp) -> bool {
        self.sent_at.is_none_or(|sent| now.since(sent) >= TELLS_AFTER)
    }

    /// True where one that the gateway does not have is sent once more.
    #[must_use]
    pub fn may_be_sent_again(&self, now: Timestamp) -> bool {
        self.problem.is_none() && self.tells(now)
    }

    /// The refund when the money went back.
    #[must_use]
    pub fn done(&self, now: Timestamp) -> Refund {
        let state = RefundState::Done;
        Refund { state, problem: None, finished_at: Some(now), ask_at: None, ..self.clone() }
    }

    /// The refund after an answer; `self` is how it was before it was claimed. `sent` says whether the answer is to a sending,
    /// `gives_up_after` how many words are spent on one.
    ///
    /// A no to the very first sending is an end. A no to a later one is not, because the first may be under way: it is believed
    /// when the gateway says, so long after it that nothing is on its way any more, that there is no such refund. A question
    /// that is refused tells nothing.
    #[must_use]
    pub fn after(&self, told: &Told, sent: bool, gives_up_after: u32, now: Timestamp) -> Refund {
        let asked = self.asked.saturating_add(1);
        let sent_at = if sent { Some(now) } else { self.sent_at };
        let failed = |problem: &str| Refund {
            state: RefundState::Failed,
            problem: Some(problem.to_owned()),
            finished_at: Some(now),
            ask_at: None,
            asked,
            sent_at,
            ..self.clone()
        };
        let open = |problem: Option<String>| {
            let wait = if sent { pause(asked).max(TELLS_AFTER) } else { pause(asked) };
            let ask_at = (asked < gives_up_after).then(|| now.plus(wait));
            Refund { problem, ask_at, asked, sent_at, ..self.clone() }
        };
        match (told, &self.problem) {
            (Told::Done, _) => Refund { asked, sent_at, ..self.done(now) },
            (Told::Refused(code), _) if sent && self.asked == 0 => failed(code),
            (Told::Refused(code), _) if sent => open(Some(code.clone())),
            (Told::NotYet, Some(code)) if !sent && has_arrived(self.sent_at, now) => failed(code),
            (Told::NotYet | Told::Refused(_) | Told::Unknown, problem) => open(problem.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::gateway::RefundWay;
    use crate::domain::id::{OrderId, RefundId};
    use crate::domain::money::Fen;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(1_000_000_000).plus(Millis::seconds(seconds))
    }

    fn refund() -> Refund {
        Refund {
            id: RefundId::from_raw(1),
            order: OrderId::from_raw(2),
            request_id: None,
            amount: Fen::ONE,
            way: RefundWay::Gateway,
            state: RefundState::Open,
            number: Some("r1".to_owned()),
            trade: Some("m2c1".to_owned()),
            reason: String::new(),
            proof: None,
            actor: "console".to_owned(),
            revokes: false,
            problem: None,
            requested_at: at(0),
            finished_at: None,
            ask_at: Some(at(4)),
            asked: 0,
            sent_at: None,
        }
    }

    fn no() -> Told {
        Told::Refused("ACQ.NO".to_owned())
    }

    #[test]
    fn a_no_to_the_first_sending_is_an_end() {
        let after = refund().after(&no(), true, 9, at(1));
        assert_eq!((after.state, after.problem.as_deref()), (RefundState::Failed, Some("ACQ.NO")));
        assert_eq!((after.ask_at, after.asked), (None, 1));
    }

    #[test]
    fn a_no_to_a_later_sending_is_believed_when_a_question_after_it_says_so() {
        let sent = refund().after(&Told::Unknown, true, 9, at(0));
        let refused = sent.after(&no(), true, 9, at(20));
        assert_eq!((refused.state, refused.problem.as_deref()), (RefundState::Open, Some("ACQ.NO")));
        assert!(refused.ask_at.unwrap() >= at(30));
        assert!(!refused.may_be_sent_again(at(60)), "it was refused");
        let early = refused.after(&Told::NotYet, false, 9, at(619));
        assert_eq!(early.state, RefundState::Open, "the first one may still arrive");
        assert_eq!(early.after(&Told::NotYet, false, 9, at(620)).state, RefundState::Failed);
        let done = early.after(&Told::Done, false, 9, at(620));
        assert_eq!((done.state, done.problem), (RefundState::Done, None));
    }

    #[test]
    fn a_refused_question_tells_nothing() {
        let sent = refund().after(&Told::Unknown, true, 9, at(0));
        let asked = sent.after(&no(), false, 9, at(20));
        assert_eq!((asked.state, asked.problem.as_deref(), asked.asked), (RefundState::Open, None, 2));
        let refused =
            sent.after(&no(), true, 9, at(20)).after(&Told::Refused("40006".to_owned()), false, 9, at(40));
        assert_eq!((refused.state, refused.problem.as_deref()), (RefundState::Open, Some("ACQ.NO")));
    }

    #[test]
    fn one_that_is_spoken_of_is_nobody_elses_and_one_that_was_given_up_is_free() {
        let claimed = refund().claimed(at(5));
        assert!(refund().is_free(at(5)) && !claimed.is_free(at(64)) && claimed.is_free(at(65)));
        let given_up = refund().after(&Told::Unknown, true, 1, at(5));
        assert_eq!((given_up.state, given_up.ask_at), (RefundState::Open, None));
        assert!(given_up.is_free(at(5)));
        assert!(!refund().done(at(5)).is_free(at(5)));
    }

    #[test]
    fn what_was_just_sent_is_not_sent_again_because_it_is_not_there_yet() {
        let sent = refund().after(&Told::NotYet, true, 9, at(0));
        assert!(!sent.may_be_sent_again(at(9)) && sent.may_be_sent_again(at(10)));
        assert!(sent.ask_at.unwrap() >= at(10));
    }
}
