//! What a hub knows of its event: the line at one version, the event's row at another, what of it changed when, and the frames
//! that are the same for every socket, encoded once.

use crate::Shared;
use crate::outbox::Outgoing;
use queue_domain::{EventId, Line, LogPosition, Stamp};
use queue_ports::ledger::StoreError;
use queue_ports::shown;
use queue_ports::view::{Change, EventView};
use queue_protocol::http::{EventFields, Frame, SlotSeats};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;

/// Counts changes seen by this hub; a client that was told up to one is told what came after.
pub(super) type Moment = u64;

pub(super) struct Loaded {
    /// Where following goes on.
    pub(super) cursor: u64,
    /// Who waits, at `version`.
    pub(super) line: Line,
    /// The version of the line: of everything that was followed.
    pub(super) version: LogPosition,
    /// The event's row, at its own version, never older than `version` when fresh.
    pub(super) event: Arc<EventView>,
    stale: bool,
    now: Moment,
    event_changed: Moment,
    counts_changed: Moment,
    slots_changed: Vec<Moment>,
    fields: EventFields,
    slots: Vec<SlotSeats>,
    encoded: Encoded,
}

/// How old the time inside hello's event may be, in milliseconds; `server_ms` is exact.
const HELLO_FRESH_MS: u64 = 100;

/// Frames of the event as it is now.
#[derive(Default)]
struct Encoded {
    event: Option<Outgoing>,
    /// By what the client was told before.
    slots: HashMap<Moment, Option<Outgoing>>,
    /// Event and slots as in hello, and the time that stands in it.
    hello: Option<(Stamp, String, String)>,
}

impl Loaded {
    /// Reads line and event. `None` when the view does not have the event.
    pub(super) async fn read(shared: &Shared, id: &EventId) -> Result<Option<Self>, StoreError> {
        let Some(line) = shared.changes.line(id).await? else {
            return Ok(None);
        };
        let Some(event) = shared.view.event(id).await? else {
            return Ok(None);
        };
        let slots = shown::slot_seats(&event, None);
        Ok(Some(Self {
            cursor: line.cursor,
            line: line.line,
            version: line.version,
            fields: shown::event_fields(&event),
            event,
            stale: false,
            now: 1,
            event_changed: 1,
            counts_changed: 1,
            slots_changed: vec![1; slots.len()],
            slots,
            encoded: Encoded::default(),
        }))
    }

    /// After a reload: goes on counting from what was known before, so that clients are told just what differs.
    pub(super) fn follows(&mut self, before: Self) {
        let (event, fields, slots) = (
            Arc::clone(&self.event),
            self.fields.clone(),
            std::mem::take(&mut self.slots),
        );
        self.now = before.now;
        self.event_changed = before.event_changed;
        self.counts_changed = before.counts_changed;
        self.slots_changed = before.slots_changed;
        self.fields = before.fields;
        self.slots = before.slots;
        self.replace(event, fields, slots);
    }

    /// Takes in a difference.
    pub(super) fn take(&mut self, change: &Change) {
        for (number, waits) in &change.line {
            if *waits {
                self.line.insert(*number);
            } else {
                self.line.remove(*number);
            }
        }
        self.cursor = change.cursor;
        self.version = self.version.max(change.version);
        self.stale = true;
    }

    /// Reads the event's row again if something changed, or in any case.
    pub(super) async fn refresh(
        &mut self,
        shared: &Shared,
        id: &EventId,
        anyway: bool,
    ) -> Result<(), StoreError> {
        if !self.stale && !anyway {
            return Ok(());
        }
        let Some(event) = shared.view.event(id).await? else {
            return Err(StoreError::Unavailable(
                "the view has lost the event".into(),
            ));
        };
        if event.version < self.event.version {
            return Err(StoreError::Unavailable(
                "the view went back behind what was read before".into(),
            ));
        }
        self.stale = false;
        if event.version.generation == self.version.generation {
            let ahead = event.version.offset.saturating_sub(self.version.offset);
            shared
                .metrics
                .hub_lag
                .set(i64::try_from(ahead).unwrap_or(i64::MAX));
        }
        if event.version == self.event.version {
            // Only the ledger's mark can have moved: nothing that these frames tell.
            self.event = event;
            return Ok(());
        }
        let (fields, slots) = (shown::event_fields(&event), shown::slot_seats(&event, None));
        self.replace(event, fields, slots);
        Ok(())
    }

