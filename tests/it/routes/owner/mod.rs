//! `/api/v1/owner/…`: the owner, with a key.

mod accounts;
mod inbox;
mod lists;
mod sites;

use matcha::web;
use reqwest::Method;

use crate::app::{Ask as _, TestApp};

#[tokio::test]
async fn without_an_owners_key_no_address_answers() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    let order = app.order().await;
    let mut asked = 0;
    for (path, item) in &web::openapi().paths.paths {
        let Some(rest) = path.strip_prefix("/api/v1/owner") else { continue };
        let path = rest.replace("{id}", "ord_1").replace("{slug}", "blog");
        for (method, there) in [
            (Method::GET, item.get.is_some()),
            (Method::POST, item.post.is_some()),
            (Method::PATCH, item.patch.is_some()),
            (Method::DELETE, item.delete.is_some()),
        ] {
            if !there {
                continue;
            }
            asked += 1;
            let wrong = app.owner_key.replace("ok_", "mk_");
            for key in ["", "ok_", "ok_wrong", &wrong, &order.token, &phone.secret] {
                let request =
                    app.http.request(method.clone(), format!("{}/api/v1/owner{path}", app.base_url));
                request.bearer_auth(key).ask().await.problem(401, "unauthorized");
            }
            let bare = app.http.request(method.clone(), format!("{}/api/v1/owner{path}", app.base_url));
            bare.ask().await.problem(401, "unauthorized");
        }
    }
    assert!(asked > 25, "{asked}");
}
