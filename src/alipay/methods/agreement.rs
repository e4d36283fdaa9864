//! Agreements on periodic payments (周期扣款): signed on Alipay's page, asked for, ended, and moved to a later day.
//!
//! The merchant triggers each charge ([`super::AgreementPay`]). There is no sandbox for it.

use serde::Deserialize;
use serde_json::{Value, json};

use super::text::{AgreementNo, CallbackUrl, ExternalAgreementNo, ExternalLogonId, Memo, SignScene, Unfit};
use super::{Method, Page, Repeat, some_money};
use crate::alipay::lenient::Text;
use crate::alipay::notice::AgreementStatus;
use crate::alipay::response::{Answer, ResponseError};
use crate::domain::money::Fen;
use crate::domain::time::{Day, Timestamp};

/// The product of the contract.
const PRODUCT: &str = "CYCLE_PAY_AUTH";
/// The same product, as agreements name it.
const PERSONAL_PRODUCT: &str = "CYCLE_PAY_AUTH_P";

/// How often an agreement is charged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Period {
    /// Every so many days, at least 7.
    Days(u16),
    /// Every so many months, on the same day of the month.
    Months(u8),
}

/// When and how much may be charged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PeriodRule {
    /// How often.
    pub period: Period,
    /// The day of the first charge; with a payment at the signing, of the next one. Months: the 1st to the 28th.
    pub first_charge: Day,
    /// The most that one charge may take: a ceiling that only a new agreement lifts.
    pub single_amount: Fen,
    /// The most that all charges together may take.
    pub total_amount: Option<Fen>,
    /// How many charges there may be.
    pub total_payments: Option<u32>,
}

impl PeriodRule {
    fn check(&self) -> Result<(), Unfit> {
        some_money("single_amount", self.single_amount)?;
        let fits = match self.period {
            Period::Days(days) => days >= 7,
            // Later days are missing in some months.
            Period::Months(months) => months >= 1 && self.first_charge.day_of_month() <= 28,
        };
        if fits { Ok(()) } else { Err(Unfit::Time("period_rule_params")) }
    }

    fn content(&self) -> Value {
        let (period_type, period) = match self.period {
            Period::Days(days) => ("DAY", days.to_string()),
            Period::Months(months) => ("MONTH", months.to_string()),
        };
        json!({
            "period_type": period_type,
            "period": period,
            "execute_time": self.first_charge,
            "single_amount": self.single_amount,
            "total_amount": self.total_amount,
            "total_payments": self.total_payments.map(|count| count.to_string()),
        })
    }
}

/// Where an agreement is signed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Channel {
    /// In the wallet, opened by an app or a browser on a phone.
    Wallet,
    /// By scanning a code.
    Code,
    /// By scanning a code or with a text message.
    CodeOrMessage,
}

/// What is signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AgreementTerms {
    /// Our number.
    pub external_agreement_no: ExternalAgreementNo,
    /// Who signs, as the wallet shows it.
    pub external_logon_id: Option<ExternalLogonId>,
    /// The contract's scene; not `DEFAULT|DEFAULT`, because a number of ours is sent.
    pub sign_scene: SignScene,
    /// Where.
    pub channel: Channel,
    /// When and how much.
    pub rule: PeriodRule,
}

impl AgreementTerms {
    pub(super) fn check(&self) -> Result<(), Unfit> {
        if self.sign_scene.as_str() == "DEFAULT|DEFAULT" {
            return Err(Unfit::Sign("sign_scene"));
        }
        self.rule.check()
    }

