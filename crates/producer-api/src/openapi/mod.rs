//! The API's own description: OpenAPI 3.1 documents, kept by hand and compared with the routes by a test, and a page for people
//! made from them.

mod page;

use crate::app::App;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use std::sync::{Arc, OnceLock};

/// The public listener's document.
pub(crate) const PUBLIC: &str = include_str!("public.json");
/// The operator listener's document.
pub(crate) const OPERATOR: &str = include_str!("operator.json");

/// `GET /openapi.json` on the public listener.
pub(crate) async fn public(State(app): State<Arc<App>>) -> Response {
    // Where the public origin is https, the cookie has another name.
    if app.cookie.name() != "banjjak_shopper" {
        let named = format!("\"name\": \"{}\"", app.cookie.name());
        return document(
            "application/json",
            PUBLIC.replacen("\"name\": \"banjjak_shopper\"", &named, 1),
        );
    }
    document("application/json", PUBLIC)
}

/// `GET /openapi.json` on the operator listener.
pub(crate) async fn operator() -> Response {
    document("application/json", OPERATOR)
}

/// `GET /docs` on the public listener.
pub(crate) async fn public_page() -> Response {
    static PAGE: OnceLock<String> = OnceLock::new();
    document(
        "text/html; charset=utf-8",
        PAGE.get_or_init(|| page::render(PUBLIC)).clone(),
    )
}

fn document(content_type: &'static str, body: impl IntoResponse) -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (
            CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(
                "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
            ),
        ),
    ];
    (headers, body).into_response()
}
