//! One batch written into the tables. Seats are counted from the reservations themselves and must agree with what the fold says.

use super::handle::store_error;
use queue_domain::{
    Definition, Effect, EffectKind, EventId, Lobby, LogPosition, Position, ReservationChange,
    ReservationId, ReservationState, SlotDefinition, SlotNo, SlotStatus,
};
use queue_ports::ledger::StoreError;
use rusqlite::{OptionalExtension, Transaction};
use std::collections::BTreeMap;

/// A slot's counts while a batch is written.
#[derive(Debug, Clone, Copy)]
struct Slot {
    capacity: u32,
    confirmed: u32,
    status: SlotStatus,
    /// The count that the fold gave with the current command.
    told: Option<u32>,
}

type SlotKey = (EventId, SlotNo);

struct Book<'t> {
    transaction: &'t Transaction<'t>,
    slots: BTreeMap<SlotKey, Slot>,
    /// Slots that the current command touches: checked when it ends.
    touched: Vec<SlotKey>,
}

pub(super) fn position(
    connection: &rusqlite::Connection,
    partition: u32,
) -> rusqlite::Result<Option<LogPosition>> {
    let mut statement = connection
        .prepare_cached(r#"SELECT generation, "offset" FROM positions WHERE "partition" = ?1"#)?;
    let read = |row: &rusqlite::Row<'_>| {
        Ok(LogPosition {
            generation: row.get(0)?,
            offset: row.get::<_, i64>(1)? as u64,
        })
    };
    statement.query_row([partition], read).optional()
}

/// Writes effects and the position they lead to.
pub(super) fn write<'e>(
    transaction: &Transaction<'_>,
    partition: u32,
    effects: impl Iterator<Item = &'e Effect>,
    last: LogPosition,
) -> Result<(), StoreError> {
    let mut book = Book {
        transaction,
        slots: BTreeMap::new(),
        touched: Vec::new(),
    };
    let mut command: Option<Position> = None;
    for effect in effects {
        if command.is_some_and(|command| command != effect.at) {
            book.end_command()?;
        }
        command = Some(effect.at);
        book.effect(partition, effect)?;
    }
    book.end_command()?;
    book.write_slots()?;
    book.execute(
        r#"INSERT INTO positions ("partition", generation, "offset") VALUES (?1, ?2, ?3)
            ON CONFLICT ("partition") DO UPDATE SET generation = excluded.generation, "offset" = excluded."offset""#,
        (partition, last.generation, last.offset as i64),
    )
    .map(|_| ())
}

fn status_word(status: SlotStatus) -> &'static str {
    match status {
        SlotStatus::Bookable => "bookable",
        SlotStatus::Over => "over",
        SlotStatus::Stopped => "stopped",
        SlotStatus::Cancelled => "cancelled",
    }
}

fn status(word: &str) -> SlotStatus {
    match word {
        "over" => SlotStatus::Over,
        "stopped" => SlotStatus::Stopped,
        "cancelled" => SlotStatus::Cancelled,
        _ => SlotStatus::Bookable,
    }
}

