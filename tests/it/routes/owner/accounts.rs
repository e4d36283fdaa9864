//! Accounts and their codes.

use std::io::Cursor;

use image::ImageFormat;
use insta::assert_json_snapshot;
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{Answer, Ask as _, TestApp, multipart, sample, shape, text};

/// The sample code for 0.98 in another format.
fn sample_as(format: ImageFormat) -> Vec<u8> {
    let picture = image::load_from_memory(&sample("wechat", "0.98")).unwrap().to_rgb8();
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn warnings(body: &Value) -> Vec<&str> {
    body["warnings"].as_array().unwrap().iter().map(|w| w["code"].as_str().unwrap()).collect()
}

async fn send(app: &TestApp, account: &str, kind: &str, body: Vec<u8>) -> Answer {
    let request = app.owner(Method::POST, &format!("/accounts/{account}/codes"));
    request.header("content-type", kind).body(body).ask().await
}

#[tokio::test]
async fn an_account_is_made_and_listed() {
    let app = TestApp::start().await;
    let made = app
        .owner_post("/accounts", json!({ "name": " 我的微信 ", "channel": "wechat" }))
        .await
        .is(201)
        .json();
    assert_json_snapshot!("account", shape(&app, &made));
    let by_remark = json!({ "name": "店", "channel": "alipay", "distinguish": "remark" });
    let second = app.owner_post("/accounts", by_remark).await.is(201).json();
    let listed = app.owner_get("/accounts").await;
    assert_eq!(listed, json!({ "items": [made, second], "next_cursor": null }));
}

#[tokio::test]
async fn an_account_without_a_name_or_of_no_known_wallet_is_refused() {
    let app = TestApp::start().await;
    for body in [
        json!({ "name": "", "channel": "wechat" }),
        json!({ "name": "a\nb", "channel": "wechat" }),
        json!({ "name": "x".repeat(201), "channel": "wechat" }),
        json!({ "name": "x", "channel": "paypal" }),
        json!({ "name": "x", "channel": "wechat", "distinguish": "colour" }),
        json!({ "channel": "wechat" }),
    ] {
        app.owner_post("/accounts", body).await.problem(422, "invalid");
    }
    assert_eq!(app.owner_get("/accounts").await["items"], json!([]));
}

#[tokio::test]
async fn png_jpeg_and_webp_are_taken_in_and_served_as_a_png_of_ours() {
    let app = TestApp::start().await;
    let account = app.account("wechat").await;
    let formats = [(ImageFormat::Png, "0.96"), (ImageFormat::Jpeg, "0.97"), (ImageFormat::WebP, "0.98")];
    for (format, amount) in formats {
        let upload = sample_as(format);
        let made = app.upload(&account, &upload, amount, "").await.is(201).json();
        assert_eq!(made["payload"], "wxp://f2f0MATCHA-SAMPLE-0098-DO-NOT-PAY", "{format:?}");
        let path = format!("/codes/{}/image.png", text(&made["id"]));
        let served = app.owner(Method::GET, &path).ask().await.is(200);
        assert_eq!(served.header("content-type"), "image/png");
        assert_eq!(
            served.bytes,
            sample("wechat", "0.98"),
            "drawn from the payload, whatever came in: {format:?}"
        );
    }
}

#[tokio::test]
async fn a_code_says_its_kind_amount_remark_and_payload() {
    let app = TestApp::start().await;
    let account = app.account("wechat").await;
    let fixed = app.upload(&account, &sample("wechat", "0.98"), "0.98", " A7 ").await.is(201).json();
    assert_json_snapshot!("code", shape(&app, &fixed));
    let open = app.upload(&account, &sample("wechat", "0.90"), "", "").await.is(201).json();
    assert_eq!(
        (&open["kind"], &open["amount"], &open["remark"]),
        (&json!("open"), &Value::Null, &Value::Null)
    );
    let listed =
        app.owner_get(&format!("/accounts/{account}/codes")).await["items"].as_array().unwrap().len();
    assert_eq!(listed, 2);
}

#[tokio::test]
async fn the_same_amount_and_remark_twice_is_a_conflict_that_names_the_other() {
    let app = TestApp::start().await;
    let account = app.account("wechat").await;
    let first = app.upload(&account, &sample("wechat", "0.98"), "0.98", "").await.is(201).json();
    let clash = app.upload(&account, &sample("wechat", "0.97"), "0.98", "").await.problem(409, "code_exists");
    assert_eq!(clash["existing"], first["id"]);
    // Another remark, another account: no clash.
    app.upload(&account, &sample("wechat", "0.96"), "0.98", "B").await.is(201);
    let other = app.account("wechat").await;
    app.upload(&other, &sample("wechat", "0.98"), "0.98", "").await.is(201);
}

#[tokio::test]
async fn the_same_picture_for_two_amounts_is_taken_in_with_a_warning() {
    let app = TestApp::start().await;
    let account = app.account("wechat").await;
    app.upload(&account, &sample("wechat", "0.98"), "0.98", "").await.is(201);
    let second = app.upload(&account, &sample("wechat", "0.98"), "0.97", "").await.is(201).json();
    assert_eq!(warnings(&second), ["same_payload"]);
}

#[tokio::test]
async fn what_is_odd_about_a_picture_is_said_and_not_refused() {
    let app = TestApp::start().await;
    let account = app.account("wechat").await;
    let other_wallet = app.upload(&account, &sample("alipay", "0.98"), "0.98", "").await.is(201).json();
    assert_eq!(
        (warnings(&other_wallet), &other_wallet["verified"]),
        (vec!["payload_other_wallet"], &json!(false))
    );
    let mut blank = Cursor::new(Vec::new());
    image::GrayImage::from_pixel(64, 64, image::Luma([200])).write_to(&mut blank, ImageFormat::Png).unwrap();
    let unread = app.upload(&account, blank.get_ref(), "0.97", "").await.is(201).json();
    assert_eq!((warnings(&unread), &unread["payload"]), (vec!["unreadable"], &Value::Null));
}

#[tokio::test]
async fn what_is_no_picture_is_refused_whatever_it_is_called() {
    let app = TestApp::start().await;
    let account = app.account("wechat").await;
    let gif = b"GIF89a\x01\x00\x01\x00\x00\x00\x00;";
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>";
    for file in [gif.as_slice(), svg, b"", b"\x00", "文本".as_bytes()] {
        app.upload(&account, file, "0.98", "").await.problem(415, "image_format");
    }
    let png = sample("wechat", "0.98");
    app.upload(&account, &png[..png.len() / 2], "0.98", "").await.problem(422, "image_broken");
    assert_eq!(app.owner_get(&format!("/accounts/{account}/codes")).await["items"], json!([]));
}

#[tokio::test]
async fn a_picture_of_too_many_bytes_or_pixels_is_refused() {
    let app = TestApp::start().await;
    let account = app.account("wechat").await;
    let mut fat = sample("wechat", "0.98");
    fat.resize(2 * 1024 * 1024 + 1, 0);
    app.upload(&account, &fat, "0.98", "").await.problem(413, "image_too_large");
    fat.resize(3 * 1024 * 1024, 0);
    app.upload(&account, &fat, "0.98", "").await.problem(413, "body_too_large");
    let mut wide = Cursor::new(Vec::new());
    image::GrayImage::new(4097, 2).write_to(&mut wide, ImageFormat::Png).unwrap();
    app.upload(&account, wide.get_ref(), "0.98", "").await.problem(413, "image_dimensions");
}

#[tokio::test]
async fn a_form_that_is_no_form_is_refused() {
    let app = TestApp::start().await;
    let account = app.account("wechat").await;
    let (kind, whole) = multipart(&[("amount", b"0.98"), ("file", &sample("wechat", "0.98"))]);
    send(&app, &account, "application/json", whole.clone()).await.problem(400, "bad_multipart");
    send(&app, &account, "multipart/form-data", whole.clone()).await.problem(400, "bad_multipart");
    send(&app, &account, "multipart/form-data; boundary=other", whole.clone())
        .await
        .problem(400, "bad_multipart");
    send(&app, &account, &kind, whole[..whole.len() / 2].to_vec()).await.problem(400, "bad_multipart");
    send(&app, &account, &kind, Vec::new()).await.problem(400, "bad_multipart");
    let (kind, without_file) = multipart(&[("amount", b"0.98")]);
    send(&app, &account, &kind, without_file).await.problem(400, "bad_multipart");
}

#[tokio::test]
async fn an_amount_or_remark_that_cannot_be_is_refused() {
    let app = TestApp::start().await;
    let account = app.account("wechat").await;
    let png = sample("wechat", "0.98");
    for amount in ["0", "0.00", "-1", "1.234", "1,00", "一元", "0.98元", "99999999999"] {
        let problem = app.upload(&account, &png, amount, "").await.problem(422, "invalid");
        assert_eq!(problem["field"], "amount", "{amount}");
    }
    let long = app.upload(&account, &png, "0.98", &"字".repeat(51)).await;
    assert_eq!(long.problem(422, "invalid")["field"], "remark");
}

#[tokio::test]
async fn a_removed_code_is_gone_but_the_orders_that_show_it_keep_it() {
    let app = TestApp::start().await;
    app.shop().await;
    let order = app.order().await;
    let account = text(&app.owner_get("/accounts").await["items"][0]["id"]);
    let codes = app.owner_get(&format!("/accounts/{account}/codes")).await;
    let code = codes["items"].as_array().unwrap().iter().find(|c| c["amount"] == "1.00").unwrap().clone();
    let path = format!("/codes/{}", text(&code["id"]));
    app.owner(Method::DELETE, &path).ask().await.is(204);
    app.owner(Method::DELETE, &path).ask().await.problem(404, "code_not_found");
    app.get(&order.path("/code.png")).ask().await.is(200);
    app.pass(301);
    assert_eq!(app.order().await.amount, "0.99", "nobody is shown the removed code any more");
    // The amount can be given a new code.
    app.upload(&account, &sample("wechat", "1.00"), "1.00", "").await.is(201);
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let app = TestApp::start().await;
    app.owner(Method::GET, "/accounts/acc_1/codes").ask().await.problem(404, "account_not_found");
    app.upload("acc_1", &sample("wechat", "0.98"), "0.98", "").await.problem(404, "account_not_found");
    app.owner(Method::DELETE, "/codes/cod_1").ask().await.problem(404, "code_not_found");
    app.owner(Method::GET, "/codes/cod_1/image.png").ask().await.problem(404, "code_not_found");
    app.owner(Method::GET, "/accounts/ord_1/codes").ask().await.problem(404, "not_found");
}
