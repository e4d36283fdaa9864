//! The town: a shop on a database file, its phones, the clock, and the power that may fail.

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::task::Poll;

use matcha::app::App;
use matcha::clock::Clock;
use matcha::domain::account::{Account, Distinguish, Remark};
use matcha::domain::channel::Channel;
use matcha::domain::id::AccountId;
use matcha::domain::log::Actor;
use matcha::domain::money::Fen;
use matcha::domain::product::{Lock, ProductKind, Terms};
use matcha::domain::subscription::{Period, Renewal};
use matcha::domain::time::{Millis, Timestamp};
use matcha::flow::gateway::cashier::{Cashier, Cashiers};
use matcha::flow::{catalog, products};
use matcha::storage::verbs::Merchant;

use super::bank::{self, Bank};
use super::chance::Chance;
use super::phone::{Phone, Voice};
use super::rows::{Outside, Rows};
use super::truth::Truth;
use crate::world::{self, Announcer, START, fen, slug};

/// How much one day may send to people, in fen.
pub(super) const TRANSFER_DAILY_MAX: i64 = 2_500;

/// What may have changed rows since they were looked at last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Asked {
    Order,
    Extend(i64),
    Cancel(i64),
    Receive,
    Work,
    OwnerSettle(i64),
    Undo(i64),
    Dismiss(i64),
    Refund(i64),
    /// The gateway may have been asked, or told something true.
    Gateway,
}

/// How often the things happened that a run is about: a simulation in which nothing happens proves nothing.
#[derive(Clone, Default, Debug)]
pub(super) struct Tally(pub(super) HashMap<&'static str, usize>);

impl Tally {
    pub(super) fn count(&mut self, what: &'static str) {
        *self.0.entry(what).or_default() += 1;
    }
}

pub(super) struct Sim {
    pub(super) seed: u64,
    pub(super) chance: Chance,
    pub(super) clock: Clock,
    pub(super) app: App,
    dir: tempfile::TempDir,
    /// How often the server was started.
    lives: u64,
    pub(super) outside: Outside,
    pub(super) phones: Vec<Phone>,
    /// The personal accounts.
    pub(super) accounts: Vec<(AccountId, Channel)>,
    /// The official gateway, and the account there, where the owner has one.
    pub(super) bank: Arc<Bank>,
    pub(super) official: Option<AccountId>,
    /// It sells a membership that renews itself, at the official gateway alone, and its days are long.
    pub(super) is_club: bool,
    /// Its owner mostly sends money to people.
    pub(super) is_office: bool,
    /// So many steps of a hundred are taken there.
    pub(super) gateway_share: i64,
    /// Refunds that were asked for by a name of their own, as they were asked for.
    pub(super) refunds_asked: Vec<(i64, matcha::flow::gateway::refund::Wish)>,
    pub(super) transfers_asked: Vec<matcha::flow::gateway::transfer::Wish>,
    pub(super) open_codes: bool,
    pub(super) policy: matcha::domain::site::HoldPolicy,
    pub(super) products: Vec<(String, i64)>,
    /// Names of orders whose answer was lost.
    pub(super) unsure: Vec<(String, String)>,
    pub(super) truth: Truth,
    /// What the file held after the last step.
    pub(super) seen: Rows,
    pub(super) asked: Vec<Asked>,
    /// Which notice each row is, and the row of each notice.
    pub(super) stored: HashMap<usize, i64>,
    pub(super) told_of: HashMap<i64, usize>,
    pub(super) last_notice: i64,
    pub(super) last_log: i64,
    pub(super) log_lines: i64,
    /// Each order's status as the log tells it.
    pub(super) by_log: HashMap<i64, String>,
    /// Payments that settled an order without the owner.
    pub(super) spent: HashSet<usize>,
    pub(super) tally: Tally,
    pub(super) trace: Vec<String>,
}

impl Drop for Sim {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let tail = self.trace.len().saturating_sub(60);
            eprintln!("---- seed {}: the last of {} steps", self.seed, self.trace.len());
            for line in &self.trace[tail..] {
                eprintln!("{line}");
            }
            eprintln!("---- again with MATCHA_SIM_SEED={} and the same MATCHA_SIM_STEPS", self.seed);
        }
    }
}

