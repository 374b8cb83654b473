//! The state of one event. It is nothing but the sum of its effects: [`EventState::apply`] is the only way it changes.

use crate::command::{Contact, TextChange};
use crate::definition::{Definition, Lobby, Policy, Schedule, SlotDefinition, Texts};
use crate::effect::{
    EffectKind, Guise, OperatorResult, Phase, PlaceReason, PlaceState, ReservationState,
    SlotStatus, Totals,
};
use crate::ids::{
    CommandId, DoorCode, EventId, LogPosition, PlaceId, PlaceNo, Position, RequestId,
    ReservationId, Seats, ServiceTime, ShopperId, SlotId, SlotNo, Stamp,
};
use crate::line::Line;
use crate::places::Places;
use crate::sabotage::{Sabotage, on};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// One admission, in the bucket's unit: thousandths of a shopper a second x milliseconds.
pub const TOKEN: u64 = 1_000_000;

/// One event, as folded so far.
#[derive(Debug, Clone)]
pub struct EventState {
    pub(crate) definition: Arc<Definition>,
    pub(crate) creation: CommandId,
    pub(crate) rules: u16,
    pub(crate) guise: Guise,
    pub(crate) schedule: Schedule,
    pub(crate) policy: Policy,
    pub(crate) texts: Texts,
    pub(crate) slots: Vec<Slot>,
    /// Free seats in bookable slots, kept with every change of a slot.
    pub(crate) bookable_free: u64,
    pub(crate) slot_numbers: BTreeMap<SlotId, SlotNo>,
    pub(crate) places: Places,
    pub(crate) line: Line,
    /// Waiting places of a shuffle lobby, which have no number yet.
    pub(crate) unnumbered: u32,
    pub(crate) terms: BTreeMap<PlaceNo, Term>,
    pub(crate) deadlines: BTreeSet<(ServiceTime, u32, PlaceNo)>,
    pub(crate) admitted: u32,
    pub(crate) inside: u32,
    pub(crate) service: ServiceTime,
    pub(crate) clocked: Stamp,
    pub(crate) tokens: u64,
    pub(crate) reservations: BTreeMap<ReservationId, Reservation>,
    pub(crate) requests: BTreeMap<RequestId, ReservationId>,
    pub(crate) held: BTreeMap<ShopperId, Vec<ReservationId>>,
    pub(crate) codes: BTreeMap<DoorCode, ReservationId>,
    pub(crate) operator: BTreeMap<CommandId, (Arc<str>, OperatorResult)>,
    pub(crate) revealed: Option<([u8; 32], [u8; 32])>,
    pub(crate) totals: Totals,
    pub(crate) version: LogPosition,
}

/// A slot and its counts.
#[derive(Debug, Clone)]
pub(crate) struct Slot {
    pub(crate) definition: SlotDefinition,
    pub(crate) capacity: u32,
    pub(crate) confirmed: u32,
    pub(crate) status: SlotStatus,
}

impl Slot {
    pub(crate) fn free(&self) -> u32 {
        if on(Sabotage::Oversold) {
            return self.capacity.saturating_sub(self.confirmed);
        }
        self.capacity - self.confirmed
    }

    fn bookable_free(&self) -> u64 {
        if self.status == SlotStatus::Bookable {
            u64::from(self.free())
        } else {
            0
        }
    }
}

/// The running claim window or session of a place in the room, or the session that the turn to standby broke off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Term {
    pub(crate) until: Option<ServiceTime>,
    pub(crate) extensions: u8,
}

/// A reservation as decided.
#[derive(Debug, Clone)]
pub(crate) struct Reservation {
    pub(crate) request: RequestId,
    pub(crate) shopper: ShopperId,
    pub(crate) place: Option<PlaceNo>,
    pub(crate) slot: Option<SlotNo>,
    pub(crate) seats: Seats,
    pub(crate) state: ReservationState,
    pub(crate) code: Option<DoorCode>,
    pub(crate) moved: bool,
    pub(crate) decided: Stamp,
    pub(crate) changed: Stamp,
    pub(crate) checked_in: Option<Stamp>,
    pub(crate) contact: Option<Contact>,
    pub(crate) at: Position,
}

impl EventState {
    pub(crate) fn new(definition: &Arc<Definition>, rules: u16, creation: CommandId) -> Self {
        let phase_since = definition.schedule.lobby_opens_at;
        Self {
            definition: Arc::clone(definition),
            creation,
            rules,
            guise: Guise {
                phase: Phase::Scheduled,
                paused: false,
                standby: false,
                phase_since,
            },
            schedule: definition.schedule,
            policy: definition.policy,
            texts: definition.texts.clone(),
            slots: Vec::new(),
            bookable_free: 0,
            slot_numbers: BTreeMap::new(),
            places: Places::default(),
            line: Line::default(),
            unnumbered: 0,
            terms: BTreeMap::new(),
            deadlines: BTreeSet::new(),
            admitted: 0,
            inside: 0,
            service: ServiceTime(0),
            clocked: Stamp(0),
            tokens: 0,
            reservations: BTreeMap::new(),
            requests: BTreeMap::new(),
            held: BTreeMap::new(),
            codes: BTreeMap::new(),
            operator: BTreeMap::new(),
            revealed: None,
            totals: Totals::default(),
            version: LogPosition::default(),
        }
    }

