//! Every refusal that the fold can say to a shopper, as it reaches one.

use crate::shop::{Shop, created};
use http::Method;
use queue_domain::Phase;
use serde_json::json;

const PLACES: &str = "/v1/events/glow/places";

#[tokio::test]
async fn before_the_lobby_nobody_can_join_and_what_was_acknowledged_is_not_denied() {
    let shop = Shop::open();
    shop.create(|body| {
        body["opens_at"] = json!("2026-12-05T17:00:00+09:00");
    })
    .await;
    let browser = shop.browser();
    let joined = browser.ask(Method::POST, PLACES).wait().send().await;
    joined.is(409, "not_open");
    let me = browser.get("/v1/events/glow/places/me").await;
    me.is(200, "");
    assert_eq!(
        (me.body["last"]["reason"].as_str(), me.body["id"].as_str()),
        (Some("not_open"), None)
    );
    assert_eq!(browser.get("/events/glow").await.status, 200);
}

#[tokio::test]
async fn after_closing_nobody_can_join() {
    let shop = Shop::opened().await;
    let browser = shop.inside().await;
    let closed = shop
        .office(Method::POST, "/admin/v1/events/glow/close", None)
        .await;
    assert_eq!(closed.body["event"]["event"]["phase"], "closed");
    shop.browser()
        .ask(Method::POST, PLACES)
        .wait()
        .send()
        .await
        .is(409, "closed");
    browser
        .reserve("request-key-0001", "1100", 1)
        .await
        .is(409, "closed");
}

#[tokio::test]
async fn who_waits_is_not_admitted() {
    let shop = Shop::open();
    shop.create(|body| body["policy"] = json!({"room_max": 1}))
        .await;
    let _first = shop.inside().await;
    let browser = shop.browser();
    let joined = browser.ask(Method::POST, PLACES).wait().send().await;
    assert_eq!(
        (joined.body["state"].as_str(), joined.body["ahead"].as_u64()),
        (Some("waiting"), Some(0))
    );
    let enter = browser
        .ask(Method::POST, "/v1/events/glow/places/me/enter")
        .wait()
        .send()
        .await;
    enter.is(409, "not_admitted");
    assert_eq!(enter.body["place"]["state"], "waiting");
    browser
        .reserve("request-key-0001", "1100", 1)
        .await
        .is(409, "not_admitted");
    shop.browser()
        .reserve("request-key-0001", "1100", 1)
        .await
        .is(409, "not_admitted");
    shop.browser()
        .ask(Method::POST, "/v1/events/glow/places/me/enter")
        .send()
        .await
        .is(404, "not_found");
}

#[tokio::test]
async fn a_session_ends_and_an_extension_is_given_once() {
    let shop = Shop::open();
    shop.create(|body| body["policy"] = json!({"session_s": 2}))
        .await;
    let browser = shop.inside().await;
    let extend = || {
        browser
            .ask(Method::POST, "/v1/events/glow/places/me/extend")
            .wait()
    };
    let extended = extend().send().await;
    assert_eq!(extended.body["extensions"], 1);
    extend().send().await.is(409, "limit_reached");
    shop.pass_time(|view| view.totals.timed_out == 1).await;
    browser
        .reserve("request-key-0001", "1100", 1)
        .await
        .is(409, "session_over");
}

#[tokio::test]
async fn seats_are_refused_with_their_reason() {
    let shop = Shop::open();
    shop.create(|body| body["policy"] = json!({"per_shopper_max": 2}))
        .await;
    let browser = shop.inside().await;
    browser
        .reserve("request-key-0001", "9999", 1)
        .await
        .is(409, "unknown_slot");
    browser
        .reserve("request-key-0002", "1100", 5)
        .await
        .is(409, "party_too_large");
    let sold_out = browser.reserve("request-key-0003", "1200", 2).await;
    sold_out.is(409, "sold_out");
    assert_eq!(sold_out.body["reservation"]["state"], "refused");
    let stopped = shop
        .office(Method::POST, "/admin/v1/events/glow/slots/1200/stop", None)
        .await;
    stopped.is(200, "");
    browser
        .reserve("request-key-0004", "1200", 1)
        .await
        .is(409, "slot_over");
    assert!(created(
        browser.reserve("request-key-0005", "1100", 1).await.status
    ));
    assert!(created(
        browser.reserve("request-key-0006", "1100", 1).await.status
    ));
    browser
        .reserve("request-key-0007", "1100", 1)
        .await
        .is(409, "limit_reached");
    browser
        .ask(Method::DELETE, "/v1/events/glow/places/me")
        .wait()
        .send()
        .await
        .is(409, "has_reservation");
}

#[tokio::test]
async fn an_event_closes_by_itself_at_its_time() {
    let shop = Shop::open();
    shop.create(|body| body["closes_at"] = json!("2026-12-05T10:00:03+09:00"))
        .await;
    shop.pass_time(|view| view.guise.phase == Phase::Closed)
        .await;
    shop.browser()
        .ask(Method::POST, PLACES)
        .wait()
        .send()
        .await
        .is(409, "closed");
}
