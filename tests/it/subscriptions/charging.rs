//! When a period is charged, what is tried again, and what a lost answer or a restart never becomes.

use super::*;

#[tokio::test]
async fn paying_signs_and_the_first_charge_comes_a_month_later() {
    let shop = Shop::open().await;
    let order = shop.order().await;
    let path = order.path("/subscription");
    shop.app.post(&path).ask().await.problem(401, "unauthorized");
    let started = shop.app.post(&path).bearer_auth(&order.token).ask().await.is(201).json();
    assert_eq!(
        (&started["while_paying"], &started["subscription"]["state"]),
        (&json!(true), &json!("pending"))
    );
    assert_eq!(started["subscription"]["next_due"], "2027-01-10");
    let again = shop.app.post(&path).bearer_auth(&order.token).ask().await.is(201).json();
    assert_eq!(again["subscription"]["id"], started["subscription"]["id"], "asked again, it is the same");
    let seen = shop.gateway.wallet(&text(&again["sign_url"])).await.unwrap();
    assert_eq!((&seen["total_amount"], &seen["way"]), (&json!("10.00"), &json!("page")));
    shop.gateway.pay(&text(&seen["out_trade_no"])).await.unwrap();
    let member = shop.member(&order).await;
    let id = text(&started["subscription"]["id"]);
    let signed = shop.subscription(&id).await;
    assert_eq!((&signed["state"], &signed["ended_at_gateway"]), (&json!("normal"), &json!(false)));
    assert_eq!(
        signed["tries"],
        json!(["2027-01-05T00:00:00.000Z", "2027-01-08T00:00:00.000Z", "2027-01-10T00:00:00.000Z"])
    );
    assert_eq!(shop.due(&id).await, "2027-01-10");
    shop.start(&member).await.problem(409, "renews_already");
    shop.days_until("2027-01-04", "09:00:00").await;
    assert_eq!(shop.charged().await, 0, "not before five days before");
    let until = shop.paid_until(&id).await;
    shop.days_until("2027-01-12", "09:00:00").await;
    assert_eq!((shop.charged().await, shop.asked().await), (1, (1, 1)));
    assert_eq!(shop.paid_until(&id).await, until.plus(Millis::seconds(31 * DAY)));
    assert_eq!(shop.due(&id).await, "2027-02-10");
}

#[tokio::test]
async fn three_months_from_the_end_of_january_are_charged_on_the_third_and_once_each() {
    let shop = Shop::open_at("2027-01-31 12:00:00").await;
    let (member, id) = shop.signed().await;
    let first = shop.paid_until(&id).await;
    assert_eq!(first.china_clock(), "2027-03-03 12:00:00");
    assert_eq!(shop.due(&id).await, "2027-03-03");
    let mut due_days = Vec::new();
    for (charged, last) in [(1, "2027-02-26"), (1, "2027-03-28"), (2, "2027-03-29"), (3, "2027-05-02")] {
        shop.days_until(last, "08:30:00").await;
        assert_eq!(shop.charged().await, charged, "until {last}");
        assert_eq!(shop.reads(&member).await, 200, "the door is never closed between two charges");
        due_days.push(shop.due(&id).await);
    }
    assert_eq!(due_days, ["2027-04-03", "2027-04-03", "2027-05-03", "2027-06-03"]);
    assert_eq!(
        shop.paid_until(&id).await,
        first.plus(Millis::seconds(3 * 31 * DAY)),
        "three periods, no more"
    );
    assert_eq!(shop.asked().await, (3, 3));
    assert!(shop.charges(&id).await.iter().all(|(state, _)| state == "paid"));
}

#[tokio::test]
async fn the_end_of_a_month_is_moved_to_the_first_days_of_the_next() {
    // 31 days from the 31st of December end on the 31st of January.
    let shop = Shop::open_at("2026-12-31 12:00:00").await;
    let (_, id) = shop.signed().await;
    assert_eq!(shop.due(&id).await, "2027-02-03");
    shop.days_until("2027-01-28", "08:30:00").await;
    assert_eq!(shop.charged().await, 0);
    shop.days_until("2027-01-29", "08:30:00").await;
    assert_eq!((shop.charged().await, shop.due(&id).await.as_str()), (1, "2027-03-03"));
}

