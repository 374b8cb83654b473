//! What shoppers were shown against the naive fold at the version that it was true for.

use super::{classify, line, record};
use crate::naive::{Event, Id, Phase, Place, Reservation, ReservationState, State, hex, unhex};
use crate::report::Report;
use crate::rule::Rule;
use crate::source::Witness;
use crate::source::witness::{Numbered, PlaceSeen, ReservationSeen, SlotsSeen, Through, Version};
use queue_protocol::witness::{SeenEvent, SeenSlot};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What was gathered about one place while going through the log.
#[derive(Debug, Default)]
struct Gathered {
    number: Option<(u32, u32)>,
    ahead: Option<(u64, u32)>,
}

/// Goes through what was seen, version by version, as the fold goes through the log.
#[derive(Debug)]
pub(crate) struct Shown<'w> {
    witness: &'w Witness,
    /// Everything seen, by the version that it was seen at.
    places: BTreeMap<Version, Vec<&'w PlaceSeen>>,
    reservations: BTreeMap<Version, Vec<&'w ReservationSeen>>,
    slots: BTreeMap<Version, Vec<&'w Numbered<SlotsSeen>>>,
    events: BTreeMap<Version, Vec<&'w Numbered<(Version, SeenEvent)>>>,
    gathered: HashMap<usize, Gathered>,
    confirmed: BTreeSet<(Id, u32)>,
    booked: BTreeMap<Id, u32>,
}

fn by_version<T>(seen: &[T], version: impl Fn(&T) -> Version) -> BTreeMap<Version, Vec<&T>> {
    let mut sorted: BTreeMap<Version, Vec<&T>> = BTreeMap::new();
    seen.iter()
        .for_each(|one| sorted.entry(version(one)).or_default().push(one));
    sorted
}

impl<'w> Shown<'w> {
    pub(crate) fn new(witness: &'w Witness) -> Self {
        Self {
            witness,
            places: by_version(&witness.places, |seen| seen.version),
            reservations: by_version(&witness.reservations, |seen| seen.version),
            slots: by_version(&witness.slots, |seen| seen.said.0),
            events: by_version(&witness.events, |seen| seen.said.0),
            gathered: HashMap::new(),
            confirmed: BTreeSet::new(),
            booked: BTreeMap::new(),
        }
    }

    /// The fold of the event's partition is at this record.
    pub(crate) fn look(
        &mut self,
        partition: u32,
        version: Version,
        event: &Event,
        turns: &[u64],
        report: &mut Report,
    ) {
        for seen in self.places.remove(&version).unwrap_or_default() {
            self.place(partition, event, turns, seen, report);
        }
        for seen in self.reservations.remove(&version).unwrap_or_default() {
            self.reservation(partition, event, seen, report);
        }
        for seen in self.slots.remove(&version).unwrap_or_default() {
            slots(partition, event, seen, report);
        }
        for seen in self.events.remove(&version).unwrap_or_default() {
            flags(partition, event, seen, report);
        }
    }

    /// The log has ended: nothing may be left, but for what was said before there was an event.
    pub(crate) fn finish(&self, end: u64, event: Option<&Event>, report: &mut Report) {
        let places = self
            .places
            .values()
            .flatten()
            .filter(|seen| seen.state != "pending")
            .map(|seen| (seen.version, seen.line));
        let reservations = self
            .reservations
            .values()
            .flatten()
            .filter(|seen| seen.said.state != "pending")
            .map(|seen| (seen.version, seen.line));
        for (version, number) in places.chain(reservations) {
            let what = || {
                format!(
                    "something was shown at version {}-{}, and the log has no such record ({end} records)",
                    version.0, version.1
                )
            };
            report.violation(Rule::P3, what, &[line(number)]);
        }
        if let Some(event) = event {
            self.order_of_numbers(event, report);
        }
    }

