//! Requests and answers against the log: what was acknowledged, refused, repeated and read.

use super::chain::Chain;
use super::{command, line};
use crate::naive::{Decided, Event, Id, ReservationState, hex, unhex};
use crate::receipt::Receipt;
use crate::report::Report;
use crate::rule::Rule;
use crate::source::Witness;
use crate::source::witness::{Numbered, place_id};
use queue_protocol::record::ShopperAction;
use queue_protocol::witness::{Asked, Request, Verdict};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The commands of the rehearsal's event, found by trace and by shopper.
struct Commands<'a> {
    partition: u32,
    by_trace: HashMap<[u8; 16], Vec<&'a Decided>>,
    by_shopper: HashMap<Id, Vec<&'a Decided>>,
}

impl<'a> Commands<'a> {
    fn new(partition: u32, decided: &'a [Decided], event: &str) -> Self {
        let mut commands = Self {
            partition,
            by_trace: HashMap::new(),
            by_shopper: HashMap::new(),
        };
        for one in decided.iter().filter(|one| one.event == event) {
            commands.by_trace.entry(one.trace).or_default().push(one);
            commands
                .by_shopper
                .entry(one.shopper)
                .or_default()
                .push(one);
        }
        commands
    }

    /// The entries that bear the request's own trace id.
    fn of(&self, request: &Request) -> &[&'a Decided] {
        request
            .trace
            .as_deref()
            .and_then(unhex)
            .and_then(|trace| self.by_trace.get(&trace))
            .map_or(&[], Vec::as_slice)
    }

    fn place(&self, one: &Decided) -> String {
        command(self.partition, one.at)
    }
}

fn is_change(asked: Asked) -> bool {
    !matches!(
        asked,
        Asked::ReadPlace | Asked::ReadReservation | Asked::ReadEvent
    )
}

/// Whether the entry says what the request said.
fn same_body(request: &Request, action: &ShopperAction) -> bool {
    let place = |place: &Option<queue_protocol::record::Place>| {
        place.map(|place| (place.offset, place.index)) == request.of.as_deref().and_then(place_id)
    };
    let id_in = |text: Option<&str>| {
        text.and_then(|text| text.rsplit_once('.'))
            .and_then(|(_, id)| unhex(id))
    };
    match (request.asked, action) {
        (Asked::Join, ShopperAction::Join { wish }) => *wish == request.slot,
        (Asked::Leave, ShopperAction::Leave { place: named })
        | (Asked::Enter, ShopperAction::Enter { place: named })
        | (Asked::Extend, ShopperAction::Extend { place: named }) => place(named),
        (
            Asked::Reserve,
            ShopperAction::Reserve {
                reservation,
                slot,
                seats,
                ..
            },
        ) => {
            let shown = id_in(request.reservation.as_ref().map(|seen| seen.id.as_str()));
            request.slot.as_ref() == Some(slot)
                && request.seats == Some(*seats)
                && shown.is_none_or(|id| id == **reservation)
        }
        (
            Asked::Cancel,
            ShopperAction::Cancel {
                reservation,
                if_slot,
            },
        ) => id_in(request.of.as_deref()) == Some(**reservation) && *if_slot == request.if_slot,
        (
            Asked::Move,
            ShopperAction::Move {
                reservation,
                if_slot,
                to,
            },
        ) => {
            id_in(request.of.as_deref()) == Some(**reservation)
                && *if_slot == request.if_slot
                && request.slot.as_ref() == Some(to)
        }
        _ => false,
    }
}

/// Everything about requests.
pub(crate) fn look(
    partition: u32,
    witness: &Witness,
    decided: &[Decided],
    event: &Event,
    chain: &Chain,
    report: &mut Report,
) {
    let commands = Commands::new(partition, decided, &event.id);
    for request in &witness.requests {
        receipt(witness, &commands, chain, request, report);
    }
    for request in witness
        .requests
        .iter()
        .filter(|request| is_change(request.said.asked))
    {
        match request.said.verdict() {
            Verdict::Ok => acknowledged(witness, &commands, request, report),
            Verdict::Fail => refused(&commands, request, report),
            Verdict::Unknown => unknown(&commands, request, report),
        }
    }
    outcomes(witness, event, report);
    repeats(witness, event, report);
    reads(witness, report);
    if witness.end.as_ref().is_some_and(|end| end.quiet) {
        quiet(witness, report);
    }
}

