//! An event whose log the test writes: folded by the rules, projected into the memory view, shown by a gateway on port 0.

use gateway::{Deps, Limits};
use queue_domain::{
    Command, CommandId, Definition, Effect, Entry, EventId, Lobby, LogPosition, OperatorAction,
    Partition, Policy, Record, RequestId, ReservationId, Schedule, Seats, ShopperAction, ShopperId,
    SlotDefinition, SlotId, Stamp,
};
use queue_edge::{AcknowledgedCookie, ConnectionLimits, Keys, Origins, ShopperCookie};
use queue_embedded::{MemoryView, ViewLimits};
use queue_ports::clock::ManualClock;
use queue_ports::directory::Directory;
use queue_ports::view::{ViewBatch, ViewImage, ViewWriter};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub(crate) const EVENT: &str = "glow-seongsu";
const START_MS: u64 = 1_800_000_000_000;

pub(crate) struct World {
    pub(crate) address: SocketAddr,
    pub(crate) view: MemoryView,
    pub(crate) cookie: ShopperCookie,
    pub(crate) acknowledged: AcknowledgedCookie,
    pub(crate) registry: prometheus::Registry,
    pub(crate) shutdown: CancellationToken,
    pub(crate) tasks: TaskTracker,
    log: Mutex<Log>,
    _keys: tempfile::TempDir,
}

struct Log {
    partition: Partition,
    stamp: u64,
    commands: u128,
    follows: Option<LogPosition>,
    /// Whether the ledger follows at once.
    marks: bool,
}

/// Bounds with which nothing takes long.
pub(crate) fn quick() -> Limits {
    Limits {
        pace: Duration::from_millis(32),
        since_timeout: Duration::from_millis(100),
        reconnect_spread: Duration::from_millis(400),
        ..Limits::default()
    }
}

/// Lets in everybody; one slot of ten seats and one of two.
pub(crate) fn policy() -> Policy {
    Policy {
        admit_per_second_milli: 1_000_000,
        room_max: 100,
        room_per_seat_milli: 1_000,
        claim_window_ms: 60_000,
        session_ms: 300_000,
        session_extensions: 1,
        per_shopper_max: 1,
        party_max: 4,
        joins_per_shopper: 20,
    }
}

impl World {
    pub(crate) async fn start(limits: Limits) -> Self {
        Self::with_policy(limits, policy()).await
    }

