//! `/api/v1/orders/{id}/events`: the stream of an order's changes, over a real connection.

use std::time::Duration;

use reqwest::{RequestBuilder, Response};
use serde_json::Value;

use crate::app::{Ask as _, Order, Phone, TestApp};

/// Long enough for any machine, short enough that a stream that hangs is found.
const PATIENCE: Duration = Duration::from_secs(20);

/// An open stream, read block by block.
struct Stream {
    response: Response,
    unread: String,
}

/// One block of a stream: what stands between two blank lines.
#[derive(Debug, PartialEq)]
struct Block(String);

impl Block {
    fn field(&self, name: &str) -> Option<&str> {
        self.0.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    fn id(&self) -> i64 {
        self.field("id").expect("an id").parse().expect("a number")
    }

    /// The order that an event `order` carries.
    #[track_caller]
    fn order(&self) -> Value {
        assert_eq!(self.field("event"), Some("order"), "{self:?}");
        serde_json::from_str(self.field("data").expect("data")).expect("JSON")
    }
}

impl Stream {
    async fn open(app: &TestApp, order: &Order) -> Stream {
        Stream::of(app.get(&path(order))).await
    }

    async fn resume(app: &TestApp, order: &Order, last: i64) -> Stream {
        Stream::of(app.get(&path(order)).header("last-event-id", last.to_string())).await
    }

    async fn of(request: RequestBuilder) -> Stream {
        let response = request.send().await.expect("the server answers");
        assert_eq!(response.status(), 200);
        Stream { response, unread: String::new() }
    }

    /// The next block; `None` where the server ended the stream.
    async fn next(&mut self) -> Option<Block> {
        tokio::time::timeout(PATIENCE, self.next_untimed()).await.expect("the stream goes on or ends")
    }

    async fn next_untimed(&mut self) -> Option<Block> {
        loop {
            if let Some((block, rest)) = self.unread.split_once("\n\n") {
                let block = Block(block.to_owned());
                self.unread = rest.to_owned();
                return Some(block);
            }
            let chunk = self.response.chunk().await.expect("the connection holds")?;
            self.unread.push_str(std::str::from_utf8(&chunk).expect("UTF-8"));
        }
    }

    async fn next_order(&mut self) -> Value {
        self.next().await.expect("an event, not the end").order()
    }

