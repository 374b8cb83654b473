//! The ceiling: an axum handler that parses what a join parses and signs what a join signs, and keeps nothing.

use anyhow::Result;
use axum::extract::{Path as UrlPath, State};
use axum::routing::post;
use axum::{Json, Router};
use http::header::SET_COOKIE;
use http::{HeaderMap, StatusCode};
use queue_domain::{CommandKind, EventId, PlaceId, Position, SlotId, Stamp};
use queue_edge::{Acknowledged, AcknowledgedCookie, Keys, ShopperCookie, proof};
use queue_protocol::http::{JoinBody, Last, Place};
use std::path::Path;
use std::sync::Arc;

struct Bare {
    keys: Arc<Keys>,
    cookie: ShopperCookie,
    acknowledged: AcknowledgedCookie,
}

/// Serves on a port that the machine picks, and says which.
#[expect(
    clippy::print_stdout,
    reason = "read by the process that started this one"
)]
pub(crate) async fn run(folder: &Path) -> Result<()> {
    let keys = Arc::new(Keys::open(folder)?);
    let bare = Bare {
        cookie: ShopperCookie::new(Arc::clone(&keys), false),
        acknowledged: AcknowledgedCookie::new(Arc::clone(&keys), false),
        keys,
    };
    let router = Router::new()
        .route("/v1/events/{event}/places", post(join))
        .with_state(Arc::new(bare));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{{\"public\":\"http://{}\"}}", listener.local_addr()?);
    axum::serve(listener, router).await?;
    Ok(())
}

async fn join(
    State(bare): State<Arc<Bare>>,
    UrlPath(event): UrlPath<String>,
    headers: HeaderMap,
    Json(body): Json<JoinBody>,
) -> Result<(StatusCode, HeaderMap, Json<Place>), StatusCode> {
    let event = EventId::parse(&event).map_err(|_| StatusCode::NOT_FOUND)?;
    let wish = body.slot.map(|slot| SlotId::parse(&slot)).transpose();
    wish.map_err(|_| StatusCode::BAD_REQUEST)?;
    let known = bare.cookie.read(&headers);
    let known = known.map_err(|_| StatusCode::BAD_REQUEST)?;
    let shopper = known.map_or_else(ShopperCookie::stranger, |known| known.shopper);
    let acknowledged = Acknowledged {
        event: event.clone(),
        position: Position {
            generation: 1,
            offset: 12_345,
            index: 67,
        },
        kind: CommandKind::Join,
        about: None,
    };
    let mut cookies = HeaderMap::with_capacity(2);
    cookies.append(
        SET_COOKIE,
        bare.acknowledged.set(&headers, shopper, &acknowledged),
    );
    cookies.append(SET_COOKIE, bare.cookie.set(shopper));
    let place = PlaceId(acknowledged.position);
    let receipt = proof::receipt(&bare.keys, &event, shopper, place, Stamp(1_800_000_000_000));
    Ok((
        StatusCode::ACCEPTED,
        cookies,
        Json(pending(&acknowledged, receipt)),
    ))
}

fn pending(acknowledged: &Acknowledged, receipt: String) -> Place {
    Place {
        id: None,
        event: acknowledged.event.to_string(),
        state: "pending".into(),
        number: None,
        ahead: None,
        began_ahead: None,
        waiting: None,
        eta_s: None,
        until: None,
        extensions: 0,
        reason: None,
        wish: None,
        reservations: Vec::new(),
        last: Some(Last {
            kind: "join".into(),
            of: None,
            slot: None,
            state: "pending".into(),
            reason: None,
        }),
        receipt: Some(receipt),
        version: acknowledged.position.record().to_string(),
    }
}
