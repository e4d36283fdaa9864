//! A reader orders: an amount is chosen and held (M2, DESIGN section 3).

mod official;

use crate::app::{App, Makers};
use crate::domain::account::{Account, Distinguish, Remark};
use crate::domain::channel::Channel;
use crate::domain::hold::{self, Hold, Offer, Place};
use crate::domain::id::{CouponId, OrderId};
use crate::domain::log::{Act, Actor, Entry, Subject};
use crate::domain::money::Fen;
use crate::domain::order::{Order, OrderStatus};
use crate::domain::product::Product;
use crate::domain::site::Site;
use crate::domain::time::{Millis, Timestamp};
use crate::domain::unlock::RecoveryCode;
use crate::flow::crowding::{self, Crowd};
use crate::flow::gateway::cashier::Trouble;
use crate::flow::order::{View, complete};
use crate::flow::pressure::Effort;
use crate::flow::{Conflict, Error, coupon, find};
use crate::limits;
use crate::storage::verbs::{Inserted, ReadTx, WriteTx};

/// What a reader asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wish {
    /// The site's slug.
    pub site: String,
    /// The product's slug.
    pub product: String,
    /// The wallet; any that the site has where it is not said.
    pub channel: Option<Channel>,
    /// The id the reader's browser made, so that a repeated request is the same order.
    pub client_order_id: Option<String>,
    /// What the reader typed as a coupon.
    pub coupon: Option<String>,
    /// The token or the recovery code of the unlock whose time is to be prolonged.
    pub renew: Option<String>,
    /// Keyed hash of the reader capability, where the browser sent one.
    pub reader: Option<i64>,
    /// Keyed hash of the address block.
    pub address: i64,
    /// Keyed hash of the exact address, for sites with ownership by address.
    pub exact_address: i64,
    /// The browser origin the wish comes from; none from a server or from our own pages.
    pub origin: Option<String>,
    /// What the request did to be believed.
    pub effort: Effort,
    /// Fresh chance, for numbers that nobody guesses.
    pub chance: u32,
}

/// What became of a wish.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// A new order holds its amount.
    Created(Box<View>),
    /// The client named an order that exists.
    Existing(Box<View>),
    /// Every amount of the band is held or resting.
    NoFreeAmount {
        /// When the first of them comes free.
        next_free_at: Timestamp,
    },
    /// No phone is listening to any account that could take the money.
    NoLiveAccount,
    /// The owner has no code, or no account, with which this could be paid.
    NotForSale,
    /// This reader has as many open orders as one may have.
    TooManyOrders {
        /// How many.
        limit: i64,
    },
    /// This address block has as many open orders as one may have.
    TooManyFromAddress {
        /// How many.
        limit: i64,
    },
    /// This address block left many orders unpaid: it must prove work.
    ProofOfWork,
    /// The site does not list the browser origin of the wish.
    OriginRefused,
    /// The coupon is not good.
    Coupon(coupon::Offer),
    /// The official gateway gave no code.
    Gateway(Trouble),
    /// This address block named too many coupons that do not exist.
    TooManyTries {
        /// When it may try again.
        wait: Millis,
    },
}

/// Creates the order, or says why not. Everything is read, decided and written in one unit of work.
///
/// # Errors
/// [`Error::NotFound`] for site and product, [`Error::Invalid`] for the client's id,
/// [`Conflict::ClientOrderIdReused`], and what the storage says.
pub async fn create(app: &App, wish: Wish) -> Result<Outcome, Error> {
    if let Some(id) = &wish.client_order_id {
        let chars = limits::CLIENT_ORDER_ID_CHARS_MIN..=limits::CLIENT_ORDER_ID_CHARS_MAX;
        if !chars.contains(&id.len()) || !id.bytes().all(|b| b.is_ascii_graphic()) {
            let why = format!(
                "{} to {} visible ASCII characters that nobody can guess",
                chars.start(),
                chars.end()
            );
            return Err(Error::Invalid { field: "client_order_id", why });
        }
    }
    let now = app.now();
    let demands_work = wish.effort == Effort::None && app.pressure.demands_work(wish.address, now);
    let per_address = app.live_orders_per_address;
    if wish.coupon.is_some()
        && let Some(wait) = app.pressure.tries.wait(wish.address, limits::TRIES_PER_HOUR, now)
    {
        return Ok(Outcome::TooManyTries { wait });
    }
    let makers = app.makers.clone();
    let address = wish.address;
    let outcome = app.store.write(move |tx| unit(tx, &makers, &wish, now, demands_work, per_address)).await?;
    if outcome == Outcome::Coupon(coupon::Offer::Unknown) {
        app.pressure.tries.count(address, now);
    }
    Ok(outcome)
}

