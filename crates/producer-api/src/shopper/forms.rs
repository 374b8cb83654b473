//! Form posts of pages without script: the same changes, answered with a page.

use super::places::{self, change_place, join_line};
use super::reservations;
use super::site::{event_page, problem_page};
use super::visit::{self, Event, ReservationPath, Visit, is_request_key, media_type};
use crate::answer::Answer;
use crate::app::App;
use axum::body::Body;
use axum::extract::{FromRequestParts as _, Path, Request, State};
use axum::response::{IntoResponse, Response};
use http::header::{LOCATION, SET_COOKIE};
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use queue_domain::{CommandKind, PlaceId, SlotId};
use queue_edge::Problem;
use queue_protocol::http::{Code, ReserveBody};
use serde::Deserialize;
use std::sync::Arc;

/// Every hidden and visible field of every form; a form sends those that it has.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    place: Option<String>,
    key: Option<String>,
    slot: Option<String>,
    seats: Option<String>,
    reservation: Option<String>,
    /// The slot that a reservation is in: what `If-Match` is elsewhere.
    from: Option<String>,
    email: Option<String>,
    consent: Option<String>,
    lang: Option<String>,
}

/// A form as sent.
struct Form {
    app: Arc<App>,
    event: Event,
    visit: Visit,
    fields: Fields,
}

/// What every form's change comes to: done, with cookies to keep, or a problem, perhaps with cookies.
struct Posted {
    said: Result<(), Problem>,
    cookies: Vec<HeaderValue>,
}

impl<T> From<Answer<T>> for Posted {
    fn from(answer: Answer<T>) -> Self {
        Self {
            said: answer.said.map(|_| ()),
            cookies: answer.cookies,
        }
    }
}

/// `POST /events/{event}/join`
pub(crate) async fn join(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    post(app, name, request, async |form: &Form| {
        let wish = form
            .fields
            .slot
            .as_deref()
            .filter(|slot| !slot.is_empty())
            .map(|slot| visit::slot("slot", slot))
            .transpose()?;
        Ok(join_line(
            &form.app,
            &form.visit,
            form.event.clone(),
            wish,
            form.wait(),
        )
        .await?
        .into())
    })
    .await
}

/// `POST /events/{event}/enter`
pub(crate) async fn enter(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    post(app, name, request, async |form: &Form| {
        form.place(CommandKind::Enter).await
    })
    .await
}

/// `POST /events/{event}/leave`
pub(crate) async fn leave(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    post(app, name, request, async |form: &Form| {
        form.place(CommandKind::Leave).await
    })
    .await
}

/// `POST /events/{event}/extend`
pub(crate) async fn extend(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    post(app, name, request, async |form: &Form| {
        form.place(CommandKind::Extend).await
    })
    .await
}

/// `POST /events/{event}/book`
pub(crate) async fn book(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    post(app, name, request, async |form: &Form| {
        let key = form
            .fields
            .key
            .as_deref()
            .filter(|key| is_request_key(key))
            .ok_or_else(|| Problem::field("key", "must be the form's own key"))?;
        let seats = form
            .fields
            .seats
            .as_deref()
            .unwrap_or("1")
            .parse()
            .map_err(|_| Problem::field("seats", "must be 1 or more"))?;
        let email = form.fields.email.clone().filter(|email| !email.is_empty());
        let consent = email.is_some().then(|| form.fields.consent.is_some());
        let body = ReserveBody {
            slot: form.fields.slot.clone().unwrap_or_default(),
            seats,
            email,
            consent,
        };
        Ok(reservations::book(
            &form.app,
            &form.visit,
            form.event.clone(),
            key,
            &body,
            form.wait(),
        )
        .await?
        .into())
    })
    .await
}

/// `POST /events/{event}/cancel`
pub(crate) async fn cancel(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    post(app, name, request, async |form: &Form| {
        let path = form.reservation().await?;
        Ok(
            reservations::give_back(&form.app, &form.visit, path, form.from()?, form.wait())
                .await?
                .into(),
        )
    })
    .await
}

