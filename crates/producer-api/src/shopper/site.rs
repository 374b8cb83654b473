//! The pages and what they are made of, and forgetting a shopper.

use super::visit::{Event, Visit};
use super::{events, shown};
use crate::answer::PERSONAL;
use crate::app::App;
use crate::pages::{
    ASSET_CACHE_CONTROL, CONTENT_SECURITY_POLICY, ErrorPage, EventPage, LANG_COOKIE, Lang,
    ListPage, lang_cookie,
};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::header::{
    ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_TYPE, ETAG, HOST, IF_NONE_MATCH, SET_COOKIE,
};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use queue_domain::ShopperId;
use queue_edge::keys::random;
use queue_edge::{Problem, ShopperCookie, cookies};
use queue_protocol::http::Code;
use std::sync::Arc;

const CSP: HeaderName = http::header::CONTENT_SECURITY_POLICY;

/// `GET /`
pub(crate) async fn list(State(app): State<Arc<App>>, parts: Parts) -> Response {
    let lang = lang(&parts);
    match events::all(&app).await {
        Ok(views) => {
            let now = app.deps.clock.now();
            let shown = views
                .iter()
                .filter_map(|view| serde_json::to_value(queue_ports::shown::event(view, now)).ok())
                .collect();
            let body = app.pages.list(&ListPage {
                lang,
                events: shown,
                now_ms: now_ms(&app),
            });
            page(StatusCode::OK, body, &parts)
        }
        Err(problem) => problem_page(&app, &problem, &parts),
    }
}

/// `GET /events/{event}`
pub(crate) async fn event(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    mut parts: Parts,
) -> Response {
    let kept = parts.headers.clone();
    let visit =
        <Visit as axum::extract::FromRequestParts<Arc<App>>>::from_request_parts(&mut parts, &app)
            .await;
    parts.headers = kept;
    let shown = async {
        event_page(
            &app,
            &Event::find(&app, &name).await?,
            &visit?,
            &parts,
            None,
        )
        .await
    };
    shown
        .await
        .unwrap_or_else(|problem| problem_page(&app, &problem, &parts))
}

/// The event's page for this shopper, who is given a cookie before there is a button to press.
pub(crate) async fn event_page(
    app: &App,
    event: &Event,
    visit: &Visit,
    parts: &Parts,
    problem: Option<&Problem>,
) -> Result<Response, Problem> {
    let view = events::view(app, event).await?;
    let shopper: ShopperId = visit.shopper().unwrap_or_else(ShopperCookie::stranger);
    let acknowledged = visit.acknowledged(app, &event.id);
    let place = match visit.shopper() {
        Some(shopper) => shown::place(app, &event.id, shopper, acknowledged.as_ref())
            .await?
            .filter(|place| place.id.is_some() || place.state == "pending"),
        None => None,
    };
    let key: [u8; 16] = random();
    let body = app.pages.event(&EventPage {
        lang: lang(parts),
        event: serde_json::to_value(queue_ports::shown::event(&view, app.deps.clock.now()))
            .unwrap_or_default(),
        place: place.and_then(|place| serde_json::to_value(place).ok()),
        request_key: uuid_like(&key),
        now_ms: now_ms(app),
        origin: origin(app, &parts.headers),
        problem: problem.and_then(|problem| serde_json::to_value(problem.body()).ok()),
    });
    let status = problem.map_or(StatusCode::OK, |problem| {
        StatusCode::from_u16(problem.code().status()).unwrap_or(StatusCode::CONFLICT)
    });
    let mut response = page(status, body, parts);
    if let Some(cookie) = visit.cookie_for(&app.cookie, shopper) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}

/// A page that says what went wrong.
pub(crate) fn problem_page(app: &App, problem: &Problem, parts: &Parts) -> Response {
    let told = problem.body();
    let body = app.pages.error(&ErrorPage {
        lang: lang(parts),
        status: told.status,
        code: told.code,
        retry_after_ms: told.retry_after_ms,
    });
    let mut response = page(
        StatusCode::from_u16(told.status).unwrap_or(StatusCode::BAD_REQUEST),
        body,
        parts,
    );
    if let Some(ms) = told.retry_after_ms {
        response.headers_mut().insert(
            http::header::RETRY_AFTER,
            HeaderValue::from(ms.div_ceil(1000)),
        );
    }
    response
}

