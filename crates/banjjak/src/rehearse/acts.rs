//! What a shopper does when a task is due. Each act names what it was made for, and is sent again unchanged, under the same
//! key, until its outcome is known or the rehearsal stops.

use super::agenda::Task;
use super::ask::{Ask, Told};
use super::kinds::{Stand, Timed};
use super::shopper::Shopper;
use super::socket::{Socket, Unopened};
use hyper::Method;
use queue_protocol::witness::{Asked, Line, SocketEvent, Verdict};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// First pause before a request is sent again.
const AGAIN_MS: u64 = 200;
/// Longest pause before a request is sent again, and before a socket is tried again.
const AGAIN_MAX_MS: u64 = 4000;
/// Looks at the end at something that is still pending.
const LAST_LOOKS: u32 = 20;

impl Shopper {
    /// Does what is due.
    pub(super) async fn act(&mut self, task: Task, planned_us: u64) {
        match task {
            Task::Join => self.join(planned_us).await,
            Task::ClickAgain => self.click_again(planned_us).await,
            Task::Connect | Task::ConnectLater => self.connect().await,
            Task::Reload => self.reload().await,
            Task::Look => {
                self.look(planned_us).await;
                if self.socket.is_none() {
                    let every = self.world.poll_every;
                    self.soon(Task::Look, every);
                }
            }
            Task::Check => self.check(planned_us).await,
            Task::Leave => self.leave(planned_us).await,
            Task::Enter => self.enter(planned_us).await,
            Task::Extend => self.extend(planned_us).await,
            Task::Reserve => self.reserve(planned_us).await,
            Task::Move => self.move_on(planned_us).await,
            Task::Cancel => self.cancel(planned_us).await,
        }
    }

    /// Asks once.
    async fn ask(&mut self, ask: &Ask, intended_us: u64) -> Told {
        let trace = self.rng.u128(..);
        let world = Arc::clone(&self.world);
        let told = world
            .ask(self.index, &mut self.jar, trace, ask, intended_us)
            .await;
        if !self.done.named
            && let Some(id) = self.jar.shopper()
        {
            self.done.named = true;
            self.world.recorder.write(&Line::Shopper {
                shopper: self.index,
                id,
            });
        }
        told
    }

    /// Asks until something is known, with growing pauses.
    pub(super) async fn insist(&mut self, ask: &Ask, intended_us: u64) -> Told {
        let mut told = self.ask(ask, intended_us).await;
        let mut pause_ms = AGAIN_MS;
        while told.again() && !self.world.stop.is_cancelled() {
            let jitter = Duration::from_millis(self.rng.u64(pause_ms / 2..pause_ms));
            let pause = told
                .retry_after
                .unwrap_or_default()
                .min(Duration::from_millis(AGAIN_MAX_MS))
                + jitter;
            tokio::select! {
                () = self.world.stop.cancelled() => return told,
                () = tokio::time::sleep(pause) => {}
            }
            pause_ms = (pause_ms * 2).min(AGAIN_MAX_MS);
            let now_us = self.world.clock.now_us();
            told = self.ask(ask, now_us).await;
        }
        told
    }

    /// Takes what an answer says.
    pub(super) fn heed(&mut self, told: &Told) {
        if let Some(reservation) = &told.reservation {
            self.heed_reservation(reservation);
        }
        if let Some(place) = &told.place {
            self.heed_place(place);
        }
    }

    pub(super) fn change(&self, asked: Asked, method: Method, path: String) -> Ask {
        let mut ask = Ask::new(asked, method, path);
        ask.waits = self.plan.waits;
        ask.seen.clone_from(&self.known.version);
        ask
    }

    /// A change of the place, naming it.
    fn of_place(&self, asked: Asked, method: Method, rest: &str) -> Ask {
        let mut ask = self.change(asked, method, self.world.path(rest));
        ask.of.clone_from(&self.known.place);
        ask.body = self
            .known
            .place
            .as_ref()
            .map(|place| json!({ "place": place }));
        ask
    }

    fn joining(&self) -> Ask {
        let mut ask = Ask::new(Asked::Join, Method::POST, self.world.path("/places"));
        ask.slot = self
            .plan
            .wish
            .and_then(|wish| self.world.slots.get(wish).cloned());
        ask.body = ask.slot.as_ref().map(|slot| json!({ "slot": slot }));
        ask
    }

