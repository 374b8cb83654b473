//! Every status and code that does not come from the fold.

use crate::shop::Shop;
use axum::body::Body;
use http::{Method, Request};
use serde_json::json;
use std::time::Duration;

const PLACES: &str = "/v1/events/glow/places";

#[tokio::test]
async fn bodies_are_read_strictly() {
    let shop = Shop::opened().await;
    let browser = shop.browser();
    let post = |body: &str| {
        browser
            .ask(Method::POST, PLACES)
            .header("content-type", "application/json; charset=utf-8")
            .raw(body.to_owned())
    };
    post("{").send().await.is(400, "invalid_json");
    post("{} {}").send().await.is(400, "invalid_json");
    for (body, field) in [
        ("[]", "body"),
        ("{\"slots\":\"1100\"}", "slots"),
        ("{\"slot\":1}", "slot"),
        ("{\"slot\":\"!\"}", "slot"),
        ("{\"slot\":\"a\",\"slot\":\"b\"}", "slot"),
    ] {
        let said = post(body).send().await;
        said.is(422, "invalid_field");
        assert_eq!(said.body["fields"][0]["field"], field, "{body}");
    }
    post("{}").send().await.is(202, "");
    browser
        .ask(Method::POST, PLACES)
        .header("content-type", "text/plain")
        .send()
        .await
        .is(202, "");
    browser
        .ask(Method::POST, PLACES)
        .header("content-type", "text/plain")
        .raw("{}")
        .send()
        .await
        .is(415, "unsupported_media_type");
    browser
        .ask(Method::POST, PLACES)
        .raw("{}")
        .send()
        .await
        .is(415, "unsupported_media_type");
    post(&format!("{{\"slot\":\"{}\"}}", "a".repeat(70_000)))
        .send()
        .await
        .is(413, "body_too_large");
    browser
        .ask(Method::POST, PLACES)
        .json(json!({}))
        .header("content-length", "99999999")
        .send()
        .await
        .is(413, "body_too_large");
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let shop = Shop::with(
        |limits| limits.body.timeout = Duration::from_millis(10),
        None,
    );
    shop.create(|_| {}).await;
    let never = Body::from_stream(futures_util::stream::pending::<
        Result<bytes::Bytes, std::io::Error>,
    >());
    shop.browser()
        .ask(Method::POST, PLACES)
        .raw(never)
        .send()
        .await
        .is(408, "request_timeout");
}

#[tokio::test]
async fn what_is_not_there_and_what_is_not_done_that_way() {
    let shop = Shop::opened().await;
    let browser = shop.browser();
    for path in [
        "/nothing",
        "/v1/events/none",
        "/v1/events/Bad_Id",
        "/v1/events/%ff",
        "/v1/events/none/places/me",
        "/v1/reservations/none",
        "/v1/reservations/glow.zz",
        "/assets/none",
    ] {
        browser.get(path).await.is(404, "not_found");
    }
    let wrong = browser.ask(Method::PUT, PLACES).send().await;
    wrong.is(405, "method_not_allowed");
    assert_eq!(wrong.headers["allow"], "POST");
    let wrong = browser
        .ask(Method::PATCH, "/v1/events/glow/places/me")
        .send()
        .await;
    wrong.is(405, "method_not_allowed");
    assert!(wrong.headers["allow"].to_str().unwrap().contains("DELETE"));
}

#[tokio::test]
async fn a_cookie_that_is_not_ours_is_never_replaced_silently() {
    let shop = Shop::opened().await;
    let browser = shop.browser();
    browser.ask(Method::POST, PLACES).wait().send().await;
    let good = browser.jar.borrow()["banjjak_shopper"].clone();
    for bad in [
        "",
        "x",
        &good[1..],
        &good.to_uppercase(),
        &format!("{good}."),
    ] {
        browser
            .jar
            .borrow_mut()
            .insert("banjjak_shopper".into(), bad.into());
        for (method, path) in [
            (Method::POST, PLACES),
            (Method::GET, "/v1/events/glow/places/me"),
            (
                Method::GET,
                "/v1/reservations/glow.00000000000000000000000000000000",
            ),
        ] {
            let said = browser.ask(method, path).send().await;
            said.is(401, "invalid_cookie");
            assert!(!said.headers.contains_key("set-cookie"));
        }
        let page = browser.get("/events/glow").await;
        assert_eq!(page.status, 401);
        assert!(!page.headers.contains_key("set-cookie"));
    }
    browser.get("/v1/events/glow").await.is(200, "");
}

