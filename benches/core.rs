//! The decisions on the way of one payment, and a whole checkout through a real database.

use std::hint::black_box;
use std::path::Path;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use futures_util::future::join_all;
use matcha::app::App;
use matcha::clock::Clock;
use matcha::domain::account::{Distinguish, Remark};
use matcha::domain::channel::Channel;
use matcha::domain::hold::{Offer, amounts, choose};
use matcha::domain::id::{AccountId, CodeId, DeviceId, OrderId, ReceiptId};
use matcha::domain::log::Actor;
use matcha::domain::matching::{Candidate, Earlier, Voice, decide, echo_of};
use matcha::domain::money::Fen;
use matcha::domain::notice::Rules;
use matcha::domain::order::OrderStatus;
use matcha::domain::product::{Lock, Terms};
use matcha::domain::receipt::Arrival;
use matcha::domain::site::HoldPolicy;
use matcha::domain::time::{Millis, Timestamp};
use matcha::flow::catalog::{self, NewCode, NewSite, SitePatch};
use matcha::flow::checkout::{self, Outcome, Wish};
use matcha::flow::pressure::Effort;
use matcha::flow::products::{self, NewProduct};
use matcha::limits;
use matcha::rng::{Ids, Rng};
use matcha::secrets::Secrets;
use matcha::storage::Store;
use matcha::storage::sqlite::Sqlite;

fn fen(n: i64) -> Fen {
    Fen::new(n).expect("an amount")
}

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millis(ms)
}

/// Holds of one amount that follow each other; the newest is pending.
fn candidates(count: i64) -> Vec<Candidate> {
    let hold = |n: i64| Candidate {
        order: OrderId::from_raw(n),
        account: AccountId::from_raw(1),
        remark: Remark::none(),
        starts_at: at(n * 300_000),
        window_ends_at: at(n * 300_000 + 120_000),
        release_at: at(n * 300_000 + 300_000),
        status: if n + 1 == count { OrderStatus::Pending } else { OrderStatus::Expired },
    };
    (0..count).rev().map(hold).collect()
}

fn earlier(count: i64) -> Vec<Earlier> {
    let receipt = |n: i64| Earlier {
        receipt: ReceiptId::from_raw(n),
        accounts: vec![AccountId::from_raw(1)],
        asked: None,
        voice: voice("微信支付"),
        echoed_by: if n % 2 == 0 { vec![voice("微信收款助手")] } else { Vec::new() },
        arrival: Arrival { from: at(n * 1000), to: at(n * 1000 + 50) },
        remark: None,
    };
    (0..count).map(receipt).collect()
}

fn voice(announcer: &str) -> Voice {
    Voice { device: DeviceId::from_raw(1), announcer: announcer.to_owned() }
}

fn decisions(c: &mut Criterion) {
    let mut group = c.benchmark_group("matching");
    for count in [1, 64] {
        let holds = candidates(count);
        let arrival = Arrival { from: at(count * 300_000 - 250_000), to: at(count * 300_000 - 249_900) };
        group.bench_function(format!("decide among {count}"), |b| {
            b.iter(|| decide(black_box(arrival), None, black_box(&holds)));
        });
        let known = earlier(count);
        let (speaker, accounts) = (voice("微信收款助手"), [AccountId::from_raw(1)]);
        let arrival = Arrival { from: at(count * 500), to: at(count * 500 + 50) };
        group.bench_function(format!("echo of one among {count}"), |b| {
            b.iter(|| {
                echo_of(&speaker, &accounts, black_box(arrival), None, limits::ECHO_WINDOW, black_box(&known))
            });
        });
    }
    group.finish();
}

/// An open code of which the best amounts are taken.
fn offer(account: i64, taken: i64) -> Offer {
    Offer {
        account: AccountId::from_raw(account),
        fixed: Vec::new(),
        open: Some(CodeId::from_raw(account)),
        taken: (0..taken).map(|n| (fen(10_000 - n), Remark::none())).collect(),
    }
}