    async fn join(&mut self, intended_us: u64) {
        let tally_once = !std::mem::replace(&mut self.done.joined, true);
        if tally_once {
            self.world.tally.clicked.fetch_add(1, Ordering::Relaxed);
        }
        let told = self.insist(&self.joining(), intended_us).await;
        if told.verdict != Verdict::Ok {
            if tally_once && told.verdict == Verdict::Fail {
                self.world.tally.stands(self.known.stand, Stand::TurnedAway);
                self.known.stand = Stand::TurnedAway;
            }
            return;
        }
        if tally_once {
            self.world.tally.joined.fetch_add(1, Ordering::Relaxed);
            self.world
                .tally
                .took(Timed::Join, told.done_us, told.done_us - intended_us);
        }
        self.heed(&told);
        if self.socket.is_none() {
            self.soon(Task::Connect, Duration::ZERO);
        }
        if tally_once {
            let later = [
                (Task::ClickAgain, self.plan.clicks_again_after),
                (Task::Leave, self.plan.leaves_after),
                (Task::Reload, self.plan.reloads_after),
            ];
            for (task, after) in later {
                if let Some(after) = after {
                    self.soon(task, after);
                }
            }
        }
    }

    async fn click_again(&mut self, intended_us: u64) {
        let told = self.insist(&self.joining(), intended_us).await;
        self.heed(&told);
    }

    async fn connect(&mut self) {
        if self.socket.is_some() {
            return;
        }
        if self.permit.is_none() {
            self.permit = Arc::clone(&self.world.sockets).try_acquire_owned().ok();
        }
        if self.permit.is_none() {
            if !std::mem::replace(&mut self.done.without, true) {
                self.world.tally.without.fetch_add(1, Ordering::Relaxed);
            }
            return self.soon(Task::Look, Duration::ZERO);
        }
        let since = self.known.version.clone();
        let query = since
            .as_ref()
            .map(|since| format!("?since={since}"))
            .unwrap_or_default();
        let path = self.world.path("/socket") + &query;
        let number = self.world.next_socket.fetch_add(1, Ordering::Relaxed);
        let began_us = self.world.clock.now_us();
        let address = self.world.pool.address();
        match Socket::open(&address, &path, &self.jar.header(), number).await {
            Ok(socket) => {
                self.misses = 0;
                self.opening_us = Some(began_us);
                self.socket = Some(socket);
                self.agenda.drop_all(&[Task::Look]);
                self.world.tally.socket_opened();
                self.write_socket(number, SocketEvent::Opened { since });
            }
            Err(unopened) => {
                let ended_us = self.world.clock.now_us();
                let status = match unopened {
                    Unopened::Refused(status) => Some(status),
                    Unopened::Unreachable => None,
                };
                self.write_socket(number, SocketEvent::Unopened { began_us, status });
                self.world
                    .judge_socket(self.index, unopened, began_us, ended_us);
                if unopened == Unopened::Refused(503) {
                    return self.do_without();
                }
                let longest = (RETRY_FIRST_MS << self.misses.min(4)).min(AGAIN_MAX_MS);
                self.misses += 1;
                let wait = self.rng.u64(longest / 4..longest);
                self.soon(Task::Connect, Duration::from_millis(wait));
            }
        }
    }

    /// The server has no room for another socket: what a page does then. It looks now and then, and tries again much later.
    fn do_without(&mut self) {
        if !std::mem::replace(&mut self.done.without, true) {
            self.world.tally.without.fetch_add(1, Ordering::Relaxed);
        }
        self.soon(Task::Look, Duration::ZERO);
        let wait = self.rng.u64(FULL_RETRY_MS / 2..FULL_RETRY_MS);
        self.soon(Task::ConnectLater, Duration::from_millis(wait));
    }

    async fn reload(&mut self) {
        if let Some(socket) = self.socket.take() {
            self.opening_us = None;
            self.world.tally.sockets.fetch_sub(1, Ordering::Relaxed);
            self.write_socket(socket.number, SocketEvent::Closed { code: None });
            socket.close().await;
        }
        self.soon(Task::Connect, Duration::from_millis(50));
    }

