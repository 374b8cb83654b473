//! The canonical bytes of effects, for the state hash only. Fixed widths, big endian, a tag before every variant, a length before
//! every text: two different effects never have the same bytes. Not a storage format; nothing reads it back.

use crate::definition::{Definition, Lobby, Policy, Schedule, SlotDefinition};
use crate::effect::{Effect, EffectKind, Guise, OperatorResult, Outcome, ReservationState};
use crate::ids::{PlaceNo, Position, ReservationId, SlotNo, Stamp};

struct Writer<'a>(&'a mut Vec<u8>);

impl Writer<'_> {
    fn u8(&mut self, value: u8) -> &mut Self {
        self.0.push(value);
        self
    }

    fn u16(&mut self, value: u16) -> &mut Self {
        self.bytes(&value.to_be_bytes())
    }

    fn u32(&mut self, value: u32) -> &mut Self {
        self.bytes(&value.to_be_bytes())
    }

    fn u64(&mut self, value: u64) -> &mut Self {
        self.bytes(&value.to_be_bytes())
    }

    fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    fn text(&mut self, text: &str) -> &mut Self {
        self.u32(text.len() as u32).bytes(text.as_bytes())
    }

    fn option<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) -> &mut Self {
        match value {
            None => self.u8(0),
            Some(value) => {
                self.u8(1);
                write(self, value);
                self
            }
        }
    }

    fn slot_no(&mut self, slot: Option<SlotNo>) -> &mut Self {
        self.option(slot, |w, slot| _ = w.u16(slot.0))
    }

    fn place_no(&mut self, place: Option<PlaceNo>) -> &mut Self {
        self.option(place, |w, place| _ = w.u32(place.0))
    }

    fn stamp(&mut self, stamp: Option<Stamp>) -> &mut Self {
        self.option(stamp, |w, stamp| _ = w.u64(stamp.0))
    }

    fn position(&mut self, position: Position) -> &mut Self {
        self.u32(position.generation)
            .u64(position.offset)
            .u32(position.index)
    }

    fn schedule(&mut self, schedule: Schedule) -> &mut Self {
        self.u64(schedule.lobby_opens_at.0)
            .u64(schedule.opens_at.0)
            .u64(schedule.closes_at.0)
    }

    fn policy(&mut self, policy: Policy) -> &mut Self {
        self.u32(policy.admit_per_second_milli)
            .u32(policy.room_max)
            .u32(policy.room_per_seat_milli);
        self.u64(policy.claim_window_ms)
            .u64(policy.session_ms)
            .u8(policy.session_extensions)
            .u8(policy.per_shopper_max);
        self.u32(policy.party_max).u8(policy.joins_per_shopper)
    }

    fn slot(&mut self, slot: &SlotDefinition) -> &mut Self {
        self.text(slot.id.as_str())
            .u64(slot.starts_at.0)
            .u64(slot.ends_at.0)
            .u64(slot.bookable_until.0);
        self.u64(slot.day.0.0)
            .u64(slot.day.1.0)
            .u32(slot.capacity.0)
    }

    fn guise(&mut self, guise: Guise) -> &mut Self {
        self.u8(guise.phase as u8)
            .u8(guise.paused.into())
            .u8(guise.standby.into())
            .u64(guise.phase_since.0)
    }

    fn definition(&mut self, definition: &Definition) -> &mut Self {
        self.text(definition.id.as_str());
        match &definition.lobby {
            Lobby::Arrival => self.u8(0),
            Lobby::Shuffle(commitment) => self
                .u8(1)
                .bytes(&commitment.secret_sha256)
                .text(&commitment.key_id),
        };
        self.schedule(definition.schedule)
            .policy(definition.policy)
            .u32(definition.slots.len() as u32);
        definition.slots.iter().for_each(|slot| _ = self.slot(slot));
        self.u32(definition.texts.len() as u32);
        definition
            .texts
            .iter()
            .for_each(|(key, text)| _ = self.text(key).text(text));
        self
    }

    fn reservation_state(&mut self, state: ReservationState) -> &mut Self {
        match state {
            ReservationState::Confirmed => self.u8(0),
            ReservationState::Refused(reason) => self.u8(1).u8(reason as u8),
            ReservationState::Cancelled { slot_cancelled } => self.u8(2).u8(slot_cancelled.into()),
        }
    }

    fn operator_result(&mut self, result: &OperatorResult) -> &mut Self {
        let mut about = |tag: u8, id: &ReservationId| _ = self.u8(tag).bytes(&id.0);
        match result {
            OperatorResult::Done => _ = self.u8(0),
            OperatorResult::Refused(reason) => _ = self.u8(1).u8(*reason as u8),
            OperatorResult::CheckedIn(id) => about(2, id),
            OperatorResult::AlreadyCheckedIn(id, first) => _ = self.u8(3).bytes(&id.0).u64(first.0),
            OperatorResult::UnknownCode => _ = self.u8(4),
            OperatorResult::CancelledCode(id) => about(5, id),
            OperatorResult::MovedCode(id) => about(6, id),
            OperatorResult::WrongDay(id) => about(7, id),
        }
        self
    }
}