/// What the reader's coupon and earlier right do to the order.
struct Shaped {
    product: Product,
    list_price: Fen,
    coupon: Option<CouponId>,
    renews: Option<OrderId>,
}

/// The product at the price that this reader pays. The amount is chosen after that (DESIGN section 3).
fn shape(
    tx: &dyn WriteTx,
    makers: &Makers,
    wish: &Wish,
    mut product: Product,
    now: Timestamp,
) -> Result<Result<Shaped, coupon::Offer>, Error> {
    let list_price = product.price;
    let mut used = None;
    if let Some(typed) = &wish.coupon {
        match coupon::look_up(tx, &product, typed, now)? {
            coupon::Offer::Good(good) => {
                product.price = good.discount.off(list_price);
                used = Some(good.id);
            }
            refused @ (coupon::Offer::Unknown | coupon::Offer::Expired | coupon::Offer::UsedUp) => {
                return Ok(Err(refused));
            }
        }
    }
    let mut renews = None;
    // What is not good prolongs nothing: the reader still gets what he pays for.
    let named = wish.renew.as_ref().and_then(|shown| match shown.parse::<RecoveryCode>() {
        Ok(code) => makers.secrets.unlock_of_code(code),
        Err(_) => makers.secrets.verify_unlock(shown).ok().map(|facts| facts.unlock),
    });
    if let Some(id) = named.filter(|_| product.terms.validity.is_some())
        && let Some(unlock) = tx.unlock(id)?.filter(|u| u.revoked_at.is_none() && u.product == product.id)
        && let Some(order) = tx.order(unlock.order)?
    {
        renews = Some(order.renews.unwrap_or(order.id));
    }
    Ok(Ok(Shaped { product, list_price, coupon: used, renews }))
}

fn unit(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    wish: &Wish,
    now: Timestamp,
    demands_work: bool,
    per_address: i64,
) -> Result<Outcome, Error> {
    let site = find::site(tx, &wish.site)?;
    if !site.allows(wish.origin.as_deref()) {
        return Ok(Outcome::OriginRefused);
    }
    let product = find::product(tx, site.id, &wish.product)?;
    if let Some(id) = &wish.client_order_id
        && let Some(order) = tx.order_by_client_id(site.id, id)?
    {
        let same = order.product == product.id;
        return if same {
            complete(tx, order).map(|view| Outcome::Existing(Box::new(view)))
        } else {
            Err(Error::Conflict(Conflict::ClientOrderIdReused))
        };
    }
    if let Some(reader) = wish.reader
        && tx.live_of_reader(reader, now)? >= limits::LIVE_ORDERS_PER_READER_MAX
    {
        return Ok(Outcome::TooManyOrders { limit: limits::LIVE_ORDERS_PER_READER_MAX });
    }
    if tx.live_of_address(wish.address, now)? >= per_address {
        return Ok(Outcome::TooManyFromAddress { limit: per_address });
    }
    if demands_work {
        return Ok(Outcome::ProofOfWork);
    }
    let shaped = match shape(tx, makers, wish, product, now)? {
        Ok(shaped) => shaped,
        Err(refused) => return Ok(Outcome::Coupon(refused)),
    };
    let product = &shaped.product;
    let standing = Standing::of(tx, &site, wish.channel, now)?;
    let official = standing.official.first();
    // Where it was asked for, and where nobody hears the money of another account that could be offered.
    let unheard = standing.live.is_empty() && (standing.unheard.is_empty() || wish.channel.is_none());
    if let Some(account) = official.filter(|_| unheard || wish.channel == Some(Channel::AlipayOfficial)) {
        return official::order(tx, makers, wish, &site, &shaped, account, now);
    }
    if standing.live.is_empty() && standing.unheard.is_empty() {
        return Ok(if standing.silent.is_empty() { Outcome::NotForSale } else { Outcome::NoLiveAccount });
    }
    for accounts in [&standing.live, &standing.unheard] {
        if let Some((place, account)) = find_place(tx, accounts, &site, product, now)? {
            let crowd = match wish.effort {
                Effort::NotAsked => Crowd::None,
                Effort::None | Effort::Proved => {
                    crowding::look(tx, wish.address, accounts, &site, product, place.amount)?
                }
            };
            match crowd {
                Crowd::Enough { limit } => return Ok(Outcome::TooManyFromAddress { limit }),
                Crowd::Half if wish.effort == Effort::None => return Ok(Outcome::ProofOfWork),
                Crowd::Half | Crowd::None => {}
            }
            return hold_place(tx, makers, wish, &site, &shaped, (&place, &account), now);
        }
    }
    match official {
        Some(account) => official::order(tx, makers, wish, &site, &shaped, account, now),
        None => full(tx, &standing, &site, product, now),
    }
}

