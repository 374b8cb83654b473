//! Who may do what. Without a good token there is no route at all, not even one that does not exist.

use crate::app::App;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Method};
use queue_edge::Problem;
use queue_edge::keys::{Operator, Role};
use queue_protocol::http::Code;
use std::sync::Arc;

/// The layer that lets requests with a token of a sufficient role through. The description itself needs none.
pub(crate) async fn authorise(
    State(app): State<Arc<App>>,
    mut request: Request,
    next: Next,
) -> Response {
    if request.uri().path() == "/openapi.json" {
        return next.run(request).await;
    }
    let Some(operator) =
        bearer(request.headers()).and_then(|token| app.deps.keys.operators.by_token(token))
    else {
        let mut response = Problem::new(
            Code::Unauthorized,
            "Send an operator's token: Authorization: Bearer …",
        )
        .into_response();
        response.headers_mut().insert(
            WWW_AUTHENTICATE,
            HeaderValue::from_static("Bearer realm=\"banjjak operator\""),
        );
        return response;
    };
    if operator.role < needed(&request) {
        return Problem::new(
            Code::Forbidden,
            format!(
                "{} may not do this; ask somebody with the role for it.",
                operator.name
            ),
        )
        .into_response();
    }
    request
        .extensions_mut()
        .insert::<Operator>(operator.clone());
    next.run(request).await
}

/// The role that a request needs: looking is a viewer's, check-ins are the door's, every other change is an operator's.
fn needed(request: &Request) -> Role {
    match *request.method() {
        Method::GET | Method::HEAD | Method::OPTIONS => Role::Viewer,
        Method::POST if request.uri().path().ends_with("/check-ins") => Role::Door,
        _ => Role::Operator,
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).into_iter();
    let value = values.next()?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    (values.next().is_none() && scheme.eq_ignore_ascii_case("bearer")).then(|| token.trim())
}
