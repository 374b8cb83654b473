//! One session as its hub sees it: what it was told, and what it is still to be told. Decides which frames; encodes none that
//! others share, reads no store.
//!
//! A frame never bears an older version than the one before it on the same session: what would is kept until the hub has followed
//! the log so far, which is a matter of milliseconds.

use super::Join;
use super::loaded::{Loaded, Moment};
use crate::Shared;
use crate::outbox::{Outbox, Outgoing};
use queue_domain::{LogPosition, PlaceState, Position, ReservationId, ShopperId, SlotNo};
use queue_ports::shown;
use queue_ports::view::{PlaceView, ShopperView};
use queue_protocol::http::{Frame, PlaceFields};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use tokio::time::Instant;

/// Visits after which an unremarkable change of counts, and of seats to who is not choosing any, is told.
const LEISURE_VISITS: u8 = 4;
/// A deadline that moved by less is not worth a frame, in milliseconds.
const DEADLINE_STEP_MS: u64 = 1_000;

pub(super) struct Client {
    outbox: Arc<Outbox>,
    shopper: Option<ShopperId>,
    /// The shopper's rows, without reservations; of the version up to which they were read.
    own: Option<Box<ShopperView>>,
    /// The shopper's rows must be read again.
    owes_own: bool,
    /// Since when the line may not be what was told.
    stale_since: Option<Instant>,
    told: Told,
}

/// What the client knows.
#[derive(Default)]
struct Told {
    /// The newest version on any frame.
    version: LogPosition,
    /// Up to when it knows of the event, of its counts and of the slots.
    event: Moment,
    counts: Moment,
    slots: Moment,
    /// A digest of the place frame, but for counts and deadline.
    place: Option<u64>,
    until_ms: Option<u64>,
    /// The admission that it was told of.
    admission: Option<Position>,
    /// A digest of every reservation.
    reservations: Vec<(ReservationId, u64)>,
    /// Visits since the last frame, since counts were told, and since slots were.
    quiet: u32,
    uncounted: u8,
    unslotted: u8,
}

impl Client {
    /// Puts hello into the outbox.
    pub(super) fn greet(
        shared: &Shared,
        loaded: &mut Loaded,
        join: Join,
        own: Option<&ShopperView>,
    ) -> Self {
        let version = own.map_or(loaded.event.version, |own| {
            own.version.max(loaded.event.version)
        });
        let pending = join
            .acknowledged
            .is_some_and(|acknowledged| own.is_none_or(|own| own.version < acknowledged));
        let place = own.filter(|own| own.place.is_some() || pending);
        let place = place.map(|own| shown::hello_place(&loaded.event, own, None));
        let stale = join.since.is_some_and(|since| version < since);
        let hello = loaded.hello(shared.clock.now(), version, place.as_ref(), stale);
        let mut client = Self {
            outbox: join.outbox,
            shopper: join.shopper,
            own: None,
            owes_own: false,
            stale_since: None,
            told: Told::default(),
        };
        client.told.version = version;
        (client.told.event, client.told.counts, client.told.slots) =
            (loaded.now(), loaded.now(), loaded.now());
        if let Some(own) = own {
            client.keep(own);
            if own.place.is_some() {
                client
                    .told
                    .know_place(&shown::place_fields(&loaded.event, own));
            }
            client.told.admission = admission(own);
            for row in &own.reservations {
                client.told.know_reservation(
                    row.id,
                    digest(&shown::reservation(&loaded.event, row).state, row.slot),
                );
            }
        }
        client.outbox.push([hello]);
        client
    }

    pub(super) fn shopper(&self) -> Option<ShopperId> {
        self.shopper
    }

    pub(super) fn is_gone(&self) -> bool {
        self.outbox.is_gone()
    }

    /// Whether the shopper's rows must be read again.
    pub(super) fn owes_own(&self) -> bool {
        self.owes_own
    }