    /// Reads the place.
    async fn look(&mut self, intended_us: u64) -> Told {
        let ask = Ask::new(Asked::ReadPlace, Method::GET, self.world.path("/places/me"));
        let told = self.ask(&ask, intended_us).await;
        self.heed(&told);
        told
    }

    /// Reads the place and the undecided reservation; plans again what has not happened.
    async fn check(&mut self, intended_us: u64) {
        self.entering = false;
        let told = self.look(intended_us).await;
        if let Some(id) = self.known.undecided().map(|held| held.id.clone()) {
            self.look_at(&id, intended_us).await;
        }
        let open = told.verdict != Verdict::Ok
            || self.known.stand == Stand::Pending
            || self.known.undecided().is_some();
        if open {
            self.check_later();
        }
    }

    async fn look_at(&mut self, id: &str, intended_us: u64) -> Told {
        let mut ask = Ask::new(
            Asked::ReadReservation,
            Method::GET,
            format!("/v1/reservations/{id}"),
        );
        ask.of = Some(id.to_owned());
        let told = self.ask(&ask, intended_us).await;
        self.heed(&told);
        told
    }

    async fn leave(&mut self, intended_us: u64) {
        if !matches!(
            self.known.stand,
            Stand::Waiting | Stand::Admitted | Stand::Inside
        ) || self.known.undecided().is_some()
        {
            return;
        }
        let ask = self.of_place(Asked::Leave, Method::DELETE, "/places/me");
        let told = self.insist(&ask, intended_us).await;
        self.heed(&told);
        if !self.known.stand.is_final() {
            self.check_later();
        }
    }

    async fn enter(&mut self, intended_us: u64) {
        if self.known.stand != Stand::Admitted {
            return;
        }
        let ask = self.of_place(Asked::Enter, Method::POST, "/places/me/enter");
        let told = self.insist(&ask, intended_us).await;
        self.entering = true;
        if told.verdict == Verdict::Ok {
            self.world
                .tally
                .took(Timed::Enter, told.done_us, told.done_us - intended_us);
        }
        self.heed(&told);
        if self.known.stand == Stand::Admitted {
            self.entering = true;
            self.check_later();
        }
    }

    async fn extend(&mut self, intended_us: u64) {
        if self.known.stand != Stand::Inside {
            return;
        }
        let ask = self.of_place(Asked::Extend, Method::POST, "/places/me/extend");
        let told = self.insist(&ask, intended_us).await;
        self.heed(&told);
    }

    /// After the rehearsal: what stands at the end. Says whether nothing is pending any more.
    pub(super) async fn look_last(&mut self) -> bool {
        if !self.done.joined || self.known.stand == Stand::TurnedAway {
            return true;
        }
        // Spread, so that the crowd's last look is no burst of its own.
        let spread = self.rng.f64();
        tokio::time::sleep(self.world.last_look_over.mul_f64(spread)).await;
        let mut settled = false;
        for _ in 0..LAST_LOOKS {
            let now_us = self.world.clock.now_us();
            let told = self.look(now_us).await;
            for id in self
                .known
                .held
                .iter()
                .map(|held| held.id.clone())
                .collect::<Vec<_>>()
            {
                self.look_at(&id, now_us).await;
            }
            settled = told.verdict == Verdict::Ok
                && self.known.stand != Stand::Pending
                && self.known.undecided().is_none();
            if settled {
                break;
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        if self.index.is_multiple_of(EVENT_READ_BY_ONE_IN) {
            let now_us = self.world.clock.now_us();
            let ask = Ask::new(Asked::ReadEvent, Method::GET, self.world.path(""));
            self.ask(&ask, now_us).await;
        }
        settled
    }

    /// Closes the socket at the end.
    pub(super) async fn hang_up(&mut self) {
        if let Some(socket) = self.socket.take() {
            self.write_socket(socket.number, SocketEvent::Closed { code: None });
            // The peer may be gone: it is not waited for.
            let _ = tokio::time::timeout(Duration::from_secs(1), socket.close()).await;
        }
    }
}

/// First pause before a socket is tried again.
const RETRY_FIRST_MS: u64 = 400;
/// Longest pause before a socket is tried again at a server that is full.
const FULL_RETRY_MS: u64 = 20_000;
/// At the end one shopper in so many reads the event.
const EVENT_READ_BY_ONE_IN: u32 = 100;