    fn place(
        &mut self,
        partition: u32,
        event: &Event,
        turns: &[u64],
        seen: &PlaceSeen,
        report: &mut Report,
    ) {
        let Some(shopper) = self.witness.shopper(seen.shopper) else {
            return;
        };
        let here = [line(seen.line), record(partition, seen.version.1)];
        report.checked(Rule::F3, 1);
        if let Some(other) = seen
            .id
            .and_then(|id| event.place_made_at(id))
            .filter(|place| place.shopper != shopper)
        {
            report.violation(
                Rule::F3,
                || {
                    format!(
                        "shopper {} was shown the place of {}",
                        hex(&shopper),
                        hex(&other.shopper)
                    )
                },
                &here,
            );
            return;
        }
        if seen.state == "pending" {
            return;
        }
        last(event, &shopper, seen, &here, report);
        // Who never had a place is told that it is over, with the reason in `last`.
        let nothing = seen.id.is_none() && matches!(seen.state, "left" | "closed");
        if nothing && event.current_place(&shopper).is_none() {
            return;
        }
        report.checked(Rule::P2, 1);
        let Some(no) = event.current_place(&shopper) else {
            report.violation(
                Rule::P2,
                || {
                    format!(
                        "shopper {} was shown a place ({}) and has none",
                        hex(&shopper),
                        seen.state
                    )
                },
                &here,
            );
            return;
        };
        let place = &event.places[no];
        report.checked(Rule::L5, 1);
        if seen.id.is_some_and(|id| id != place.at) {
            let rule = if place.state.is_active() {
                Rule::L5
            } else {
                Rule::P2
            };
            report.violation(
                rule,
                || {
                    format!(
                        "shopper {} was shown another place than the current one",
                        hex(&shopper)
                    )
                },
                &here,
            );
            report.violation(
                Rule::P2,
                || "another place than the current one was shown".to_owned(),
                &here,
            );
            return;
        }
        self.state(event, place, seen, &here, report);
        self.number(no, place, seen, &here, report);
        self.ahead(event, no, place, turns, seen, &here, report);
    }

    fn state(
        &mut self,
        event: &Event,
        place: &Place,
        seen: &PlaceSeen,
        here: &[String],
        report: &mut Report,
    ) {
        for rule in [Rule::L6, Rule::L7, Rule::L9, Rule::S3] {
            report.checked(rule, 1);
        }
        // A booked place reads as inside until the ledger has it.
        let masked = place.state == State::Booked && seen.state == "inside";
        if seen.state != place.state.word() && !masked {
            let why = event
                .why_nobody_is_admitted()
                .map_or(String::new(), |why| format!(" ({why})"));
            for rule in classify::place(event, place, seen.state) {
                report.violation(
                    rule,
                    || {
                        format!(
                            "place {}-{} was shown as {}, it is {}{why}",
                            place.at.0,
                            place.at.1,
                            seen.state,
                            place.state.word()
                        )
                    },
                    here,
                );
            }
        }
        if seen.state == "booked" {
            self.booked.entry(place.shopper).or_insert(seen.line);
        }
    }