    fn replace(&mut self, event: Arc<EventView>, fields: EventFields, slots: Vec<SlotSeats>) {
        self.now += 1;
        if guise(&fields) != guise(&self.fields) {
            self.event_changed = self.now;
        }
        if (fields.waiting, fields.cancelled, fields.eta_s)
            != (
                self.fields.waiting,
                self.fields.cancelled,
                self.fields.eta_s,
            )
        {
            self.counts_changed = self.now;
        }
        self.slots_changed.resize(slots.len(), self.now);
        for (index, slot) in slots.iter().enumerate() {
            if self.slots.get(index) != Some(slot) {
                self.slots_changed[index] = self.now;
            }
        }
        self.event = event;
        self.fields = fields;
        self.slots = slots;
        self.encoded = Encoded::default();
    }

    /// The present moment.
    pub(super) fn now(&self) -> Moment {
        self.now
    }

    /// Whether phase, flags, notice or schedule changed after a moment.
    pub(super) fn event_changed_after(&self, told: Moment) -> bool {
        self.event_changed > told
    }

    /// Whether only counts changed after a moment: worth telling now and then.
    pub(super) fn counts_changed_after(&self, told: Moment) -> bool {
        self.counts_changed > told
    }

    /// The event's frame.
    pub(super) fn event_frame(&mut self) -> Outgoing {
        let (fields, version) = (&self.fields, self.event.version);
        self.encoded
            .event
            .get_or_insert_with(|| {
                Outgoing::encode(&Frame::Event(fields.clone()), "event", Some(version))
            })
            .clone()
    }

    /// The frame of the slots that changed after a moment, if any did.
    pub(super) fn slots_frame(&mut self, told: Moment) -> Option<Outgoing> {
        let (slots, changed, version) = (&self.slots, &self.slots_changed, self.event.version);
        let encode = || {
            let slots: Vec<_> = slots
                .iter()
                .zip(changed)
                .filter(|(_, changed)| **changed > told)
                .map(|(slot, _)| slot.clone())
                .collect();
            let frame = Frame::Slots {
                version: version.to_string(),
                slots,
            };
            (!matches!(&frame, Frame::Slots { slots, .. } if slots.is_empty()))
                .then(|| Outgoing::encode(&frame, "slots", Some(version)))
        };
        self.encoded
            .slots
            .entry(told)
            .or_insert_with(encode)
            .clone()
    }

    /// The first frame of a session: a `Frame::Hello`, put together from parts of which only the place is the session's own.
    pub(super) fn hello(
        &mut self,
        now: Stamp,
        version: LogPosition,
        place: Option<&Value>,
        stale: bool,
    ) -> Outgoing {
        let (event, slots) = (&self.event, &self.slots);
        let parts = self
            .encoded
            .hello
            .take()
            .filter(|(made, ..)| now.0.abs_diff(made.0) < HELLO_FRESH_MS);
        let parts = parts.unwrap_or_else(|| {
            let slots = serde_json::to_string(slots).expect("slots are text and numbers");
            (now, shown::hello_event(event, now).to_string(), slots)
        });
        let (_, event, slots) = &parts;
        let place = place.map_or_else(|| "null".into(), Value::to_string);
        let stale = if stale { r#","stale":true"# } else { "" };
        let text = format!(
            r#"{{"type":"hello","version":"{version}","server_ms":{},"event":{event},"place":{place},"slots":{slots}{stale}}}"#,
            now.0
        );
        self.encoded.hello = Some(parts);
        Outgoing {
            text: text.into(),
            version: Some(version),
            kind: "hello",
            stale_since: None,
        }
    }
}

/// What of the event is told as soon as it changes.
fn guise(
    fields: &EventFields,
) -> (
    &str,
    bool,
    bool,
    &Option<queue_protocol::http::Text>,
    u64,
    u64,
) {
    (
        &fields.phase,
        fields.paused,
        fields.standby,
        &fields.notice,
        fields.opens_at_ms,
        fields.closes_at_ms,
    )
}
