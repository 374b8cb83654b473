//! What is to be written to one socket or stream: a few frames, bounded, and how it ends. Filled by the event's hub, emptied by
//! the session. It never grows with a slow reader: the hub puts nothing new into an outbox that is not empty, and later makes
//! frames of the state as it is then.

use queue_domain::LogPosition;
use queue_protocol::http::Frame;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Utf8Bytes;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

/// Frames that may wait before a shopper's own changes are held back too.
const FULL: usize = 8;

/// A frame, encoded.
#[derive(Debug, Clone)]
pub(crate) struct Outgoing {
    /// The JSON object.
    pub(crate) text: Utf8Bytes,
    /// Its version; `None` for `reconnect`.
    pub(crate) version: Option<LogPosition>,
    /// Its type, for the metrics.
    pub(crate) kind: &'static str,
    /// For a rank: since when it was not what the shopper had been told.
    pub(crate) stale_since: Option<Instant>,
}

/// Why a session ends from our side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The process stops; come again after so many milliseconds.
    Restart {
        /// Milliseconds.
        after_ms: u64,
    },
    /// The shopper opened too many; this was the oldest.
    TooMany,
    /// Try again later.
    Unavailable,
    /// The cookie is not one that we gave out.
    NotOurCookie,
}

impl Ending {
    /// What is said before the close frame.
    pub(crate) fn last_words(self) -> Option<Outgoing> {
        match self {
            Self::Restart { after_ms } => Some(Outgoing::encode(
                &Frame::Reconnect { after_ms },
                "reconnect",
                None,
            )),
            Self::TooMany | Self::Unavailable | Self::NotOurCookie => None,
        }
    }

    /// The close code, and its reason for people.
    pub(crate) fn close(self) -> (CloseCode, &'static str) {
        match self {
            Self::Restart { .. } => (CloseCode::Restart, "restart"),
            Self::TooMany => (CloseCode::Library(4409), "too many sockets of one shopper"),
            Self::NotOurCookie => (CloseCode::Library(4401), "cookie"),
            Self::Unavailable => (CloseCode::Again, "try again later"),
        }
    }
}

impl Outgoing {
    /// Encodes a frame.
    pub(crate) fn encode(frame: &Frame, kind: &'static str, version: Option<LogPosition>) -> Self {
        let text =
            serde_json::to_string(frame).expect("a frame has only text keys and finite numbers");
        Self {
            text: text.into(),
            version,
            kind,
            stale_since: None,
        }
    }
}

/// What comes next.
#[derive(Debug)]
pub(crate) enum Next {
    /// A frame to write.
    Frame(Outgoing),
    /// Nothing more will come.
    End(Ending),
}

/// One session's outbox. One reader.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    waiting: Mutex<Waiting>,
    changed: Notify,
    gone: AtomicBool,
}

#[derive(Debug, Default)]
struct Waiting {
    frames: VecDeque<Outgoing>,
    ending: Option<Ending>,
}

impl Outbox {
    /// Whether everything was taken.
    pub(crate) fn is_empty(&self) -> bool {
        self.lock().frames.is_empty()
    }

    /// Whether so much waits that a shopper's own changes wait as well.
    pub(crate) fn is_full(&self) -> bool {
        self.lock().frames.len() >= FULL
    }

    /// Adds frames that belong together. The caller has asked `is_empty` or `is_full`; it is the only one that adds.
    pub(crate) fn push(&self, frames: impl IntoIterator<Item = Outgoing>) {
        self.lock().frames.extend(frames);
        self.changed.notify_one();
    }

    /// Ends the session after what waits. The first reason counts.
    pub(crate) fn end(&self, ending: Ending) {
        self.lock().ending.get_or_insert(ending);
        self.changed.notify_one();
    }

    /// The next frame, or the end. Cancel safe.
    pub(crate) async fn next(&self) -> Next {
        loop {
            if let Some(next) = self.try_next() {
                return next;
            }
            self.changed.notified().await;
        }
    }

    /// The next frame, or the end, if there is one.
    pub(crate) fn try_next(&self) -> Option<Next> {
        let mut waiting = self.lock();
        if let Some(frame) = waiting.frames.pop_front() {
            if waiting.frames.is_empty() {
                // Tens of thousands of these stand empty most of the time.
                waiting.frames = VecDeque::new();
            }
            return Some(Next::Frame(frame));
        }
        waiting.ending.map(Next::End)
    }

    /// The next frame, if there is one.
    pub(crate) fn next_frame(&self) -> Option<Outgoing> {
        match self.try_next()? {
            Next::Frame(frame) => Some(frame),
            Next::End(_) => None,
        }
    }

    /// Says that nobody reads any longer.
    pub(crate) fn leave(&self) {
        self.gone.store(true, Ordering::Release);
        self.lock().frames = VecDeque::new();
    }

    /// Whether nobody reads any longer.
    pub(crate) fn is_gone(&self) -> bool {
        self.gone.load(Ordering::Acquire)
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
