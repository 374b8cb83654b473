//! Reading a request's body within a size and a time.

use crate::Problem;
use axum::body::Body;
use http::HeaderMap;
use http::header::CONTENT_LENGTH;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use queue_protocol::http::Code;
use std::time::Duration;

/// How much body, and how slowly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyLimits {
    /// Most bytes.
    pub max_bytes: usize,
    /// From the head's end to the body's end.
    pub timeout: Duration,
}

/// Reads the whole body: `413` when it is too large (told before reading where the head says so), `408` when it is too slow.
pub async fn read(
    headers: &HeaderMap,
    body: Body,
    limits: BodyLimits,
) -> Result<axum::body::Bytes, Problem> {
    let told = headers
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok())
        .and_then(|length| length.parse::<u64>().ok());
    if told.is_some_and(|length| length > limits.max_bytes as u64) {
        return Err(too_large(limits));
    }
    let collected = tokio::time::timeout(
        limits.timeout,
        Limited::new(body, limits.max_bytes).collect(),
    );
    match collected.await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large(limits)),
        Ok(Err(_)) => Err(Problem::new(
            Code::InvalidJson,
            "The body ended before it was whole.",
        )),
        Err(_) => Err(Problem::new(
            Code::RequestTimeout,
            "The body did not come in time. Send it again.",
        )),
    }
}

fn too_large(limits: BodyLimits) -> Problem {
    Problem::new(
        Code::BodyTooLarge,
        format!("A body has at most {} bytes here.", limits.max_bytes),
    )
}