    /// The members, with those of `more`.
    fn content(&self, more: &[(&str, Value)]) -> Value {
        let channel = match self.channel {
            Channel::Wallet => "ALIPAYAPP",
            Channel::Code => "QRCODE",
            Channel::CodeOrMessage => "QRCODEORSMS",
        };
        let mut content = json!({
            "personal_product_code": PERSONAL_PRODUCT,
            "sign_scene": self.sign_scene,
            "external_agreement_no": self.external_agreement_no,
            "external_logon_id": self.external_logon_id,
            "access_params": { "channel": channel },
            "period_rule_params": self.rule.content(),
        });
        if let Value::Object(members) = &mut content {
            members.extend(more.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        }
        content
    }
}

/// An agreement that is signed with a payment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignWhilePaying {
    /// What is signed. Its first charge is the one after this payment.
    pub terms: AgreementTerms,
    /// Where the signing is told; else where the payment is.
    pub sign_notify_url: Option<CallbackUrl>,
}

impl SignWhilePaying {
    pub(super) fn content(&self) -> Value {
        self.terms.content(&[("sign_notify_url", json!(self.sign_notify_url))])
    }
}

/// `alipay.user.agreement.page.sign`: the page or code on which a reader signs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AgreementPage {
    /// What is signed.
    pub terms: AgreementTerms,
    /// Where the signing is told.
    pub notify_url: Option<CallbackUrl>,
    /// Where the browser comes back to; a mini program must have none.
    pub return_url: Option<CallbackUrl>,
}

impl Page for AgreementPage {
    const NAME: &'static str = "alipay.user.agreement.page.sign";

    fn check(&self) -> Result<(), Unfit> {
        self.terms.check()
    }

    fn content(&self) -> Value {
        self.terms.content(&[("product_code", Value::from(PRODUCT))])
    }

    fn notify_url(&self) -> Option<&CallbackUrl> {
        self.notify_url.as_ref()
    }

    fn return_url(&self) -> Option<&CallbackUrl> {
        self.return_url.as_ref()
    }
}

/// An agreement, by Alipay's number or by ours.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AgreementRef {
    /// Alipay's number.
    Alipays(AgreementNo),
    /// Our number, in its scene.
    Ours {
        /// Our number.
        external_agreement_no: ExternalAgreementNo,
        /// The scene it was signed in.
        sign_scene: SignScene,
    },
}

impl AgreementRef {
    fn content(&self) -> Value {
        match self {
            AgreementRef::Alipays(number) => json!({ "agreement_no": number }),
            AgreementRef::Ours { external_agreement_no, sign_scene } => json!({
                "personal_product_code": PERSONAL_PRODUCT,
                "sign_scene": sign_scene,
                "external_agreement_no": external_agreement_no,
            }),
        }
    }
}

/// `alipay.user.agreement.query`. Ask daily: an agreement that ends by itself tells nobody.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AgreementQuery {
    /// Which.
    pub agreement: AgreementRef,
}

/// Where an agreement stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AgreementState {
    /// It exists.
    Known(AgreementFacts),
    /// It was ended.
    Unsigned,
    /// It was never signed, or nothing of it is left.
    NotFound,
}

/// What is known of an agreement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AgreementFacts {
    /// Alipay's number.
    pub agreement_no: String,
    /// Ours.
    pub external_agreement_no: Option<String>,
    /// Where it stands.
    pub status: AgreementStatus,
    /// When it was signed.
    pub signed_at: Option<Timestamp>,
    /// Until when it is in force.
    pub invalid_at: Option<Timestamp>,
    /// The day of the next charge.
    pub next_charge: Option<Day>,
    /// The day of the last charge that worked.
    pub last_charge: Option<Day>,
}

/// The day that a text begins with.
fn day(text: &Text) -> Option<Day> {
    text.as_str().get(..10).and_then(|day| day.parse().ok())
}

impl Method for AgreementQuery {
    const NAME: &'static str = "alipay.user.agreement.query";
    const REPEAT: Repeat = Repeat::Asks;
    type Answer = AgreementState;

    fn content(&self) -> Value {
        self.agreement.content()
    }