    fn number(
        &mut self,
        no: usize,
        place: &Place,
        seen: &PlaceSeen,
        here: &[String],
        report: &mut Report,
    ) {
        let Some(number) = seen.number else {
            report.check(
                Rule::P2,
                place.number.is_none(),
                || "a place was shown without its number".to_owned(),
                || here.to_vec(),
            );
            return;
        };
        report.checked(Rule::L4, 1);
        report.check(
            Rule::L1,
            place.number == Some(number),
            || {
                format!(
                    "number {number} was shown, by the log it is {:?}",
                    place.number
                )
            },
            || here.to_vec(),
        );
        let (first, first_line) = *self
            .gathered
            .entry(no)
            .or_default()
            .number
            .get_or_insert((number, seen.line));
        report.check(
            Rule::L2,
            first == number,
            || {
                format!(
                    "the number of place {}-{} was {first} and then {number}",
                    place.at.0, place.at.1
                )
            },
            || vec![line(first_line), line(seen.line)],
        );
        if let Some(began) = seen.began_ahead.filter(|_| place.number.is_some()) {
            report.check(
                Rule::P2,
                began == place.began_ahead,
                || {
                    format!(
                        "{began} ahead at the beginning were shown, there were {}",
                        place.began_ahead
                    )
                },
                || here.to_vec(),
            );
        }
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one shown place and all that it is held against"
    )]
    fn ahead(
        &mut self,
        event: &Event,
        no: usize,
        place: &Place,
        turns: &[u64],
        seen: &PlaceSeen,
        here: &[String],
        report: &mut Report,
    ) {
        if let Some(waiting) = seen.waiting {
            report.check(
                Rule::P2,
                waiting == event.waiting(),
                || {
                    format!(
                        "{waiting} people waiting were shown, there were {}",
                        event.waiting()
                    )
                },
                || here.to_vec(),
            );
        }
        let (Some(ahead), State::Waiting, "waiting") = (seen.ahead, place.state, seen.state) else {
            return;
        };
        if let Some(number) = place.number {
            let exact = event.line.ahead_of(number);
            report.check(
                Rule::L8,
                ahead == exact,
                || {
                    format!(
                        "{ahead} people ahead were shown at number {number}, there were {exact}"
                    )
                },
                || here.to_vec(),
            );
        }
        let before = self
            .gathered
            .entry(no)
            .or_default()
            .ahead
            .replace((seen.version.1, ahead));
        let Some((version, before)) = before.filter(|(_, before)| *before < ahead) else {
            return;
        };
        let turned = turns
            .iter()
            .any(|turn| (version + 1..=seen.version.1).contains(turn));
        report.check(
            Rule::L8,
            turned,
            || format!("people ahead rose from {before} to {ahead} without a turn to standby"),
            || here.to_vec(),
        );
        if turned
            && event.standby
            && event.phase == Phase::Open
            && matches!(seen.through, Through::Socket(_))
        {
            report.check(
                Rule::L8,
                seen.reason == Some("standby"),
                || {
                    "people ahead rose at a turn to standby and the frame does not say so"
                        .to_owned()
                },
                || here.to_vec(),
            );
        }
    }

    /// Shown numbers, in the order of the joins: nothing but the log's order counts (or the draw of a shuffle).
    fn order_of_numbers(&self, event: &Event, report: &mut Report) {
        let mut shown: Vec<(usize, u32, u32)> = self
            .gathered
            .iter()
            .filter_map(|(no, seen)| seen.number.map(|(number, line)| (*no, number, line)))
            .collect();
        shown.sort_unstable();
        let same_draw =
            |a: usize, b: usize| event.commitment.is_some() && (drawn(event, a) || drawn(event, b));
        for pair in shown.windows(2) {
            let [(earlier, number, number_line), (later, next, next_line)] = pair else {
                continue;
            };
            if *earlier != *later && !same_draw(*earlier, *later) {
                let here = || vec![line(*number_line), line(*next_line)];
                report.check(
                    Rule::L4,
                    number < next,
                    || format!("number {next} went to a later join than number {number}"),
                    here,
                );
                report.check(
                    Rule::L1,
                    number != next,
                    || format!("number {number} was shown for two places"),
                    here,
                );
            }
        }
    }

    fn reservation(
        &mut self,
        partition: u32,
        event: &Event,
        seen: &ReservationSeen,
        report: &mut Report,
    ) {
        let Some(shopper) = self.witness.shopper(seen.shopper) else {
            return;
        };
        let here = [line(seen.line), record(partition, seen.version.1)];
        let id = seen.said.id.rsplit_once('.').and_then(|(_, id)| unhex(id));
        let decided = id.and_then(|id| event.reservations.get(&id));
        report.checked(Rule::P2, 1);
        report.checked(Rule::F3, 1);
        let Some((id, decided)) = id.zip(decided) else {
            report.check(
                Rule::P2,
                seen.said.state == "pending",
                || {
                    format!(
                        "reservation {} was shown as {}, nobody asked for it",
                        seen.said.id, seen.said.state
                    )
                },
                || here.to_vec(),
            );
            return;
        };
        if decided.shopper != shopper {
            report.violation(
                Rule::F3,
                || {
                    format!(
                        "shopper {} was shown a reservation of {}",
                        hex(&shopper),
                        hex(&decided.shopper)
                    )
                },
                &here,
            );
            return;
        }
        let rules = reservation_rules(event, seen, decided);
        for rule in [Rule::S1, Rule::S3, Rule::S4, Rule::S5] {
            report.checked(rule, 1);
        }
        for rule in rules {
            let reason = seen
                .said
                .reason
                .as_deref()
                .map_or(String::new(), |reason| format!(" ({reason})"));
            let what = || {
                format!(
                    "reservation {} was shown as {}{reason}, it is {:?}",
                    seen.said.id, seen.said.state, decided.state
                )
            };
            report.violation(
                rule,
                what,
                &[here[0].clone(), super::command(partition, decided.at)],
            );
        }
        if seen.said.state == "confirmed" {
            self.confirmed.insert((id, seen.line));
            let right = decided.code.map(super::ledger::door_code) == seen.said.code
                || seen.said.code.is_none();
            report.check(
                Rule::P2,
                right,
                || {
                    format!(
                        "reservation {} was shown with another door code",
                        seen.said.id
                    )
                },
                || here.to_vec(),
            );
        }
    }

    /// What was shown as confirmed or booked has to be in the ledger.
    pub(crate) fn held_by_ledger(&self, rows: &crate::source::LedgerRows, report: &mut Report) {
        let event = &self.witness.header.event;
        let ours = || rows.reservations.iter().filter(|row| row.event == *event);
        let ids: BTreeSet<&str> = ours().map(|row| row.id.as_str()).collect();
        let shoppers: BTreeSet<&str> = ours().map(|row| row.shopper.as_str()).collect();
        for (id, number) in &self.confirmed {
            report.check(
                Rule::P6,
                ids.contains(hex(id).as_str()),
                || {
                    format!(
                        "reservation {} was shown as confirmed and is not in the ledger",
                        hex(id)
                    )
                },
                || vec![line(*number)],
            );
        }
        for (shopper, number) in &self.booked {
            let held = shoppers.contains(hex(shopper).as_str());
            report.check(
                Rule::P6,
                held,
                || {
                    format!(
                        "shopper {} was shown as booked and has no row in the ledger",
                        hex(shopper)
                    )
                },
                || vec![line(*number)],
            );
        }
    }
}