/// A1.
fn acknowledged(
    witness: &Witness,
    commands: &Commands<'_>,
    request: &Numbered<Request>,
    report: &mut Report,
) {
    let said = &request.said;
    let here = || vec![line(request.line)];
    let Some(shopper) = witness.shopper(said.shopper) else {
        report.violation(
            Rule::A1,
            || "a request was acknowledged to a shopper without an id".to_owned(),
            &here(),
        );
        return;
    };
    let traced = commands.of(said);
    if let Some(other) = traced
        .iter()
        .find(|one| one.shopper != shopper || !same_body(said, &one.action))
    {
        let what = || {
            format!(
                "the log has another {:?} than was acknowledged: {:?}",
                said.asked, other.action
            )
        };
        report.violation(Rule::A1, what, &[line(request.line), commands.place(other)]);
    }
    let in_log = !traced.is_empty()
        || commands
            .by_shopper
            .get(&shopper)
            .is_some_and(|all| all.iter().any(|one| same_body(said, &one.action)));
    report.check(
        Rule::A1,
        in_log,
        || {
            format!(
                "{:?} of shopper {} was acknowledged and is not in the log",
                said.asked,
                hex(&shopper)
            )
        },
        here,
    );
    report.check(
        Rule::Budget,
        in_log,
        || "something acknowledged is lost".to_owned(),
        here,
    );
}

/// A1 once more: a receipt names a join of this shopper, as the log has it.
fn receipt(
    witness: &Witness,
    commands: &Commands<'_>,
    chain: &Chain,
    request: &Numbered<Request>,
    report: &mut Report,
) {
    let place = request.said.place.as_ref();
    let Some(text) = place.and_then(|place| place.receipt.as_deref()) else {
        return;
    };
    let joins = witness
        .shopper(request.said.shopper)
        .and_then(|shopper| commands.by_shopper.get(&shopper))
        .map_or(&[][..], Vec::as_slice);
    let borne_out = Receipt::parse(text).is_some_and(|receipt| {
        let at = receipt.at();
        joins
            .iter()
            .any(|one| Some(one.at) == at && matches!(one.action, ShopperAction::Join { .. }))
            && at.and_then(|(offset, _)| chain.stamp(offset)) == Some(receipt.stamp_ms)
    });
    let what = || format!("the log does not bear out the receipt {text}");
    report.check(Rule::A1, borne_out, what, || vec![line(request.line)]);
}

/// A3 for what was refused.
fn refused(commands: &Commands<'_>, request: &Numbered<Request>, report: &mut Report) {
    let effective = commands
        .of(&request.said)
        .iter()
        .find(|one| one.decision == Ok(true));
    report.check(
        Rule::A3,
        effective.is_none(),
        || {
            format!(
                "{:?} was refused ({:?}) and took effect",
                request.said.asked, request.said.code
            )
        },
        || {
            effective
                .map(|one| commands.place(one))
                .into_iter()
                .chain([line(request.line)])
                .collect()
        },
    );
}

/// A3 for what is unknown.
fn unknown(commands: &Commands<'_>, request: &Numbered<Request>, report: &mut Report) {
    let effects = commands
        .of(&request.said)
        .iter()
        .filter(|one| one.decision == Ok(true))
        .count();
    report.check(
        Rule::A3,
        effects <= 1,
        || {
            format!(
                "{:?} of unknown outcome took effect {effects} times",
                request.said.asked
            )
        },
        || {
            commands
                .of(&request.said)
                .iter()
                .map(|one| commands.place(one))
                .chain([line(request.line)])
                .collect()
        },
    );
}

/// A2 and A4: no reservation is ever shown with two outcomes.
fn outcomes(witness: &Witness, event: &Event, report: &mut Report) {
    let mut first: HashMap<&str, (&str, Option<&str>, u32)> = HashMap::new();
    for seen in witness
        .reservations
        .iter()
        .filter(|seen| seen.said.state != "pending")
    {
        let given = seen.said.state != "refused";
        let outcome = if given {
            ("given", None)
        } else {
            ("refused", seen.said.reason.as_deref())
        };
        let (state, reason, number) = *first
            .entry(&seen.said.id)
            .or_insert((outcome.0, outcome.1, seen.line));
        let same = (state, reason) == outcome;
        for rule in [Rule::A2, Rule::A4] {
            report.check(
                rule,
                same,
                || format!("reservation {} has two outcomes", seen.said.id),
                || vec![line(number), line(seen.line)],
            );
        }
    }
    for (id, reservation) in &event.reservations {
        let known = event
            .requests
            .get(&reservation.request)
            .and_then(|first| event.reservations.get(first));
        let own = known.is_some_and(|first| first.shopper == reservation.shopper);
        report.check(
            Rule::A4,
            own,
            || format!("reservation {} has the request of another shopper", hex(id)),
            Vec::new,
        );
    }
}

