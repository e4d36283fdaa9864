//! A receipt looks for its order: how far its announcer is believed, which hold its arrival touches, whether it is an
//! echo, and what is written then (M4, M6, M7, M9).

use super::{Fate, PhoneNotice, ask};
use crate::app::Makers;
use crate::domain::account::Remark;
use crate::domain::channel::Channel;
use crate::domain::device::Device;
use crate::domain::id::{AccountId, ReceiptId};
use crate::domain::log::{Act, Actor, Entry, Subject};
use crate::domain::matching::{self, Decision, Voice};
use crate::domain::money::Fen;
use crate::domain::notice::ReadReceipt;
use crate::domain::receipt::{Arrival, Notice, Reason, Receipt, ReceiptState, Trust};
use crate::domain::time::Timestamp;
use crate::flow::Error;
use crate::flow::settle::{self, Evidence, Payment};
use crate::limits;
use crate::storage::verbs::{Inserted, Pin, PinKey, WriteTx};

/// Finds the order of one receipt.
pub(super) struct Matching<'a> {
    pub(super) tx: &'a mut dyn WriteTx,
    pub(super) makers: &'a Makers,
    pub(super) device: &'a Device,
    pub(super) notice: &'a Notice,
    pub(super) phone: &'a PhoneNotice,
    pub(super) read: &'a ReadReceipt,
    pub(super) now: Timestamp,
}

/// How far the announcer can be believed.
enum Standing {
    Trusted(Trust),
    JustPinned,
    Wrong,
}

