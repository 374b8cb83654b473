//! A whole system in one thread: real records, the fold, the real view and what is shown of it, a ledger, and shoppers who write down
//! what they see. What a shop may do wrong on top of an honest fold is chosen with [`Shop`].

use crate::rows;
use queue_audit::source::{LedgerRows, RawRecord, VecLog, Witness};
use queue_audit::{Audit, Report, Sources};
use queue_domain::{
    Command, CommandId, Definition, Effect, Entry, EventId, LogPosition, OperatorAction, Outcome,
    Partition, PlaceId, Record, ReservationId, SetTime, ShopperAction, ShopperId, Stamp,
};
use queue_embedded::{MemoryView, ViewLimits};
use queue_ports::shown;
use queue_ports::view::{EventView, ShopperView, ViewBatch, ViewReader, ViewWriter};
use queue_protocol::http::Frame;
use queue_protocol::record::{Entry as WireEntry, assemble, entries};
use queue_protocol::witness::{
    Asked, End, Header, Line, Request, SeenEvent, SeenFrame, SeenPlace, SeenReservation, SeenSlot,
    Socket, SocketEvent, WITNESS_VERSION,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the shop does wrong. Each bites now and then, not always, as faults do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shop {
    Honest,
    /// Acknowledges without appending.
    AnswersWithoutTheLog,
    /// Appends another slot than was asked for.
    AppendsAnotherBody,
    /// Appends, and says that it was too busy.
    RefusesWhatItAppends,
    /// Appends twice what it does not answer, under different commands.
    AppendsTwice,
    /// Never tells what became of a reservation.
    StaysPending,
    /// Tells of a reservation what it is not.
    ChangesItsMind,
    /// Names a new reservation for every repeat.
    ForgetsKeys,
    /// Says 404 to somebody who has a place.
    LosesPlaces,
    /// Shows a number one higher on every other look.
    ShufflesNumbers,
    /// Counts one too many ahead.
    MiscountsAhead,
    /// Shows a seat too many.
    MiscountsSeats,
    /// Shows as confirmed what the ledger does not have.
    ConfirmsBeforeTheLedger,
    /// Sends an old frame again.
    SendsOldFrames,
    /// Greets who comes back with what was before.
    ForgetsSince,
    /// Never tells anybody that it is their turn.
    KeepsAdmissionsSecret,
    /// Sends a shopper what another one has.
    MixesShoppersUp,
    /// Fails now and then for no reason.
    IsTooBusy,
}

/// A shopper and what it last saw.
#[derive(Debug, Default, Clone)]
struct Seen {
    place: Option<String>,
    reservations: BTreeMap<String, String>,
}

/// The system.
pub(crate) struct System {
    pub(crate) shop: Shop,
    pub(crate) event: EventId,
    definition: Definition,
    /// The log's clock.
    pub(crate) now: u64,
    pub(crate) fold: Partition,
    /// Another owner of the partition, who ticks too.
    pub(crate) other_owner: Option<Partition>,
    /// The ledger takes nothing for now.
    pub(crate) ledger_is_down: bool,
    pub(crate) shoppers: Vec<ShopperId>,
    log: Vec<RawRecord>,
    view: MemoryView,
    rows: LedgerRows,
    backlog: Vec<(Vec<Effect>, LogPosition)>,
    lines: Vec<Line>,
    seen: Vec<Seen>,
    /// The number of each shopper's socket.
    sockets: Vec<u32>,
    us: u64,
    commands: u64,
    runtime: tokio::runtime::Runtime,
}

const GENERATION: u32 = 1;

fn sixteen(parts: &[&[u8]]) -> [u8; 16] {
    let digest = queue_domain::sha256(parts);
    std::array::from_fn(|at| digest[at])
}

impl System {
    /// A system with one event and so many shoppers, each with a socket.
    pub(crate) fn new(definition: Definition, shoppers: usize, shop: Shop) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime without drivers");
        let event = definition.id.clone();
        let mut system = Self {
            shop,
            event,
            definition: definition.clone(),
            now: 1_000_000,
            fold: Partition::new(0),
            other_owner: None,
            ledger_is_down: false,
            shoppers: (0..shoppers)
                .map(|no| ShopperId(sixteen(&[b"shopper", &no.to_be_bytes()])))
                .collect(),
            log: Vec::new(),
            view: MemoryView::new(ViewLimits::default()),
            rows: LedgerRows::default(),
            backlog: Vec::new(),
            lines: Vec::new(),
            seen: vec![Seen::default(); shoppers],
            sockets: (0..shoppers as u32).collect(),
            us: 0,
            commands: 0,
            runtime,
        };
        system.open(shoppers);
        system.append(&[Entry::Genesis {
            generation: GENERATION,
            partitions: 1,
        }]);
        let create = Command::Create {
            id: system.command_id(),
            actor: "owner".into(),
            rules: 1,
            definition: Arc::new(definition),
        };
        system.append(&[Entry::Command(create)]);
        system
    }

    fn open(&mut self, shoppers: usize) {
        let header = Header {
            version: WITNESS_VERSION,
            event: self.event.to_string(),
            seed: 0,
            shoppers: shoppers as u32,
            started_ms: self.now,
            config: serde_json::Value::Null,
        };
        self.lines.push(Line::Header(header));
        for shopper in 0..shoppers as u32 {
            self.lines.push(Line::Shopper {
                shopper,
                id: self.shoppers[shopper as usize].to_string(),
            });
            let opened = SocketEvent::Opened { since: None };
            self.lines.push(Line::Socket(Socket {
                shopper,
                socket: shopper,
                at_us: 0,
                stream: false,
                what: opened,
            }));
        }
    }

    fn command_id(&mut self) -> CommandId {
        self.commands += 1;
        CommandId(sixteen(&[b"command", &self.commands.to_be_bytes()]))
    }

    /// Appends one record, folds it, and shows everybody what became of it.
    pub(crate) fn append(&mut self, entries: &[Entry]) {
        let encoded: Vec<_> = entries
            .iter()
            .map(|entry| (self.trace(), entry))
            .map(|(trace, entry)| WireEntry::new(trace, entry).encode())
            .collect();
        self.append_bytes(assemble(&encoded));
    }

    /// Appends bytes, ours or not.
    pub(crate) fn append_bytes(&mut self, bytes: Vec<u8>) {
        let offset = self.log.len() as u64;
        self.log.push(RawRecord {
            offset,
            stamp: self.now,
            bytes,
        });
        let raw = self.log.last().expect("it was just pushed").clone();
        let entries = entries(&raw.bytes).ok();
        let record = Record {
            offset,
            stamp: Stamp(raw.stamp),
            bytes: &raw.bytes,
            entries: entries.as_deref(),
        };
        let mut effects = Vec::new();
        let folded = self
            .fold
            .fold(&record, &mut effects)
            .expect("the fold goes on");
        if let Some(other) = &mut self.other_owner {
            other
                .fold(&record, &mut Vec::new())
                .expect("the other fold goes on");
        }
        self.project(effects, folded.position);
        self.push_frames();
    }

    fn project(&mut self, effects: Vec<Effect>, position: LogPosition) {
        let version = self
            .runtime
            .block_on(self.view.version(&self.event))
            .expect("the view answers");
        if self
            .fold
            .event(&self.event)
            .is_some_and(|event| event.version() == position)
        {
            let batch = ViewBatch {
                partition: 0,
                event: self.event.clone(),
                follows: version,
                last: position,
                effects: effects.clone(),
            };
            self.runtime
                .block_on(self.view.apply(batch))
                .expect("the view takes it");
        }
        self.backlog.push((effects, position));
        if !self.ledger_is_down {
            for (effects, position) in std::mem::take(&mut self.backlog) {
                rows::take(&mut self.rows, 0, &effects, position);
            }
        }
        if !self.ledger_is_down || self.shop == Shop::ConfirmsBeforeTheLedger {
            self.runtime
                .block_on(self.view.mark(0, position))
                .expect("the view takes it");
        }
    }

    fn view(&self) -> Option<Arc<EventView>> {
        self.runtime
            .block_on(self.view.event(&self.event))
            .expect("the view answers")
    }

    /// What the view has of a shopper.
    pub(crate) fn look(&self, shopper: usize) -> ShopperView {
        self.runtime
            .block_on(self.view.shopper(&self.event, self.shoppers[shopper]))
            .expect("the view answers")
            .expect("the event is there")
    }

    fn trace(&self) -> [u8; 16] {
        sixteen(&[
            b"trace",
            &self.log.len().to_be_bytes(),
            &self.lines.len().to_be_bytes(),
        ])
    }

    fn bites(&self, every: u64) -> bool {
        self.commands % every == every - 1
    }

    /// Everybody is sent what changed for them.
    fn push_frames(&mut self) {
        let Some(view) = self.view() else {
            return;
        };
        for shopper in 0..self.shoppers.len() {
            let other = (shopper + 1) % self.shoppers.len();
            let mixed_up = self.shop == Shop::MixesShoppersUp && self.bites(7);
            let looked = self.look(if mixed_up { other } else { shopper });
            self.push_place(shopper, &view, &looked);
            for reservation in &looked.reservations {
                let frame = shown::reservation_frame(&view, reservation);
                let Frame::Reservation { id, state, .. } = &frame else {
                    continue;
                };
                let stays = self.shop == Shop::StaysPending && state != "pending";
                if !stays && self.seen[shopper].reservations.get(id) != Some(state) {
                    self.seen[shopper]
                        .reservations
                        .insert(id.clone(), state.clone());
                    self.frame(shopper, &frame);
                }
            }
        }
        let event = Frame::Event(shown::event_fields(&view));
        self.frame(0, &event);
        let mut slots = shown::slot_seats(&view, None);
        if self.shop == Shop::MiscountsSeats && self.bites(5) {
            slots.iter_mut().for_each(|slot| slot.remaining += 1);
        }
        self.frame(
            0,
            &Frame::Slots {
                version: view.version.to_string(),
                slots,
            },
        );
    }

    fn push_place(&mut self, shopper: usize, view: &EventView, looked: &ShopperView) {
        let mut fields = shown::place_fields(view, looked);
        if self.shop == Shop::KeepsAdmissionsSecret && fields.state == "admitted" {
            let alive = Frame::Alive {
                version: fields.version.clone(),
                server_ms: self.now,
            };
            self.frame(shopper, &alive);
            return;
        }
        self.misshow(&mut fields.number, &mut fields.ahead);
        let version = std::mem::take(&mut fields.version);
        let said = format!("{fields:?}");
        if self.seen[shopper].place.as_ref() != Some(&said) {
            self.seen[shopper].place = Some(said);
            let old =
                (self.shop == Shop::SendsOldFrames && self.bites(5)).then(|| self.older(&version));
            fields.version = old.unwrap_or(version);
            self.frame(shopper, &Frame::Place(fields));
        }
    }

    fn older(&self, version: &str) -> String {
        let position = LogPosition::parse(version).expect("a version of ours");
        LogPosition {
            offset: position.offset.saturating_sub(2),
            ..position
        }
        .to_string()
    }

    fn misshow(&self, number: &mut Option<u32>, ahead: &mut Option<u32>) {
        if self.shop == Shop::ShufflesNumbers && self.bites(2) {
            *number = number.map(|number| number + 1);
        }
        if self.shop == Shop::MiscountsAhead && self.bites(3) {
            *ahead = ahead.map(|ahead| ahead + 1);
        }
    }

    fn frame(&mut self, shopper: usize, frame: &Frame) {
        self.us += 10;
        self.lines.push(Line::Frame(SeenFrame::new(
            shopper as u32,
            self.sockets[shopper],
            self.us,
            frame,
        )));
    }

    /// A shopper's command goes to the log and is answered when it is decided.
    pub(crate) fn ask(&mut self, shopper: usize, action: ShopperAction, key: Option<&str>) {
        let id = self.command_id();
        let mut request = self.request(shopper, &action, key);
        let without_log = self.shop == Shop::AnswersWithoutTheLog && self.bites(4);
        if !without_log {
            self.append_request(&mut request, shopper, id, action);
        }
        self.us += 1000;
        request.done_us = self.us;
        self.answer(&mut request, shopper, without_log);
        self.lines.push(Line::Request(request));
    }

    fn append_request(
        &mut self,
        request: &mut Request,
        shopper: usize,
        id: CommandId,
        mut action: ShopperAction,
    ) {
        if self.shop == Shop::AppendsAnotherBody
            && let ShopperAction::Join { wish } = &mut action
        {
            *wish = Some(queue_domain::SlotId::parse("b").expect("a slot id"));
        }
        let command = Command::Shopper {
            id,
            event: self.event.clone(),
            shopper: self.shoppers[shopper],
            action,
        };
        request.trace = Some(hex(&self.trace()));
        let twice = self.shop == Shop::AppendsTwice && request.asked == Asked::Join;
        let trace = self.trace();
        let entry = WireEntry::new(trace, &Entry::Command(command.clone())).encode();
        self.append_bytes(assemble(std::slice::from_ref(&entry)));
        if twice {
            self.append_again(shopper, trace, &command);
        }
    }

    /// The same request once more, after its shopper's place was given up: so it takes effect again.
    fn append_again(&mut self, shopper: usize, trace: [u8; 16], command: &Command) {
        let leave = Command::Shopper {
            id: self.command_id(),
            event: self.event.clone(),
            shopper: self.shoppers[shopper],
            action: ShopperAction::Leave { place: None },
        };
        self.append(&[Entry::Command(leave)]);
        let entry = WireEntry::new(trace, &Entry::Command(command.clone())).encode();
        self.append_bytes(assemble(&[entry]));
    }

    fn answer(&mut self, request: &mut Request, shopper: usize, without_log: bool) {
        let Some(view) = self.view() else {
            return;
        };
        let looked = self.look(shopper);
        request.status = Some(202);
        if self.shop == Shop::IsTooBusy && self.bites(9) {
            (request.status, request.code) = (Some(503), Some("overloaded".to_owned()));
            return;
        }
        if self.shop == Shop::RefusesWhatItAppends && self.bites(3) {
            (request.status, request.code) = (Some(503), Some("overloaded".to_owned()));
            return;
        }
        if self.shop == Shop::AppendsTwice && request.asked == Asked::Join {
            (request.status, request.code) = (Some(503), Some("outcome_unknown".to_owned()));
            return;
        }
        if without_log {
            return;
        }
        if let Some(Outcome::Refused(refusal)) = looked.last.as_ref().map(|last| last.outcome) {
            (request.status, request.code) = (Some(409), Some(refusal.as_str().to_owned()));
        }
        let place = shown::place(&view, Some(&looked), None);
        request.reservation = request.reservation.take().and_then(|asked| {
            let id = ReservationId::parse_hex(asked.id.rsplit_once('.')?.1)?;
            let reservation = looked
                .reservations
                .iter()
                .find(|reservation| reservation.id == id)?;
            Some(SeenReservation::from(&shown::reservation(
                &view,
                reservation,
            )))
        });
        if self.shop == Shop::ChangesItsMind
            && let Some(seen) = request
                .reservation
                .as_mut()
                .filter(|seen| seen.state == "confirmed")
        {
            (seen.state, seen.reason, seen.code) =
                ("refused".to_owned(), Some("sold_out".to_owned()), None);
        }
        let mut place = SeenPlace::from(&place);
        if self.shop == Shop::StaysPending {
            request
                .reservation
                .iter_mut()
                .chain(&mut place.reservations)
                .for_each(hush);
        }
        request.place = Some(place);
    }

    fn request(&mut self, shopper: usize, action: &ShopperAction, key: Option<&str>) -> Request {
        self.us += 1000;
        let text = |slot: &Option<queue_domain::SlotId>| slot.as_ref().map(ToString::to_string);
        let reservation = |id: &ReservationId| shown::reservation_id(&self.event, *id);
        let named = |place: &Option<PlaceId>| place.as_ref().map(ToString::to_string);
        let (asked, of, slot, seats, if_slot) = match action {
            ShopperAction::Join { wish } => (Asked::Join, None, text(wish), None, None),
            ShopperAction::Leave { place } => (Asked::Leave, named(place), None, None, None),
            ShopperAction::Enter { place } => (Asked::Enter, named(place), None, None, None),
            ShopperAction::Extend { place } => (Asked::Extend, named(place), None, None, None),
            ShopperAction::Reserve { slot, seats, .. } => (
                Asked::Reserve,
                None,
                Some(slot.to_string()),
                Some(seats.0),
                None,
            ),
            ShopperAction::Cancel {
                reservation: id,
                if_slot,
            } => (
                Asked::Cancel,
                Some(reservation(id)),
                None,
                None,
                text(if_slot),
            ),
            ShopperAction::Move {
                reservation: id,
                if_slot,
                to,
            } => (
                Asked::Move,
                Some(reservation(id)),
                Some(to.to_string()),
                None,
                text(if_slot),
            ),
        };
        let asked_for = match action {
            ShopperAction::Reserve {
                reservation: id, ..
            } => Some(SeenReservation {
                id: reservation(id),
                ..SeenReservation::default()
            }),
            _ => None,
        };
        Request {
            shopper: shopper as u32,
            asked,
            intended_us: self.us,
            sent_us: self.us,
            done_us: self.us,
            trace: None,
            key: key.map(str::to_owned),
            of,
            slot,
            seats,
            if_slot,
            status: None,
            unsent: false,
            code: None,
            place: None,
            reservation: asked_for,
            slots: Vec::new(),
            event: None,
        }
    }

    /// A reserve as the API makes it: the ids are keyed hashes.
    pub(crate) fn reserve(
        &mut self,
        shopper: usize,
        key: &str,
        slot: &str,
        seats: u32,
    ) -> ReservationId {
        let who = self.shoppers[shopper].0;
        let salt = if self.shop == Shop::ForgetsKeys {
            self.commands.to_be_bytes()
        } else {
            [0; 8]
        };
        let reservation = ReservationId(sixteen(&[
            b"body",
            &who,
            key.as_bytes(),
            slot.as_bytes(),
            &seats.to_be_bytes(),
            &salt,
        ]));
        let request = queue_domain::RequestId(sixteen(&[b"key", &who, key.as_bytes(), &salt]));
        let slot = queue_domain::SlotId::parse(slot).expect("a slot id");
        self.ask(
            shopper,
            ShopperAction::Reserve {
                reservation,
                request,
                slot,
                seats: queue_domain::Seats(seats),
                contact: None,
            },
            Some(key),
        );
        reservation
    }

    /// A shopper reads its place and the event.
    pub(crate) fn read(&mut self, shopper: usize) {
        let Some(view) = self.view() else {
            return;
        };
        let looked = self.look(shopper);
        self.commands += 1;
        self.us += 1000;
        let mut request = self.request(shopper, &ShopperAction::Join { wish: None }, None);
        request.asked = Asked::ReadPlace;
        request.status = Some(if looked.place.is_some() { 200 } else { 404 });
        if self.shop == Shop::LosesPlaces && self.bites(3) {
            request.status = Some(404);
        }
        if request.status == Some(200) {
            let mut place = SeenPlace::from(&shown::place(&view, Some(&looked), None));
            self.misshow(&mut place.number, &mut place.ahead);
            if self.shop == Shop::StaysPending {
                place.reservations.iter_mut().for_each(hush);
            }
            request.place = Some(place);
        }
        request.event = Some(SeenEvent::from(&shown::event_fields(&view)));
        request.slots = shown::slot_seats(&view, None)
            .iter()
            .map(SeenSlot::from)
            .collect();
        self.us += 1000;
        request.done_us = self.us;
        self.lines.push(Line::Request(request));
    }

    /// A shopper's network breaks; it comes back with the version that it saw last.
    pub(crate) fn reconnect(&mut self, shopper: usize) {
        let Some(view) = self.view() else {
            return;
        };
        let since = view.version.to_string();
        self.us += 100;
        let (at_us, shopper_no) = (self.us, shopper as u32);
        let line = |socket, what| {
            Line::Socket(Socket {
                shopper: shopper_no,
                socket,
                at_us,
                stream: false,
                what,
            })
        };
        self.lines.push(line(
            self.sockets[shopper],
            SocketEvent::Closed { code: None },
        ));
        self.sockets[shopper] += self.shoppers.len() as u32;
        self.lines.push(line(
            self.sockets[shopper],
            SocketEvent::Opened {
                since: Some(since.clone()),
            },
        ));
        let place = shown::hello_place(&view, &self.look(shopper), None);
        let hello = Frame::Hello {
            version: if self.shop == Shop::ForgetsSince {
                self.older(&since)
            } else {
                since
            },
            server_ms: self.now,
            event: shown::hello_event(&view, Stamp(self.now)),
            place: Some(place).filter(|_| self.shop != Shop::ForgetsSince),
            slots: shown::slot_seats(&view, None),
            stale: false,
        };
        if self.shop != Shop::KeepsAdmissionsSecret {
            self.frame(shopper, &hello);
        }
    }

    /// The owner's tick, after so long.
    pub(crate) fn tick(&mut self, after_ms: u64) {
        self.now += after_ms;
        let (folded, log_hash, state_hash) = (
            self.fold.position().expect("there is a genesis"),
            self.fold.log_hash(),
            self.fold.state_hash(),
        );
        let other = self.other_owner.as_ref().map(|other| {
            (
                other.position().expect("there is a genesis"),
                other.log_hash(),
                other.state_hash(),
            )
        });
        self.append(&[Entry::Tick {
            folded,
            log_hash,
            state_hash,
        }]);
        if let Some((folded, log_hash, state_hash)) = other {
            self.append(&[Entry::Tick {
                folded,
                log_hash,
                state_hash,
            }]);
        }
    }

    /// An operator's command.
    pub(crate) fn operate(&mut self, action: OperatorAction) {
        let command = Command::Operator {
            id: self.command_id(),
            event: self.event.clone(),
            actor: "owner".into(),
            action,
        };
        self.append(&[Entry::Command(command)]);
    }

    /// An operator creates another event, of rules that do not exist yet.
    pub(crate) fn create_by_unknown_rules(&mut self) {
        let mut definition = self.definition.clone();
        definition.id = EventId::parse("from-the-future").expect("an event id");
        let create = Command::Create {
            id: self.command_id(),
            actor: "owner".into(),
            rules: 2,
            definition: Arc::new(definition),
        };
        self.append(&[Entry::Command(create)]);
    }

    /// A set time comes.
    pub(crate) fn comes(&mut self, at: Stamp, what: SetTime) {
        self.append(&[Entry::Command(Command::Timed {
            event: self.event.clone(),
            at,
            what,
        })]);
    }

    /// The log.
    pub(crate) fn records(&self) -> &[RawRecord] {
        &self.log
    }

    /// What the audit says of all this.
    pub(crate) fn audit(mut self) -> Report {
        let us = self.us;
        self.lines.push(Line::End(End {
            at_us: us,
            quiet: !self.ledger_is_down,
            sold_out: false,
            peak_sockets: self.shoppers.len() as u64,
        }));
        let mut text = Vec::new();
        for line in &self.lines {
            serde_json::to_writer(&mut text, line).expect("a line is JSON");
            text.push(b'\n');
        }
        let witness = Witness::read(text.as_slice()).expect("the witness is read");
        let log = VecLog(vec![self.log.clone()]);
        Audit::run(&Sources {
            log: &log,
            ledger: Some(&self.rows),
            witness: Some(&witness),
        })
        .expect("the audit runs")
    }
}

/// As if it was not decided yet.
fn hush(seen: &mut SeenReservation) {
    (seen.state, seen.reason, seen.code) = ("pending".to_owned(), None, None);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
