//! `matcha subscription`, beside a running server on the same database.

use matcha::clock::Clock;

use super::{run, run_badly};
use crate::subscriptions::Shop;

#[tokio::test]
async fn subscriptions_are_listed_and_ended_at_the_command_line_and_the_server_tells_alipay() {
    // Commands live by the real clock.
    let shop = Shop::open_at(&Clock::System.now().china_clock()).await;
    let data = shop.app.dir.path();
    assert_eq!(run(data, &["subscription", "list"]), "");
    let (member, id) = shop.signed().await;
    let stands = shop.subscription(&id).await;
    let due = stands["next_due"].as_str().expect("a day");
    let listed = run(data, &["subscription", "list"]);
    let lines: Vec<&str> = listed.lines().collect();
    let [first, schedule] = lines.as_slice() else { panic!("{listed}") };
    assert!(first.starts_with(&format!("{id}  normal  blog/vip  ¥10.00 every 1m  paid until ")), "{first}");
    assert!(schedule.contains(&format!("due {due}, tried at ")), "{schedule}");
    assert_eq!(schedule.matches(" 08:00:00").count(), 3, "three tries, in China's mornings: {schedule}");

    let unknown = run_badly(data, &["subscription", "end", "sub_1"]);
    assert!(unknown.contains("no such Subscription"), "{unknown}");
    let number = shop.agreement_no(&id).await;
    let said = run(data, &["subscription", "end", &id]);
    assert_eq!(said, format!("{id} is ended; the server tells Alipay\n"));
    let ended = shop.subscription(&id).await;
    assert_eq!(
        (ended["state"].as_str(), ended["ending"].as_str(), ended["ended_at_gateway"].as_bool()),
        (Some("ended"), Some("owner"), Some(false)),
        "a command does not speak to Alipay"
    );
    let at_gateway = async || {
        let agreements = shop.gateway.state().await.agreements;
        let found = agreements.into_iter().find(|known| known.agreement_no.as_deref() == Some(&number));
        found.expect("the agreement").status
    };
    assert_eq!(at_gateway().await.as_deref(), Some("NORMAL"));
    shop.pass(60).await;
    shop.work().await;
    assert_eq!(shop.subscription(&id).await["ended_at_gateway"], true);
    assert_eq!(at_gateway().await.as_deref(), Some("UNSIGN"));
    let listed = run(data, &["subscription", "list"]);
    assert_eq!(listed.lines().count(), 1, "nothing is due any more: {listed}");
    assert!(listed.contains("ended (owner)"), "{listed}");
    run(data, &["subscription", "end", &id]);
    assert_eq!(shop.reads(&member).await, 200, "what was paid for goes on");
}
