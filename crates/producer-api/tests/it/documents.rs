//! The API's own description is true: every route is in it, and everything in it is a route.

use crate::shop::Shop;
use axum::Router;
use axum::body::Body;
use http::{Method, Request};
use serde_json::Value;
use std::collections::BTreeSet;
use tower::ServiceExt as _;

const PUBLIC_ROUTES: &str = include_str!("../../src/shopper/mod.rs");
const OPERATOR_ROUTES: &str = include_str!("../../src/operator/mod.rs");
/// Served on the same listener by the gateway.
const OTHERS: [&str; 2] = ["/v1/events/{event}/socket", "/v1/events/{event}/stream"];

/// The paths given to `.route("…")` in a source file.
fn routed(source: &str) -> BTreeSet<String> {
    source
        .split(".route(")
        .skip(1)
        .filter_map(|rest| rest.split('"').nth(1))
        .map(|path| path.replace("{*", "{"))
        .collect()
}

fn described(document: &Value) -> BTreeSet<String> {
    document["paths"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect()
}

async fn document(router: &Router) -> Value {
    let response = router
        .clone()
        .oneshot(Request::get("/openapi.json").body(Body::empty()).unwrap())
        .await
        .unwrap();
    crate::shop::said(response).await.body
}

#[tokio::test]
async fn every_route_is_described_and_everything_described_is_a_route() {
    let shop = Shop::open();
    let (public, operator) = (document(&shop.public).await, document(&shop.office).await);
    assert_eq!(public["openapi"], "3.1.0");
    let mut expected = routed(PUBLIC_ROUTES);
    expected.extend(OTHERS.map(String::from));
    assert_eq!(described(&public), expected);
    assert_eq!(described(&operator), routed(OPERATOR_ROUTES));
}

#[tokio::test]
async fn every_described_method_is_done_and_no_other() {
    let shop = Shop::open();
    for (router, document) in [
        (&shop.public, document(&shop.public).await),
        (&shop.office, document(&shop.office).await),
    ] {
        for (path, methods) in document["paths"].as_object().unwrap() {
            if OTHERS.contains(&path.as_str()) {
                continue;
            }
            let concrete = path
                .replace("{event}", "glow")
                .replace("{slot}", "1100")
                .replace("{id}", "glow.1")
                .replace("{key}", "k")
                .replace("{path}", "x");
            for method in ["get", "post", "patch", "delete", "put"] {
                let request = Request::builder()
                    .method(Method::from_bytes(method.to_uppercase().as_bytes()).unwrap())
                    .uri(&concrete);
                let request = request
                    .header("authorization", format!("Bearer {}", shop.token))
                    .body(Body::empty())
                    .unwrap();
                let status = router.clone().oneshot(request).await.unwrap().status();
                assert_eq!(
                    status != 405,
                    methods.get(method).is_some(),
                    "{method} {path}: {status}"
                );
            }
        }
    }
}

#[tokio::test]
async fn every_reference_leads_somewhere() {
    let shop = Shop::open();
    for document in [document(&shop.public).await, document(&shop.office).await] {
        let mut references = Vec::new();
        collect(&document, &mut references);
        assert!(!references.is_empty());
        for reference in references {
            assert!(document.pointer(&reference[1..]).is_some(), "{reference}");
        }
    }
}

fn collect(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            references.extend(fields.get("$ref").and_then(Value::as_str).map(String::from));
            fields.values().for_each(|value| collect(value, references));
        }
        Value::Array(items) => items.iter().for_each(|value| collect(value, references)),
        _ => {}
    }
}

#[tokio::test]
async fn people_have_a_page_without_script() {
    let shop = Shop::open();
    let page = shop.browser().get("/docs").await;
    assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
    assert!(page.text.contains("/v1/events/{event}/places") && !page.text.contains("<script"));
}
