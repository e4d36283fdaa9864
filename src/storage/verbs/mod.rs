//! The verbs that every backend speaks. `conformance.rs` says what they promise; a second backend runs it unchanged.
//!
//! A unit of work is isolated as if no other ran at the same time: what it read is still true when it commits. Verbs
//! that can meet a conflict answer with a value ([`Inserted`]), because a conflict is an expected outcome.

mod agreements;
mod gateway;

pub use agreements::{AgreementRead, AgreementWrite};
pub use gateway::{GatewayMessage, GatewayRead, GatewayWrite, Merchant};

use crate::domain::account::{Account, Code, Remark};
use crate::domain::channel::Channel;
use crate::domain::claim::Claim;
use crate::domain::coupon::{Coupon, CouponCode};
use crate::domain::device::{Device, Ear};
use crate::domain::hold::Hold;
use crate::domain::id::{
    AccountId, ClaimId, CodeId, CouponId, DeviceId, InboxId, KeyId, NoticeId, OrderId, ProductId, ReceiptId,
    SeatId, SettlementId, SiteId, UnlockId,
};
use crate::domain::log::Entry;
use crate::domain::matching::{Candidate, Earlier};
use crate::domain::money::Fen;
use crate::domain::order::{Order, OrderStatus};
use crate::domain::product::{KeyVersions, Product};
use crate::domain::receipt::{InboxItem, InboxState, Notice, ReadAs, Reason, Receipt, ReceiptState};
use crate::domain::site::Site;
use crate::domain::time::Timestamp;
use crate::domain::unlock::{Seat, Unlock};

use super::Error;
pub use super::books::{BooksRead, BooksWrite};

/// The answer of a verb.
pub type Result<T> = std::result::Result<T, Error>;

/// Whether a row went in, or one with the same key was there already.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub enum Inserted {
    /// It went in.
    Yes,
    /// One of its unique keys was taken; nothing was written.
    Conflict,
}

/// Which page of a list: rows older than the cursor, newest first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Page {
    /// Only rows with a smaller id; `None` from the newest on.
    pub before: Option<i64>,
    /// At most so many.
    pub limit: u32,
}

/// What paid an order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settlement {
    /// Its id.
    pub id: SettlementId,
    /// The order.
    pub order: OrderId,
    /// The receipt, unless the owner settled without one.
    pub receipt: Option<ReceiptId>,
    /// The official gateway's number of the trade (`trade_no`).
    pub gateway_ref: Option<String>,
    /// True for an owner's act.
    pub by_owner: bool,
    /// When.
    pub settled_at: Timestamp,
    /// The order's status before, which an undo brings back.
    pub before: OrderStatus,
}

/// A pairing that waits for its phone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pairing {
    /// The accounts the phone will hear.
    pub accounts: Vec<AccountId>,
    /// Until when the code works.
    pub expires_at: Timestamp,
    /// When it was used.
    pub used_at: Option<Timestamp>,
}

/// Whose voice an announcer's notification id is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PinKey {
    /// The phone.
    pub device: DeviceId,
    /// The app.
    pub package: String,
    /// The announcer.
    pub announcer: String,
    /// The Android user.
    pub profile: i64,
}

/// A pinned announcer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pin {
    /// Whose voice.
    pub key: PinKey,
    /// Its notification id.
    pub notification_id: i64,
    /// Since when.
    pub pinned_at: Timestamp,
}

/// What a message id stood for when it was seen before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SeenBefore {
    /// Never.
    No,
    /// With the same body: a retry.
    SameBody,
    /// With another body.
    OtherBody,
}

/// One line of the log with its place and time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogLine {
    /// When.
    pub at: Timestamp,
    /// What happened.
    pub act: String,
    /// Who caused it.
    pub actor: String,
    /// Why.
    pub cause: String,
}

/// Which orders a list holds.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OrderFilter {
    /// Of one site.
    pub site: Option<SiteId>,
    /// In one status, as stored.
    pub status: Option<OrderStatus>,
}

/// Counts for the metrics and the console.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Census {
    /// Open inbox items.
    pub inbox_open: i64,
    /// The age of the oldest of them.
    pub inbox_oldest: Option<Timestamp>,
    /// Holds that are live: held or resting.
    pub holds_live: i64,
    /// Rows by kind and state, such as `orders_paid` or `notices_unread`.
    pub counts: Vec<(String, i64)>,
    /// Devices that are not revoked: when each was last heard, and since when it is silent.
    pub devices: Vec<(DeviceId, Timestamp, Option<Timestamp>)>,
    /// Fixed codes and whether an open one exists, by account: `(account, channel, fixed codes, free of them)`.
    pub amounts: Vec<(AccountId, Channel, i64, i64)>,
}