fn allocation(c: &mut Criterion) {
    let policy = |discount: i64| HoldPolicy { max_discount: fen(discount), ..limits::hold_policy_default() };
    let mut group = c.benchmark_group("hold");
    for (discount, taken) in [(10, 0), (10, 8), (31, 31), (31, 32)] {
        let band: Vec<Fen> = amounts(fen(10_000), &policy(discount)).collect();
        let offers = [offer(1, taken), offer(2, taken)];
        group.bench_function(format!("choose with {taken} of {} taken", band.len()), |b| {
            b.iter(|| choose(black_box(&band), black_box(&offers)));
        });
    }
    group.finish();
}

/// A shop whose clock stands still until it is moved: holds of one second, so that amounts come free again.
async fn shop(folder: &Path) -> App {
    let clock = Clock::manual(at(1_800_000_000_000));
    let store = Store::new(Sqlite::open(&folder.join("matcha.db"), clock.now()).expect("a database"));
    let secrets = Secrets::from_master([7; 32]);
    let app = App::new(store, clock, Rng::seeded(7), Ids::new(0), secrets, Rules::embedded());
    let me = Actor::Console;
    let account =
        catalog::add_account(&app, "微信".to_owned(), Channel::Wechat, Distinguish::Amount, me).await;
    let open = NewCode {
        account: account.expect("an account").id,
        amount: None,
        remark: Remark::none(),
        payload: None,
        verified: true,
        png: vec![0; 1000],
    };
    catalog::add_code(&app, open, me).await.expect("a code");
    let slug = "shop".parse().expect("a slug");
    catalog::add_site(&app, NewSite { slug, name: "茶".to_owned(), origins: Vec::new() }, me)
        .await
        .expect("a site");
    let patch = SitePatch {
        pay_window: Some(limits::PAY_WINDOW_MIN),
        cool_down: Some(limits::COOL_DOWN_MIN),
        max_discount: Some(fen(100)),
        ..SitePatch::default()
    };
    catalog::change_site(&app, "shop".to_owned(), patch, me).await.expect("a policy");
    let article = NewProduct {
        site: "shop".to_owned(),
        slug: "oolong".parse().expect("a slug"),
        title: "乌龙".to_owned(),
        price: fen(500),
        lock: Lock::Reveal,
        terms: Terms::default(),
        opens: Vec::new(),
        html: None,
    };
    products::add_product(&app, article, me).await.expect("an article");
    app
}

fn wish(n: i64) -> Wish {
    Wish {
        site: "shop".to_owned(),
        product: "oolong".to_owned(),
        channel: Some(Channel::Wechat),
        client_order_id: Some(format!("client-order-{n:012}")),
        coupon: None,
        renew: None,
        reader: Some(n),
        address: n,
        exact_address: n,
        origin: None,
        effort: Effort::NotAsked,
        chance: 0,
    }
}

fn checkouts(c: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder on a real disk");
    let app = runtime.block_on(shop(folder.path()));
    let mut number = 0;
    let mut group = c.benchmark_group("checkout");
    for together in [1, 64] {
        group.throughput(Throughput::Elements(together));
        group.bench_function(format!("{together} at once, durable"), |b| {
            let wishes = || {
                // All holds of the round before are over.
                app.clock.advance(Millis::seconds(3));
                let some = (0..together).map(|_| {
                    number += 1;
                    wish(number)
                });
                some.collect::<Vec<Wish>>()
            };
            let run = |wishes: Vec<Wish>| {
                runtime.block_on(join_all(wishes.into_iter().map(|w| checkout::create(&app, w))))
            };
            b.iter_batched(
                wishes,
                |wishes| {
                    let done = run(wishes);
                    assert!(
                        done.iter().all(|o| matches!(o, Ok(Outcome::Created(_)))),
                        "every order finds an amount"
                    );
                    done
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, decisions, allocation, checkouts);
criterion_main!(benches);
