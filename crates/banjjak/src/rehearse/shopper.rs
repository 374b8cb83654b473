//! One simulated shopper: waits for its moment, listens to its socket, and keeps its agenda in step with what it is told.
//! What it does when a task is due is in `acts`.

use super::agenda::{Agenda, Task};
use super::ask::Jar;
use super::clock::micros;
use super::kinds::{Stand, Timed};
use super::known::{Known, News};
use super::plan::Plan;
use super::socket::{Frame, Received, Socket};
use super::world::World;
use queue_protocol::witness::{self, Line, SeenPlace, SeenReservation, SocketEvent};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;

/// Time until a shopper looks whether what it asked has happened.
const CHECK_AFTER: Duration = Duration::from_secs(3);
/// Longest random wait before a lost socket is opened again: a crowd must not come back in one instant.
const RECONNECT_MS: u64 = 4000;

/// A shopper.
pub(crate) struct Shopper {
    pub(super) index: u32,
    pub(super) world: Arc<World>,
    pub(super) plan: Plan,
    pub(super) rng: fastrand::Rng,
    pub(super) jar: Jar,
    pub(super) known: Known,
    pub(super) agenda: Agenda,
    pub(super) socket: Option<Socket>,
    pub(super) permit: Option<OwnedSemaphorePermit>,
    /// Connecting has failed so often in a row.
    pub(super) misses: u32,
    /// Opened and not greeted yet: since when.
    pub(super) opening_us: Option<u64>,
    /// An enter was acknowledged and has not been seen to take effect.
    pub(super) entering: bool,
    /// The booking whose outcome is timed: when it was meant to be sent.
    pub(super) booking_us: Option<u64>,
    pub(super) tries_left: u32,
    pub(super) done: Done,
    busy: bool,
}

/// What a shopper does once in its life.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Done {
    pub(super) named: bool,
    pub(super) joined: bool,
    pub(super) extended: bool,
    pub(super) repeated: bool,
    pub(super) changed: bool,
    pub(super) returned: bool,
    pub(super) without: bool,
}

impl Shopper {
    /// A shopper with the cookie that the event's page gave it.
    pub(crate) fn new(
        index: u32,
        world: Arc<World>,
        plan: Plan,
        rng: fastrand::Rng,
        jar: Jar,
    ) -> Self {
        let known = Known::new(world.seats.clone());
        let tries_left = plan.tries;
        Self {
            index,
            world,
            plan,
            rng,
            jar,
            known,
            agenda: Agenda::default(),
            socket: None,
            permit: None,
            misses: 0,
            opening_us: None,
            entering: false,
            booking_us: None,
            tries_left,
            done: Done::default(),
            busy: false,
        }
    }

    /// Lives until the rehearsal stops, looks a last time, and says whether everything it asked is answered.
    pub(crate) async fn live(mut self) -> bool {
        let world = Arc::clone(&self.world);
        self.agenda
            .plan(world.begin_us + micros(self.plan.joins_after), Task::Join);
        self.mark_busy();
        let mut stop = std::pin::pin!(world.stop.cancelled());
        let mut timer = std::pin::pin!(tokio::time::sleep_until(world.clock.at(self.next_us())));
        loop {
            tokio::select! {
                biased;
                () = &mut stop => break,
                received = listen(&mut self.socket) => self.received(received),
                () = &mut timer => {
                    if let Some((planned_us, task)) = self.agenda.take_due(world.clock.now_us()) {
                        self.act(task, planned_us).await;
                    }
                }
            }
            self.mark_busy();
            let due = world.clock.at(self.next_us());
            if timer.deadline() != due {
                timer.as_mut().reset(due);
            }
        }
        let settled = self.look_last().await;
        self.hang_up().await;
        settled
    }

    /// The next task, or much later.
    fn next_us(&self) -> u64 {
        self.agenda
            .next()
            .unwrap_or_else(|| self.world.clock.now_us().next_multiple_of(1 << 30))
    }

    /// Plans a task so long from now.
    pub(super) fn soon(&mut self, task: Task, after: Duration) {
        self.agenda
            .plan(self.world.clock.now_us() + micros(after), task);
    }