    /// They could not be read, or not be told yet.
    pub(super) fn owe_own(&mut self) {
        self.owes_own = true;
    }

    fn keep(&mut self, own: &ShopperView) {
        let slim = ShopperView {
            version: own.version,
            place: own.place.clone(),
            reservations: Vec::new(),
            last: None,
            request_keys: 0,
            waiting: own.waiting,
        };
        match &mut self.own {
            Some(kept) => **kept = slim,
            None => self.own = Some(Box::new(slim)),
        }
    }

    /// Tells what changed of the shopper's own, at once.
    pub(super) fn tell_own(&mut self, loaded: &Loaded, own: &ShopperView) {
        if own.version < self.told.version || self.outbox.is_full() {
            return self.owe_own();
        }
        self.owes_own = false;
        self.keep(own);
        let event = &loaded.event;
        let mut frames = Vec::new();
        if own.place.is_some() {
            let fields = shown::place_fields(event, own);
            if self.told.know_place(&fields) {
                frames.push(Outgoing::encode(
                    &Frame::Place(fields),
                    "place",
                    Some(own.version),
                ));
            }
        }
        if let Some(place) = self.newly_admitted(own) {
            frames.push(Outgoing::encode(
                &shown::admitted(event, own.version, place),
                "admitted",
                Some(own.version),
            ));
        }
        for row in &own.reservations {
            let known = digest(&shown::reservation(event, row).state, row.slot);
            if self.told.know_reservation(row.id, known) {
                frames.push(Outgoing::encode(
                    &shown::reservation_frame(event, row),
                    "reservation",
                    Some(own.version),
                ));
            }
        }
        self.send(frames);
    }

