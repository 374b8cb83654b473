//! The way in: who may open a socket or a stream, checked before anything is upgraded. Not what happens inside.

use crate::Shared;
use crate::hub::Join;
use crate::outbox::Ending;
use crate::sessions::{Kind, NotAdmitted, Session};
use crate::{socket, stream};
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::header::ORIGIN;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use queue_domain::{EventId, LogPosition};
use queue_edge::Problem;
use queue_edge::serve::ConnectionPermit;
use queue_protocol::http::Code;
use std::sync::Arc;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::handshake::server::create_response_with_body;

/// `GET /v1/events/{event}/socket`
pub(crate) async fn socket(
    State(shared): State<Arc<Shared>>,
    Path(event): Path<String>,
    mut request: Request,
) -> Response {
    // Checked first: whoever asks for no socket is told so, whatever else is wrong.
    let Ok(response) = create_response_with_body(&request, Body::empty) else {
        return Problem::field("upgrade", "this address speaks WebSocket (version 13 over HTTP/1.1); server-sent events are at …/stream").into_response();
    };
    let Some(upgrade) = request.extensions_mut().remove::<OnUpgrade>() else {
        return Problem::field("upgrade", "this connection cannot be upgraded").into_response();
    };
    let permit = request.extensions_mut().remove::<ConnectionPermit>();
    let visit = match visit(
        &shared,
        &event,
        request.headers(),
        request.uri(),
        Kind::Socket,
    )
    .await
    {
        Ok(visit) => visit,
        Err(refused) => return refuse(&shared, refused),
    };
    let tasks = shared.tasks.clone();
    let task = async move {
        let _counted = permit;
        let Ok(Ok(upgraded)) = timeout(shared.limits.write_timeout, upgrade).await else {
            return shared.tally.closed(1006);
        };
        // Apart, so that the socket's task is not for ever as big as its beginning.
        Box::pin(visit.begin(&shared)).await;
        socket::serve(
            &shared.limits,
            &shared.tally,
            &visit.session.outbox,
            TokioIo::new(upgraded),
        )
        .await;
    };
    tasks.spawn(task);
    response
}

/// `GET /v1/events/{event}/stream`
pub(crate) async fn stream(
    State(shared): State<Arc<Shared>>,
    Path(event): Path<String>,
    request: Request,
) -> Response {
    match visit(
        &shared,
        &event,
        request.headers(),
        request.uri(),
        Kind::Stream,
    )
    .await
    {
        Ok(visit) => stream::serve(shared, visit),
        Err(refused) => refuse(&shared, refused),
    }
}

/// A session let in, with what it is about.
pub(crate) struct Visit {
    event: EventId,
    /// Counts until dropped.
    pub(crate) session: Session,
    since: Option<LogPosition>,
    acknowledged: Option<LogPosition>,
}

impl Visit {
    /// Hands the session to the event's hub, at the latest when waiting for the view to reach `since` has lasted long enough.
    pub(crate) async fn begin(&self, shared: &Arc<Shared>) {
        if let Some(since) = self.since {
            // Late or refused is the same: hello will say whether it is stale.
            let _late = timeout(
                shared.limits.since_timeout,
                shared.changes.reached(&self.event, since),
            )
            .await;
        }
        let join = Join {
            outbox: Arc::clone(&self.session.outbox),
            shopper: self.session.shopper,
            since: self.since,
            acknowledged: self.acknowledged,
        };
        shared.hubs.join(shared, &self.event, join).await;
    }
}

async fn visit(
    shared: &Arc<Shared>,
    event: &str,
    headers: &HeaderMap,
    uri: &Uri,
    kind: Kind,
) -> Result<Visit, Problem> {
    shared
        .origins
        .check(headers)
        .map_err(|_| Problem::new(Code::CrossOrigin, "Open the event's own page."))?;
    let shopper = match (shared.shopper.read(headers), kind) {
        (Ok(recognised), _) => Ok(recognised.map(|recognised| recognised.shopper)),
        // A script is told nothing of an answer to its upgrade, only of a close code.
        (Err(_), Kind::Socket) if headers.contains_key(ORIGIN) => Err(Ending::NotOurCookie),
        (Err(_), _) => {
            return Err(Problem::new(
                Code::InvalidCookie,
                "Delete this site's cookies and open the event's page again.",
            ));
        }
    };
    let event = EventId::parse(event)
        .ok()
        .filter(|event| shared.directory.partition(event).is_some());
    let event = event.ok_or_else(|| Problem::new(Code::NotFound, "There is no such event."))?;
    let since = since(headers, uri)?;
    let shown = shared.view.event(&event).await;
    if !matches!(shown, Ok(Some(_))) {
        return Err(Problem::new(
            Code::Starting,
            "The event is being read. Try again in a moment.",
        )
        .retry_after_ms(1_000));
    }
    let acknowledged = shopper
        .ok()
        .flatten()
        .and_then(|shopper| shared.acknowledged.read_event(headers, shopper, &event));
    let session = shared
        .sessions
        .admit(shopper.ok().flatten(), kind)
        .map_err(|reason| not_admitted(shared, reason))?;
    if let Err(ending) = shopper {
        session.outbox.end(ending);
    }
    Ok(Visit {
        event,
        session,
        since,
        acknowledged: acknowledged.map(|last| last.position.record()),
    })
}

fn not_admitted(shared: &Shared, reason: NotAdmitted) -> Problem {
    let spread = u64::try_from(shared.limits.reconnect_spread.as_millis()).unwrap_or(u64::MAX);
    Problem::new(
        Code::Overloaded,
        format!("Try again in some seconds: {reason}."),
    )
    .retry_after_ms(spread.max(1_000))
}

/// What the client has seen: `?since=`, or the newer of it and a stream's `Last-Event-ID`.
fn since(headers: &HeaderMap, uri: &Uri) -> Result<Option<LogPosition>, Problem> {
    let version = |text: &str| match text {
        "" => Ok(None),
        text => LogPosition::parse(text).map(Some).ok_or_else(|| {
            Problem::field(
                "since",
                "must be a version as frames bear it, such as 1-8812",
            )
        }),
    };
    let asked = uri.query().and_then(|query| {
        query
            .split('&')
            .find_map(|pair| pair.strip_prefix("since="))
    });
    let last = headers
        .get("last-event-id")
        .map(|last| last.to_str().unwrap_or("?"));
    Ok(version(asked.unwrap_or_default())?.max(version(last.unwrap_or_default())?))
}

fn refuse(shared: &Shared, problem: Problem) -> Response {
    shared
        .metrics
        .refused
        .with_label_values(&[problem.code().as_str()])
        .inc();
    problem.into_response()
}