    fn mark_busy(&mut self) {
        let busy = self.agenda.is_busy()
            || matches!(
                self.known.stand,
                Stand::Pending | Stand::Admitted | Stand::Inside
            )
            || self.known.undecided().is_some();
        if busy != self.busy {
            self.busy = busy;
            self.world
                .tally
                .busy
                .fetch_add(if busy { 1 } else { -1 }, Ordering::Relaxed);
        }
    }

    fn received(&mut self, received: Received) {
        match received {
            Received::Text(text) => {
                let tally = &self.world.tally;
                tally.frames.fetch_add(1, Ordering::Relaxed);
                tally
                    .frame_bytes
                    .fetch_add(text.len() as u64, Ordering::Relaxed);
                match Frame::parse(text.as_str()) {
                    Some(frame) => self.heed_frame(frame),
                    None => {
                        tally.bad_frames.fetch_add(1, Ordering::Relaxed);
                    }
                }
            }
            Received::Nothing => {}
            Received::Ended(code) => {
                self.ended(code);
                if !self.agenda.has(Task::Connect) {
                    let wait = self.rng.u64(100..RECONNECT_MS);
                    self.soon(Task::Connect, Duration::from_millis(wait));
                }
            }
        }
    }

    fn heed_frame(&mut self, frame: Frame) {
        let Some(number) = self.socket.as_ref().map(|socket| socket.number) else {
            return;
        };
        let now_us = self.world.clock.now_us();
        if let Some(since_us) = self.opening_us.take_if(|_| frame.kind == "hello") {
            self.world
                .tally
                .took(Timed::Hello, now_us, now_us - since_us);
        }
        if let Some(after_ms) = frame.after_ms {
            self.soon(Task::Connect, Duration::from_millis(after_ms));
        }
        let seen = frame.seen(self.index, number, now_us);
        let line = Line::Frame(seen);
        self.world.recorder.write(&line);
        let Line::Frame(seen) = line else {
            unreachable!("it was made a frame above")
        };
        if let Some(event) = &seen.event {
            self.world.tally.told_standby(event.standby);
        }
        let version = seen.version.as_deref().unwrap_or_default();
        if !seen.slots.is_empty() {
            self.known
                .heed_slots(version, &seen.slots, &self.world.slots);
        }
        if let Some(reservation) = &seen.reservation {
            self.heed_reservation(reservation);
        }
        if let Some(place) = &seen.place {
            self.heed_place(place);
        }
        if seen.kind == "admitted" && self.known.stand == Stand::Waiting {
            let place = SeenPlace {
                version: version.to_owned(),
                state: "admitted".into(),
                ..SeenPlace::default()
            };
            self.heed_place(&place);
        }
    }

    /// Takes a place, wherever it was told, and plans what follows from it.
    pub(super) fn heed_place(&mut self, place: &SeenPlace) {
        for reservation in &place.reservations {
            self.heed_reservation(reservation);
        }
        if let Some(before) = self.known.heed_place(place) {
            let stand = self.known.stand;
            let tally = &self.world.tally;
            tally.stands(before, stand);
            if stand == Stand::Admitted || (stand == Stand::Inside && before != Stand::Admitted) {
                tally.admitted.fetch_add(1, Ordering::Relaxed);
            }
            self.entering = false;
            self.tries_left = self.plan.tries;
        }
        self.follow();
    }