#[tokio::test]
async fn changes_from_other_sites_are_refused() {
    let shop = Shop::opened().await;
    let browser = shop.browser();
    let post = |name, value| {
        browser
            .ask(Method::POST, PLACES)
            .header("host", "127.0.0.1:8080")
            .header(name, value)
    };
    post("origin", "http://evil.example")
        .send()
        .await
        .is(403, "cross_origin");
    post("origin", "null").send().await.is(403, "cross_origin");
    post("sec-fetch-site", "cross-site")
        .send()
        .await
        .is(403, "cross_origin");
    post("origin", "http://127.0.0.1:8080")
        .send()
        .await
        .is(202, "");
    browser
        .ask(Method::GET, "/v1/events")
        .header("origin", "http://evil.example")
        .send()
        .await
        .is(200, "");
    browser
        .ask(Method::DELETE, "/v1/shopper")
        .header("sec-fetch-site", "same-site")
        .send()
        .await
        .is(403, "cross_origin");
}

#[tokio::test]
async fn an_https_shop_has_host_bound_cookies() {
    let shop = Shop::with(|_| {}, Some("https://shop.example"));
    shop.create(|_| {}).await;
    let browser = shop.browser();
    let said = browser
        .ask(Method::POST, PLACES)
        .header("origin", "https://shop.example")
        .send()
        .await;
    said.is(202, "");
    let set = said
        .headers
        .get_all("set-cookie")
        .iter()
        .map(|set| set.to_str().unwrap().to_owned())
        .find(|set| set.contains("shopper"))
        .unwrap();
    assert!(
        set.starts_with("__Host-banjjak_shopper=")
            && set.contains("; Secure")
            && set.contains("; HttpOnly")
            && set.contains("; SameSite=Lax")
    );
    browser
        .ask(Method::POST, PLACES)
        .header("host", "other.example")
        .header("origin", "https://other.example")
        .send()
        .await
        .is(403, "cross_origin");
}

#[tokio::test]
async fn too_many_changes_are_told_when_to_come_again() {
    let shop = Shop::with(|limits| limits.shopper_changes_per_second = 1, None);
    shop.create(|_| {}).await;
    let browser = shop.browser();
    for _ in 0..11 {
        browser.ask(Method::POST, PLACES).send().await.is(202, "");
    }
    let said = browser.ask(Method::POST, PLACES).send().await;
    said.is(429, "rate_limited");
    assert!(said.body["retry_after_ms"].as_u64().unwrap() <= 1000);
    shop.browser()
        .ask(Method::POST, PLACES)
        .send()
        .await
        .is(202, "");
}

#[tokio::test]
async fn an_address_has_a_rate_too() {
    let shop = Shop::with(|limits| limits.address_changes_per_second = 1, None);
    shop.create(|_| {}).await;
    for _ in 0..10 {
        shop.browser()
            .ask(Method::POST, PLACES)
            .send()
            .await
            .is(202, "");
    }
    shop.browser()
        .ask(Method::POST, PLACES)
        .send()
        .await
        .is(429, "rate_limited");
}

#[tokio::test]
async fn the_number_of_different_request_keys_is_bounded() {
    let shop = Shop::with(|limits| limits.request_keys_max = 2, None);
    shop.create(|_| {}).await;
    let browser = shop.inside().await;
    browser
        .reserve("request-key-0001", "1200", 2)
        .await
        .is(409, "sold_out");
    browser
        .reserve("request-key-0002", "1200", 2)
        .await
        .is(409, "sold_out");
    browser
        .reserve("request-key-0003", "1200", 2)
        .await
        .is(429, "rate_limited");
    browser
        .reserve("request-key-0002", "1200", 2)
        .await
        .is(409, "sold_out");
}

#[tokio::test]
async fn a_reservation_needs_a_key_of_its_client() {
    let shop = Shop::opened().await;
    let browser = shop.inside().await;
    for key in ["", "short", "0123456789abcde!", &"a".repeat(65)] {
        browser
            .reserve(key, "1100", 1)
            .await
            .is(422, "invalid_field");
    }
    browser
        .reserve("request-key-0001", "1100", 0)
        .await
        .is(422, "invalid_field");
    browser
        .reserve("request-key-0001", "", 1)
        .await
        .is(422, "invalid_field");
    browser
        .ask(Method::POST, "/v1/events/glow/reservations")
        .json(json!({"slot": "1100", "seats": 1}))
        .send()
        .await
        .is(422, "invalid_field");
    browser
        .ask(Method::POST, "/v1/events/glow/reservations")
        .header("idempotency-key", "request-key-0001")
        .send()
        .await
        .is(422, "invalid_field");
}

#[tokio::test]
async fn answers_are_hardened_and_traced() {
    let shop = Shop::opened().await;
    let request = Request::get("/v1/events/glow")
        .header(
            "traceparent",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        )
        .body(Body::empty())
        .unwrap();
    let said = shop.send(request).await;
    assert!(
        said.headers["traceparent"]
            .to_str()
            .unwrap()
            .starts_with("00-0af7651916cd43dd8448eb211c80319c-")
    );
    assert_eq!(said.headers["x-content-type-options"], "nosniff");
    let me = shop.browser().get("/v1/events/glow/places/me").await;
    assert_eq!(me.headers["cache-control"], "private, no-store");
}