impl Sim {
    pub(super) async fn new(seed: u64) -> Sim {
        let mut chance = Chance::new(seed);
        let clock = Clock::manual(START.plus(chance.millis(0, 86_400_000)));
        let dir = world::folder();
        let path = dir.path().join("life0.db");
        let app = world::open(&path, &clock, seed).await;
        let mut sim = Sim {
            seed,
            clock,
            app,
            dir,
            lives: 0,
            outside: Outside::open(&path),
            phones: Vec::new(),
            accounts: Vec::new(),
            bank: Arc::new(Bank::new(seed)),
            official: None,
            is_club: seed % 5 == 4,
            is_office: matches!(seed % 20, 2 | 13),
            gateway_share: 0,
            refunds_asked: Vec::new(),
            transfers_asked: Vec::new(),
            open_codes: chance.happens(70),
            policy: matcha::limits::hold_policy_default(),
            products: Vec::new(),
            unsure: Vec::new(),
            truth: Truth::default(),
            seen: Rows::default(),
            asked: Vec::new(),
            stored: HashMap::new(),
            told_of: HashMap::new(),
            last_notice: 0,
            last_log: 0,
            log_lines: 0,
            by_log: HashMap::new(),
            spent: HashSet::new(),
            tally: Tally::default(),
            trace: Vec::new(),
            chance,
        };
        sim.ready();
        sim.furnish().await;
        sim.check();
        sim
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn wait(&mut self, low: i64, high: i64) {
        let span = self.chance.millis(low, high);
        self.clock.advance(span);
    }

    #[expect(clippy::needless_pass_by_value, reason = "callers format a line and are done with it")]
    pub(super) fn note(&mut self, line: String) {
        let since = self.now().since(START).get();
        self.trace.push(format!("{:>4} {since:>10} {line}", self.trace.len()));
    }

    fn ready(&mut self) {
        // The bound on live orders has its own tests; here everybody may come from one address.
        self.app.live_orders_per_address = 1_000_000;
        self.app.transfer_daily_max = fen(TRANSFER_DAILY_MAX);
        let bank: Arc<dyn Cashier> = self.bank.clone();
        self.app.cashiers = Cashiers::new(Arc::new(move |_, _| Some(bank.clone())));
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join(format!("life{}.db", self.lives))
    }

    // ---- power ---------------------------------------------------------------------------------------------------

    /// Lets `work` run, unless the power fails in the middle of it: then it is cut after a few of its commits, what was
    /// committed stays, and nobody gets an answer.
    pub(super) async fn powered<T, F>(&mut self, work: impl FnOnce(App) -> F) -> Option<T>
    where
        F: Future<Output = T>,
    {
        self.powered_for(3, work).await
    }

    /// As [`Sim::powered`], for work that waits more often.
    pub(super) async fn powered_for<T, F>(&mut self, most: i64, work: impl FnOnce(App) -> F) -> Option<T>
    where
        F: Future<Output = T>,
    {
        if !self.chance.happens(4) {
            return Some(work(self.app.clone()).await);
        }
        let waits = self.chance.between(0, most);
        {
            let mut work = Box::pin(work(self.app.clone()));
            for _ in 0..waits {
                // Each turn ends when what the flow waits for (a commit, a read) is there; the flow is not told.
                let mut polled = false;
                let turn = std::future::poll_fn(|cx| match (polled, work.as_mut()) {
                    (true, _) => Poll::Ready(false),
                    (false, work) => {
                        polled = true;
                        work.poll(cx).map(|_| true)
                    }
                });
                if turn.await {
                    break;
                }
            }
        }
        self.crash().await;
        None
    }

    /// The power fails: what lies on the disk is all there is, perhaps with the torn beginning of a write behind it.
    pub(super) async fn crash(&mut self) {
        self.tally.count("crashes");
        let old = self.path();
        self.lives += 1;
        let new = self.path();
        let beside = |path: &PathBuf| path.with_extension("db-wal");
        std::fs::copy(&old, &new).unwrap();
        if beside(&old).exists() {
            std::fs::copy(beside(&old), beside(&new)).unwrap();
            if self.chance.happens(50) {
                let torn = usize::try_from(self.chance.between(1, 9000)).unwrap();
                let mut wal = std::fs::OpenOptions::new().append(true).open(beside(&new)).unwrap();
                wal.write_all(&vec![0x5a; torn]).unwrap();
            }
        }
        self.app = world::open(&new, &self.clock, self.seed ^ (self.lives << 32)).await;
        self.outside = Outside::open(&new);
        self.ready();
        self.note(format!("the power fails; life {}", self.lives));
    }

    // ---- the shop --------------------------------------------------------------------------------------------------

    async fn furnish(&mut self) {
        let new = catalog::NewSite { slug: slug("blog"), name: "Blog".to_owned(), origins: Vec::new() };
        catalog::add_site(&self.app, new, Actor::Console).await.unwrap();
        let patch = catalog::SitePatch {
            pay_window: Some(Millis::seconds(self.chance.between(60, 180))),
            cool_down: Some(Millis::seconds(self.chance.between(60, 240))),
            max_discount: Some(fen(self.chance.between(0, 3))),
            max_surcharge: Some(fen(self.chance.between(0, 1))),
            ..catalog::SitePatch::default()
        };
        let site = catalog::change_site(&self.app, "blog".to_owned(), patch, Actor::Console).await.unwrap();
        self.policy = site.site.policy;
        if self.is_club {
            self.official_account().await;
            self.membership().await;
            self.last_log = self.outside.number("SELECT max(id) FROM log");
            self.log_lines = self.outside.number("SELECT count(*) FROM log");
            return;
        }
        for (name, price) in [("tea", 100), ("coffee", 101), ("cake", 300)] {
            let new = products::NewProduct {
                site: "blog".to_owned(),
                slug: slug(name),
                title: name.to_owned(),
                price: fen(price),
                lock: Lock::Reveal,
                terms: Terms::default(),
                opens: Vec::new(),
                html: None,
            };
            products::add_product(&self.app, new, Actor::Console).await.unwrap();
            self.products.push((name.to_owned(), price));
        }
        match self.chance.between(0, 3) {
            0 => self.one_account().await,
            1 => self.two_wallets().await,
            2 => self.two_phones().await,
            _ => self.two_accounts_on_one_phone().await,
        }
        if self.is_office || self.chance.happens(60) {
            self.official_account().await;
        }
        // What was said so far is about the shop itself.
        self.last_log = self.outside.number("SELECT max(id) FROM log");
        self.log_lines = self.outside.number("SELECT count(*) FROM log");
        if self.chance.happens(80) {
            self.pin().await;
        }
    }

    async fn account(&mut self, channel: Channel) -> AccountId {
        let account =
            catalog::add_account(&self.app, "mine".to_owned(), channel, Distinguish::Amount, Actor::Console);
        let account = account.await.unwrap().id;
        self.accounts.push((account, channel));
        if self.open_codes {
            self.code(account, None).await;
        } else {
            for amount in 96..=102 {
                self.code(account, Some(fen(amount))).await;
            }
            self.code(account, Some(fen(300))).await;
        }
        account
    }

    async fn membership(&mut self) {
        let every = *self.chance.pick(&[Period::Days(7), Period::Days(10), Period::Months(1)]).unwrap();
        let new = products::NewProduct {
            site: "blog".to_owned(),
            slug: slug("club"),
            title: "club".to_owned(),
            price: fen(500),
            lock: Lock::Reveal,
            terms: Terms {
                kind: ProductKind::Membership,
                validity: Some(every.longest()),
                renews: Some(Renewal { every, most: None, scene: None }),
                ..Terms::default()
            },
            opens: Vec::new(),
            html: None,
        };
        products::add_product(&self.app, new, Actor::Console).await.unwrap();
        self.products.push(("club".to_owned(), 500));
    }

    /// An account at the official gateway. Its keys are the bank's business: none are sealed.
    async fn official_account(&mut self) {
        let (id, now) = (AccountId::from_raw(self.app.makers.ids.next(self.now())), self.now());
        let account = Account {
            id,
            name: "official".to_owned(),
            channel: Channel::AlipayOfficial,
            distinguish: Distinguish::Amount,
            created_at: now,
        };
        let sealed = self.app.secrets().seal_merchant(id, b"{}", [0; 12]);
        let app_id = bank::APP_ID.to_owned();
        let merchant = Merchant { account: id, app_id, seller_id: None, sealed, updated_at: now };
        let write = self.app.store.write(move |tx| {
            tx.insert_account(&account)?;
            tx.set_merchant(&merchant)
        });
        write.await.map_err(|error: matcha::storage::Error| error).unwrap();
        self.official = Some(id);
        self.gateway_share = *self.chance.pick(&[25, 70]).unwrap();
        self.bank.set_trouble(self.chance.between(0, 25));
    }

    async fn code(&self, account: AccountId, amount: Option<Fen>) {
        let (remark, png) = (Remark::none(), b"png".to_vec());
        let new = catalog::NewCode { account, amount, remark, payload: None, verified: false, png };
        catalog::add_code(&self.app, new, Actor::Console).await.unwrap();
    }

    /// The owner's phone with both announcers, and a clerk's.
    async fn one_account(&mut self) {
        let account = self.account(Channel::Wechat).await;
        self.phone(&[(Announcer::Wechat, account, 0), (Announcer::Helper, account, 0)]).await;
        self.phone(&[(Announcer::Clerk, account, 0)]).await;
    }

    async fn two_wallets(&mut self) {
        let (wechat, alipay) = (self.account(Channel::Wechat).await, self.account(Channel::Alipay).await);
        self.phone(&[(Announcer::Wechat, wechat, 0), (Announcer::Alipay, alipay, 0)]).await;
        self.phone(&[(Announcer::Clerk, wechat, 0), (Announcer::AlipayClerk, alipay, 0)]).await;
    }

    async fn two_phones(&mut self) {
        let (first, second) = (self.account(Channel::Wechat).await, self.account(Channel::Wechat).await);
        self.phone(&[(Announcer::Wechat, first, 0)]).await;
        self.phone(&[(Announcer::Wechat, second, 0), (Announcer::Helper, second, 0)]).await;
        self.phone(&[(Announcer::Clerk, first, 0)]).await;
    }

    /// Two accounts that no notice tells apart.
    async fn two_accounts_on_one_phone(&mut self) {
        let (first, second) = (self.account(Channel::Wechat).await, self.account(Channel::Wechat).await);
        self.phone(&[(Announcer::Wechat, first, 0), (Announcer::Wechat, second, 999)]).await;
    }

    async fn phone(&mut self, voices: &[(Announcer, AccountId, i64)]) {
        let mut hears: Vec<AccountId> = voices.iter().map(|(_, account, _)| *account).collect();
        hears.dedup();
        let device = world::pair(&self.app, &hears).await;
        let voices = voices.iter().map(|(announcer, account, profile)| {
            let after = match announcer {
                Announcer::Wechat | Announcer::Alipay => (0, 800),
                Announcer::Helper => (200, 3000),
                Announcer::Clerk | Announcer::AlipayClerk => (500, 8000),
            };
            Voice { announcer: *announcer, account: *account, after, profile: *profile }
        });
        let phone = Phone {
            device,
            ahead: self.chance.millis(-1_800_000, 1_800_000),
            whole_seconds: self.chance.happens(30),
            is_steady: self.chance.happens(40),
            voices: voices.collect(),
            coming: Vec::new(),
            outbox: std::collections::VecDeque::new(),
            unanswered: None,
            offline_until: 0,
            heard: 0,
            set_since_heard: false,
            requests: 0,
            held_up: 0,
            pinned: false,
        };
        self.phones.push(phone);
        let index = self.phones.len() - 1;
        while self.phones[index].heard == 0 {
            self.beat(index).await;
        }
    }

    /// The owner pays himself one fen on each account, and waits until every phone has told of it.
    async fn pin(&mut self) {
        for (account, _) in self.accounts.clone() {
            self.pay(account, 1, None);
            self.wait(90_000, 100_000);
            while self.phones.iter().any(|p| !p.coming.is_empty() || !p.outbox.is_empty()) {
                for phone in 0..self.phones.len() {
                    self.phones[phone].offline_until = 0;
                    self.contact(phone).await;
                    self.check();
                }
                self.wait(100, 1000);
            }
        }
        for phone in &mut self.phones {
            phone.pinned = true;
        }
    }
}
