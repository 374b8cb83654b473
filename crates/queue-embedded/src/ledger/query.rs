//! What operators ask: reservations of an event in the order of their ids.

use queue_domain::{EventId, ReservationId, Stamp};
use queue_protocol::http::OperatorReservation;
use queue_protocol::time::rfc3339;
use rusqlite::{Connection, OptionalExtension, Row};

const SELECT: &str = "SELECT r.event, r.id, s.slot_id, r.seats, r.state, r.code, r.decided_ms, r.changed_ms, r.checked_in_ms,
        CASE e.lobby WHEN 'arrival' THEN r.place_no + 1 END
    FROM reservations r
    JOIN slots s ON s.event = r.event AND s.slot_no = r.slot_no
    JOIN events e ON e.event = r.event";

pub(super) fn reservations(
    connection: &Connection,
    event: &EventId,
    after: Option<ReservationId>,
    limit: usize,
) -> rusqlite::Result<Vec<OperatorReservation>> {
    let mut statement = connection.prepare_cached(&format!(
        "{SELECT} WHERE r.event = ?1 AND r.id > ?2 ORDER BY r.id LIMIT ?3"
    ))?;
    let after = after.map_or_else(String::new, |id| id.to_string());
    let rows = statement.query_map(
        (
            event.as_str(),
            after,
            i64::try_from(limit).unwrap_or(i64::MAX),
        ),
        read,
    )?;
    rows.collect()
}

pub(super) fn reservation(
    connection: &Connection,
    event: &EventId,
    id: ReservationId,
) -> rusqlite::Result<Option<OperatorReservation>> {
    let mut statement =
        connection.prepare_cached(&format!("{SELECT} WHERE r.event = ?1 AND r.id = ?2"))?;
    statement
        .query_row((event.as_str(), id.to_string()), read)
        .optional()
}

fn read(row: &Row<'_>) -> rusqlite::Result<OperatorReservation> {
    let time = |column| {
        row.get::<_, Option<i64>>(column)
            .map(|ms| ms.map(|ms| rfc3339(Stamp(ms as u64))))
    };
    Ok(OperatorReservation {
        id: format!("{}.{}", row.get::<_, String>(0)?, row.get::<_, String>(1)?),
        slot: row.get(2)?,
        seats: row.get(3)?,
        state: row.get(4)?,
        code: row.get(5)?,
        decided_at: time(6)?.unwrap_or_default(),
        changed_at: time(7)?.unwrap_or_default(),
        checked_in_at: time(8)?,
        place_number: row.get(9)?,
    })
}
