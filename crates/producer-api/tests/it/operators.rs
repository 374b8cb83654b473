//! The operator API.

use crate::shop::{Shop, definition};
use axum::body::Body;
use http::{Method, Request};
use http_body_util::BodyExt as _;
use queue_edge::keys::{OPERATORS, Role, operators};
use serde_json::{Value, json};
use tower::ServiceExt as _;

const GLOW: &str = "/admin/v1/events/glow";

#[tokio::test]
async fn an_event_is_created_open_and_only_once() {
    let shop = Shop::open();
    let key = shop.key();
    let create = |key: String, body: Value| {
        let shop = &shop;
        async move {
            shop.office_as(
                &shop.token,
                &key,
                Method::POST,
                "/admin/v1/events",
                Some(body),
            )
            .await
        }
    };
    let created = create(key.clone(), definition()).await;
    created.is(200, "");
    assert_eq!(
        (
            created.body["event"]["event"]["phase"].as_str(),
            created.body["state"].as_str()
        ),
        (Some("open"), Some("done"))
    );
    create(key.clone(), definition()).await.is(200, "");
    let mut other = definition();
    other["title"]["en"] = json!("Other");
    create(key.clone(), other.clone())
        .await
        .is(409, "idempotency_mismatch");
    create(shop.key(), other).await.is(409, "wrong_phase");
    let list = shop.office(Method::GET, "/admin/v1/events", None).await;
    assert_eq!(list.body["events"].as_array().unwrap().len(), 1);
    let looked = shop
        .office(Method::GET, &format!("/admin/v1/commands/{key}"), None)
        .await;
    assert_eq!(
        (looked.status, looked.body["state"].as_str()),
        (200, Some("done"))
    );
    shop.office(Method::GET, "/admin/v1/commands/never-sent-before", None)
        .await
        .is(404, "not_found");
}