impl Matching<'_> {
    pub(super) fn run(mut self) -> Result<Fate, Error> {
        let standing = match self.standing()? {
            Standing::Trusted(trust) => Standing::Trusted(trust.min(self.device.kind.trust_max())),
            other @ (Standing::JustPinned | Standing::Wrong) => other,
        };
        let accounts = self.accounts()?;
        let arrival = Arrival::measure(
            self.notice.posted_at,
            self.notice.clock_offset,
            self.notice.clock_jitter,
            self.notice.received_at,
        );
        let remark = self.read.remark.as_deref().and_then(|text| text.parse::<Remark>().ok());
        let mut receipt = Receipt {
            id: ReceiptId::from_raw(self.makers.ids.next(self.now)),
            notice: self.notice.id,
            device: self.device.id,
            account: if let [only] = accounts.as_slice() { Some(*only) } else { None },
            channel: self.read.channel,
            amount: self.read.amount,
            payer: self.read.payer.clone(),
            remark,
            announcer: self.read.announcer.clone(),
            rule: self.read.rule.to_string(),
            trust: match standing {
                Standing::Trusted(trust) => trust,
                Standing::JustPinned => Trust::Pinned,
                Standing::Wrong => Trust::Unpinned,
            },
            arrival,
            state: ReceiptState::Inbox,
            echo_of: None,
        };
        let refused = match standing {
            Standing::Wrong => Some(Reason::WrongAnnouncer),
            Standing::Trusted(trust) if trust < self.device.trust_min => Some(Reason::Untrusted),
            Standing::Trusted(_) | Standing::JustPinned if accounts.is_empty() => Some(Reason::NoAccount),
            Standing::Trusted(_) | Standing::JustPinned if self.phone.posted_at.is_none() => {
                Some(Reason::NoTime)
            }
            Standing::Trusted(_) | Standing::JustPinned => None,
        };
        if let Some(reason) = refused {
            return self.leave_to_owner(&receipt, reason);
        }
        let decision = self.decide(&receipt, &accounts)?;
        let echo = self.echo(&receipt, &accounts)?;
        match (decision, echo) {
            (Decision::Settle { order, account, late }, None) => {
                receipt.state = ReceiptState::Settled;
                receipt.account = Some(account);
                self.insert(&receipt)?;
                let actor = Actor::Device(self.device.id);
                settle::settle(
                    self.tx,
                    self.makers,
                    Payment { order, evidence: Evidence::Receipt(receipt.id), late, actor },
                    self.now,
                )?;
                Ok(Fate::Settled)
            }
            // It could be the second voice of a payment that has no order, or the payment of this order (M7).
            (Decision::Settle { .. }, Some(_)) => self.leave_to_owner(&receipt, Reason::PossibleEcho),
            (Decision::Ask(_), Some(first)) => self.keep_as_echo(receipt, first),
            (Decision::Ask(Reason::NoCandidate), None) if matches!(standing, Standing::JustPinned) => {
                receipt.state = ReceiptState::Pin;
                self.insert(&receipt)?;
                Ok(Fate::Pinned)
            }
            (Decision::Ask(reason), None) => self.leave_to_owner(&receipt, reason),
        }
    }

    /// Compares the notification id with the pinned one, and pins it where a ¥0.01 came in at set-up.
    fn standing(&mut self) -> Result<Standing, Error> {
        if !self.read.pins_id {
            // Alipay's ids change; its notification channel tells receipts from chats, and the rules demand it where
            // the phone sends it.
            let trust = if self.phone.channel_id.is_some() { Trust::Pinned } else { Trust::NoId };
            return Ok(Standing::Trusted(trust));
        }
        let key = PinKey {
            device: self.device.id,
            package: self.phone.package.clone(),
            announcer: self.read.announcer.clone(),
            profile: self.phone.user.unwrap_or(0),
        };
        let pinned = self.tx.pin(&key)?;
        Ok(match (pinned, self.phone.notification_id) {
            (Some(pin), Some(id)) if pin.notification_id == id => Standing::Trusted(Trust::Pinned),
            (Some(_), _) => Standing::Wrong,
            (None, None) => Standing::Trusted(Trust::NoId),
            (None, Some(notification_id)) if self.read.amount == Fen::ONE => {
                let announcer = key.announcer.clone();
                let pin = Pin { key, notification_id, pinned_at: self.now };
                if self.tx.insert_pin(&pin)? == Inserted::Yes {
                    let (subject, actor) = (Subject::Device(self.device.id), Actor::Device(self.device.id));
                    let cause =
                        format!("announcer={announcer} id={notification_id} notice={}", self.notice.id);
                    self.makers.log(
                        self.tx,
                        self.now,
                        &Entry { subject, act: Act::ReceiptPinned, actor, cause },
                    )?;
                }
                Standing::JustPinned
            }
            (None, Some(_)) => Standing::Trusted(Trust::Unpinned),
        })
    }

    /// The accounts of the receipt's wallet that this phone hears.
    fn accounts(&self) -> Result<Vec<AccountId>, Error> {
        let mut accounts = Vec::new();
        for id in &self.device.accounts {
            if self
                .tx
                .account(*id)?
                .is_some_and(|a| a.channel == self.read.channel && a.channel != Channel::AlipayOfficial)
            {
                accounts.push(*id);
            }
        }
        Ok(accounts)
    }

    fn decide(&self, receipt: &Receipt, accounts: &[AccountId]) -> Result<Decision, Error> {
        let mut candidates = Vec::new();
        for account in accounts {
            candidates.extend(self.tx.candidates(
                *account,
                receipt.amount,
                receipt.arrival.from,
                receipt.arrival.to,
            )?);
        }
        Ok(matching::decide(receipt.arrival, receipt.remark.as_ref(), &candidates))
    }

    fn echo(&self, receipt: &Receipt, accounts: &[AccountId]) -> Result<Option<ReceiptId>, Error> {
        let window = limits::ECHO_WINDOW;
        let from = receipt.arrival.from;
        let earlier =
            self.tx.earlier(receipt.channel, receipt.amount, from.minus(window), from.plus(window))?;
        let voice = Voice { device: receipt.device, announcer: receipt.announcer.clone() };
        Ok(matching::echo_of(&voice, accounts, receipt.arrival, receipt.remark.as_ref(), window, &earlier))
    }

    fn insert(&mut self, receipt: &Receipt) -> Result<(), Error> {
        let inserted = self.tx.insert_receipt(receipt)?;
        assert_eq!(inserted, Inserted::Yes, "a notice that was just stored has no receipt yet");
        Ok(())
    }

    fn leave_to_owner(&mut self, receipt: &Receipt, reason: Reason) -> Result<Fate, Error> {
        self.insert(receipt)?;
        ask(self.tx, self.makers, self.notice, Some(receipt.id), reason, self.now)
    }

    fn keep_as_echo(&mut self, receipt: Receipt, first: ReceiptId) -> Result<Fate, Error> {
        let receipt = Receipt { state: ReceiptState::Echo, echo_of: Some(first), ..receipt };
        self.insert(&receipt)?;
        let (subject, actor) = (Subject::Receipt(first), Actor::Device(self.device.id));
        let cause = format!("echo={} announcer={}", receipt.id, receipt.announcer);
        self.makers.log(self.tx, self.now, &Entry { subject, act: Act::ReceiptEchoed, actor, cause })?;
        Ok(Fate::Echo)
    }
}