    /// Reads the greeting and the order as it was when the stream was opened.
    async fn first(&mut self) -> Block {
        assert!(self.next().await.expect("a greeting").field("retry").is_some());
        self.next().await.expect("the order")
    }
}

fn path(order: &Order) -> String {
    order.path(&format!("/events?token={}", order.token))
}

async fn shop() -> (TestApp, Phone) {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    (app, phone)
}

#[tokio::test]
async fn the_first_bytes_come_at_once_and_no_proxy_may_hold_them_back() {
    let (app, _) = shop().await;
    let order = app.order().await;
    let mut stream = Stream::open(&app, &order).await;
    let headers = stream.response.headers().clone();
    let header = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or("").to_owned();
    assert_eq!(header("content-type"), "text/event-stream");
    assert_eq!(header("cache-control"), "no-store, no-transform");
    assert_eq!(header("x-accel-buffering"), "no");
    assert_eq!(header("content-length"), "", "its length is not known");
    let greeting = stream.next().await.unwrap();
    assert_eq!(greeting.field("retry"), Some("2000"));
    assert!(
        greeting.0.lines().any(|line| line.starts_with(':')),
        "a comment, which no browser shows: {greeting:?}"
    );
}

#[tokio::test]
async fn the_order_itself_is_the_first_event() {
    let (app, _) = shop().await;
    let order = app.order().await;
    let first = Stream::open(&app, &order).await.first().await;
    let mut expected = order.body.clone();
    expected.as_object_mut().unwrap().remove("token");
    assert_eq!(first.order(), expected);
    assert!(first.id() > 0);
}

#[tokio::test]
async fn the_paid_order_arrives_after_the_notice_and_ends_the_stream() {
    let (app, phone) = shop().await;
    let order = app.order().await;
    let mut stream = Stream::open(&app, &order).await;
    let first = stream.first().await;
    phone.receive(&order.amount).await;
    let paid = stream.next().await.expect("the paid order");
    assert!(paid.id() > first.id());
    assert_eq!(paid.order()["status"], "paid");
    assert!(paid.order()["unlock"]["token"].is_string());
    assert_eq!(stream.next().await, None, "nothing can happen any more");
}

#[tokio::test]
async fn every_act_on_the_order_is_an_event_with_a_larger_id() {
    let (app, _) = shop().await;
    let order = app.order().await;
    let mut stream = Stream::open(&app, &order).await;
    let mut last = stream.first().await.id();
    for (verb, status, left) in
        [("/extend", "pending", 9), ("/extend", "pending", 8), ("/cancel", "cancelled", 8)]
    {
        app.post(&order.path(verb)).bearer_auth(&order.token).ask().await.is(200);
        let block = stream.next().await.unwrap();
        let body = block.order();
        assert_eq!((body["status"].as_str(), body["extensions_left"].as_i64()), (Some(status), Some(left)));
        assert!(block.id() > last);
        last = block.id();
    }
}

#[tokio::test]
async fn another_order_is_not_heard() {
    let (app, phone) = shop().await;
    let (mine, other) = (app.order().await, app.order().await);
    let mut stream = Stream::open(&app, &mine).await;
    stream.first().await;
    phone.receive(&other.amount).await;
    phone.receive(&mine.amount).await;
    assert_eq!(stream.next_order().await["id"], mine.id.as_str());
}

#[tokio::test]
async fn who_comes_back_hears_nothing_twice_and_misses_nothing() {
    let (app, phone) = shop().await;
    let order = app.order().await;
    let mut stream = Stream::open(&app, &order).await;
    let first = stream.first().await;
    drop(stream);
    let mut again = Stream::resume(&app, &order, first.id()).await;
    assert!(again.next().await.unwrap().field("retry").is_some());
    phone.receive(&order.amount).await;
    assert_eq!(again.next_order().await["status"], "paid", "the pending order is not told again");
    drop(again);
    let mut later = Stream::resume(&app, &order, first.id()).await;
    assert!(later.next().await.unwrap().field("retry").is_some());
    assert_eq!(later.next_order().await["status"], "paid", "what happened meanwhile is told");
}

#[tokio::test]
async fn who_heard_the_end_already_is_told_nothing_more() {
    let (app, phone) = shop().await;
    let order = app.bought(&phone).await;
    let mut stream = Stream::open(&app, &order).await;
    let paid = stream.first().await;
    assert_eq!(stream.next().await, None);
    let mut again = Stream::resume(&app, &order, paid.id()).await;
    assert!(again.next().await.unwrap().field("retry").is_some());
    assert_eq!(again.next().await, None);
}

#[tokio::test]
async fn a_last_event_id_that_is_no_number_starts_from_the_beginning() {
    let (app, _) = shop().await;
    let order = app.order().await;
    for nonsense in ["", "x", "9999999999999999999999"] {
        let mut stream = Stream::of(app.get(&path(&order)).header("last-event-id", nonsense)).await;
        assert_eq!(stream.first().await.order()["status"], "pending", "{nonsense}");
    }
}

#[tokio::test]
async fn an_expired_order_is_still_listened_to_while_a_late_payment_would_count() {
    let (app, phone) = shop().await;
    let order = app.order().await;
    let mut stream = Stream::open(&app, &order).await;
    stream.first().await;
    app.pass(120);
    app.work().await;
    assert_eq!(stream.next_order().await["status"], "expired");
    phone.receive(&order.amount).await;
    let paid = stream.next_order().await;
    assert_eq!((paid["status"].as_str(), paid["late"].as_bool()), (Some("paid"), Some(true)));
    assert_eq!(stream.next().await, None);
}

#[tokio::test]
async fn the_stream_of_an_order_whose_amount_is_free_again_ends() {
    let (app, _) = shop().await;
    let order = app.order().await;
    app.pass(300);
    app.work().await;
    let mut stream = Stream::open(&app, &order).await;
    assert_eq!(stream.first().await.order()["status"], "expired");
    assert_eq!(stream.next().await, None);
}

#[tokio::test]
async fn a_quiet_stream_is_kept_alive_by_comments() {
    let (app, _) = shop().await;
    let order = app.order().await;
    let mut stream = Stream::open(&app, &order).await;
    stream.first().await;
    // From here on the runtime's time jumps to the next timer whenever there is nothing else to do.
    tokio::time::pause();
    let began = tokio::time::Instant::now();
    for _ in 0..3 {
        assert_eq!(stream.next_untimed().await, Some(Block(": beat".to_owned())));
    }
    assert!(began.elapsed() >= Duration::from_secs(3 * 15) && began.elapsed() < Duration::from_secs(5 * 15));
}

#[tokio::test]
async fn an_expiry_that_no_worker_wrote_is_told_with_the_next_heartbeat() {
    let (app, _) = shop().await;
    let order = app.order().await;
    let mut stream = Stream::open(&app, &order).await;
    let first = stream.first().await;
    app.pass(120);
    tokio::time::pause();
    assert_eq!(stream.next_untimed().await, Some(Block(": beat".to_owned())));
    let expired = stream.next_untimed().await.unwrap();
    assert_eq!(expired.order()["status"], "expired");
    assert!(expired.id() > first.id());
}

#[tokio::test]
async fn streams_end_when_the_server_stops_and_do_not_hold_it_up() {
    let (mut app, _) = shop().await;
    let order = app.order().await;
    let mut stream = Stream::open(&app, &order).await;
    stream.first().await;
    app.begin_to_stop();
    assert_eq!(stream.next().await, None);
    tokio::time::timeout(Duration::from_secs(5), app.stop())
        .await
        .expect("well within the ten seconds of grace");
}

#[tokio::test]
async fn the_token_may_come_in_the_header_and_without_one_there_is_no_stream() {
    let (app, _) = shop().await;
    let order = app.order().await;
    let bare = order.path("/events");
    assert_eq!(
        Stream::of(app.get(&bare).bearer_auth(&order.token)).await.first().await.order()["status"],
        "pending"
    );
    app.get(&bare).ask().await.problem(401, "unauthorized");
    app.get(&format!("{bare}?token=ot_x")).ask().await.problem(401, "unauthorized");
}

#[tokio::test]
async fn a_stream_that_is_closed_leaves_nothing_behind() {
    let (app, phone) = shop().await;
    let order = app.order().await;
    let mut stream = Stream::open(&app, &order).await;
    stream.first().await;
    assert_eq!(app.app.store.changes().watched(), 1);
    phone.receive(&order.amount).await;
    stream.next_order().await;
    assert_eq!(stream.next().await, None);
    assert_eq!(app.app.store.changes().watched(), 0);
}
