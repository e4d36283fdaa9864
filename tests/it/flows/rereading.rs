//! Notices that were not understood at first.

use matcha::domain::order::OrderStatus;
use matcha::domain::receipt::{ReadAs, Reason, ReceiptState};
use matcha::flow::catalog::SitePatch;
use matcha::flow::reread::{self, Reread};
use matcha::limits;
use rusqlite::{Connection, OpenFlags};
use serde_json::json;

use crate::world::{Announcer, Phone, World, fen, secs};

const NEW_RULE: &str = r#"
[[rule]]
name = "wechat-next-year"
kind = "receipt"
channel = "wechat"
package = "com.tencent.mm"
titles = ["微信支付"]
counter = true
pins_id = true
text = '今天进账{amount}元'
accept = [{ text = "今天进账5.00元", amount = "5.00" }]
reject = [{ text = "今天出账5.00元" }]
"#;

fn reworded(world: &World, phone: &Phone, amount: &str) -> String {
    let mut notice = Announcer::Wechat.notice("n1", Some(world.now().plus(phone.ahead)), fen(1));
    notice["text"] = json!(format!("今天进账{amount}元"));
    notice.to_string()
}

#[tokio::test]
async fn rules_that_learn_a_wording_settle_the_order_that_held_the_amount_at_that_time() {
    let (mut world, phone) = World::shop_with_phone().await;
    world.change_site(SitePatch { max_discount: Some(fen(0)), ..SitePatch::default() }).await;
    let first = world.order().await;
    world.wait(secs(20));
    world.send(&phone, &[reworded(&world, &phone, "1.00")]).await;
    assert_eq!(world.receipts().await, []);
    world.wait(limits::PAY_WINDOW_DEFAULT.times(10));
    world.beat(&phone).await;
    let second = world.order().await;
    let same = reread::all(&world.app, ReadAs::Unread, world.now()).await.unwrap();
    assert_eq!(same, Reread { looked_at: 1, read: 0, settled: 0 });
    world.lay_over(NEW_RULE);
    let done = reread::all(&world.app, ReadAs::Unread, world.now()).await.unwrap();
    assert_eq!(done, Reread { looked_at: 1, read: 1, settled: 1 });
    let paid = world.find(first.id).await;
    assert_eq!((paid.status, paid.late), (OrderStatus::Paid, false));
    assert_eq!(world.find(second.id).await.status, OrderStatus::Pending);
    let done = reread::all(&world.app, ReadAs::Unread, world.now()).await.unwrap();
    assert_eq!(done, Reread::default(), "once");
}

#[tokio::test]
async fn a_wording_learned_after_the_second_announcer_paid_the_order_is_its_echo() {
    let (mut world, phone) = World::shop_with_phone().await;
    let made = world.order().await;
    world.wait(secs(20));
    world.send(&phone, &[reworded(&world, &phone, "1.00")]).await;
    world.pay(&phone, Announcer::Helper, 100).await;
    assert_eq!(world.find(made.id).await.status, OrderStatus::Paid);
    world.lay_over(NEW_RULE);
    reread::all(&world.app, ReadAs::Unread, world.now()).await.unwrap();
    let bins: Vec<ReceiptState> = world.receipts().await.iter().map(|r| r.state).collect();
    assert_eq!(bins, [ReceiptState::Settled, ReceiptState::Echo]);
}

#[tokio::test]
async fn a_wording_learned_when_nobody_ordered_goes_to_the_inbox() {
    let (mut world, phone) = World::shop_with_phone().await;
    world.send(&phone, &[reworded(&world, &phone, "7.00")]).await;
    world.lay_over(NEW_RULE);
    reread::all(&world.app, ReadAs::Unread, world.now()).await.unwrap();
    assert_eq!(world.reasons().await, [Reason::NoCandidate]);
}

#[tokio::test]
async fn a_notice_that_was_stored_but_not_worked_is_worked_later() {
    let (world, phone) = World::shop_with_phone().await;
    let made = world.order().await;
    world.wait(secs(20));
    let mut notice = Announcer::Wechat.notice("n1", Some(world.now()), fen(100));
    notice["package"] = json!("com.example.unknown");
    world.send(&phone, &[notice.to_string()]).await;
    // What the file holds when matching failed for a reason of ours: the notice, waiting.
    let conn = Connection::open_with_flags(world.path(), OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap();
    conn.execute("UPDATE notices SET read_as = 'pending'", []).unwrap();
    drop(conn);
    let done = reread::all(&world.app, ReadAs::Pending, world.now()).await.unwrap();
    assert_eq!(done, Reread { looked_at: 1, read: 1, settled: 0 }, "this one is unread now, not pending");
    assert_eq!(world.find(made.id).await.status, OrderStatus::Pending);
    let waiting = world.read(|tx| tx.notices_after(ReadAs::Pending, 0, 10)).await;
    assert_eq!(waiting, []);
}
