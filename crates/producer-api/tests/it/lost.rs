//! When answers get lost, and when the view is behind or gone.

use crate::shop::{Shop, created};
use http::Method;
use serde_json::json;

const PLACES: &str = "/v1/events/glow/places";
const ME: &str = "/v1/events/glow/places/me";

#[tokio::test]
async fn an_answer_cut_after_the_append_is_unknown_and_the_same_key_tells_the_outcome() {
    let shop = Shop::opened().await;
    let browser = shop.inside().await;
    shop.faults.cut_answers(usize::MAX);
    let unknown = browser.reserve("request-key-0001", "1200", 1).await;
    shop.faults.cut_answers(0);
    unknown.is(503, "outcome_unknown");
    assert!(shop.faults.bitten() > 0);
    let told = browser.reserve("request-key-0001", "1200", 1).await;
    assert!(created(told.status), "{}", told.text);
    let me = browser.get(ME).await;
    assert_eq!(
        me.body["reservations"].as_array().unwrap().len(),
        1,
        "it took effect once"
    );
}

#[tokio::test]
async fn a_join_whose_answer_was_cut_is_sent_again_and_finds_its_place() {
    let shop = Shop::opened().await;
    let browser = shop.browser();
    browser.get("/events/glow").await;
    shop.faults.cut_answers(usize::MAX);
    browser
        .ask(Method::POST, PLACES)
        .send()
        .await
        .is(503, "outcome_unknown");
    shop.faults.cut_answers(0);
    let again = browser.ask(Method::POST, PLACES).wait().send().await;
    assert_eq!(
        (again.body["number"].as_u64(), again.body["state"].as_str()),
        (Some(1), Some("admitted"))
    );
}

#[tokio::test]
async fn a_log_that_takes_no_more_has_certainly_accepted_nothing() {
    let shop = Shop::opened().await;
    let browser = shop.browser();
    shop.faults.refuse(usize::MAX);
    let said = browser.ask(Method::POST, PLACES).send().await;
    shop.faults.refuse(0);
    said.is(503, "overloaded");
    assert!(browser.jar.borrow().is_empty(), "nobody was made a shopper");
    let joined = browser.ask(Method::POST, PLACES).wait().send().await;
    assert_eq!(joined.body["number"], 1);
}

#[tokio::test]
async fn a_view_that_is_behind_says_pending_and_never_no() {
    let shop = Shop::opened().await;
    let waiting = shop.inside().await;
    shop.stop_folding().await;
    let browser = shop.browser();
    let joined = browser.ask(Method::POST, PLACES).send().await;
    joined.is(202, "");
    let me = browser.get(ME).await;
    me.is(200, "");
    assert_eq!(
        (me.body["state"].as_str(), me.body["last"]["kind"].as_str()),
        (Some("pending"), Some("join"))
    );
    let again = browser
        .ask(Method::POST, PLACES)
        .header("prefer", "wait=1")
        .send()
        .await;
    again.is(202, "");

    let asked = waiting
        .ask(Method::POST, "/v1/events/glow/reservations")
        .header("idempotency-key", "request-key-0001")
        .json(json!({"slot": "1100", "seats": 2}))
        .send()
        .await;
    asked.is(202, "");
    assert_eq!(asked.body["state"], "pending");
    let read = waiting
        .get(asked.headers["location"].to_str().unwrap())
        .await;
    read.is(200, "");
    assert_eq!(
        (
            read.body["state"].as_str(),
            read.body["slot"].as_str(),
            read.body["seats"].as_u64()
        ),
        (Some("pending"), Some("1100"), Some(2))
    );
    let ticket = waiting
        .get(&format!(
            "{}/ticket.svg",
            asked.headers["location"].to_str().unwrap()
        ))
        .await;
    ticket.is(404, "not_found");
    let me = waiting.get(ME).await;
    assert_eq!(
        (me.body["state"].as_str(), me.body["last"]["state"].as_str()),
        (Some("inside"), Some("pending"))
    );
    assert_eq!(browser.get("/events/glow").await.status, 200);
}

#[tokio::test]
async fn a_view_that_is_gone_says_starting_to_those_it_may_have_forgotten() {
    let shop = Shop::opened().await;
    let browser = shop.inside().await;
    shop.stop_folding().await;
    shop.view.forget();
    let me = browser.get(ME).await;
    assert_eq!(
        (me.status, me.body["state"].as_str()),
        (200, Some("pending"))
    );
    let mut jar = browser.jar.borrow().clone();
    jar.remove("banjjak_last");
    let other = shop.browser();
    *other.jar.borrow_mut() = jar;
    other.get(ME).await.is(503, "starting");
    other.get("/v1/events/glow").await.is(503, "starting");
    other
        .get("/v1/reservations/glow.00000000000000000000000000000000")
        .await
        .is(503, "starting");
    assert_eq!(other.get("/events/glow").await.status, 503);
    let joined = shop.browser().ask(Method::POST, PLACES).send().await;
    joined.is(202, "");
}