    /// Plans what the present stand asks for, and forgets what it rules out.
    fn follow(&mut self) {
        let now_us = self.world.clock.now_us();
        match self.known.stand {
            Stand::Waiting => self
                .agenda
                .drop_all(&[Task::Enter, Task::Extend, Task::Reserve]),
            Stand::Admitted if !self.plan.no_show && !self.entering => self
                .agenda
                .plan(now_us + micros(self.plan.thinks), Task::Enter),
            Stand::Inside => {
                let free = self.known.undecided().is_none() && self.known.confirmed().is_none();
                if free && !self.plan.dawdles {
                    self.agenda
                        .plan(now_us + micros(self.plan.looks), Task::Reserve);
                }
                if self.plan.extends && !std::mem::replace(&mut self.done.extended, true) {
                    self.agenda
                        .plan(now_us + micros(self.plan.looks) / 2, Task::Extend);
                }
            }
            Stand::Booked => {
                self.agenda
                    .drop_all(&[Task::Enter, Task::Extend, Task::Reserve, Task::Leave])
            }
            stand if stand.is_final() => {
                self.agenda.drop_all(&[
                    Task::Enter,
                    Task::Extend,
                    Task::Reserve,
                    Task::Leave,
                    Task::ClickAgain,
                ]);
                let passed = matches!(stand, Stand::NoShow | Stand::TimedOut);
                if passed && self.plan.returns && !std::mem::replace(&mut self.done.returned, true)
                {
                    self.agenda
                        .plan(now_us + micros(self.plan.thinks), Task::Join);
                }
            }
            _ => {}
        }
    }

    /// Takes a reservation, wherever it was told.
    pub(super) fn heed_reservation(&mut self, reservation: &SeenReservation) {
        let Some(news) = self.known.heed_reservation(reservation) else {
            return;
        };
        let (tally, now_us) = (&self.world.tally, self.world.clock.now_us());
        match &news {
            News::Confirmed(seats) => {
                tally.confirmed.fetch_add(1, Ordering::Relaxed);
                tally.seats.fetch_add(i64::from(*seats), Ordering::Relaxed);
            }
            News::Moved => {
                tally.moved.fetch_add(1, Ordering::Relaxed);
            }
            News::Cancelled(seats) => {
                tally.cancelled.fetch_add(1, Ordering::Relaxed);
                tally.seats.fetch_sub(i64::from(*seats), Ordering::Relaxed);
            }
            News::Refused(reason) if reason == "sold_out" => {
                tally.sold_out.fetch_add(1, Ordering::Relaxed);
            }
            News::Refused(_) => {}
        }
        if let (News::Confirmed(_) | News::Refused(_), Some(since_us)) =
            (&news, self.booking_us.take())
        {
            tally.took(Timed::Decision, now_us, now_us.saturating_sub(since_us));
        }
        match news {
            News::Confirmed(_) if !std::mem::replace(&mut self.done.changed, true) => {
                if let Some(after) = self.plan.cancels_after {
                    self.soon(Task::Cancel, after);
                }
                if let Some(after) = self.plan.moves_after {
                    self.soon(Task::Move, after);
                }
            }
            News::Refused(reason) => {
                let slot = reservation
                    .slot
                    .as_ref()
                    .and_then(|id| self.world.slots.iter().position(|known| known == id));
                if let (Some(slot), "sold_out") = (slot, reason.as_str()) {
                    self.known.remaining[slot] =
                        self.known.remaining[slot].min(reservation.seats.saturating_sub(1));
                }
                self.soon(Task::Check, self.plan.looks / 2);
            }
            _ => {}
        }
    }

    /// Looks later whether what was asked has happened.
    pub(super) fn check_later(&mut self) {
        self.soon(Task::Check, CHECK_AFTER);
    }

    /// The socket has ended.
    pub(super) fn ended(&mut self, code: Option<u16>) {
        let Some(socket) = self.socket.take() else {
            return;
        };
        self.opening_us = None;
        self.world.tally.sockets.fetch_sub(1, Ordering::Relaxed);
        self.write_socket(socket.number, SocketEvent::Closed { code });
    }

    /// Writes a socket's beginning or end down.
    pub(super) fn write_socket(&self, number: u32, what: SocketEvent) {
        let at_us = self.world.clock.now_us();
        self.world.recorder.write(&Line::Socket(witness::Socket {
            shopper: self.index,
            socket: number,
            at_us,
            stream: false,
            what,
        }));
    }
}

/// The socket's next frame; for ever without one.
async fn listen(socket: &mut Option<Socket>) -> Received {
    match socket {
        Some(socket) => socket.receive().await,
        None => std::future::pending().await,
    }
}