    /// The event's id.
    pub fn id(&self) -> &EventId {
        &self.definition.id
    }

    /// The creation's command id.
    pub fn creation(&self) -> CommandId {
        self.creation
    }

    /// How the lobby is ordered.
    pub fn lobby(&self) -> &Lobby {
        &self.definition.lobby
    }

    /// Phase and flags.
    pub fn guise(&self) -> Guise {
        self.guise
    }

    /// Set times.
    pub fn schedule(&self) -> Schedule {
        self.schedule
    }

    /// Rates and limits.
    pub fn policy(&self) -> Policy {
        self.policy
    }

    /// The last record that moved the event.
    pub fn version(&self) -> LogPosition {
        self.version
    }

    /// Counts since creation.
    pub fn totals(&self) -> Totals {
        self.totals
    }

    /// Places waiting.
    pub fn waiting(&self) -> u32 {
        self.line.len() + self.unnumbered
    }

    /// Places in the room: admitted, inside.
    pub fn room(&self) -> (u32, u32) {
        (self.admitted, self.inside)
    }

    /// Service time.
    pub fn service(&self) -> ServiceTime {
        self.service
    }

    /// Id, capacity, confirmed seats and status of every slot, in definition order.
    pub fn slots(&self) -> impl Iterator<Item = (&SlotId, Seats, Seats, SlotStatus)> {
        self.slots.iter().map(|slot| {
            (
                &slot.definition.id,
                Seats(slot.capacity),
                Seats(slot.confirmed),
                slot.status,
            )
        })
    }

    /// State, number and id of a shopper's current place.
    pub fn place_of(&self, shopper: ShopperId) -> Option<(PlaceState, Option<u32>, PlaceId)> {
        let place = self.places.get(self.places.current(shopper)?);
        Some((place.state(), place.number(), place.id()))
    }

    /// State of a reservation, with its slot.
    pub fn reservation(&self, id: ReservationId) -> Option<(ReservationState, Option<&SlotId>)> {
        let reservation = self.reservations.get(&id)?;
        Some((
            reservation.state,
            reservation
                .slot
                .map(|slot| &self.slots[usize::from(slot.0)].definition.id),
        ))
    }

    /// What became of an operator's command.
    pub fn operator_result(&self, command: CommandId) -> Option<&OperatorResult> {
        self.operator.get(&command).map(|(_, result)| result)
    }

    /// Whether ticks matter to it: in lobby or open, or with somebody in its room.
    pub(crate) fn is_timed(&self) -> bool {
        matches!(self.guise.phase, Phase::Lobby | Phase::Open) || self.admitted + self.inside > 0
    }

    /// Most tokens: one second's rate, and at least one.
    pub(crate) fn bucket(&self) -> u64 {
        TOKEN.max(u64::from(self.policy.admit_per_second_milli) * 1000)
    }

    pub(crate) fn slot(&self, number: SlotNo) -> &Slot {
        &self.slots[usize::from(number.0)]
    }

    pub(crate) fn holds_reservation(&self, shopper: ShopperId) -> bool {
        self.held.get(&shopper).is_some_and(|held| !held.is_empty())
    }

    pub(crate) fn confirmed_reservations(&self, shopper: ShopperId) -> usize {
        self.held.get(&shopper).map_or(0, Vec::len)
    }

