//! The API's own description: OpenAPI 3.1 documents, kept by hand and compared with the routes by a test, and a page for people.

use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};

/// The public listener's document.
pub(crate) const PUBLIC: &str = include_str!("openapi/public.json");
/// The operator listener's document.
pub(crate) const OPERATOR: &str = include_str!("openapi/operator.json");
const PAGE: &str = include_str!("openapi/docs.html");

/// `GET /openapi.json` on the public listener.
pub(crate) async fn public() -> Response {
    document("application/json", PUBLIC)
}

/// `GET /openapi.json` on the operator listener.
pub(crate) async fn operator() -> Response {
    document("application/json", OPERATOR)
}

/// `GET /docs` on the public listener.
pub(crate) async fn public_page() -> Response {
    document("text/html; charset=utf-8", PAGE)
}

fn document(content_type: &'static str, body: &'static str) -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (
            CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(
                "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
            ),
        ),
    ];
    (headers, body).into_response()
}