    fn newly_admitted<'own>(&mut self, own: &'own ShopperView) -> Option<&'own PlaceView> {
        let before = std::mem::replace(&mut self.told.admission, admission(own));
        own.place
            .as_ref()
            .filter(|_| self.told.admission.is_some() && self.told.admission != before)
    }

    /// Tells what changed of ranks, deadlines, event and slots; a sign of life after so many quiet visits. The line
    /// is not what this client was told since `dirty_since`, or since longer if telling had to wait.
    pub(super) fn visit(
        &mut self,
        shared: &Shared,
        loaded: &mut Loaded,
        dirty_since: Option<Instant>,
        quiet_visits: u32,
    ) {
        self.stale_since = self.stale_since.or(dirty_since);
        if !self.outbox.is_empty() {
            return;
        }
        let mut frames = Vec::new();
        if self.stale_since.is_some() && self.tell_rank(loaded, &mut frames) {
            self.stale_since = None;
        }
        self.tell_event(loaded, &mut frames);
        self.told.quiet += 1;
        if frames.is_empty()
            && self.told.quiet >= quiet_visits
            && self.told.version <= loaded.event.version
        {
            let alive = Frame::Alive {
                version: loaded.event.version.to_string(),
                server_ms: shared.clock.now().0,
            };
            frames.push(Outgoing::encode(
                &alive,
                "alive",
                Some(loaded.event.version),
            ));
        }
        self.send(frames);
    }

    /// The place as it follows from the line: number, ahead, estimate, deadline. Nothing else of it changed, or it would be owed. `false` when it must
    /// wait.
    fn tell_rank(&mut self, loaded: &Loaded, frames: &mut Vec<Outgoing>) -> bool {
        let Some(own) = &mut self.own else {
            return true;
        };
        let Some(place) = &mut own.place else {
            return true;
        };
        if !place.state.is_active() || place.state == PlaceState::Booked {
            return true;
        }
        if self.owes_own || own.version > loaded.version || self.told.version > loaded.version {
            return false;
        }
        own.version = loaded.version;
        if let (PlaceState::Waiting, Some(number)) = (place.state, place.number) {
            place.ahead = Some(loaded.line.rank(number));
        }
        let mut fields = shown::place_fields(&loaded.event, own);
        if self.told.know_place(&fields) {
            if fields.number.is_some() {
                fields.waiting = loaded.line.len().into();
                own.waiting = fields.waiting;
            }
            let mut frame = Outgoing::encode(&Frame::Place(fields), "place", Some(loaded.version));
            frame.stale_since = self.stale_since;
            frames.push(frame);
            self.told.version = loaded.version;
        }
        true
    }

    fn tell_event(&mut self, loaded: &mut Loaded, frames: &mut Vec<Outgoing>) {
        self.told.uncounted = self.told.uncounted.saturating_add(1);
        self.told.unslotted = self.told.unslotted.saturating_add(1);
        if self.told.version > loaded.event.version {
            return;
        }
        let counts = self.told.uncounted >= LEISURE_VISITS
            && loaded.counts_changed_after(self.told.counts)
            && !self.is_told_counts(loaded);
        if counts || loaded.event_changed_after(self.told.event) {
            frames.push(loaded.event_frame());
            (self.told.event, self.told.counts, self.told.uncounted) =
                (loaded.now(), loaded.now(), 0);
        }
        if self.told.unslotted >= LEISURE_VISITS || self.is_choosing() {
            let slots = loaded.slots_frame(self.told.slots);
            if slots.is_some() {
                self.told.unslotted = 0;
            }
            frames.extend(slots);
            self.told.slots = loaded.now();
        }
    }

    /// Whether the shopper is choosing a slot now, or about to: then seats are told as they go.
    fn is_choosing(&self) -> bool {
        let place = self.own.as_ref().and_then(|own| own.place.as_ref());
        place.is_some_and(|place| place.state.in_room())
    }

    /// Whether place frames tell the counts anyway: one who waits while the line moves.
    fn is_told_counts(&self, loaded: &Loaded) -> bool {
        let waits = self
            .own
            .as_ref()
            .and_then(|own| own.place.as_ref())
            .is_some_and(|place| place.state == PlaceState::Waiting);
        waits && !loaded.event.guise.standby
    }

    fn send(&mut self, frames: Vec<Outgoing>) {
        let Some(newest) = frames.iter().filter_map(|frame| frame.version).max() else {
            return;
        };
        self.told.version = self.told.version.max(newest);
        self.told.quiet = 0;
        self.outbox.push(frames);
    }
}

impl Told {
    /// Whether this place frame says something new; from now on it is known.
    fn know_place(&mut self, fields: &PlaceFields) -> bool {
        let mut hasher = DefaultHasher::new();
        let eta = fields.eta_s.map(|eta| (eta.low, eta.high));
        (
            &fields.id,
            &fields.state,
            fields.number,
            fields.ahead,
            eta,
            fields.extensions,
            &fields.reason,
            &fields.wish,
        )
            .hash(&mut hasher);
        let digest = Some(hasher.finish());
        let moved = match (self.until_ms, fields.until_ms) {
            (Some(before), Some(now)) => before.abs_diff(now) >= DEADLINE_STEP_MS,
            (before, now) => before != now,
        };
        let news = self.place != digest || moved;
        if news {
            self.place = digest;
            self.until_ms = fields.until_ms;
        }
        news
    }

    fn know_reservation(&mut self, id: ReservationId, digest: u64) -> bool {
        match self.reservations.iter_mut().find(|(known, _)| *known == id) {
            Some((_, known)) => std::mem::replace(known, digest) != digest,
            None => {
                self.reservations.push((id, digest));
                true
            }
        }
    }
}

/// The position that admitted the current place, if it is admitted.
fn admission(own: &ShopperView) -> Option<Position> {
    own.place
        .as_ref()
        .filter(|place| place.state == PlaceState::Admitted)
        .map(|place| place.changed_at)
}

fn digest(state: &str, slot: Option<SlotNo>) -> u64 {
    let mut hasher = DefaultHasher::new();
    (state, slot).hash(&mut hasher);
    hasher.finish()
}