    /// Takes an effect into the state. Every effect of the event, in order, gives the state.
    pub(crate) fn apply(&mut self, at: Position, effect: &EffectKind) {
        self.totals.count(effect);
        match effect {
            EffectKind::Created { .. } | EffectKind::Outcome { .. } | EffectKind::Totals(_) => {}
            EffectKind::ImageEnd { version } => self.version = *version,
            EffectKind::Rules(rules) => self.rules = *rules,
            EffectKind::Status(guise) => self.guise = *guise,
            EffectKind::Schedule(schedule) => self.schedule = *schedule,
            EffectKind::Policy(policy) => self.policy = *policy,
            EffectKind::Texts(changes) => changes.iter().for_each(|change| self.apply_text(change)),
            EffectKind::SlotAdded { slot, definition } => self.apply_slot_added(*slot, definition),
            EffectKind::Slot {
                slot,
                capacity,
                confirmed,
                status,
            } => {
                let slot = &mut self.slots[usize::from(slot.0)];
                self.bookable_free -= slot.bookable_free();
                (slot.capacity, slot.confirmed, slot.status) = (capacity.0, confirmed.0, *status);
                self.bookable_free += slot.bookable_free();
            }
            EffectKind::Clock { service, stamp } => {
                (self.service, self.clocked) = (*service, *stamp)
            }
            EffectKind::Tokens(tokens) => self.tokens = *tokens,
            EffectKind::Revealed { secret, log_hash } => self.revealed = Some((*secret, *log_hash)),
            EffectKind::Joined {
                place: _,
                id,
                shopper,
                number,
                began_ahead,
                wish,
                stamp,
            } => {
                self.places
                    .push(*id, *shopper, *number, *began_ahead, *wish, *stamp);
                match number {
                    Some(number) => _ = self.line.insert(*number),
                    None => self.unnumbered += 1,
                }
            }
            EffectKind::Numbered {
                place,
                number,
                began_ahead,
            } => {
                self.places.set_number(*place, *number, *began_ahead);
                if self.places.get(*place).state() == PlaceState::Waiting {
                    self.unnumbered -= 1;
                    self.line.insert(*number);
                }
            }
            EffectKind::Wish { place, wish } => self.places.set_wish(*place, *wish),
            EffectKind::Place {
                place,
                state,
                until,
                extensions,
                reason,
                stamp,
            } => {
                self.apply_place(
                    *place,
                    *state,
                    Term {
                        until: *until,
                        extensions: *extensions,
                    },
                    *reason,
                    *stamp,
                );
            }
            EffectKind::Reservation { .. } => self.apply_reservation(at, effect),
            EffectKind::Operator {
                command,
                actor,
                result,
            } => {
                _ = self
                    .operator
                    .insert(*command, (Arc::clone(actor), result.clone()))
            }
        }
    }

    fn apply_text(&mut self, change: &TextChange) {
        match &change.text {
            Some(text) => _ = self.texts.insert(Arc::clone(&change.key), Arc::clone(text)),
            None => _ = self.texts.remove(&change.key),
        }
    }

    fn apply_slot_added(&mut self, number: SlotNo, definition: &SlotDefinition) {
        self.slot_numbers.insert(definition.id.clone(), number);
        let slot = Slot {
            definition: definition.clone(),
            capacity: definition.capacity.0,
            confirmed: 0,
            status: SlotStatus::Bookable,
        };
        self.bookable_free += slot.bookable_free();
        self.slots.push(slot);
    }

    fn apply_place(
        &mut self,
        no: PlaceNo,
        state: PlaceState,
        term: Term,
        reason: Option<PlaceReason>,
        stamp: Stamp,
    ) {
        let (before, number) = (self.places.get(no).state(), self.places.get(no).number());
        self.leave_state(no, before, number);
        match state {
            PlaceState::Waiting => self.wait(number),
            PlaceState::Admitted => {
                self.admitted += 1;
                self.tokens = self.tokens.saturating_sub(TOKEN);
            }
            PlaceState::Inside => self.inside += 1,
            PlaceState::NoShow => {
                self.tokens = self.tokens.saturating_add(TOKEN).min(self.bucket())
            }
            PlaceState::Booked | PlaceState::Left | PlaceState::TimedOut | PlaceState::Closed => {}
        }
        if state.in_room()
            && let Some(until) = term.until
        {
            self.deadlines.insert((until, number.unwrap_or(0), no));
        }
        if state.in_room() || reason == Some(PlaceReason::Standby) {
            self.terms.insert(no, term);
        }
        self.places.set_state(no, state, reason, stamp);
    }

    fn wait(&mut self, number: Option<u32>) {
        match number {
            Some(number) => _ = self.line.insert(number),
            None => self.unnumbered += 1,
        }
    }

    fn leave_state(&mut self, no: PlaceNo, before: PlaceState, number: Option<u32>) {
        match (before, number) {
            (PlaceState::Waiting, Some(number)) => _ = self.line.remove(number),
            (PlaceState::Waiting, None) => self.unnumbered -= 1,
            (PlaceState::Admitted, _) => self.admitted -= 1,
            (PlaceState::Inside, _) => self.inside -= 1,
            _ => {}
        }
        if let Some(Term {
            until: Some(until), ..
        }) = self.terms.remove(&no)
        {
            self.deadlines.remove(&(until, number.unwrap_or(0), no));
        }
    }

    fn apply_reservation(&mut self, at: Position, effect: &EffectKind) {
        let EffectKind::Reservation {
            id,
            request,
            shopper,
            place,
            slot,
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
            return;
        };
        let held = self.held.entry(*shopper).or_default();
        held.retain(|other| other != id);
        if *state == ReservationState::Confirmed {
            held.push(*id);
        }
        if held.is_empty() {
            self.held.remove(shopper);
        }
        if let Some(code) = code {
            self.codes.insert(*code, *id);
        }
        self.requests.entry(*request).or_insert(*id);
        let reservation = Reservation {
            request: *request,
            shopper: *shopper,
            place: *place,
            slot: *slot,
            seats: *seats,
            state: *state,
            code: *code,
            moved: *moved,
            decided: *decided,
            changed: *changed,
            checked_in: *checked_in,
            contact: contact.clone(),
            at,
        };
        self.reservations.insert(*id, reservation);
    }
}