    pub(crate) async fn with_policy(limits: Limits, policy: Policy) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let keys = Arc::new(Keys::open(folder.path()).unwrap());
        let view = MemoryView::new(ViewLimits::default());
        let directory = Directory::default();
        directory.insert(event(), 0);
        let (tasks, shutdown, registry) = (
            TaskTracker::new(),
            CancellationToken::new(),
            prometheus::Registry::new(),
        );
        let cookie = ShopperCookie::new(Arc::clone(&keys), false);
        let acknowledged = AcknowledgedCookie::new(keys, false);
        let router = gateway::router(Deps {
            view: Arc::new(view.clone()),
            changes: Arc::new(view.clone()),
            directory,
            clock: Arc::new(ManualClock::new(Stamp(START_MS))),
            shopper: cookie.clone(),
            acknowledged: acknowledged.clone(),
            origins: Origins::new(None),
            tasks: tasks.clone(),
            shutdown: shutdown.clone(),
            registry: registry.clone(),
            limits,
        })
        .unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tasks.spawn(queue_edge::serve(
            listener,
            router,
            ConnectionLimits::default(),
            shutdown.clone(),
        ));
        let log = Log {
            partition: Partition::new(0),
            stamp: START_MS,
            commands: 0,
            follows: None,
            marks: true,
        };
        let world = Self {
            address,
            view,
            cookie,
            acknowledged,
            registry,
            shutdown,
            tasks,
            log: Mutex::new(log),
            _keys: folder,
        };
        world
            .record(vec![Entry::Genesis {
                generation: 1,
                partitions: 1,
            }])
            .await;
        world.create(policy).await;
        world
    }

    async fn create(&self, policy: Policy) {
        let slot = |id: &str, capacity| SlotDefinition {
            id: SlotId::parse(id).unwrap(),
            starts_at: Stamp(START_MS + 90_000_000),
            ends_at: Stamp(START_MS + 90_600_000),
            bookable_until: Stamp(START_MS + 90_000_000),
            day: (Stamp(START_MS + 86_400_000), Stamp(START_MS + 172_800_000)),
            capacity: Seats(capacity),
        };
        let definition = Definition {
            id: event(),
            lobby: Lobby::Arrival,
            schedule: Schedule {
                lobby_opens_at: Stamp(START_MS - 1),
                opens_at: Stamp(START_MS + 10_000_000),
                closes_at: Stamp(START_MS + 80_000_000),
            },
            policy,
            slots: vec![slot("0900", 10), slot("0930", 2)],
            texts: BTreeMap::from([("title.en".into(), "Glow".into())]),
        };
        let lobby = queue_domain::SetTime::Lobby;
        self.record(vec![Entry::Command(Command::Create {
            id: self.command(),
            actor: "owner".into(),
            rules: 1,
            definition: Arc::new(definition),
        })])
        .await;
        self.record(vec![Entry::Command(Command::Timed {
            event: event(),
            at: Stamp(START_MS - 1),
            what: lobby,
        })])
        .await;
    }

    /// Folds one record and gives it to the view, and to the ledger's mark unless that is held back.
    pub(crate) async fn record(&self, entries: Vec<Entry>) -> LogPosition {
        let (batch, position, marks) = {
            let mut log = self.log.lock().unwrap();
            log.stamp += 1;
            let (offset, stamp) = (log.partition.next_offset(), Stamp(log.stamp));
            let mut effects: Vec<Effect> = Vec::new();
            let record = Record {
                offset,
                stamp,
                bytes: &offset.to_be_bytes(),
                entries: Some(&entries),
            };
            let folded = log.partition.fold(&record, &mut effects).unwrap();
            let moved = log
                .partition
                .event(&event())
                .map(|event| event.version())
                .filter(|version| log.follows != Some(*version));
            let follows = log.follows;
            log.follows = moved.or(follows);
            let batch = moved.map(|last| ViewBatch {
                partition: 0,
                event: event(),
                follows,
                last,
                effects,
            });
            (batch, folded.position, log.marks)
        };
        if let Some(batch) = batch {
            self.view.apply(batch).await.unwrap();
        }
        if marks {
            self.view.mark(0, position).await.unwrap();
        }
        position
    }

    /// Builds the event in the view anew, as its owner would.
    pub(crate) async fn rebuild(&self) {
        let image = {
            let log = self.log.lock().unwrap();
            let state = log.partition.event(&event()).unwrap();
            ViewImage {
                partition: 0,
                event: event(),
                version: state.version(),
                effects: state.image(),
            }
        };
        self.view.rebuild(image).await.unwrap();
    }

    /// A quarter of a second of service time.
    pub(crate) async fn tick(&self) -> LogPosition {
        let entry = {
            let mut log = self.log.lock().unwrap();
            log.stamp += 249;
            let folded = log.partition.position().unwrap();
            Entry::Tick {
                folded,
                log_hash: log.partition.log_hash(),
                state_hash: log.partition.state_hash(),
            }
        };
        self.record(vec![entry]).await
    }

    pub(crate) async fn open(&self) -> LogPosition {
        self.operate(OperatorAction::Open { secret: None }).await
    }

    pub(crate) async fn operate(&self, action: OperatorAction) -> LogPosition {
        let id = self.command();
        self.record(vec![Entry::Command(Command::Operator {
            id,
            event: event(),
            actor: "owner".into(),
            action,
        })])
        .await
    }

    pub(crate) async fn act(&self, shopper: ShopperId, action: ShopperAction) -> LogPosition {
        self.record(vec![self.entry(shopper, action)]).await
    }

    pub(crate) fn entry(&self, shopper: ShopperId, action: ShopperAction) -> Entry {
        Entry::Command(Command::Shopper {
            id: self.command(),
            event: event(),
            shopper,
            action,
        })
    }

    pub(crate) async fn join(&self, shopper: ShopperId) -> LogPosition {
        self.act(shopper, ShopperAction::Join { wish: None }).await
    }

    pub(crate) async fn reserve(&self, shopper: ShopperId, slot: &str, seats: u32) -> LogPosition {
        let id = self.command().0;
        let (reservation, request) = (ReservationId(id), RequestId(id));
        let slot = SlotId::parse(slot).unwrap();
        self.act(
            shopper,
            ShopperAction::Reserve {
                reservation,
                request,
                slot,
                seats: Seats(seats),
                contact: None,
            },
        )
        .await
    }

    /// Whether the ledger's mark follows what is folded.
    pub(crate) fn hold_ledger(&self, hold: bool) {
        self.log.lock().unwrap().marks = !hold;
    }

    fn command(&self) -> CommandId {
        let mut log = self.log.lock().unwrap();
        log.commands += 1;
        CommandId(log.commands.to_be_bytes())
    }

    /// Waits until a metric has a value.
    pub(crate) async fn until_metric(&self, name: &str, value: f64) {
        loop {
            if self.metric(name) == value {
                return;
            }
            tokio::task::yield_now().await;
        }
    }

    /// The sum of a metric over its labels.
    pub(crate) fn metric(&self, name: &str) -> f64 {
        let families = self.registry.gather();
        let family = families.iter().find(|family| family.name() == name);
        let values = family.into_iter().flat_map(|family| family.get_metric());
        values
            .map(|metric| metric.get_gauge().get_value() + metric.get_counter().get_value())
            .sum()
    }
}

pub(crate) fn event() -> EventId {
    EventId::parse(EVENT).unwrap()
}

pub(crate) fn shopper(number: u8) -> ShopperId {
    let mut bytes = [7; 16];
    bytes[15] = number;
    // A version 4 UUID, as cookies have.
    bytes[6] = 0x40;
    bytes[8] = 0x80;
    ShopperId(bytes)
}