impl Book<'_> {
    fn execute(&self, sql: &str, parameters: impl rusqlite::Params) -> Result<usize, StoreError> {
        self.transaction
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute(parameters))
            .map_err(|error| store_error(&error))
    }

    fn effect(&mut self, partition: u32, effect: &Effect) -> Result<(), StoreError> {
        let event = &effect.event;
        match &effect.kind {
            EffectKind::Created {
                definition,
                creation,
                ..
            } => self.created(partition, definition, &creation.to_string()),
            EffectKind::Schedule(schedule) => self
                .execute(
                    "UPDATE events SET closes_at_ms = ?2 WHERE event = ?1",
                    (event.as_str(), schedule.closes_at.0 as i64),
                )
                .map(|_| ()),
            EffectKind::SlotAdded { slot, definition } => self.slot_added(event, *slot, definition),
            EffectKind::Slot {
                slot,
                capacity,
                confirmed,
                status,
            } => {
                let row = self.slot(event, *slot)?;
                (row.capacity, row.status, row.told) = (capacity.0, *status, Some(confirmed.0));
                Ok(())
            }
            EffectKind::Reservation {
                state: ReservationState::Confirmed | ReservationState::Cancelled { .. },
                ..
            } => self.reservation(event, effect.at, &effect.kind),
            _ => Ok(()),
        }
    }

    fn created(
        &self,
        partition: u32,
        definition: &Definition,
        creation: &str,
    ) -> Result<(), StoreError> {
        let lobby = if definition.lobby == Lobby::Arrival {
            "arrival"
        } else {
            "shuffle"
        };
        self.execute(
            r#"INSERT INTO events (event, "partition", creation, lobby, closes_at_ms) VALUES (?1, ?2, ?3, ?4, ?5)"#,
            (definition.id.as_str(), partition, creation, lobby, definition.schedule.closes_at.0 as i64),
        )
        .map(|_| ())
    }

    fn slot_added(
        &self,
        event: &EventId,
        slot: SlotNo,
        definition: &SlotDefinition,
    ) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO slots (event, slot_no, slot_id, starts_at_ms, ends_at_ms, capacity, confirmed, status) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, 'bookable')",
            (event.as_str(), slot.0, definition.id.as_str(), definition.starts_at.0 as i64, definition.ends_at.0 as i64, definition.capacity.0),
        )
        .map(|_| ())
    }

    /// The slot's counts, read once a batch.
    fn slot(&mut self, event: &EventId, no: SlotNo) -> Result<&mut Slot, StoreError> {
        let key = (event.clone(), no);
        if !self.slots.contains_key(&key) {
            let slot = self.read_slot(event, no)?;
            self.slots.insert(key.clone(), slot);
        }
        self.touched.push(key.clone());
        Ok(self.slots.get_mut(&key).expect("it was just put there"))
    }

    fn read_slot(&self, event: &EventId, no: SlotNo) -> Result<Slot, StoreError> {
        let read = |row: &rusqlite::Row<'_>| {
            Ok(Slot {
                capacity: row.get(0)?,
                confirmed: row.get(1)?,
                status: status(&row.get::<_, String>(2)?),
                told: None,
            })
        };
        let sql = "SELECT capacity, confirmed, status FROM slots WHERE event = ?1 AND slot_no = ?2";
        let found = self
            .transaction
            .prepare_cached(sql)
            .and_then(|mut statement| statement.query_row((event.as_str(), no.0), read).optional());
        found
            .map_err(|error| store_error(&error))?
            .ok_or_else(|| StoreError::Corrupt(format!("event {event} has no slot {}", no.0)))
    }

    fn reservation(
        &mut self,
        event: &EventId,
        at: Position,
        effect: &EffectKind,
    ) -> Result<(), StoreError> {
        let EffectKind::Reservation {
            change,
            id,
            slot,
            seats,
            state,
            ..
        } = effect
        else {
            return Ok(());
        };
        let corrupt = |what: &str| StoreError::Corrupt(format!("reservation {event}.{id} {what}"));
        let slot = slot.ok_or_else(|| corrupt("is confirmed or cancelled in no slot"))?;
        let before = self.stored(event, *id)?;
        match (change, before) {
            (ReservationChange::Confirmed, Some(_)) => {
                return Err(corrupt("is confirmed a second time"));
            }
            (
                ReservationChange::Moved
                | ReservationChange::Cancelled
                | ReservationChange::CheckedIn,
                None,
            ) => return Err(corrupt("changes without having been confirmed")),
            _ => {}
        }
        if let Some((slot_before, seats_before, true)) = before {
            let row = self.slot(event, slot_before)?;
            row.confirmed = row
                .confirmed
                .checked_sub(seats_before)
                .ok_or_else(|| corrupt("frees seats that nobody holds"))?;
        }
        if *state == ReservationState::Confirmed {
            let row = self.slot(event, slot)?;
            row.confirmed = row
                .confirmed
                .checked_add(seats.0)
                .ok_or_else(|| corrupt("takes too many seats"))?;
        }
        if before.is_some() {
            self.change(event, at, slot, effect)
        } else {
            self.insert(event, at, slot, effect)
        }
    }

    /// Slot, seats and whether it is confirmed, as stored.
    fn stored(
        &self,
        event: &EventId,
        id: ReservationId,
    ) -> Result<Option<(SlotNo, u32, bool)>, StoreError> {
        let sql = "SELECT slot_no, seats, state = 'confirmed' FROM reservations WHERE event = ?1 AND id = ?2";
        let read = |row: &rusqlite::Row<'_>| Ok((SlotNo(row.get(0)?), row.get(1)?, row.get(2)?));
        let found = self
            .transaction
            .prepare_cached(sql)
            .and_then(|mut statement| {
                statement
                    .query_row((event.as_str(), id.to_string()), read)
                    .optional()
            });
        found.map_err(|error| store_error(&error))
    }

    fn insert(
        &self,
        event: &EventId,
        at: Position,
        slot: SlotNo,
        effect: &EffectKind,
    ) -> Result<(), StoreError> {
        let EffectKind::Reservation {
            id,
            shopper,
            place,
            seats,
            state,
            code,
            moved,
            decided,
            changed,
            checked_in,
            contact,
            ..
        } = effect
        else {
            return Ok(());
        };
        let (state, by_slot) = state_words(*state);
        self.execute(
            "INSERT INTO reservations (event, id, shopper, place_no, slot_no, seats, state, cancelled_by_slot, code, moved, decided_ms, changed_ms, checked_in_ms,
                changed_generation, changed_offset, changed_index)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
            rusqlite::params![
                event.as_str(),
                id.to_string(),
                shopper.to_string(),
                place.map(|place| place.0),
                slot.0,
                seats.0,
                state,
                by_slot,
                code.map(|code| code.to_string()),
                moved,
                decided.0 as i64,
                changed.0 as i64,
                checked_in.map(|stamp| stamp.0 as i64),
                at.generation,
                at.offset as i64,
                at.index,
            ],
        )?;
        let Some(contact) = contact else {
            return Ok(());
        };
        self.execute(
            "INSERT INTO contacts (event, id, sealed) VALUES (?1, ?2, ?3)",
            (event.as_str(), id.to_string(), contact.0.as_ref()),
        )
        .map(|_| ())
    }

    fn change(
        &self,
        event: &EventId,
        at: Position,
        slot: SlotNo,
        effect: &EffectKind,
    ) -> Result<(), StoreError> {
        let EffectKind::Reservation {
            id,
            seats,
            state,
            code,
            moved,
            changed,
            checked_in,
            ..
        } = effect
        else {
            return Ok(());
        };
        let (state, by_slot) = state_words(*state);
        self.execute(
            "UPDATE reservations SET slot_no = ?3, seats = ?4, state = ?5, cancelled_by_slot = ?6, code = ?7, moved = ?8, changed_ms = ?9, checked_in_ms = ?10,
                changed_generation = ?11, changed_offset = ?12, changed_index = ?13 WHERE event = ?1 AND id = ?2",
            rusqlite::params![
                event.as_str(),
                id.to_string(),
                slot.0,
                seats.0,
                state,
                by_slot,
                code.map(|code| code.to_string()),
                moved,
                changed.0 as i64,
                checked_in.map(|stamp| stamp.0 as i64),
                at.generation,
                at.offset as i64,
                at.index,
            ],
        )
        .map(|_| ())
    }

    /// Never oversold at any command, and the fold's count is the rows' count.
    fn end_command(&mut self) -> Result<(), StoreError> {
        for key in self.touched.drain(..) {
            let Some(slot) = self.slots.get_mut(&key) else {
                continue;
            };
            let told = slot.told.take().unwrap_or(slot.confirmed);
            if slot.confirmed > slot.capacity || told != slot.confirmed {
                let (event, no) = &key;
                let Slot {
                    capacity,
                    confirmed,
                    ..
                } = slot;
                return Err(StoreError::Corrupt(format!(
                    "slot {} of event {event} has {confirmed} of {capacity} seats confirmed, the fold says {told}",
                    no.0
                )));
            }
        }
        Ok(())
    }

    fn write_slots(&self) -> Result<(), StoreError> {
        for ((event, no), slot) in &self.slots {
            self.execute(
                "UPDATE slots SET capacity = ?3, confirmed = ?4, status = ?5 WHERE event = ?1 AND slot_no = ?2",
                (event.as_str(), no.0, slot.capacity, slot.confirmed, status_word(slot.status)),
            )?;
        }
        Ok(())
    }
}

/// The state as stored, and whether an operator cancelled it with its slot.
fn state_words(state: ReservationState) -> (&'static str, bool) {
    match state {
        ReservationState::Confirmed | ReservationState::Refused(_) => ("confirmed", false),
        ReservationState::Cancelled { slot_cancelled } => ("cancelled", slot_cancelled),
    }
}
