//! The whole way of a shopper, and what is promised on it.

use crate::shop::{Shop, created};
use http::Method;
use serde_json::json;

#[tokio::test]
async fn from_the_click_to_the_ticket() {
    let shop = Shop::opened().await;
    let browser = shop.browser();
    let joined = browser
        .ask(Method::POST, "/v1/events/glow/places")
        .json(json!({"slot": "1100"}))
        .send()
        .await;
    joined.is(202, "");
    assert_eq!(
        (joined.body["state"].as_str(), joined.body["id"].as_str()),
        (Some("pending"), None)
    );
    let receipt = joined.body["receipt"].as_str().unwrap().to_owned();
    assert!(shop.keys.receipt.verify(&receipt).is_some());

    let again = browser
        .ask(Method::POST, "/v1/events/glow/places")
        .wait()
        .json(json!({"slot": "1200"}))
        .send()
        .await;
    again.is(200, "");
    assert_eq!(again.body["state"], "admitted");
    assert_eq!(again.body["number"], 1);
    assert_eq!(
        again.body["receipt"],
        receipt.as_str(),
        "the place is the first join's"
    );
    assert_eq!(again.body["wish"], "1200", "joining again changes the wish");

    let place = again.body["id"].clone();
    let entered = browser
        .ask(Method::POST, "/v1/events/glow/places/me/enter")
        .wait()
        .json(json!({ "place": place }))
        .send()
        .await;
    assert_eq!(entered.body["state"], "inside");
    let booked = browser.reserve("request-key-0001", "1100", 2).await;
    assert!(created(booked.status), "{}", booked.text);
    assert_eq!(booked.body["state"], "confirmed");
    let address = booked.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(
        address,
        format!("/v1/reservations/{}", booked.body["id"].as_str().unwrap())
    );
    let read = browser.get(&address).await;
    assert_eq!(read.body, booked.body);
    let me = browser.get("/v1/events/glow/places/me").await;
    assert_eq!(me.body["state"], "booked");
    assert_eq!(me.body["reservations"][0]["code"], booked.body["code"]);

    let ticket = browser.get(&format!("{address}/ticket.svg")).await;
    assert_eq!(
        (
            ticket.status,
            ticket.headers["content-type"].to_str().unwrap()
        ),
        (200, "image/svg+xml")
    );
    assert!(ticket.text.contains("<svg"));
    let calendar = browser.get(&format!("{address}/calendar.ics")).await;
    assert!(
        calendar.text.contains("\r\nDTSTART:20261205T020000Z\r\n"),
        "{}",
        calendar.text
    );
    assert!(calendar.text.contains("\r\nUID:glow."));
    let event = browser.get("/v1/events/glow").await;
    assert_eq!(event.body["slots"][0]["remaining"], 1);
    assert_eq!(event.body["now"], "2026-12-05T01:00:00.000Z");
}

#[tokio::test]
async fn a_repeat_under_the_same_key_has_the_same_outcome_and_another_body_is_refused() {
    let shop = Shop::opened().await;
    let browser = shop.inside().await;
    let first = browser.reserve("request-key-0001", "1100", 1).await;
    let repeat = browser.reserve("request-key-0001", "1100", 1).await;
    assert_eq!((repeat.status, &repeat.body), (first.status, &first.body));
    browser
        .reserve("request-key-0001", "1200", 1)
        .await
        .is(409, "idempotency_mismatch");
    let cancelled = browser
        .ask(Method::DELETE, first.headers["location"].to_str().unwrap())
        .wait()
        .send()
        .await;
    assert_eq!(
        (cancelled.status, cancelled.body["state"].as_str()),
        (200, Some("cancelled"))
    );
    let told = browser.reserve("request-key-0001", "1100", 1).await;
    assert_eq!(told.body["state"], "cancelled", "what it came to since");
}

