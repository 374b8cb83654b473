//! Pages and forms without script.

use crate::shop::Shop;
use http::Method;

#[tokio::test]
async fn the_page_gives_a_cookie_before_there_is_a_button_to_press() {
    let shop = Shop::opened().await;
    let browser = shop.browser();
    let page = browser.get("/events/glow?lang=en").await;
    assert_eq!(page.status, 200);
    assert!(
        page.headers["content-security-policy"]
            .to_str()
            .unwrap()
            .contains("default-src 'none'")
    );
    assert!(browser.jar.borrow().contains_key("banjjak_shopper"));
    assert_eq!(browser.jar.borrow()["banjjak_lang"], "en");
    assert!(page.text.contains("Glow"));
    assert_eq!(browser.get("/").await.status, 200);
    let missing = browser.get("/events/none").await;
    assert_eq!(
        (
            missing.status,
            missing.headers["content-type"].to_str().unwrap()
        ),
        (404, "text/html; charset=utf-8")
    );
}

#[tokio::test]
async fn the_whole_way_without_script() {
    let shop = Shop::opened().await;
    let browser = shop.browser();
    browser.get("/events/glow").await;
    let post = |path: &str, form: &str| {
        browser
            .ask(Method::POST, &format!("/events/glow/{path}"))
            .form(form)
            .send()
    };
    let joined = post("join", "slot=1100").await;
    assert_eq!(
        (joined.status, joined.headers["location"].to_str().unwrap()),
        (303, "/events/glow"),
        "{}",
        joined.text
    );
    assert_eq!(post("enter", "place=").await.status, 303);
    assert_eq!(
        post("book", "key=request-key-0001&slot=1100&seats=2")
            .await
            .status,
        303
    );
    let me = browser.get("/v1/events/glow/places/me").await;
    assert_eq!(me.body["state"], "booked");
    let id = me.body["reservations"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        post("move", &format!("reservation={id}&from=1100&slot=1200"))
            .await
            .status,
        409,
        "the other slot has one seat"
    );
    assert_eq!(
        post("cancel", &format!("reservation={id}&from=1200"))
            .await
            .status,
        409,
        "made for another slot"
    );
    assert_eq!(
        post("cancel", &format!("reservation={id}&from=1100&lang=en"))
            .await
            .headers["location"],
        "/events/glow?lang=en"
    );
    let me = browser.get("/v1/events/glow/places/me").await;
    assert_eq!(me.body["state"], "left");
}

#[tokio::test]
async fn a_forms_problem_is_a_page() {
    let shop = Shop::opened().await;
    let browser = shop.browser();
    browser.get("/events/glow").await;
    let post = |path: &str, form: &str| {
        browser
            .ask(Method::POST, &format!("/events/glow/{path}"))
            .form(form)
            .send()
    };
    for (path, form, status) in [
        ("book", "slot=1100&seats=1", 422),
        ("book", "key=request-key-0001&slot=1100&seats=1", 409),
        ("enter", "place=x", 422),
        ("cancel", "reservation=x", 404),
        ("join", "what=1", 422),
    ] {
        let said = post(path, form).await;
        assert_eq!(
            (said.status, said.headers["content-type"].to_str().unwrap()),
            (status, "text/html; charset=utf-8"),
            "{path} {form}"
        );
    }
    let json = browser
        .ask(Method::POST, "/events/glow/join")
        .json(serde_json::json!({}))
        .send()
        .await;
    assert_eq!(json.status, 415);
}