impl Effect {
    /// Writes the canonical bytes.
    pub(crate) fn encode(&self, bytes: &mut Vec<u8>) {
        let mut w = Writer(bytes);
        w.position(self.at).text(self.event.as_str());
        self.kind.encode(&mut w);
    }
}

impl EffectKind {
    fn encode(&self, w: &mut Writer<'_>) {
        match self {
            Self::Created {
                definition,
                rules,
                creation,
            } => {
                _ = w
                    .u8(0)
                    .definition(definition)
                    .u16(*rules)
                    .bytes(&creation.0)
            }
            Self::Rules(rules) => _ = w.u8(1).u16(*rules),
            Self::Status(guise) => _ = w.u8(2).guise(*guise),
            Self::Schedule(schedule) => _ = w.u8(3).schedule(*schedule),
            Self::Policy(policy) => _ = w.u8(4).policy(*policy),
            Self::Texts(changes) => {
                w.u8(5).u32(changes.len() as u32);
                for change in changes {
                    w.text(&change.key)
                        .option(change.text.as_deref(), |w, text| _ = w.text(text));
                }
            }
            Self::SlotAdded { slot, definition } => _ = w.u8(6).u16(slot.0).slot(definition),
            Self::Slot {
                slot,
                capacity,
                confirmed,
                status,
            } => {
                _ = w
                    .u8(7)
                    .u16(slot.0)
                    .u32(capacity.0)
                    .u32(confirmed.0)
                    .u8(*status as u8)
            }
            Self::Clock { service, stamp } => _ = w.u8(8).u64(service.0).u64(stamp.0),
            Self::Tokens(tokens) => _ = w.u8(9).u64(*tokens),
            Self::Revealed { secret, log_hash } => _ = w.u8(10).bytes(secret).bytes(log_hash),
            Self::Joined {
                place,
                id,
                shopper,
                number,
                began_ahead,
                wish,
                stamp,
            } => {
                w.u8(11)
                    .u32(place.0)
                    .position(id.0)
                    .bytes(&shopper.0)
                    .u32(number.unwrap_or(0))
                    .u32(*began_ahead);
                w.slot_no(*wish).u64(stamp.0);
            }
            Self::Numbered {
                place,
                number,
                began_ahead,
            } => _ = w.u8(12).u32(place.0).u32(*number).u32(*began_ahead),
            Self::Wish { place, wish } => _ = w.u8(13).u32(place.0).slot_no(*wish),
            Self::Place {
                place,
                state,
                until,
                extensions,
                reason,
                stamp,
            } => {
                w.u8(14)
                    .u32(place.0)
                    .u8(*state as u8)
                    .option(*until, |w, until| _ = w.u64(until.0))
                    .u8(*extensions);
                w.option(*reason, |w, reason| _ = w.u8(reason as u8))
                    .u64(stamp.0);
            }
            Self::Reservation { .. } => self.encode_reservation(w),
            Self::Outcome {
                command,
                shopper,
                place,
                kind,
                outcome,
                reservation,
                slot,
            } => {
                w.u8(16)
                    .bytes(&command.0)
                    .bytes(&shopper.0)
                    .place_no(*place)
                    .u8(*kind as u8);
                match outcome {
                    Outcome::Done => w.u8(0),
                    Outcome::Refused(reason) => w.u8(1).u8(*reason as u8),
                };
                w.option(*reservation, |w, id| _ = w.bytes(&id.0))
                    .slot_no(*slot);
            }
            Self::Operator {
                command,
                actor,
                result,
            } => {
                _ = w
                    .u8(17)
                    .bytes(&command.0)
                    .text(actor)
                    .operator_result(result)
            }
            Self::Totals(_) | Self::ImageEnd { .. } => {}
        }
    }

    fn encode_reservation(&self, w: &mut Writer<'_>) {
        let Self::Reservation {
            change,
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
        } = self
        else {
            return;
        };
        w.u8(15)
            .u8(*change as u8)
            .bytes(&id.0)
            .bytes(&request.0)
            .bytes(&shopper.0)
            .place_no(*place)
            .slot_no(*slot)
            .u32(seats.0);
        w.reservation_state(*state)
            .option(*code, |w, code| _ = w.u64(code.bits()))
            .u8((*moved).into());
        w.u64(decided.0).u64(changed.0).stamp(*checked_in);
        w.option(contact.as_ref(), |w, sealed| {
            _ = w.u32(sealed.0.len() as u32).bytes(&sealed.0)
        });
    }
}
