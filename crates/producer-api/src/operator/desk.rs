//! An operator's request as understood before its body: who, and under which key.

use crate::app::App;
use crate::shopper::{identity, visit};
use axum::body::{Body, Bytes};
use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use queue_domain::CommandId;
use queue_edge::keys::Operator;
use queue_edge::{Problem, Trace};
use queue_protocol::http::Code;
use queue_protocol::http::read;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// Who asks, and how.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) operator: Operator,
    pub(crate) trace: Trace,
    pub(crate) headers: HeaderMap,
    /// Method and path: with the body, what is asked.
    pub(crate) what: String,
}

impl FromRequestParts<Arc<App>> for Desk {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _app: &Arc<App>) -> Result<Self, Problem> {
        let operator = parts.extensions.get::<Operator>().cloned();
        Ok(Self {
            operator: operator
                .ok_or_else(|| Problem::new(Code::Unauthorized, "Send an operator's token."))?,
            trace: parts
                .extensions
                .get::<Trace>()
                .copied()
                .unwrap_or_else(|| Trace::begin(&parts.headers)),
            headers: std::mem::take(&mut parts.headers),
            what: format!("{} {}", parts.method, parts.uri.path()),
        })
    }
}

/// A body that says nothing.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoFields {}

impl Desk {
    /// The request's key, which every change needs.
    pub(crate) fn key(&self) -> Result<&str, Problem> {
        visit::request_key(&self.headers)
    }

    /// The command's id: the same for the same operator and key.
    pub(crate) fn command(&self, app: &App, key: &str) -> CommandId {
        CommandId(identity::first_half(app.deps.keys.identity.stable(&[
            b"operator\0",
            self.operator.name.as_bytes(),
            b"\0",
            key.as_bytes(),
        ])))
    }

    /// The body's bytes.
    pub(crate) async fn bytes(&self, app: &App, body: Body) -> Result<Bytes, Problem> {
        queue_edge::body::read(&self.headers, body, app.deps.limits.operator_body).await
    }

    /// Reads a JSON body; none is `{}`.
    pub(crate) fn json<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, Problem> {
        if bytes.is_empty() {
            return read::json(b"{}").map_err(visit::body_problem);
        }
        if visit::media_type(&self.headers) != Some("application/json") {
            return Err(Problem::new(
                Code::UnsupportedMediaType,
                "Send the body as application/json.",
            ));
        }
        read::json(bytes).map_err(visit::body_problem)
    }

    /// The address under which a command can be asked after.
    pub(crate) fn location(key: &str) -> HeaderValue {
        HeaderValue::try_from(format!("/admin/v1/commands/{key}")).expect("a key is plain text")
    }
}