/// Sites, products, accounts and codes.
pub trait CatalogRead {
    /// A site by its slug.
    fn site_by_slug(&self, slug: &str) -> Result<Option<Site>>;
    /// A site by its id.
    fn site(&self, id: SiteId) -> Result<Option<Site>>;
    /// All sites, oldest first.
    fn sites(&self) -> Result<Vec<Site>>;
    /// True where any site allows `origin`.
    fn origin_is_known(&self, origin: &str) -> Result<bool>;
    /// A product by site and slug.
    fn product_by_slug(&self, site: SiteId, slug: &str) -> Result<Option<Product>>;
    /// A product by id.
    fn product(&self, id: ProductId) -> Result<Option<Product>>;
    /// The paid text of a product.
    fn product_html(&self, id: ProductId) -> Result<Option<String>>;
    /// The products of a site, or all, newest first.
    fn products(&self, site: Option<SiteId>, page: Page) -> Result<Vec<Product>>;
    /// The products that a bundle names, oldest first.
    fn opened_by(&self, bundle: ProductId) -> Result<Vec<Product>>;
    /// True where a bundle names a product.
    fn names(&self, bundle: ProductId, product: ProductId) -> Result<bool>;
    /// The bundles that name a product and the memberships of its site, cheapest first.
    fn offers_for(&self, site: SiteId, product: ProductId, limit: u32) -> Result<Vec<Product>>;
    /// A coupon of a site that was not removed.
    fn coupon_by_code(&self, site: SiteId, code: &CouponCode) -> Result<Option<Coupon>>;
    /// A coupon, also one that was removed.
    fn coupon(&self, id: CouponId) -> Result<Option<Coupon>>;
    /// Coupons, newest first.
    fn coupons(&self, site: Option<SiteId>, page: Page) -> Result<Vec<Coupon>>;
    /// How many orders have a coupon and were not given up.
    fn coupon_used(&self, id: CouponId) -> Result<i64>;
    /// An account.
    fn account(&self, id: AccountId) -> Result<Option<Account>>;
    /// All accounts, oldest first.
    fn accounts(&self) -> Result<Vec<Account>>;
    /// The accounts of a site, oldest first.
    fn site_accounts(&self, site: SiteId) -> Result<Vec<Account>>;
    /// The codes of an account that are in use.
    fn codes(&self, account: AccountId) -> Result<Vec<Code>>;
    /// A code, also one that was removed.
    fn code(&self, id: CodeId) -> Result<Option<Code>>;
    /// The picture of a code.
    fn code_png(&self, id: CodeId) -> Result<Option<Vec<u8>>>;
    /// The fixed codes of an account between two amounts, oldest first.
    fn fixed_codes(&self, account: AccountId, low: Fen, high: Fen) -> Result<Vec<(Fen, Remark, CodeId)>>;
    /// The open code of an account.
    fn open_code(&self, account: AccountId) -> Result<Option<CodeId>>;
}

/// Changes to sites, products, accounts and codes.
pub trait CatalogWrite {
    /// A new account.
    fn insert_account(&mut self, account: &Account) -> Result<()>;
    /// A new code; conflicts where the account has one of that amount and remark.
    fn insert_code(&mut self, code: &Code, png: &[u8]) -> Result<Inserted>;
    /// Takes a code out of use; false where it was not in use.
    fn remove_code(&mut self, id: CodeId, now: Timestamp) -> Result<bool>;
    /// A new site; conflicts where the slug is taken.
    fn insert_site(&mut self, site: &Site) -> Result<Inserted>;
    /// Writes all of a site but its slug.
    fn update_site(&mut self, site: &Site) -> Result<()>;
    /// Replaces the accounts of a site.
    fn set_site_accounts(&mut self, site: SiteId, accounts: &[AccountId]) -> Result<()>;
    /// A new product; conflicts where the site has one of that slug.
    fn insert_product(&mut self, product: &Product, html: Option<&str>) -> Result<Inserted>;
    /// Writes title, price, lock, terms and text of a product.
    fn update_product(&mut self, product: &Product, html: Option<&str>) -> Result<()>;
    /// Replaces the products that a bundle names.
    fn set_opened_by(&mut self, bundle: ProductId, products: &[ProductId]) -> Result<()>;
    /// Writes which keys of a product are given out.
    fn set_keys(&mut self, id: ProductId, keys: KeyVersions) -> Result<()>;
    /// Gives every product of a site a new key and retires the old ones; how many.
    fn retire_keys(&mut self, site: SiteId) -> Result<usize>;
    /// A new coupon; conflicts where the site has one of that code.
    fn insert_coupon(&mut self, coupon: &Coupon) -> Result<Inserted>;
    /// Takes a coupon back; false where it was.
    fn remove_coupon(&mut self, id: CouponId, now: Timestamp) -> Result<bool>;
}

