//! Reservations as a table for spreadsheets (RFC 4180), streamed page by page.

use super::look::reservation_id;
use crate::answer::PERSONAL;
use crate::app::App;
use crate::shopper::visit::{Event, starting};
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use queue_domain::ReservationId;
use queue_edge::Problem;
use queue_protocol::http::OperatorReservation;
use std::io;
use std::sync::Arc;

const PAGE: usize = 500;
const COLUMNS: &str =
    "id,slot,seats,state,code,decided_at,changed_at,checked_in_at,place_number\r\n";

/// Where the stream stands.
enum Next {
    Begin,
    After(Option<ReservationId>),
    End,
}

/// `GET …/reservations.csv`
pub(crate) async fn reservations(
    State(app): State<Arc<App>>,
    event: Event,
) -> Result<Response, Problem> {
    // A ledger that cannot be read is told before the first byte, where it still can be.
    app.deps
        .ledger
        .reservations(&event.id, None, 1)
        .await
        .map_err(|_| starting())?;
    let disposition = HeaderValue::try_from(format!("attachment; filename=\"{}.csv\"", event.id))
        .expect("an event's id is plain text");
    let headers = [
        (
            CONTENT_TYPE,
            HeaderValue::from_static("text/csv; charset=utf-8; header=present"),
        ),
        (CONTENT_DISPOSITION, disposition),
        (CACHE_CONTROL, PERSONAL),
    ];
    let rows = stream::try_unfold((app, event, Next::Begin), |(app, event, next)| async move {
        let after = match next {
            Next::Begin => {
                return Ok(Some((
                    Bytes::from_static(COLUMNS.as_bytes()),
                    (app, event, Next::After(None)),
                )));
            }
            Next::After(after) => after,
            Next::End => return Ok(None),
        };
        let page = app
            .deps
            .ledger
            .reservations(&event.id, after, PAGE)
            .await
            .map_err(io::Error::other)?;
        let last = page
            .last()
            .and_then(|last| reservation_id(&event, &last.id).ok());
        let next = if page.len() < PAGE {
            Next::End
        } else {
            Next::After(last)
        };
        let text: String = page.iter().map(row).collect();
        Ok::<_, io::Error>(Some((Bytes::from(text), (app, event, next))))
    });
    Ok((headers, Body::from_stream(rows)).into_response())
}

fn row(reservation: &OperatorReservation) -> String {
    let number = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
    let cells = [
        cell(&reservation.id),
        cell(&reservation.slot),
        reservation.seats.to_string(),
        cell(&reservation.state),
        cell(&reservation.code),
        cell(&reservation.decided_at),
        cell(&reservation.changed_at),
        cell(reservation.checked_in_at.as_deref().unwrap_or_default()),
        number(reservation.place_number),
    ];
    cells.join(",") + "\r\n"
}

/// A quoted cell. One that a spreadsheet would take for a formula begins with an apostrophe.
fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    format!(
        "\"{}{}\"",
        if formula { "'" } else { "" },
        text.replace('"', "\"\"")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            assert!(cell(formula).starts_with("\"'"), "{formula}");
        }
        assert_eq!(cell("0900"), "\"0900\"");
        assert_eq!(cell("a\"b"), "\"a\"\"b\"");
    }
}