/// `POST /events/{event}/move`
pub(crate) async fn change_slot(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    post(app, name, request, async |form: &Form| {
        let path = form.reservation().await?;
        let to = visit::slot("slot", form.fields.slot.as_deref().unwrap_or_default())?;
        Ok(
            reservations::move_to(&form.app, &form.visit, path, to, form.from()?, form.wait())
                .await?
                .into(),
        )
    })
    .await
}

impl Form {
    async fn read(app: &Arc<App>, name: &str, parts: &Parts, body: Body) -> Result<Self, Problem> {
        let event = Event::find(app, name).await?;
        let visit = Visit::from_request_parts(&mut parts.clone(), app).await?;
        let bytes = queue_edge::body::read(&parts.headers, body, app.deps.limits.body).await?;
        if !bytes.is_empty()
            && media_type(&parts.headers) != Some("application/x-www-form-urlencoded")
        {
            return Err(Problem::new(
                Code::UnsupportedMediaType,
                "Send the form as a browser does.",
            ));
        }
        let fields = serde_urlencoded::from_bytes(&bytes)
            .map_err(|error| Problem::field("form", error.to_string()))?;
        Ok(Self {
            app: Arc::clone(app),
            event,
            visit,
            fields,
        })
    }

    fn wait(&self) -> Option<std::time::Duration> {
        Some(self.app.deps.limits.form_wait)
    }

    async fn place(&self, kind: CommandKind) -> Result<Posted, Problem> {
        let named = self
            .fields
            .place
            .as_deref()
            .filter(|place| !place.is_empty());
        let named: Option<PlaceId> = named
            .map(|place| places::place_id("place", place))
            .transpose()?;
        Ok(change_place(
            &self.app,
            &self.visit,
            self.event.clone(),
            kind,
            named,
            self.wait(),
        )
        .await?
        .into())
    }

    async fn reservation(&self) -> Result<ReservationPath, Problem> {
        let path = ReservationPath::find(
            &self.app,
            self.fields.reservation.as_deref().unwrap_or_default(),
        )
        .await?;
        if path.event.id == self.event.id {
            Ok(path)
        } else {
            Err(visit::no_reservation())
        }
    }

    fn from(&self) -> Result<Option<SlotId>, Problem> {
        self.fields
            .from
            .as_deref()
            .filter(|from| !from.is_empty())
            .map(|from| visit::slot("from", from))
            .transpose()
    }
}

/// Reads the form, carries it out, and sends the browser back to the event's page; a problem is shown on that page.
async fn post(
    app: Arc<App>,
    name: String,
    request: Request,
    change: impl AsyncFnOnce(&Form) -> Result<Posted, Problem>,
) -> Response {
    let (parts, body) = request.into_parts();
    let form = match Form::read(&app, &name, &parts, body).await {
        Ok(form) => form,
        Err(problem) => return problem_page(&app, &problem, &parts),
    };
    let posted = change(&form).await.unwrap_or_else(|problem| Posted {
        said: Err(problem),
        cookies: Vec::new(),
    });
    let mut response = match posted.said {
        Ok(()) => back(&form),
        Err(problem) => {
            let shown = event_page(&app, &form.event, &form.visit, &parts, Some(&problem)).await;
            shown.unwrap_or_else(|_| problem_page(&app, &problem, &parts))
        }
    };
    posted
        .cookies
        .into_iter()
        .for_each(|cookie| _ = response.headers_mut().append(SET_COOKIE, cookie));
    response
}

fn back(form: &Form) -> Response {
    let query = match form.fields.lang.as_deref() {
        Some("ko") => "?lang=ko",
        Some("en") => "?lang=en",
        _ => "",
    };
    let address = HeaderValue::try_from(format!("/events/{}{query}", form.event.id))
        .expect("an event's id is plain text");
    (StatusCode::SEE_OTHER, [(LOCATION, address)]).into_response()
}