fn page(status: StatusCode, body: String, parts: &Parts) -> Response {
    let headers = [
        (
            CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        ),
        (CACHE_CONTROL, PERSONAL),
        (CSP, HeaderValue::from_static(CONTENT_SECURITY_POLICY)),
    ];
    let mut response = (status, headers, body).into_response();
    if let Some(chosen) = chosen_lang(parts) {
        let cookie =
            HeaderValue::try_from(lang_cookie(chosen)).expect("a language tag is plain text");
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

/// `GET /assets/{path}`
pub(crate) async fn asset(
    State(app): State<Arc<App>>,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let asset = app
        .pages
        .assets()
        .get(&path)
        .ok_or_else(|| Problem::new(Code::NotFound, "There is no such file."))?;
    let etag = HeaderValue::try_from(asset.etag)
        .map_err(|_| Problem::new(Code::NotFound, "There is no such file."))?;
    let common = [
        (ETAG, etag.clone()),
        (CACHE_CONTROL, HeaderValue::from_static(ASSET_CACHE_CONTROL)),
    ];
    if headers.get(IF_NONE_MATCH) == Some(&etag) {
        return Ok((StatusCode::NOT_MODIFIED, common).into_response());
    }
    Ok((
        common,
        [(CONTENT_TYPE, HeaderValue::from_static(asset.content_type))],
        asset.bytes,
    )
        .into_response())
}

/// `GET /favicon.ico`
pub(crate) async fn favicon(State(app): State<Arc<App>>) -> Redirect {
    Redirect::permanent(&app.pages.assets().address("icon.svg"))
}

/// `DELETE /v1/shopper`: works with any cookie, also one that is not ours.
pub(crate) async fn forget(State(app): State<Arc<App>>) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    response
        .headers_mut()
        .append(SET_COOKIE, app.cookie.forget());
    response
        .headers_mut()
        .append(SET_COOKIE, app.acknowledged.forget());
    response.headers_mut().insert(CACHE_CONTROL, PERSONAL);
    response
}

fn now_ms(app: &App) -> i64 {
    i64::try_from(app.deps.clock.now().0).unwrap_or(i64::MAX)
}

fn origin(app: &App, headers: &HeaderMap) -> String {
    let host = || {
        headers
            .get(HOST)
            .and_then(|host| host.to_str().ok())
            .unwrap_or("localhost")
    };
    app.deps.public_origin.as_ref().map_or_else(
        || format!("http://{}", host()),
        |origin| origin.as_str().to_owned(),
    )
}

/// 32 hexadecimal digits: a request key for the page's form.
fn uuid_like(bytes: &[u8; 16]) -> String {
    queue_domain::CommandId(*bytes).to_string()
}

/// The language asked for with `?lang=`.
fn chosen_lang(parts: &Parts) -> Option<Lang> {
    parts
        .uri
        .query()?
        .split('&')
        .find_map(|pair| pair.strip_prefix("lang="))
        .and_then(tag)
}

/// Asked for, kept, or the browser's; Korean otherwise.
pub(crate) fn lang(parts: &Parts) -> Lang {
    let kept = || cookies(&parts.headers, LANG_COOKIE).next().and_then(tag);
    let spoken = || {
        let list = parts.headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?;
        list.split(',')
            .find_map(|range| tag(range.split([';', '-']).next().unwrap_or_default().trim()))
    };
    chosen_lang(parts)
        .or_else(kept)
        .or_else(spoken)
        .unwrap_or(Lang::Ko)
}

fn tag(text: &str) -> Option<Lang> {
    match text {
        "ko" => Some(Lang::Ko),
        "en" => Some(Lang::En),
        _ => None,
    }
}