    fn read(answer: &Answer) -> Result<AgreementState, ResponseError> {
        #[derive(Deserialize, Default)]
        #[serde(default)]
        struct Wire {
            agreement_no: Text,
            external_agreement_no: Text,
            status: Text,
            sign_time: Text,
            invalid_time: Text,
            next_deduct_time: Text,
            last_deduct_time: Text,
        }
        let wire: Wire = answer.parse()?;
        Ok(AgreementState::Known(AgreementFacts {
            agreement_no: wire.agreement_no.must()?,
            external_agreement_no: wire.external_agreement_no.some(),
            status: AgreementStatus::of(wire.status.as_str()),
            signed_at: wire.sign_time.time(),
            invalid_at: wire.invalid_time.time(),
            next_charge: day(&wire.next_deduct_time),
            last_charge: day(&wire.last_deduct_time),
        }))
    }

    fn otherwise(answer: &Answer) -> Option<AgreementState> {
        match answer.sub_code.as_str() {
            "AGREEMENT_HAS_UNSIGNED" => Some(AgreementState::Unsigned),
            "USER_AGREEMENT_NOT_EXIST" => Some(AgreementState::NotFound),
            _ => None,
        }
    }
}

/// `alipay.user.agreement.unsign`: ends an agreement from our side.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unsign {
    /// Which.
    pub agreement: AgreementRef,
    /// Where it is told.
    pub notify_url: Option<CallbackUrl>,
}

/// What an [`Unsign`] did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unsigned {
    /// It is ended.
    Now,
    /// It is not in force: it was ended before, or there never was one. That a paused one is never answered so is not
    /// documented: query it where the difference matters.
    Before,
}

impl Method for Unsign {
    const NAME: &'static str = "alipay.user.agreement.unsign";
    const REPEAT: Repeat = Repeat::SameNumber;
    type Answer = Unsigned;

    fn content(&self) -> Value {
        self.agreement.content()
    }

    fn notify_url(&self) -> Option<&CallbackUrl> {
        self.notify_url.as_ref()
    }

    fn read(_answer: &Answer) -> Result<Unsigned, ResponseError> {
        Ok(Unsigned::Now)
    }

    fn otherwise(answer: &Answer) -> Option<Unsigned> {
        // All spellings are Alipay's.
        let before = matches!(
            answer.sub_code.as_str(),
            "AGREEMENT_NOT_EXIST"
                | "AGREEMENT_NOT_EXSIT"
                | "USER_AGREEMENT_STATUS_NOT_NORMAL"
                | "USER_AGREEMENT_STATUS_IS_NOT_NORMAL"
        );
        before.then_some(Unsigned::Before)
    }
}

/// `alipay.user.agreement.executionplan.modify`: moves the next charge to a later day, which a missed one needs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlanModify {
    /// Which agreement.
    pub agreement_no: AgreementNo,
    /// The new day, later than planned; the 1st to the 28th.
    pub to: Day,
    /// Why.
    pub memo: Memo,
}

/// The day to which a charge was moved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moved {
    /// As Alipay says it.
    pub to: Option<Day>,
}

impl Method for PlanModify {
    const NAME: &'static str = "alipay.user.agreement.executionplan.modify";
    // A second call with the same day is refused as not later; ask the agreement instead.
    const REPEAT: Repeat = Repeat::Never;
    type Answer = Moved;

    fn check(&self) -> Result<(), Unfit> {
        if self.to.day_of_month() > 28 { Err(Unfit::Time("deduct_time")) } else { Ok(()) }
    }

    fn content(&self) -> Value {
        json!({ "agreement_no": self.agreement_no, "deduct_time": self.to, "memo": self.memo })
    }

    fn read(answer: &Answer) -> Result<Moved, ResponseError> {
        #[derive(Deserialize, Default)]
        #[serde(default)]
        struct Wire {
            deduct_time: Text,
        }
        let wire: Wire = answer.parse()?;
        Ok(Moved { to: day(&wire.deduct_time) })
    }
}