/// A4: the same key and body always name the same reservation; another body under the key is refused.
fn repeats(witness: &Witness, event: &Event, report: &mut Report) {
    let mut first: HashMap<(u32, &str), &Numbered<Request>> = HashMap::new();
    let reserves = witness.requests.iter().filter(|request| {
        request.said.asked == Asked::Reserve && request.said.reservation.is_some()
    });
    for request in reserves {
        let Some(key) = request.said.key.as_deref() else {
            continue;
        };
        let before = *first.entry((request.said.shopper, key)).or_insert(request);
        let id = |request: &Numbered<Request>| {
            request
                .said
                .reservation
                .as_ref()
                .map(|seen| seen.id.clone())
        };
        let here = || vec![line(before.line), line(request.line)];
        if (&before.said.slot, before.said.seats) == (&request.said.slot, request.said.seats) {
            report.check(
                Rule::A4,
                id(before) == id(request),
                || "the same key and body were answered with two reservations".to_owned(),
                here,
            );
            continue;
        }
        let decided = id(request)
            .and_then(|id| unhex(id.rsplit_once('.')?.1))
            .and_then(|id| event.reservations.get(&id));
        let refused =
            decided.is_none_or(|decided| matches!(decided.state, ReservationState::Refused(_)));
        let ids = [id(before), id(request)].map(|id| {
            id.and_then(|id| unhex(id.rsplit_once('.')?.1))
                .and_then(|id| event.reservations.get(&id))
                .map(|decided| decided.state)
        });
        let both = ids
            .iter()
            .flatten()
            .filter(|state| !matches!(state, ReservationState::Refused(_)))
            .count()
            > 1;
        report.check(
            Rule::A4,
            refused || !both,
            || "two bodies under one key were both given".to_owned(),
            here,
        );
    }
}

/// A5.
fn reads(witness: &Witness, report: &mut Report) {
    let mut places: HashMap<u32, (u64, u32)> = HashMap::new();
    let mut reservations: HashMap<(u32, &str), (u64, u32)> = HashMap::new();
    for request in witness
        .requests
        .iter()
        .filter(|request| request.said.verdict() == Verdict::Ok)
    {
        let (said, acknowledged) = (&request.said, (request.said.done_us, request.line));
        if said.asked == Asked::Join {
            let first = places.entry(said.shopper).or_insert(acknowledged);
            *first = acknowledged.min(*first);
        }
        if let (Asked::Reserve, Some(seen)) = (said.asked, &said.reservation) {
            let first = reservations
                .entry((said.shopper, &seen.id))
                .or_insert(acknowledged);
            *first = acknowledged.min(*first);
        }
    }
    for request in &witness.requests {
        let said = &request.said;
        let acknowledged = match said.asked {
            Asked::ReadPlace => places.get(&said.shopper),
            Asked::ReadReservation => said
                .of
                .as_deref()
                .and_then(|id| reservations.get(&(said.shopper, id))),
            _ => None,
        };
        if let Some((_, number)) = acknowledged.filter(|(done_us, _)| *done_us < said.sent_us) {
            report.check(
                Rule::A5,
                said.status != Some(404),
                || "a read says that there is not what was acknowledged before".to_owned(),
                || vec![line(*number), line(request.line)],
            );
        }
    }
}

/// A2 at the end: nothing that was acknowledged is pending any more.
fn quiet(witness: &Witness, report: &mut Report) {
    let acknowledged = witness
        .requests
        .iter()
        .filter(|request| request.said.verdict() == Verdict::Ok);
    let joined: BTreeSet<u32> = acknowledged
        .filter(|request| request.said.asked == Asked::Join)
        .map(|request| request.said.shopper)
        .collect();
    let mut reservations: BTreeMap<&str, (&str, u32)> = BTreeMap::new();
    let mut places: BTreeMap<u32, (&str, u32)> = BTreeMap::new();
    for seen in &witness.reservations {
        reservations.insert(&seen.said.id, (&seen.said.state, seen.line));
    }
    for seen in witness
        .places
        .iter()
        .filter(|seen| joined.contains(&seen.shopper))
    {
        places.insert(seen.shopper, (seen.state, seen.line));
    }
    for (id, (state, number)) in reservations {
        report.check(
            Rule::A2,
            state != "pending",
            || format!("all is quiet and reservation {id} is still pending"),
            || vec![line(number)],
        );
    }
    for (shopper, (state, number)) in places {
        report.check(
            Rule::A2,
            state != "pending",
            || format!("all is quiet and the place of shopper {shopper} is still pending"),
            || vec![line(number)],
        );
    }
}