/// The accounts of a site by whether anybody would hear their money come in.
#[derive(Default)]
struct Standing {
    /// At least one phone is awake.
    live: Vec<Account>,
    /// No phone was ever paired: the owner settles by hand.
    unheard: Vec<Account>,
    /// Every phone is silent: not offered.
    silent: Vec<Account>,
    /// Of an official gateway, with its keys: it needs no phone, and its amounts never run out.
    official: Vec<Account>,
}

impl Standing {
    fn of<T: ReadTx + ?Sized>(
        tx: &T,
        site: &Site,
        channel: Option<Channel>,
        now: Timestamp,
    ) -> Result<Standing, Error> {
        let mut standing = Standing::default();
        for account in accounts_of(tx, site)? {
            if account.channel == Channel::AlipayOfficial {
                // Who asks for Alipay's wallet can pay here too, if nobody hears the personal account.
                let asked = !matches!(channel, Some(Channel::Wechat));
                if asked && tx.merchant(account.id)?.is_some() {
                    standing.official.push(account);
                }
                continue;
            }
            if channel.is_some_and(|c| c != account.channel) {
                continue;
            }
            let phones = tx.hearing(account.id)?;
            if phones.is_empty() {
                standing.unheard.push(account);
            } else if phones.iter().all(|ear| ear.is_silent_at(now)) {
                standing.silent.push(account);
            } else {
                standing.live.push(account);
            }
        }
        Ok(standing)
    }
}

/// The accounts of a site; all there are where the owner named none.
pub(crate) fn accounts_of<T: ReadTx + ?Sized>(tx: &T, site: &Site) -> Result<Vec<Account>, Error> {
    let named = tx.site_accounts(site.id)?;
    Ok(if named.is_empty() { tx.accounts()? } else { named })
}

/// How a product can be paid at the moment, for the public facts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ChannelState {
    /// The wallet.
    pub channel: Channel,
    /// Whether its money would be heard.
    pub hearing: Hearing,
}

/// Whether money on a channel would be heard.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Hearing {
    /// A phone is awake: the article opens by itself.
    Live,
    /// No phone is paired: the owner confirms by hand.
    ByHand,
    /// Every phone is silent: not offered.
    Silent,
}

/// The wallets with which a product can be paid and how well each is heard. A wallet without a code for any amount of
/// the band is none.
///
/// # Errors
/// Of the storage.
pub fn channels<T: ReadTx + ?Sized>(
    tx: &T,
    site: &Site,
    product: &Product,
    now: Timestamp,
) -> Result<Vec<ChannelState>, Error> {
    let standing = Standing::of(tx, site, None, now)?;
    let amounts: Vec<Fen> = hold::amounts(product.price, &site.policy).collect();
    let mut states: Vec<ChannelState> = Vec::new();
    let groups = [
        (Hearing::Live, &standing.live),
        (Hearing::Live, &standing.official),
        (Hearing::ByHand, &standing.unheard),
        (Hearing::Silent, &standing.silent),
    ];
    for (hearing, accounts) in groups {
        for account in accounts {
            let known = states.iter().any(|s| s.channel == account.channel);
            let official = account.channel == Channel::AlipayOfficial;
            if !known && (official || crowding::keys(tx, account, &amounts)? > 0) {
                states.push(ChannelState { channel: account.channel, hearing });
            }
        }
    }
    states.sort_by_key(|s| s.channel);
    Ok(states)
}

/// The remark key of a code: none where the account's announcers do not show it.
fn key(account: &Account, remark: Remark) -> Remark {
    match account.distinguish {
        Distinguish::Amount => Remark::none(),
        Distinguish::Remark => remark,
    }
}