#[tokio::test]
async fn a_lost_answer_to_a_charge_never_becomes_a_second_one() {
    let faults = [
        Fault::new(PAY, "lost_answer"),
        Fault::new(PAY, "system_error").with("work", json!(true)),
        Fault::new(PAY, "system_error").with("work", json!(false)),
        Fault::new(PAY, "system_error").with("work", json!(true)).with("code", json!(40004)),
        Fault::new(PAY, "system_error").with("work", json!(false)).with("code", json!(40004)),
        Fault::new(PAY, "http").with("status", json!(502)).with("work", json!(true)),
        Fault::new(PAY, "http").with("status", json!(502)).with("work", json!(false)),
        Fault::new(PAY, "bad_signature"),
        Fault::new(PAY, "other_key"),
        Fault::new(PAY, "unsigned"),
        Fault::new(PAY, "other_method"),
        Fault::new(PAY, "notice_first"),
        Fault::new(PAY, "in_process"),
    ];
    let shop = Shop::open().await;
    let (_, id) = shop.signed().await;
    let mut due: Day = shop.due(&id).await.parse().unwrap();
    let first = shop.paid_until(&id).await;
    for (n, fault) in (1_usize..).zip(faults) {
        shop.at(&format!("{} 08:00:00", due.plus(-5))).await;
        let in_process = n == 13;
        shop.gateway.fault(fault).await.unwrap();
        // The notification is lost too: only questions can tell.
        if n != 12 {
            shop.gateway.fault(Fault::new("notify", "lost").times(9)).await.unwrap();
        }
        shop.gateway.fault(Fault::new(QUERY, "system_error").times(3)).await.unwrap();
        shop.work().await;
        if in_process {
            let state = shop.gateway.state().await;
            let open =
                state.orders.iter().find(|o| o.trade_status.as_deref() == Some("WAIT_BUYER_PAY")).unwrap();
            assert_eq!(shop.charged().await, n - 1);
            shop.gateway.pay(&open.out_trade_no).await.unwrap();
        }
        shop.follow(&id).await;
        shop.gateway.mend().await.unwrap();
        assert_eq!(shop.charged().await, n, "after fault {n}");
        assert_eq!(shop.asked().await.1, n, "one number for one period, after fault {n}");
        let until = first.plus(Millis::seconds(31 * DAY * i64::try_from(n).unwrap()));
        assert_eq!(shop.paid_until(&id).await, until, "after fault {n}");
        due = Period::Months(1).after(due);
        assert_eq!(shop.due(&id).await, due.to_string());
    }
    assert_eq!(shop.inbox("paid_twice").await, 0);
}

#[tokio::test]
async fn a_refused_charge_is_tried_again_and_its_trade_is_closed_before() {
    let shop = Shop::open().await;
    let (_, id) = shop.signed().await;
    let empty = Fault::new(PAY, "answer")
        .with("code", json!("40004"))
        .with("sub_code", json!("ACQ.BUYER_BALANCE_NOT_ENOUGH"))
        .with("status", json!("WAIT_BUYER_PAY"));
    shop.gateway.fault(empty).await.unwrap();
    shop.at("2027-01-05 08:00:00").await;
    shop.work().await;
    let refused = ("failed".to_owned(), "ACQ.BUYER_BALANCE_NOT_ENOUGH".to_owned());
    let planned = ("planned".to_owned(), String::new());
    assert_eq!(shop.charges(&id).await, [planned, refused.clone()]);
    let left: Vec<Option<String>> = shop
        .gateway
        .state()
        .await
        .orders
        .into_iter()
        .filter(|o| o.out_trade_no.starts_with('s'))
        .map(|o| o.trade_status)
        .collect();
    assert_eq!(left, [Some("TRADE_CLOSED".to_owned())], "or its payer could still complete it");
    let next = &shop.subscription(&id).await["charges"][0];
    assert_eq!(
        (&next["next_at"], &next["attempt"]),
        (&json!("2027-01-08T00:00:00.000Z"), &json!(2)),
        "the owner sees when"
    );
    shop.days_until("2027-01-07", "12:00:00").await;
    assert_eq!(shop.asked().await, (1, 1), "not before its day");
    shop.days_until("2027-01-08", "12:00:00").await;
    assert_eq!((shop.charged().await, shop.asked().await), (1, (2, 2)));
    assert_eq!(shop.charges(&id).await, [("paid".to_owned(), String::new()), refused]);
    let orders = shop.app.owner_get("/orders").await["items"].as_array().unwrap().len();
    assert_eq!(orders, 2, "one order for one period, whatever the try");
    assert_eq!(shop.due(&id).await, "2027-02-10");
}

