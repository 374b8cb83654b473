//! What every request passes, outermost first. The order is the point of this file.
//!
//! ```text
//! observe      trace in and out, metrics by route, one line for errors and sampled requests
//! panic        a panic is a 500 to one client and a line in the log, and nothing else
//! harden       headers that every answer carries
//! origin       a change sent from another site's page ends here (public listener)
//! authorise    no token, no route (operator listener)
//! compress     pages, assets and documents only (set on those routes)
//! handler      cookie, rates, body, in `shopper` and `operator`
//! ```

use crate::app::App;
use crate::operator;
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use http::header::{REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Method, StatusCode};
use queue_edge::trace::TRACEPARENT;
use queue_edge::{Problem, RequestMetrics, Trace};
use queue_protocol::http::Code;
use std::any::Any;
use std::sync::Arc;
use tower_http::catch_panic::CatchPanicLayer;

/// The public listener's routes.
pub(crate) fn public(
    routes: Router<Arc<App>>,
    app: &Arc<App>,
) -> Result<Router, prometheus::Error> {
    let metrics = RequestMetrics::register(&app.deps.registry, "public")?;
    Ok(routes
        .fallback(nothing_here)
        .method_not_allowed_fallback(not_this_way)
        .layer(from_fn_with_state(Arc::clone(app), same_origin))
        .layer(from_fn(harden))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(metrics, RequestMetrics::layer))
        .layer(from_fn(observe))
        .with_state(Arc::clone(app)))
}

/// The operator listener's routes.
pub(crate) fn operator(
    routes: Router<Arc<App>>,
    app: &Arc<App>,
) -> Result<Router, prometheus::Error> {
    let metrics = RequestMetrics::register(&app.deps.registry, "operator")?;
    Ok(routes
        .fallback(nothing_here)
        .method_not_allowed_fallback(not_this_way)
        .layer(from_fn_with_state(Arc::clone(app), operator::authorise))
        .layer(from_fn(harden))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(metrics, RequestMetrics::layer))
        .layer(from_fn(observe))
        .with_state(Arc::clone(app)))
}

async fn observe(mut request: Request, next: Next) -> Response {
    let trace = Trace::begin(request.headers());
    request.extensions_mut().insert(trace);
    let told = trace
        .sampled
        .then(|| (request.method().clone(), request.uri().path().to_owned()));
    let mut response = next.run(request).await;
    response.headers_mut().insert(TRACEPARENT, trace.header());
    let status = response.status().as_u16();
    let code = response
        .extensions()
        .get::<Code>()
        .map_or("", |code| code.as_str());
    if status >= 500 {
        tracing::warn!(trace.id = %trace, http.status = status, code, "a request was answered with a server's error");
    } else if let Some((method, path)) = told {
        tracing::info!(trace.id = %trace, http.method = %method, http.path = path, http.status = status, code, "a request was answered");
    }
    response
}

async fn harden(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers
        .entry(REFERRER_POLICY)
        .or_insert(HeaderValue::from_static("same-origin"));
    response
}

async fn same_origin(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let changes = !matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    if changes && app.origins.check(request.headers()).is_err() {
        return Problem::new(
            Code::CrossOrigin,
            "Changes are taken only from this shop's own pages.",
        )
        .into_response();
    }
    next.run(request).await
}

fn panicked(reason: Box<dyn Any + Send>) -> Response {
    let said = reason
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| reason.downcast_ref::<&str>().copied());
    tracing::error!(reason = said.unwrap_or("no text"), "a handler panicked");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

async fn nothing_here() -> Problem {
    Problem::new(Code::NotFound, "There is nothing at this address.")
}

async fn not_this_way(request: Request) -> Problem {
    Problem::new(
        Code::MethodNotAllowed,
        format!(
            "{} is not done here; see the Allow header.",
            request.method()
        ),
    )
}