#[tokio::test]
async fn a_definition_is_checked_as_a_whole_in_json_and_toml() {
    let shop = Shop::open();
    let mut wrong = definition();
    wrong["slots"][1]["id"] = json!("1100");
    wrong["policy"] = json!({"room_max": 0});
    let said = shop
        .office(Method::POST, "/admin/v1/events", Some(wrong))
        .await;
    said.is(422, "invalid_field");
    let fields: Vec<&str> = said.body["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| fault["field"].as_str().unwrap())
        .collect();
    assert_eq!(fields, ["policy.room_max", "slots[1].id"]);
    let send = |kind: &'static str, body: &'static str| {
        let request = Request::post("/admin/v1/events")
            .header("authorization", format!("Bearer {}", shop.token))
            .header("idempotency-key", shop.key());
        shop.office.clone().oneshot(
            request
                .header("content-type", kind)
                .body(Body::from(body))
                .unwrap(),
        )
    };
    assert_eq!(
        send("application/toml", "id = ").await.unwrap().status(),
        400
    );
    assert_eq!(send("text/plain", "id = ").await.unwrap().status(), 415);
    let toml = r#"
        id = "glow"
        title = { ko = "글로우" }
        time_zone = "Asia/Seoul"
        opens_at = "2026-12-05T11:00:00+09:00"
        closes_at = "2026-12-05T18:00:00+09:00"
        lobby = "shuffle"
        [[slots]]
        id = "1100"
        starts_at = "2026-12-05T15:00:00+09:00"
        ends_at = "2026-12-05T16:00:00+09:00"
        capacity = 5
    "#;
    assert_eq!(send("application/toml", toml).await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_shuffled_lobby_opens_with_the_secret_that_was_promised() {
    let shop = Shop::open();
    shop.create(|body| {
        body["lobby"] = json!("shuffle");
        body["lobby_opens_at"] = json!("2026-12-05T09:00:00+09:00");
        body["opens_at"] = json!("2026-12-05T17:00:00+09:00");
        body["slots"][0]["capacity"] = json!(1);
    })
    .await;
    let browser = shop.browser();
    let joined = browser
        .ask(Method::POST, "/v1/events/glow/places")
        .wait()
        .send()
        .await;
    assert_eq!(
        (
            joined.body["state"].as_str(),
            joined.body["number"].as_u64()
        ),
        (Some("waiting"), None)
    );
    let opened = shop
        .office(Method::POST, &format!("{GLOW}/open"), None)
        .await;
    opened.is(200, "");
    assert_eq!(opened.body["event"]["event"]["phase"], "open");
    let fairness = browser.get("/v1/events/glow/fairness").await.body;
    let secret = fairness["secret"].as_str().unwrap();
    assert_eq!(secret.len(), 64);
    assert_eq!(
        browser.get("/v1/events/glow/places/me").await.body["number"],
        1
    );
}

#[tokio::test]
async fn phases_policy_texts_and_slots_change_and_say_so() {
    let shop = Shop::opened().await;
    let post = |path: &str, body: Option<Value>| {
        let (shop, path) = (&shop, format!("{GLOW}{path}"));
        async move { shop.office(Method::POST, &path, body).await }
    };
    let patch = |path: &str, body: Value| {
        let (shop, path) = (&shop, format!("{GLOW}{path}"));
        async move { shop.office(Method::PATCH, &path, Some(body)).await }
    };
    assert_eq!(
        post("/pause", None).await.body["event"]["event"]["paused"],
        true
    );
    assert_eq!(
        post("/resume", None).await.body["event"]["event"]["paused"],
        false
    );
    let policy = patch("/policy", json!({"admit_per_second": 0.5, "party_max": 2})).await;
    assert_eq!(
        (
            &policy.body["event"]["policy"]["admit_per_second"],
            &policy.body["event"]["policy"]["party_max"]
        ),
        (&json!(0.5), &json!(2))
    );
    patch("/policy", json!({})).await.is(422, "invalid_field");
    patch("/policy", json!({"admit_per_second": 0.0001}))
        .await
        .is(422, "invalid_field");
    let texts = patch(
        "/texts",
        json!({"notice": {"ko": "곧 시작해요"}, "venue": null}),
    )
    .await;
    assert_eq!(texts.body["event"]["event"]["notice"]["ko"], "곧 시작해요");
    assert_eq!(texts.body["event"]["event"]["venue"], json!({}));
    let slot = json!({"id": "1300", "starts_at": "2026-12-05T13:00:00+09:00", "ends_at": "2026-12-05T13:30:00+09:00", "capacity": 7});
    assert_eq!(
        post("/slots", Some(slot)).await.body["event"]["event"]["slots"][2]["id"],
        "1300"
    );
    assert_eq!(
        patch("/slots/1300", json!({"capacity": 9})).await.body["event"]["event"]["slots"][2]["capacity"],
        9
    );
    patch("/slots/none", json!({"capacity": 9}))
        .await
        .is(409, "unknown_slot");
    patch("/slots/1300", json!({"capacity": 1_000_001}))
        .await
        .is(422, "invalid_field");
    assert_eq!(
        post("/slots/1300/cancel", None).await.body["event"]["event"]["slots"][2]["state"],
        "cancelled"
    );
    let later = post(
        "/reschedule",
        Some(json!({"closes_at": "2026-12-05T19:00:00+09:00"})),
    )
    .await;
    assert_eq!(
        later.body["event"]["event"]["closes_at"],
        "2026-12-05T10:00:00.000Z"
    );
    assert_eq!(
        post("/close", None).await.body["event"]["event"]["phase"],
        "closed"
    );
    post("/open", None).await.is(409, "wrong_phase");
    assert_eq!(
        post("/reopen", None).await.body["event"]["event"]["phase"],
        "open"
    );
    post("/pause", Some(json!({"now": true})))
        .await
        .is(422, "invalid_field");
}

#[tokio::test]
async fn capacity_never_goes_below_what_is_confirmed() {
    let shop = Shop::opened().await;
    shop.inside()
        .await
        .reserve("request-key-0001", "1100", 2)
        .await;
    shop.office(
        Method::PATCH,
        &format!("{GLOW}/slots/1100"),
        Some(json!({"capacity": 1})),
    )
    .await
    .is(409, "below_confirmed");
}

#[tokio::test]
async fn the_same_key_does_a_thing_once() {
    let shop = Shop::opened().await;
    let key = shop.key();
    let pause = |path: &'static str| {
        let (shop, key) = (&shop, key.clone());
        async move {
            shop.office_as(&shop.token, &key, Method::POST, path, None)
                .await
        }
    };
    shop.faults.cut_answers(usize::MAX);
    pause("/admin/v1/events/glow/pause")
        .await
        .is(503, "outcome_unknown");
    shop.faults.cut_answers(0);
    pause("/admin/v1/events/glow/pause").await.is(200, "");
    shop.office(Method::POST, &format!("{GLOW}/resume"), None)
        .await
        .is(200, "");
    let repeat = pause("/admin/v1/events/glow/pause").await;
    assert_eq!(
        repeat.body["event"]["event"]["paused"], false,
        "a repeat does nothing"
    );
    pause("/admin/v1/events/glow/close")
        .await
        .is(409, "idempotency_mismatch");
    let no_key = Request::post(format!("{GLOW}/pause"))
        .header("authorization", format!("Bearer {}", shop.token))
        .body(Body::empty())
        .unwrap();
    assert_eq!(
        shop.office.clone().oneshot(no_key).await.unwrap().status(),
        422
    );
}

#[tokio::test]
async fn what_is_not_decided_in_time_can_be_asked_after() {
    let shop = Shop::with(
        |limits| limits.operator_wait = std::time::Duration::from_millis(20),
        None,
    );
    // Creation may take longer than this wait: ask until it is done.
    let key = shop.key();
    loop {
        let said = shop
            .office_as(
                &shop.token,
                &key,
                Method::POST,
                "/admin/v1/events",
                Some(definition()),
            )
            .await;
        if said.status == 200 {
            break;
        }
        said.is(202, "");
    }
    shop.stop_folding().await;
    let key = shop.key();
    let said = shop
        .office_as(
            &shop.token,
            &key,
            Method::POST,
            "/admin/v1/events/glow/pause",
            None,
        )
        .await;
    said.is(202, "");
    let address = said.headers["location"].to_str().unwrap();
    assert_eq!(address, format!("/admin/v1/commands/{key}"));
    assert_eq!(
        shop.office(Method::GET, address, None).await.body["state"],
        "pending"
    );
}

#[tokio::test]
async fn each_role_may_do_its_own_and_nobody_without_a_token_anything() {
    let shop = Shop::opened().await;
    let folder = shop.folder.path().join("keys");
    let viewer = operators::add(&folder.join(OPERATORS), "mina", Role::Viewer).unwrap();
    let door = operators::add(&folder.join(OPERATORS), "door-1", Role::Door).unwrap();
    let shop = Shop::with_operators(&folder);
    shop.create(|_| {}).await;
    let status = |token: String, method: Method, path: &'static str, body: Option<Value>| {
        let shop = &shop;
        async move {
            shop.office_as(&token, &shop.key(), method, path, body)
                .await
        }
    };
    let code = Some(json!({"code": "00000000"}));
    status(viewer.clone(), Method::GET, "/admin/v1/events", None)
        .await
        .is(200, "");
    status(
        viewer.clone(),
        Method::POST,
        "/admin/v1/events/glow/check-ins",
        code.clone(),
    )
    .await
    .is(403, "forbidden");
    status(door.clone(), Method::GET, "/admin/v1/events", None)
        .await
        .is(200, "");
    status(door, Method::POST, "/admin/v1/events/glow/pause", None)
        .await
        .is(403, "forbidden");
    for bad in ["", "bjk_", &viewer[1..]] {
        let said = status(bad.to_owned(), Method::GET, "/admin/v1/events", None).await;
        said.is(401, "unauthorized");
        assert!(said.headers.contains_key("www-authenticate"));
        status(bad.to_owned(), Method::GET, "/nothing", None)
            .await
            .is(401, "unauthorized");
    }
    shop.office(Method::GET, "/nothing", None)
        .await
        .is(404, "not_found");
    shop.office(Method::PUT, "/admin/v1/events", None)
        .await
        .is(405, "method_not_allowed");
    shop.browser()
        .get("/admin/v1/events")
        .await
        .is(404, "not_found");
}

#[tokio::test]
async fn the_door_is_told_what_to_do() {
    let shop = Shop::open();
    shop.create(|body| {
        body["slots"][1]["starts_at"] = json!("2026-12-06T12:00:00+09:00");
        body["slots"][1]["ends_at"] = json!("2026-12-06T12:30:00+09:00");
    })
    .await;
    let check = |code: String| {
        let shop = &shop;
        async move {
            shop.office(
                Method::POST,
                "/admin/v1/events/glow/check-ins",
                Some(json!({"code": code})),
            )
            .await
        }
    };
    let browser = shop.inside().await;
    let booked = browser.reserve("request-key-0001", "1100", 2).await;
    let code = booked.body["code"].as_str().unwrap().to_owned();
    let first = check(code.to_lowercase()).await;
    assert_eq!(
        (first.status, first.body["check_in"]["result"].as_str()),
        (200, Some("accepted")),
        "{}",
        first.text
    );
    assert_eq!(first.body["check_in"]["reservation"]["seats"], 2);
    let second = check(code).await;
    assert_eq!(
        (
            second.body["check_in"]["result"].as_str(),
            second.body["check_in"]["first_at"].as_str()
        ),
        (Some("already"), Some("2026-12-05T01:00:00.000Z"))
    );
    assert_eq!(
        check("ZZZZZZZZ".into()).await.body["check_in"]["result"],
        "unknown"
    );
    check("nonsense, really".into())
        .await
        .is(422, "invalid_field");
    assert_eq!(
        check("BJT1.glow.forged".into()).await.body["check_in"]["result"],
        "unknown"
    );

    let other = shop.inside().await;
    let tomorrow = other.reserve("request-key-0001", "1200", 1).await;
    assert_eq!(
        check(tomorrow.body["code"].as_str().unwrap().into())
            .await
            .body["check_in"]["result"],
        "wrong_day"
    );
    other
        .ask(
            Method::DELETE,
            tomorrow.headers["location"].to_str().unwrap(),
        )
        .wait()
        .send()
        .await
        .is(200, "");
    assert_eq!(
        check(tomorrow.body["code"].as_str().unwrap().into())
            .await
            .body["check_in"]["result"],
        "cancelled"
    );
}

#[tokio::test]
async fn a_scanned_ticket_of_the_slot_before_a_move_is_noticed() {
    let shop = Shop::opened().await;
    let browser = shop.inside().await;
    let booked = browser.reserve("request-key-0001", "1100", 1).await;
    let (id, code) = (
        booked.body["id"].as_str().unwrap(),
        booked.body["code"].as_str().unwrap(),
    );
    let event = queue_domain::EventId::parse("glow").unwrap();
    let hex = queue_domain::ReservationId::parse_hex(id.strip_prefix("glow.").unwrap()).unwrap();
    let printed = |slot: &str| {
        let slot = queue_domain::SlotId::parse(slot).unwrap();
        queue_edge::proof::ticket(
            &shop.keys,
            &event,
            hex,
            queue_domain::DoorCode::parse(code).unwrap(),
            &slot,
        )
    };
    let address = booked.headers["location"].to_str().unwrap();
    browser
        .ask(Method::POST, &format!("{address}/move"))
        .wait()
        .json(json!({"slot": "1200"}))
        .send()
        .await
        .is(200, "");
    let scan = |text: String| {
        let shop = &shop;
        async move {
            shop.office(
                Method::POST,
                "/admin/v1/events/glow/check-ins",
                Some(json!({"code": text})),
            )
            .await
            .body["check_in"]["result"]
                .clone()
        }
    };
    assert_eq!(scan(printed("1100")).await, "moved");
    assert_eq!(scan(printed("1200")).await, "accepted");
}

#[tokio::test]
async fn reservations_are_paged_and_exported() {
    let shop = Shop::opened().await;
    for key in ["request-key-0001", "request-key-0002", "request-key-0003"] {
        shop.inside().await.reserve(key, "1100", 1).await;
    }
    let page = shop
        .office(Method::GET, &format!("{GLOW}/reservations?limit=2"), None)
        .await;
    assert_eq!(page.body["reservations"].as_array().unwrap().len(), 2);
    let next = page.body["next"].as_str().unwrap();
    let rest = shop
        .office(
            Method::GET,
            &format!("{GLOW}/reservations?limit=2&after={next}"),
            None,
        )
        .await;
    assert_eq!(
        (
            rest.body["reservations"].as_array().unwrap().len(),
            &rest.body["next"]
        ),
        (1, &Value::Null)
    );
    for query in ["limit=0", "limit=x", "what=1"] {
        shop.office(Method::GET, &format!("{GLOW}/reservations?{query}"), None)
            .await
            .is(422, "invalid_field");
    }
    let csv = shop
        .office(Method::GET, &format!("{GLOW}/reservations.csv"), None)
        .await;
    assert_eq!(csv.text.split("\r\n").count(), 5);
    assert!(csv.text.starts_with("id,slot,seats,state,code,"));
}

#[tokio::test]
async fn figures_are_told_and_streamed() {
    let shop = Shop::opened().await;
    shop.inside()
        .await
        .reserve("request-key-0001", "1100", 1)
        .await;
    let stats = shop
        .office(Method::GET, &format!("{GLOW}/stats"), None)
        .await;
    assert_eq!(stats.body["totals"]["confirmed"], 1);
    assert_eq!(stats.body["slots"][0]["remaining"], 2);
    let request = Request::get(format!("{GLOW}/stats/stream"))
        .header("authorization", format!("Bearer {}", shop.token))
        .body(Body::empty())
        .unwrap();
    let response = shop.office.clone().oneshot(request).await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut body = response.into_body();
    let frame = body.frame().await.unwrap().unwrap().into_data().unwrap();
    let text = String::from_utf8(frame.to_vec()).unwrap();
    assert!(
        text.contains("event: stats") && text.contains("\"confirmed\":1"),
        "{text}"
    );
}