/// A key that a live hold takes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Taken {
    /// The amount.
    pub amount: Fen,
    /// The remark that goes with it; empty where amounts alone tell payments apart.
    pub remark: Remark,
    /// When it comes free.
    pub release_at: Timestamp,
}

/// Orders, holds and settlements.
pub trait OrderRead {
    /// An order.
    fn order(&self, id: OrderId) -> Result<Option<Order>>;
    /// The order that a client named so.
    fn order_by_client_id(&self, site: SiteId, client_order_id: &str) -> Result<Option<Order>>;
    /// Orders, newest first.
    fn orders(&self, filter: &OrderFilter, page: Page) -> Result<Vec<Order>>;
    /// Orders of a site with ids between two numbers, oldest first.
    fn orders_between(&self, site: SiteId, first: i64, last: i64, limit: u32) -> Result<Vec<Order>>;
    /// The hold of an order.
    fn hold(&self, order: OrderId) -> Result<Option<Hold>>;
    /// The live holds between two amounts.
    fn taken(&self, account: AccountId, low: Fen, high: Fen) -> Result<Vec<Taken>>;
    /// How many live holds between two amounts belong to unpaid orders of an address block.
    fn held_by_address(&self, account: AccountId, low: Fen, high: Fen, address: i64) -> Result<usize>;
    /// When the first live hold between two amounts is released.
    fn next_release(&self, account: AccountId, low: Fen, high: Fen) -> Result<Option<Timestamp>>;
    /// The holds of exactly `amount` that touch an interval of time, with the state of their orders.
    fn candidates(
        &self,
        account: AccountId,
        amount: Fen,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<Candidate>>;
    /// Orders still payable, with an id of at least `first`, that held an amount on one of `accounts` after `since`;
    /// youngest first.
    fn payable_since(
        &self,
        accounts: &[AccountId],
        since: Timestamp,
        first: i64,
        limit: u32,
    ) -> Result<Vec<Hold>>;
    /// Orders of a reader capability whose window is open at `now`.
    fn live_of_reader(&self, reader: i64, now: Timestamp) -> Result<i64>;
    /// Orders of an address block whose window is open at `now`.
    fn live_of_address(&self, address: i64, now: Timestamp) -> Result<i64>;
    /// The newest paid order of a product from an exact address (sites that opted in).
    fn paid_by_address(&self, product: ProductId, owner_address: i64) -> Result<Option<Order>>;
    /// Orders whose window has ended but which are still pending, oldest first.
    fn orders_due(&self, now: Timestamp, limit: u32) -> Result<Vec<Order>>;
    /// True where an order expires, a hold is released or a message id is forgotten by `now`.
    fn anything_due(&self, now: Timestamp, messages_before: Timestamp) -> Result<bool>;
    /// What paid an order, unless it was undone.
    fn settlement_of(&self, order: OrderId) -> Result<Option<Settlement>>;
    /// The order that a receipt paid, unless that was undone.
    fn order_of_receipt(&self, receipt: ReceiptId) -> Result<Option<OrderId>>;
}

/// Changes to orders, holds and settlements. Each change of an order grows its version and is announced.
pub trait OrderWrite {
    /// A new order with its hold; conflicts where the amount is held (M2) or the client's id is used.
    fn insert_order(&mut self, order: &Order, hold: &Hold) -> Result<Inserted>;
    /// Writes status, expiry, extensions, lateness and payment time if the stored version is still `order.version`;
    /// false where it is not.
    fn update_order(&mut self, order: &Order) -> Result<bool>;
    /// Writes the times of a live hold; a hold that was released stays as it was, as a fact of the past.
    fn update_hold(&mut self, hold: &Hold) -> Result<()>;
    /// Frees the amounts whose cool-down is over, of one account or of all; how many.
    fn release_due(&mut self, account: Option<AccountId>, now: Timestamp, limit: u32) -> Result<usize>;
    /// A new settlement; conflicts where order or receipt has one (M4).
    fn insert_settlement(&mut self, settlement: &Settlement) -> Result<Inserted>;
    /// Notes by which trade the owner's word was kept; false where the settlement is no word alone.
    fn set_trade_of_word(&mut self, id: SettlementId, gateway_ref: &str) -> Result<bool>;
    /// Undoes a settlement; it stays on record.
    fn undo_settlement(&mut self, id: SettlementId, now: Timestamp) -> Result<bool>;
}

/// Unlocks, the seats they are used in, and claims.
pub trait RightRead {
    /// The unlock of an order, unless it was revoked.
    fn unlock_of(&self, order: OrderId) -> Result<Option<Unlock>>;
    /// An unlock.
    fn unlock(&self, id: UnlockId) -> Result<Option<Unlock>>;
    /// The unlocks of a product, or all, newest first.
    fn unlocks(&self, product: Option<ProductId>, page: Page) -> Result<Vec<Unlock>>;
    /// When the last of an order's unlock and those of the orders that prolong it ends; nothing where all of them were
    /// revoked.
    fn running_until(&self, first: OrderId) -> Result<Option<Timestamp>>;
    /// A seat, also one that was signed out.
    fn seat(&self, id: SeatId) -> Result<Option<Seat>>;
    /// The seats of an unlock that were not signed out, oldest first.
    fn seats(&self, unlock: UnlockId) -> Result<Vec<Seat>>;
    /// A claim.
    fn claim(&self, id: ClaimId) -> Result<Option<Claim>>;
    /// The inbox item about a claim.
    fn inbox_of_claim(&self, id: ClaimId) -> Result<Option<InboxId>>;
}

/// Changes to unlocks, seats and claims.
pub trait RightWrite {
    /// A new unlock; conflicts where its order has one in force.
    fn insert_unlock(&mut self, unlock: &Unlock) -> Result<Inserted>;
    /// Takes an unlock back.
    fn revoke_unlock(&mut self, id: UnlockId, now: Timestamp) -> Result<bool>;
    /// Signs out the browser that bought; false where it is out.
    fn sign_out_buyer(&mut self, id: UnlockId, now: Timestamp) -> Result<bool>;
    /// A new seat; conflicts where the reader has one of this unlock.
    fn insert_seat(&mut self, seat: &Seat) -> Result<Inserted>;
    /// Notes that a seat was used.
    fn see_seat(&mut self, id: SeatId, now: Timestamp) -> Result<()>;
    /// Signs a seat out; false where it is out.
    fn sign_out_seat(&mut self, id: SeatId, now: Timestamp) -> Result<bool>;
    /// A new claim.
    fn insert_claim(&mut self, claim: &Claim) -> Result<Inserted>;
    /// Notes whether granting a claim paid its order.
    fn set_paid_by_grant(&mut self, id: ClaimId, paid: bool) -> Result<()>;
}

/// Phones.
pub trait DeviceRead {
    /// A phone.
    fn device(&self, id: DeviceId) -> Result<Option<Device>>;
    /// All phones, oldest first.
    fn devices(&self) -> Result<Vec<Device>>;
    /// The devices that hear an account and are not revoked.
    fn hearing(&self, account: AccountId) -> Result<Vec<Ear>>;
    /// A pairing by the SHA-256 of its code.
    fn pairing(&self, code_hash: &[u8; 32]) -> Result<Option<Pairing>>;
    /// The pin of an announcer.
    fn pin(&self, key: &PinKey) -> Result<Option<Pin>>;
    /// The pins of a phone.
    fn pins(&self, device: DeviceId) -> Result<Vec<Pin>>;
}

/// Changes to phones.
pub trait DeviceWrite {
    /// A new pairing.
    fn insert_pairing(&mut self, code_hash: &[u8; 32], pairing: &Pairing) -> Result<()>;
    /// Marks a pairing as used; false where it was used already.
    fn use_pairing(&mut self, code_hash: &[u8; 32], now: Timestamp) -> Result<bool>;
    /// A new phone with the accounts it hears.
    fn insert_device(&mut self, device: &Device) -> Result<()>;
    /// Writes all of a phone but its accounts and the time it was paired.
    fn update_device(&mut self, device: &Device) -> Result<()>;
    /// A new pin; conflicts where the announcer is pinned.
    fn insert_pin(&mut self, pin: &Pin) -> Result<Inserted>;
    /// Forgets the pins of a phone, so that it can be set up anew; how many.
    fn remove_pins(&mut self, device: DeviceId) -> Result<usize>;
    /// Remembers a message id; what it stood for before.
    fn remember_message(
        &mut self,
        device: DeviceId,
        id: &str,
        body_hash: &[u8; 32],
        now: Timestamp,
    ) -> Result<SeenBefore>;
    /// Forgets message ids seen before `before`; how many.
    fn forget_messages(&mut self, before: Timestamp, limit: u32) -> Result<usize>;
}

/// Notices, receipts and the inbox.
pub trait NoticeRead {
    /// A notice.
    fn notice(&self, id: NoticeId) -> Result<Option<Notice>>;
    /// Notices, newest first.
    fn notices(&self, read_as: Option<ReadAs>, device: Option<DeviceId>, page: Page) -> Result<Vec<Notice>>;
    /// Notices of one kind, oldest first, after an id: for reading them again.
    fn notices_after(&self, read_as: ReadAs, after: i64, limit: u32) -> Result<Vec<Notice>>;
    /// A receipt.
    fn receipt(&self, id: ReceiptId) -> Result<Option<Receipt>>;
    /// Receipts, newest first.
    fn receipts(&self, state: Option<ReceiptState>, page: Page) -> Result<Vec<Receipt>>;
    /// Receipts of one wallet and amount that arrived between two times and are no echoes themselves.
    fn earlier(&self, channel: Channel, amount: Fen, from: Timestamp, to: Timestamp) -> Result<Vec<Earlier>>;
    /// An inbox item.
    fn inbox_item(&self, id: InboxId) -> Result<Option<InboxItem>>;
    /// Inbox items, newest first.
    fn inbox(&self, state: Option<InboxState>, page: Page) -> Result<Vec<InboxItem>>;
    /// The oldest open item of this reason that is about this phone or a notice of it.
    fn open_item(&self, device: DeviceId, reason: Reason) -> Result<Option<InboxItem>>;
    /// The oldest open item of this reason that is about this order.
    fn open_item_about(&self, order: OrderId, reason: Reason) -> Result<Option<InboxItem>>;
}

/// Changes to notices, receipts and the inbox.
pub trait NoticeWrite {
    /// A new notice; conflicts where its fingerprint is known (M9).
    fn insert_notice(&mut self, notice: &Notice) -> Result<Inserted>;
    /// Writes how a notice was read.
    fn set_read_as(&mut self, id: NoticeId, read_as: ReadAs, rule: Option<&str>) -> Result<()>;
    /// A new receipt.
    fn insert_receipt(&mut self, receipt: &Receipt) -> Result<Inserted>;
    /// Moves a receipt to another bin.
    fn set_receipt_state(&mut self, id: ReceiptId, state: ReceiptState) -> Result<()>;
    /// A new inbox item.
    fn insert_inbox(&mut self, item: &InboxItem) -> Result<Inserted>;
    /// Writes state, order, note and time of an inbox item.
    fn update_inbox(&mut self, item: &InboxItem) -> Result<()>;
}

/// The log, keys and counts.
pub trait LogRead {
    /// The lines about one thing, oldest first.
    fn log_of(&self, subject: i64, limit: u32) -> Result<Vec<LogLine>>;
    /// The owner's key with this SHA-256, unless it was revoked.
    fn owner_key(&self, hash: &[u8; 32]) -> Result<Option<KeyId>>;
    /// The largest id in any table; what new ids must be behind.
    fn largest_id(&self) -> Result<i64>;
    /// Counts for the metrics.
    fn census(&self) -> Result<Census>;
}

/// Additions to the log and keys.
pub trait LogWrite {
    /// Adds a line (M11).
    fn log(&mut self, id: i64, at: Timestamp, entry: &Entry) -> Result<()>;
    /// Writes something that means nothing, so that a probe meets the disk.
    fn touch(&mut self) -> Result<()>;
    /// A new owner's key.
    fn insert_owner_key(&mut self, id: KeyId, name: &str, hash: &[u8; 32], now: Timestamp) -> Result<()>;
}

/// All that can be read.
pub trait ReadTx:
    CatalogRead
    + OrderRead
    + RightRead
    + DeviceRead
    + NoticeRead
    + GatewayRead
    + AgreementRead
    + BooksRead
    + LogRead
{
}

/// All that can be read and written.
pub trait WriteTx:
    ReadTx
    + CatalogWrite
    + OrderWrite
    + RightWrite
    + DeviceWrite
    + NoticeWrite
    + GatewayWrite
    + BooksWrite
    + AgreementWrite
    + LogWrite
{
}