#[tokio::test]
async fn after_the_last_try_the_renewal_ends_and_the_owner_is_told() {
    let shop = Shop::open().await;
    let (member, id) = shop.signed().await;
    let empty = Fault::new(PAY, "answer")
        .with("code", json!("40004"))
        .with("sub_code", json!("ACQ.BUYER_BALANCE_NOT_ENOUGH"))
        .times(9);
    shop.gateway.fault(empty).await.unwrap();
    shop.days_until("2027-01-09", "08:30:00").await;
    assert_eq!(
        (shop.subscription(&id).await["state"].clone(), shop.inbox("subscription_ended").await),
        (json!("normal"), 0)
    );
    let until = shop.paid_until(&id).await;
    shop.days_until("2027-01-10", "08:30:00").await;
    let ended = shop.subscription(&id).await;
    assert_eq!((&ended["state"], &ended["ending"]), (&json!("ended"), &json!("unpaid")));
    assert_eq!(ended["ended_at_gateway"], true);
    assert_eq!(shop.gateway.state().await.agreements[0].status.as_deref(), Some("UNSIGN"));
    assert_eq!((shop.asked().await, shop.charged().await), ((3, 3), 0));
    assert_eq!(shop.inbox("subscription_ended").await, 1);
    assert_eq!(
        (shop.paid_until(&id).await, shop.reads(&member).await),
        (until, 200),
        "what was paid for goes on"
    );
    shop.days_until("2027-02-15", "08:30:00").await;
    assert_eq!((shop.asked().await, shop.reads(&member).await), ((3, 3), 402));
    let cancelled = shop.app.owner_get("/orders?status=cancelled").await;
    assert_eq!(cancelled["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_refusal_that_no_other_try_changes_ends_it_at_once() {
    let shop = Shop::open().await;
    let (_, id) = shop.signed().await;
    let over = Fault::new(PAY, "answer")
        .with("code", json!("40004"))
        .with("sub_code", json!("ACQ.AGREEMENT_INVALID"));
    shop.gateway.fault(over).await.unwrap();
    shop.days_until("2027-01-05", "08:30:00").await;
    let ended = shop.subscription(&id).await;
    assert_eq!((&ended["ending"], shop.asked().await), (&json!("refused"), (1, 1)));
    assert_eq!(shop.inbox("subscription_ended").await, 1);
}

#[tokio::test]
async fn the_same_notification_many_times_is_one() {
    let shop = Shop::open().await;
    shop.gateway.fault(Fault::new("notify", "duplicate").times(99)).await.unwrap();
    let (_, id) = shop.signed().await;
    shop.gateway.mend().await.unwrap();
    shop.gateway.fault(Fault::new("notify", "lost_answer").times(4)).await.unwrap();
    shop.at("2027-01-05 08:00:00").await;
    let until = shop.paid_until(&id).await;
    shop.work().await;
    for _ in 0..4 {
        shop.pass(3600).await;
        shop.work().await;
    }
    let tries = shop.gateway.notices().await.last().unwrap().attempts.len();
    assert_eq!((tries, shop.charged().await), (5, 1));
    assert_eq!(shop.paid_until(&id).await, until.plus(Millis::seconds(31 * DAY)));
    assert_eq!((shop.inbox("paid_twice").await, shop.inbox("went_back").await), (0, 0));
}

#[tokio::test]
async fn a_restart_between_planned_and_asked_charges_once() {
    let shop = Shop::open().await;
    let (_, id) = shop.signed().await;
    shop.at("2027-01-05 08:00:00").await;
    let now = shop.app.now();
    assert_eq!(subscription::plan::plan_due(&shop.app.app, now).await.unwrap(), 1);
    assert_eq!((shop.charges(&id).await[0].0.as_str(), shop.asked().await), ("planned", (0, 0)));
    let after = shop.restarted();
    assert_eq!(subscription::plan::plan_due(&after, now).await.unwrap(), 0, "it is planned already");
    subscription::run_once(&after, now).await.unwrap();
    subscription::run_once(&shop.restarted(), now).await.unwrap();
    assert_eq!((shop.charged().await, shop.asked().await), (1, (1, 1)));
}

#[tokio::test]
async fn a_restart_between_asked_and_sent_charges_once_under_the_same_number() {
    let shop = Shop::open().await;
    let (_, id) = shop.signed().await;
    shop.at("2027-01-05 08:00:00").await;
    // A line that leads nowhere: the charge is noted as asked for, and nothing arrives.
    set_keys(&shop.app.app, &shop.gateway, shop.account, "http://127.0.0.1:9/gateway.do").await;
    shop.work().await;
    assert_eq!((shop.charges(&id).await[0].0.as_str(), shop.asked().await), ("unknown", (0, 0)));
    let number = shop.subscription(&id).await["charges"][0]["number"].clone();
    shop.pass(60).await;
    let after = shop.restarted();
    set_keys(&after, &shop.gateway, shop.account, &shop.gateway.ready.gateway).await;
    for _ in 0..4 {
        subscription::run_once(&after, shop.app.now()).await.unwrap();
        shop.pass(700).await;
    }
    assert_eq!((shop.charged().await, shop.asked().await), (1, (1, 1)));
    let charges = shop.subscription(&id).await["charges"].clone();
    assert_eq!((&charges[0]["number"], charges.as_array().unwrap().len()), (&number, 1));
}

#[tokio::test]
async fn a_server_that_slept_through_a_period_moves_it_and_charges_it_once() {
    let shop = Shop::open().await;
    let (_, id) = shop.signed().await;
    shop.at("2027-01-20 09:00:00").await;
    shop.work().await;
    assert_eq!(shop.due(&id).await, "2027-01-21");
    shop.work().await;
    assert_eq!((shop.charged().await, shop.due(&id).await.as_str()), (1, "2027-02-21"));
    shop.days_until("2027-02-10", "09:00:00").await;
    assert_eq!(shop.asked().await, (1, 1));
}

#[tokio::test]
async fn nothing_is_charged_at_night() {
    let shop = Shop::open().await;
    shop.signed().await;
    shop.at("2027-01-05 07:59:59").await;
    shop.work().await;
    shop.at("2027-01-05 20:00:00").await;
    shop.work().await;
    assert_eq!(shop.asked().await, (0, 0));
    shop.at("2027-01-06 08:00:00").await;
    shop.work().await;
    assert_eq!(shop.charged().await, 1);
}

#[tokio::test]
async fn a_price_that_rose_is_not_charged_and_one_that_fell_is() {
    let shop = Shop::open().await;
    let (_, id) = shop.signed().await;
    let product = text(&shop.app.owner_get("/products").await["items"][0]["id"]);
    let path = format!("/products/{product}");
    shop.app.owner_patch(&path, json!({ "price": "20.00" })).await.is(200);
    shop.days_until("2027-01-05", "09:00:00").await;
    shop.app.owner_patch(&path, json!({ "price": "8.00" })).await.is(200);
    shop.days_until("2027-02-05", "09:00:00").await;
    let charges = shop.subscription(&id).await["charges"].clone();
    assert_eq!((&charges[1]["amount"], &charges[0]["amount"]), (&json!("10.00"), &json!("8.00")));
    assert_eq!(shop.charged().await, 2);
}
