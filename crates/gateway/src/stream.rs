//! One event stream (server-sent events): the same frames for networks that break sockets. `data:` is the frame, `id:` its version.
//!
//! A reader that does not read is noticed by the connection's own limits; here it only stops the outbox from being emptied.

use crate::Shared;
use crate::gate::Visit;
use crate::outbox::{Ending, Next, Outgoing};
use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::Response;
use bytes::Bytes;
use std::convert::Infallible;
use std::fmt::Write;
use std::sync::Arc;

/// How long a browser waits before it comes again after the oldest of too many streams was ended: until somebody touches the page.
const TOO_MANY_RETRY_MS: u64 = 3_600_000;

/// Answers with the stream.
pub(crate) fn serve(shared: Arc<Shared>, visit: Visit) -> Response {
    let chunks = futures_util::stream::unfold(
        Streaming {
            shared,
            visit,
            begun: false,
            over: None,
        },
        |mut streaming| async move {
            let chunk = streaming.next().await?;
            Some((Ok::<_, Infallible>(chunk), streaming))
        },
    );
    let mut response = Response::new(Body::from_stream(chunks));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(
        CACHE_CONTROL,
        HeaderValue::from_static("private, no-store, no-transform"),
    );
    // Proxies that gather answers would hold the frames back.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

struct Streaming {
    shared: Arc<Shared>,
    visit: Visit,
    begun: bool,
    over: Option<u16>,
}

impl Streaming {
    /// All frames that wait, as one chunk; `None` at the end.
    async fn next(&mut self) -> Option<Bytes> {
        if self.over.is_some() {
            return None;
        }
        if !self.begun {
            self.visit.begin(&self.shared).await;
            self.begun = true;
        }
        let mut chunk = String::new();
        match self.visit.session.outbox.next().await {
            Next::Frame(first) => {
                let mut next = Some(first);
                while let Some(frame) = next {
                    self.write(&mut chunk, &frame);
                    next = self.visit.session.outbox.next_frame();
                }
            }
            Next::End(ending) => self.end(&mut chunk, ending),
        }
        Some(chunk.into())
    }

    fn write(&self, chunk: &mut String, frame: &Outgoing) {
        if let Some(version) = frame.version {
            writeln!(chunk, "id: {version}").expect("writing to a string cannot fail");
        }
        chunk.push_str("data: ");
        chunk.push_str(&frame.text);
        chunk.push_str("\n\n");
        self.shared.tally.written(frame);
    }

    fn end(&mut self, chunk: &mut String, ending: Ending) {
        self.over = Some(u16::from(ending.close().0));
        match ending {
            Ending::Restart { after_ms } => writeln!(chunk, "retry: {}", after_ms.max(1)),
            Ending::TooMany => write!(chunk, "retry: {TOO_MANY_RETRY_MS}\n\n"),
            Ending::Unavailable | Ending::NotOurCookie => Ok(()),
        }
        .expect("writing to a string cannot fail");
        if let Some(frame) = ending.last_words() {
            self.write(chunk, &frame);
        }
    }
}

impl Drop for Streaming {
    fn drop(&mut self) {
        self.shared.tally.closed(self.over.unwrap_or(1006));
    }
}
