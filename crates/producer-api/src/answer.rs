//! Answers as JSON, with cookies.

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION, SET_COOKIE};
use http::{HeaderValue, StatusCode};
use queue_edge::Problem;
use serde::Serialize;

/// Said to one shopper only.
pub(crate) const PERSONAL: HeaderValue = HeaderValue::from_static("private, no-store");

/// A body or a problem, with what the browser shall keep.
#[derive(Debug)]
pub(crate) struct Answer<T> {
    /// What is said.
    pub(crate) said: Result<(StatusCode, T), Problem>,
    /// `Set-Cookie` values.
    pub(crate) cookies: Vec<HeaderValue>,
    /// Where the thing is.
    pub(crate) location: Option<String>,
}

impl<T> Answer<T> {
    pub(crate) fn new(status: StatusCode, body: T) -> Self {
        Self {
            said: Ok((status, body)),
            cookies: Vec::new(),
            location: None,
        }
    }
}

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        let mut response = match self.said {
            Ok((status, body)) => json(status, &body),
            Err(problem) => problem.into_response(),
        };
        let headers = response.headers_mut();
        self.cookies
            .into_iter()
            .for_each(|cookie| _ = headers.append(SET_COOKIE, cookie));
        if let Some(location) = self.location {
            headers.insert(
                LOCATION,
                HeaderValue::try_from(location).expect("ids hold nothing that a header may not"),
            );
        }
        response
    }
}

/// A personal JSON answer.
pub(crate) fn json<T: Serialize>(status: StatusCode, body: &T) -> Response {
    let bytes = serde_json::to_vec(body).expect("bodies of strings and numbers are always JSON");
    let mut response = Response::new(bytes.into());
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(CACHE_CONTROL, PERSONAL);
    response
}