#[tokio::test]
async fn cancel_and_move_name_the_slot_they_were_made_for() {
    let shop = Shop::opened().await;
    let browser = shop.inside().await;
    let booked = browser.reserve("request-key-0001", "1100", 1).await;
    let address = booked.headers["location"].to_str().unwrap().to_owned();
    let move_to = format!("{address}/move");
    let moved = browser
        .ask(Method::POST, &move_to)
        .wait()
        .header("if-match", "\"1100\"")
        .json(json!({"slot": "1200"}))
        .send()
        .await;
    assert_eq!(
        (
            moved.status,
            moved.body["slot"].as_str(),
            moved.body["state"].as_str()
        ),
        (200, Some("1200"), Some("confirmed")),
        "{}",
        moved.text
    );
    browser
        .ask(Method::POST, &move_to)
        .wait()
        .header("if-match", "\"1100\"")
        .json(json!({"slot": "1200"}))
        .send()
        .await
        .is(200, "");
    let stale = browser
        .ask(Method::DELETE, &address)
        .wait()
        .header("if-match", "\"1100\"")
        .send()
        .await;
    stale.is(409, "stale");
    assert_eq!(stale.body["reservation"]["slot"], "1200");
    browser
        .ask(Method::DELETE, &address)
        .header("if-match", "1100")
        .send()
        .await
        .is(422, "invalid_field");
    let cancelled = browser
        .ask(Method::DELETE, &address)
        .wait()
        .header("if-match", "\"1200\"")
        .send()
        .await;
    assert_eq!(cancelled.body["state"], "cancelled");
}

#[tokio::test]
async fn nobody_learns_anything_of_another_shoppers_reservation() {
    let shop = Shop::opened().await;
    let booked = shop
        .inside()
        .await
        .reserve("request-key-0001", "1100", 1)
        .await;
    let address = booked.headers["location"].to_str().unwrap().to_owned();
    let other = shop.inside().await;
    other.get(&address).await.is(404, "not_found");
    other
        .get(&format!("{address}/ticket.svg"))
        .await
        .is(404, "not_found");
    other
        .ask(Method::DELETE, &address)
        .send()
        .await
        .is(404, "not_found");
    other
        .ask(Method::POST, &format!("{address}/move"))
        .json(json!({"slot": "1200"}))
        .send()
        .await
        .is(404, "not_found");
    let nobody = shop.browser();
    nobody.get(&address).await.is(404, "not_found");
    nobody
        .get("/v1/events/glow/places/me")
        .await
        .is(404, "not_found");
    let same_key = other.reserve("request-key-0001", "1100", 1).await;
    assert!(created(same_key.status), "a key is the shopper's own");
    assert_ne!(same_key.body["id"], booked.body["id"]);
}

#[tokio::test]
async fn leaving_is_done_once_and_joining_after_it_is_a_new_place() {
    let shop = Shop::opened().await;
    let browser = shop.browser();
    let joined = browser
        .ask(Method::POST, "/v1/events/glow/places")
        .wait()
        .send()
        .await;
    let left = browser
        .ask(Method::DELETE, "/v1/events/glow/places/me")
        .wait()
        .send()
        .await;
    assert_eq!(
        (left.status, left.body["state"].as_str()),
        (200, Some("left"))
    );
    let again = browser
        .ask(Method::POST, "/v1/events/glow/places")
        .wait()
        .send()
        .await;
    assert_ne!(again.body["id"], joined.body["id"]);
    let stale = browser
        .ask(Method::POST, "/v1/events/glow/places/me/enter")
        .wait()
        .json(json!({"place": joined.body["id"]}))
        .send()
        .await;
    stale.is(409, "stale");
    assert_eq!(stale.body["place"]["id"], again.body["id"]);
}

