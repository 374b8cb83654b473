//! A partition as plain values: what a snapshot stores, and what rebuilds a view. Folding an image's effects gives the state again.

use crate::definition::Lobby;
use crate::effect::{Effect, EffectKind, PlaceState, ReservationChange, SlotStatus};
use crate::event::{EventState, Term};
use crate::hash::Digest;
use crate::ids::{LogPosition, PlaceNo, Position, Seats, SlotNo, Stamp};
use crate::partition::{DirectoryEntry, Partition};
use crate::places::Place;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// One partition at one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionImage {
    /// Which partition.
    pub number: u32,
    /// How many partitions the log has.
    pub partitions: u32,
    /// The last record folded.
    pub position: LogPosition,
    /// The log hash there.
    pub log_hash: Digest,
    /// The state hash there.
    pub state_hash: Digest,
    /// The last tick's stamp.
    pub last_tick: Option<Stamp>,
    /// Records that were not ours.
    pub dead_letters: u64,
    /// Every event there is, on partition 0.
    pub directory: Vec<DirectoryEntry>,
    /// The effects that make each event from nothing.
    pub events: Vec<Vec<Effect>>,
}

impl Partition {
    /// The image at the current record; `None` before the first.
    pub fn image(&self) -> Option<PartitionImage> {
        Some(PartitionImage {
            number: self.number,
            partitions: self.partitions,
            position: self.position?,
            log_hash: self.log_hash,
            state_hash: self.state_hash,
            last_tick: self.last_tick,
            dead_letters: self.dead_letters,
            directory: self.directory.values().cloned().collect(),
            events: self.events.values().map(EventState::image).collect(),
        })
    }

    /// The partition that an image was taken of; `None` when an event's effects do not begin with its creation.
    pub fn restore(image: PartitionImage) -> Option<Self> {
        let mut events = BTreeMap::new();
        for effects in &image.events {
            let event = EventState::restore(effects)?;
            events.insert(event.id().clone(), event);
        }
        Some(Self {
            number: image.number,
            partitions: image.partitions,
            position: Some(image.position),
            log_hash: image.log_hash,
            state_hash: image.state_hash,
            history: VecDeque::from([(image.position.offset, image.log_hash, image.state_hash)]),
            last_tick: image.last_tick,
            dead_letters: image.dead_letters,
            directory: image
                .directory
                .into_iter()
                .map(|entry| (entry.event.clone(), entry))
                .collect(),
            events,
        })
    }
}

impl EventState {
    /// The effects that make this event from nothing, each with the position that matters for what is shown as confirmed.
    pub fn image(&self) -> Vec<Effect> {
        let mut effects = Vec::with_capacity(self.places.len() as usize + 64);
        let origin = Position {
            generation: self.version.generation,
            offset: 0,
            index: 0,
        };
        let mut tell = |at: Position, kind: EffectKind| {
            effects.push(Effect {
                at,
                event: self.id().clone(),
                kind,
            })
        };
        self.tell_event(&mut |kind| tell(origin, kind));
        self.tell_line(&mut |kind| tell(origin, kind));
        for (no, place) in self
            .places
            .iter()
            .filter(|(_, place)| place.state() != PlaceState::Waiting || place.reason().is_some())
        {
            tell(
                self.booked_at(place).unwrap_or(origin),
                self.tell_place(no, place),
            );
        }
        for (id, reservation) in &self.reservations {
            tell(
                reservation.at,
                reservation.effect(*id, ReservationChange::Retold),
            );
        }
        for (command, (actor, result)) in &self.operator {
            tell(
                origin,
                EffectKind::Operator {
                    command: *command,
                    actor: Arc::clone(actor),
                    result: result.clone(),
                },
            );
        }
        tell(
            origin,
            EffectKind::Clock {
                service: self.service,
                stamp: self.clocked,
            },
        );
        tell(origin, EffectKind::Tokens(self.tokens));
        tell(origin, EffectKind::Totals(self.totals));
        tell(
            Position {
                offset: self.version.offset,
                ..origin
            },
            EffectKind::ImageEnd {
                version: self.version,
            },
        );
        effects
    }

    fn restore(effects: &[Effect]) -> Option<Self> {
        let Some(Effect {
            kind:
                EffectKind::Created {
                    definition,
                    rules,
                    creation,
                },
            ..
        }) = effects.first()
        else {
            return None;
        };
        let mut state = Self::new(definition, *rules, *creation);
        state.texts.clear();
        effects
            .iter()
            .for_each(|effect| state.apply(effect.at, &effect.kind));
        Some(state)
    }

    fn tell_event(&self, tell: &mut impl FnMut(EffectKind)) {
        tell(EffectKind::Created {
            definition: Arc::clone(&self.definition),
            rules: self.rules,
            creation: self.creation,
        });
        tell(EffectKind::Schedule(self.schedule));
        tell(EffectKind::Policy(self.policy));
        let removed = self
            .definition
            .texts
            .keys()
            .filter(|key| !self.texts.contains_key(*key));
        let removed = removed.map(|key| crate::command::TextChange {
            key: Arc::clone(key),
            text: None,
        });
        let set = self
            .texts
            .iter()
            .map(|(key, text)| crate::command::TextChange {
                key: Arc::clone(key),
                text: Some(Arc::clone(text)),
            });
        tell(EffectKind::Texts(removed.chain(set).collect()));
        for (number, slot) in self.slots.iter().enumerate() {
            let number = SlotNo(number as u16);
            tell(EffectKind::SlotAdded {
                slot: number,
                definition: slot.definition.clone(),
            });
            if slot.status != SlotStatus::Bookable
                || slot.confirmed != 0
                || slot.capacity != slot.definition.capacity.0
            {
                tell(EffectKind::Slot {
                    slot: number,
                    capacity: Seats(slot.capacity),
                    confirmed: Seats(slot.confirmed),
                    status: slot.status,
                });
            }
        }
        if let Some((secret, log_hash)) = self.revealed {
            tell(EffectKind::Revealed { secret, log_hash });
        }
        tell(EffectKind::Status(self.guise));
    }

    /// Every join; in a shuffled lobby without the numbers, which then follow in their own order.
    fn tell_line(&self, tell: &mut impl FnMut(EffectKind)) {
        let shuffled = matches!(self.definition.lobby, Lobby::Shuffle(_));
        for (no, place) in self.places.iter() {
            tell(EffectKind::Joined {
                place: no,
                id: place.id(),
                shopper: place.shopper(),
                number: place.number().filter(|_| !shuffled),
                began_ahead: place.began_ahead(),
                wish: place.wish(),
                stamp: place.joined(),
            });
        }
        for number in (1..self.places.next_number()).filter(|_| shuffled) {
            let place = self.places.by_number(number);
            tell(EffectKind::Numbered {
                place,
                number,
                began_ahead: self.places.get(place).began_ahead(),
            });
        }
    }

    fn tell_place(&self, place: PlaceNo, row: &Place) -> EffectKind {
        let Term { until, extensions } = self.terms.get(&place).copied().unwrap_or(Term {
            until: None,
            extensions: 0,
        });
        EffectKind::Place {
            place,
            state: row.state(),
            until,
            extensions,
            reason: row.reason(),
            stamp: row.since(),
        }
    }

    /// What made a place `Booked`: the last change of a reservation that it holds.
    fn booked_at(&self, place: &Place) -> Option<Position> {
        let held = self
            .held
            .get(&place.shopper())
            .filter(|_| place.state() == PlaceState::Booked)?;
        held.iter()
            .filter_map(|id| self.reservations.get(id))
            .map(|reservation| reservation.at)
            .max()
    }
}