fn offer(
    tx: &mut dyn WriteTx,
    account: &Account,
    low: Fen,
    high: Fen,
    now: Timestamp,
) -> Result<Offer, Error> {
    let fixed = tx.fixed_codes(account.id, low, high)?;
    let mut taken = tx.taken(account.id, low, high)?;
    if taken.iter().any(|t| t.release_at <= now) {
        // The worker comes round every second or so; who asks in between need not wait for it.
        tx.release_due(Some(account.id), now, limits::WORKER_ROWS_MAX)?;
        taken = tx.taken(account.id, low, high)?;
    }
    Ok(Offer {
        account: account.id,
        fixed: fixed.into_iter().map(|(amount, remark, code)| (amount, key(account, remark), code)).collect(),
        open: tx.open_code(account.id)?,
        taken: taken.into_iter().map(|t| (t.amount, t.remark)).collect(),
    })
}

/// Looks at the band from its best amount on, a few amounts at a time.
fn find_place(
    tx: &mut dyn WriteTx,
    accounts: &[Account],
    site: &Site,
    product: &Product,
    now: Timestamp,
) -> Result<Option<(Place, Account)>, Error> {
    let amounts: Vec<Fen> = hold::amounts(product.price, &site.policy).collect();
    for some in amounts.chunks(limits::ALLOCATION_STEP) {
        let Some((low, high)) = hold::bounds(some) else { break };
        let offers = accounts
            .iter()
            .map(|account| offer(tx, account, low, high, now))
            .collect::<Result<Vec<Offer>, Error>>()?;
        if let Some(place) = hold::choose(some, &offers) {
            let account = accounts.iter().find(|a| a.id == place.account).cloned();
            return Ok(account.map(|account| (place, account)));
        }
    }
    Ok(None)
}

/// A new order of a wish, before it is known how it will be paid.
fn begin(wish: &Wish, site: &Site, shaped: &Shaped, account: &Account, id: OrderId, now: Timestamp) -> Order {
    let product = &shaped.product;
    Order {
        id,
        site: site.id,
        product: product.id,
        status: OrderStatus::Pending,
        price: product.price,
        list_price: shaped.list_price,
        coupon: shaped.coupon,
        renews: shaped.renews,
        amount: product.price,
        channel: account.channel,
        account: account.id,
        code: None,
        client_order_id: wish.client_order_id.clone(),
        created_at: now,
        expires_at: now.plus(site.policy.pay_window),
        extensions_left: limits::EXTENSIONS_MAX,
        late: false,
        paid_at: None,
        version: 1,
        reader: wish.reader,
        address: wish.address,
        owner_address: site.ip_ownership.then_some(wish.exact_address),
    }
}

fn created(tx: &mut dyn WriteTx, makers: &Makers, order: Order, now: Timestamp) -> Result<Outcome, Error> {
    let entry = Entry {
        subject: Subject::Order(order.id),
        act: Act::OrderCreated,
        actor: Actor::Reader,
        cause: format!("amount={} account={}", order.amount, order.account),
    };
    makers.log(tx, now, &entry)?;
    let product = order.price;
    let mut view = complete(tx, order)?;
    view.product.price = product;
    Ok(Outcome::Created(Box::new(view)))
}

fn hold_place(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    wish: &Wish,
    site: &Site,
    shaped: &Shaped,
    (place, account): (&Place, &Account),
    now: Timestamp,
) -> Result<Outcome, Error> {
    let id = OrderId::from_raw(makers.ids.next(now));
    let hold = Hold::begin(id, place, &site.policy, now);
    let order = Order {
        amount: place.amount,
        code: Some(place.code),
        expires_at: hold.window_ends_at,
        ..begin(wish, site, shaped, account, id, now)
    };
    match tx.insert_order(&order, &hold)? {
        Inserted::Yes => created(tx, makers, order, now),
        // The place was free in this very transaction: only a broken index could say otherwise.
        Inserted::Conflict => Err(Error::Conflict(Conflict::Raced)),
    }
}

fn full(
    tx: &dyn WriteTx,
    standing: &Standing,
    site: &Site,
    product: &Product,
    now: Timestamp,
) -> Result<Outcome, Error> {
    let amounts: Vec<Fen> = hold::amounts(product.price, &site.policy).collect();
    let Some((low, high)) = hold::bounds(&amounts) else { return Ok(Outcome::NotForSale) };
    let mut next: Option<Timestamp> = None;
    for account in standing.live.iter().chain(&standing.unheard) {
        let release = tx.next_release(account.id, low, high)?;
        next = next.into_iter().chain(release).min();
    }
    Ok(match next {
        Some(next_free_at) => Outcome::NoFreeAmount { next_free_at: next_free_at.max(now) },
        // Nothing is held and nothing fits: there is no code in the band.
        None => Outcome::NotForSale,
    })
}