#[tokio::test]
async fn what_a_view_that_has_seen_all_is_sure_of_is_refused_without_troubling_the_log() {
    let shop = Shop::opened().await;
    let browser = shop.browser();
    let first = browser
        .ask(Method::POST, "/v1/events/glow/places")
        .wait()
        .send()
        .await;
    browser
        .ask(Method::DELETE, "/v1/events/glow/places/me")
        .wait()
        .send()
        .await;
    let again = browser
        .ask(Method::POST, "/v1/events/glow/places")
        .wait()
        .send()
        .await;
    let seen = again.body["version"].as_str().unwrap();
    shop.faults.refuse(usize::MAX);
    let enter = |seen: String| {
        browser
            .ask(Method::POST, "/v1/events/glow/places/me/enter")
            .header("banjjak-seen", &seen)
            .json(json!({"place": first.body["id"]}))
    };
    enter(seen.to_owned()).send().await.is(409, "stale");
    enter("9-1".to_owned()).send().await.is(503, "overloaded");
    enter("nine".to_owned())
        .send()
        .await
        .is(422, "invalid_field");
}

#[tokio::test]
async fn an_address_needs_consent_and_is_never_written_in_the_open() {
    let shop = Shop::opened().await;
    let browser = shop.inside().await;
    let body = |consent: bool| json!({"slot": "1100", "seats": 1, "email": "jimin@example.kr", "consent": consent});
    let ask = |consent| {
        browser
            .ask(Method::POST, "/v1/events/glow/reservations")
            .wait()
            .header("idempotency-key", "request-key-0001")
            .json(body(consent))
    };
    let refused = ask(false).send().await;
    refused.is(422, "invalid_field");
    assert_eq!(refused.body["fields"][0]["field"], "consent");
    assert!(created(ask(true).send().await.status));
    for entry in std::fs::read_dir(shop.folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            assert!(
                !bytes.windows(5).any(|part| part == b"jimin"),
                "{}",
                path.display()
            );
        }
    }
}

#[tokio::test]
async fn the_proof_is_published_and_its_keys_verify_receipts() {
    let shop = Shop::opened().await;
    let fairness = shop.browser().get("/v1/events/glow/fairness").await;
    fairness.is(200, "");
    assert_eq!(fairness.body["log_hash"].as_str().unwrap().len(), 64);
    for (id, key) in shop.keys.receipt.public_keys() {
        assert_eq!(fairness.body["receipt_keys"][&id], key.as_str());
    }
}

#[tokio::test]
async fn a_client_that_goes_takes_its_join_not_with_it() {
    let shop = Shop::opened().await;
    let browser = shop.browser();
    browser.get("/events/glow").await;
    shop.faults.hold();
    let request = browser
        .ask(Method::POST, "/v1/events/glow/places")
        .request();
    {
        let mut gone = Box::pin(shop.send(request));
        assert!(futures_util::poll!(gone.as_mut()).is_pending());
    }
    shop.faults.release();
    let kept = browser
        .ask(Method::POST, "/v1/events/glow/places")
        .wait()
        .send()
        .await;
    assert_eq!(kept.body["number"], 1);
    let (record, index) = kept.body["id"].as_str().unwrap().rsplit_once('-').unwrap();
    let second = browser.jar.borrow()["banjjak_last"].contains(&format!(":{record}:{index}:join"));
    assert!(
        !second,
        "the place is the first join's, whose client had gone"
    );
}

#[tokio::test]
async fn a_cookie_signed_with_an_older_key_is_signed_again() {
    let shop = Shop::opened().await;
    let browser = shop.browser();
    browser
        .ask(Method::POST, "/v1/events/glow/places")
        .wait()
        .send()
        .await;
    let before = browser.jar.borrow()["banjjak_shopper"].clone();
    let me = browser.get("/v1/events/glow/places/me").await;
    assert!(!me.headers.contains_key("set-cookie"));
    assert_eq!(browser.jar.borrow()["banjjak_shopper"], before);
    let forgotten = browser.ask(Method::DELETE, "/v1/shopper").send().await;
    assert_eq!(forgotten.status, 204);
    assert!(browser.jar.borrow().is_empty());
}