/// What became of the last command, when it is told as decided.
fn last(event: &Event, shopper: &Id, seen: &PlaceSeen, here: &[String], report: &mut Report) {
    let Some((kind, state, reason)) = seen.last.filter(|(_, state, _)| *state != "pending") else {
        return;
    };
    let told = match (state, reason) {
        ("done", None) => Some(Ok(())),
        (_, Some(reason)) => Some(Err(reason)),
        _ => None,
    };
    let decided = event
        .last
        .get(shopper)
        .map(|(kind, decision)| (*kind, decision.map(|_| ())));
    let what = || {
        format!("{kind} was told to be {state} ({reason:?}), the last command came to {decided:?}")
    };
    report.check(
        Rule::P2,
        told.is_some_and(|told| decided == Some((kind, told))),
        what,
        || here.to_vec(),
    );
}

/// Whether the place got its number by the draw: those of the lobby did.
fn drawn(event: &Event, no: usize) -> bool {
    let place = &event.places[no];
    place
        .number
        .is_some_and(|number| event.drawn.contains(&number))
}

fn reservation_rules(event: &Event, seen: &ReservationSeen, decided: &Reservation) -> Vec<Rule> {
    let reason = seen.said.reason.as_deref().unwrap_or_default();
    let mut rules = match (seen.said.state.as_str(), decided.state) {
        ("confirmed", ReservationState::Refused(reason)) => vec![classify::confirmed_but(reason)],
        ("confirmed", ReservationState::Confirmed)
        | ("cancelled", ReservationState::Cancelled { .. }) => Vec::new(),
        // Above the ledger's mark what was confirmed, moved or cancelled reads as pending.
        ("pending", ReservationState::Confirmed | ReservationState::Cancelled { .. }) => Vec::new(),
        // The acknowledgement bears the version of its own record, which the view had not reached; of a repeat, that is later
        // than the decision.
        ("pending", _) if seen.acknowledges => Vec::new(),
        ("pending", _) if decided.at.0 == seen.version.1 => Vec::new(),
        ("refused", ReservationState::Refused(why)) if why == reason => Vec::new(),
        ("refused", state) => {
            classify::refused_but(reason, state, decided.free_then, decided.seats)
                .into_iter()
                .chain([Rule::P2])
                .collect()
        }
        _ => vec![Rule::P2],
    };
    let slot = decided
        .slot
        .map(|slot| event.slots[slot].definition.id.as_str());
    let same_slot = seen.said.slot.is_none() || slot.is_none() || seen.said.slot.as_deref() == slot;
    if rules.is_empty()
        && seen.said.state != "pending"
        && !(same_slot && seen.said.seats == decided.seats)
    {
        rules.push(Rule::P2);
    }
    rules
}

fn slots(partition: u32, event: &Event, seen: &Numbered<SlotsSeen>, report: &mut Report) {
    let here = || vec![line(seen.line), record(partition, seen.said.0.1)];
    for SeenSlot(id, remaining, capacity) in &seen.said.1 {
        let Some(slot) = event.slot_named(id).map(|slot| &event.slots[slot]) else {
            report.violation(
                Rule::P2,
                || format!("a slot {id} was shown, there is none"),
                &here(),
            );
            continue;
        };
        let confirmed = slot.confirmed;
        report.check(Rule::S2, remaining + confirmed == *capacity, || format!("slot {id} was shown with {remaining} of {capacity} seats free, {confirmed} are confirmed"), here);
        report.check(
            Rule::P2,
            (*remaining, *capacity) == (slot.free(), slot.capacity),
            || format!("slot {id} was shown with {remaining} of {capacity} seats free, it has {} of {}", slot.free(), slot.capacity),
            here,
        );
    }
}

fn flags(
    partition: u32,
    event: &Event,
    seen: &Numbered<(Version, SeenEvent)>,
    report: &mut Report,
) {
    let shown = &seen.said.1;
    let same = (
        shown.phase.as_str(),
        shown.paused,
        shown.standby,
        shown.waiting,
    ) == (
        event.phase.word(),
        event.paused,
        event.standby,
        event.waiting(),
    );
    report.check(
        Rule::P2,
        same,
        || {
            format!(
                "the event was shown as {shown:?}, it is {}, paused {}, standby {}, {} waiting",
                event.phase.word(),
                event.paused,
                event.standby,
                event.waiting()
            )
        },
        || vec![line(seen.line), record(partition, seen.said.0.1)],
    );
}
