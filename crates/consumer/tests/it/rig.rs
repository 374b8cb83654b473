//! One data folder, one owner, and a shopper's hands.

use async_trait::async_trait;
use consumer::{Deps, LobbySecrets, Metrics, Owner, Settings};
use prometheus::Registry;
use queue_domain::*;
use queue_embedded::{
    DataFolder, Faults, LogMetrics, LogSettings, MemoryView, SqliteLedger, SqliteLog, ViewLimits,
};
use queue_ports::clock::ManualClock;
use queue_ports::directory::Directory;
use queue_ports::ledger::{Applied, Ledger, LedgerBatch, StoreError};
use queue_ports::log::{CommandLog, Gather};
use queue_ports::view::{EventView, ShopperView, ViewChanges, ViewReader};
use queue_protocol::record::Entry as WireEntry;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub(crate) const OPENS: u64 = 1_800_000_000_000;

pub(crate) fn event() -> EventId {
    EventId::parse("glow").unwrap()
}

pub(crate) fn who(shopper: u16) -> ShopperId {
    let mut id = [7; 16];
    id[8..10].copy_from_slice(&shopper.to_be_bytes());
    ShopperId(id)
}

pub(crate) fn definition(capacity: u32) -> Definition {
    let slot = SlotDefinition {
        id: SlotId::parse("1000").unwrap(),
        starts_at: Stamp(OPENS + 3_600_000),
        ends_at: Stamp(OPENS + 5_400_000),
        bookable_until: Stamp(OPENS + 3_600_000),
        day: (Stamp(OPENS - 3_600_000), Stamp(OPENS + 80_000_000)),
        capacity: Seats(capacity),
    };
    Definition {
        id: event(),
        lobby: Lobby::Arrival,
        schedule: Schedule {
            lobby_opens_at: Stamp(OPENS - 2000),
            opens_at: Stamp(OPENS),
            closes_at: Stamp(OPENS + 7_200_000),
        },
        policy: Policy {
            admit_per_second_milli: 100_000,
            room_max: 100,
            room_per_seat_milli: 1000,
            claim_window_ms: 60_000,
            session_ms: 300_000,
            session_extensions: 1,
            per_shopper_max: 1,
            party_max: 4,
            joins_per_shopper: 20,
        },
        slots: vec![slot],
        texts: BTreeMap::new(),
    }
}

/// The real ledger behind a switch: a store that cannot be reached, and one that applies and loses the answer.
pub(crate) struct Switched {
    inner: SqliteLedger,
    pub(crate) down: AtomicBool,
    pub(crate) lose_answers: AtomicUsize,
    pub(crate) refused: AtomicUsize,
}

#[async_trait]
impl Ledger for Switched {
    async fn apply(&self, batch: LedgerBatch) -> Result<Applied, StoreError> {
        if self.down.load(Ordering::SeqCst) {
            self.refused.fetch_add(1, Ordering::SeqCst);
            return Err(StoreError::Unavailable("switched off".into()));
        }
        let applied = self.inner.apply(batch).await;
        if self.lose_answers.load(Ordering::SeqCst) > 0 {
            self.lose_answers.fetch_sub(1, Ordering::SeqCst);
            return Err(StoreError::Unavailable("the answer got lost".into()));
        }
        applied
    }

    async fn position(&self, partition: u32) -> Result<Option<LogPosition>, StoreError> {
        if self.down.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable("switched off".into()));
        }
        self.inner.position(partition).await
    }
}

#[derive(Debug)]
struct NoSecrets;

impl LobbySecrets for NoSecrets {
    fn secret(&self, _: &str, _: &EventId, _: CommandId) -> Option<[u8; 32]> {
        None
    }
}

/// A running owner.
pub(crate) struct Rig {
    pub(crate) deps: Deps,
    pub(crate) log: Arc<SqliteLog>,
    pub(crate) view: MemoryView,
    pub(crate) ledger: Arc<Switched>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) registry: Registry,
    shutdown: CancellationToken,
    owners: Vec<JoinHandle<Result<(), consumer::ConsumerError>>>,
}

impl Rig {
    pub(crate) async fn start(folder: &Path, clock: &Arc<ManualClock>, settings: Settings) -> Self {
        Self::begin(folder, clock, settings, 1).await.unwrap()
    }

    /// One process that owns all of several partitions.
    pub(crate) async fn start_partitions(
        folder: &Path,
        clock: &Arc<ManualClock>,
        partitions: u32,
    ) -> Self {
        Self::begin(folder, clock, quick(), partitions)
            .await
            .unwrap()
    }

    /// Starts, or says why not.
    pub(crate) async fn try_start(folder: &Path) -> Result<Self, consumer::ConsumerError> {
        Self::begin(folder, &clock(), quick(), 1).await
    }

    async fn begin(
        folder: &Path,
        clock: &Arc<ManualClock>,
        settings: Settings,
        partitions: u32,
    ) -> Result<Self, consumer::ConsumerError> {
        let data = DataFolder::open(folder).unwrap();
        let log = SqliteLog::open(
            &data,
            LogSettings {
                partitions,
                ..LogSettings::default()
            },
            clock.clone(),
            Faults::none(),
            LogMetrics::unread(),
        )
        .unwrap();
        let log = Arc::new(log);
        let inner = SqliteLedger::open(&data).unwrap();
        let snapshots = Arc::new(inner.clone());
        let ledger = Arc::new(Switched {
            inner,
            down: AtomicBool::new(false),
            lose_answers: AtomicUsize::new(0),
            refused: AtomicUsize::new(0),
        });
        let view = MemoryView::new(ViewLimits::default());
        let registry = Registry::new();
        let deps = Deps {
            log: log.clone(),
            view: Arc::new(view.clone()),
            ledger: ledger.clone(),
            snapshots,
            directory: Directory::default(),
            clock: clock.clone(),
            secrets: Arc::new(NoSecrets),
            metrics: Metrics::register(&registry).unwrap(),
            tasks: TaskTracker::new(),
            ready: Arc::new(AtomicBool::new(false)),
            settings,
        };
        let shutdown = CancellationToken::new();
        let mut owners = Vec::new();
        for partition in 0..partitions {
            let mut deps = deps.clone();
            deps.settings.partition = partition;
            let mut owner = Owner::start(deps.clone()).await?;
            let stop = shutdown.clone();
            owners.push(deps.tasks.spawn(async move { owner.run(stop).await }));
        }
        Ok(Self {
            deps,
            log,
            view,
            ledger,
            clock: clock.clone(),
            registry,
            shutdown,
            owners,
        })
    }

    /// Stops gracefully: snapshot stored, lanes drained, log closed.
    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        for owner in self.owners {
            owner.await.unwrap().unwrap();
        }
        self.deps.tasks.close();
        self.deps.tasks.wait().await;
        self.log.stop().await;
    }

    /// What the owner ended with by itself.
    pub(crate) async fn ended(mut self) -> consumer::ConsumerError {
        let ended = self.owners.remove(0).await.unwrap().unwrap_err();
        self.log.stop().await;
        ended
    }

    pub(crate) async fn append(&self, entry: &Entry) -> Position {
        self.log
            .append(0, WireEntry::new([1; 16], entry).encode(), Gather::Shared)
            .await
            .unwrap()
            .position
    }

    pub(crate) async fn create(&self, definition: Definition) {
        let create = Command::Create {
            id: CommandId([9; 16]),
            actor: "owner".into(),
            rules: RULES,
            definition: Arc::new(definition),
        };
        let position = self.append(&Entry::Command(create)).await;
        self.view
            .reached(&event(), position.record())
            .await
            .unwrap();
    }

    /// Appends a shopper's command and waits until the view has it.
    pub(crate) async fn shopper(&self, shopper: u16, action: ShopperAction) -> ShopperView {
        let command = Command::Shopper {
            id: CommandId([3; 16]),
            event: event(),
            shopper: who(shopper),
            action,
        };
        let position = self.append(&Entry::Command(command)).await;
        self.view
            .reached(&event(), position.record())
            .await
            .unwrap();
        self.seen(shopper).await
    }

    pub(crate) async fn join(&self, shopper: u16) -> ShopperView {
        self.shopper(shopper, ShopperAction::Join { wish: None })
            .await
    }

    pub(crate) async fn book(&self, shopper: u16) -> ShopperView {
        self.shopper(shopper, ShopperAction::Enter { place: None })
            .await;
        let mut id = [1; 16];
        id[..2].copy_from_slice(&shopper.to_be_bytes());
        let slot = SlotId::parse("1000").unwrap();
        let reserve = ShopperAction::Reserve {
            reservation: ReservationId(id),
            request: RequestId(id),
            slot,
            seats: Seats(1),
            contact: None,
        };
        self.shopper(shopper, reserve).await
    }

    pub(crate) async fn seen(&self, shopper: u16) -> ShopperView {
        self.view
            .shopper(&event(), who(shopper))
            .await
            .unwrap()
            .unwrap()
    }

    pub(crate) async fn event(&self) -> Arc<EventView> {
        self.view.event(&event()).await.unwrap().unwrap()
    }

    /// Moves the log's clock in steps that ticks can follow, until `ms` later. The event must be in lobby or open.
    pub(crate) async fn advance(&self, ms: u64) {
        for _ in 0..ms.div_ceil(500) {
            self.clock.advance_ms(500);
            let now = queue_ports::clock::Clock::now(&*self.clock);
            self.until(|view| view.clock.1 >= now).await;
        }
    }

    /// Waits until the event's view is so.
    pub(crate) async fn until(&self, so: impl Fn(&EventView) -> bool) {
        let mut cursor = self.view.line(&event()).await.unwrap().unwrap().cursor;
        while !so(&*self.event().await) {
            if let queue_ports::view::Changes::Since(change) =
                self.view.changes(&event(), cursor).await.unwrap()
            {
                cursor = change.cursor;
            } else {
                cursor = self.view.line(&event()).await.unwrap().unwrap().cursor;
            }
        }
    }

    pub(crate) fn metric(&self, name: &str) -> f64 {
        let families = self.registry.gather();
        let family = families
            .iter()
            .find(|family| family.name() == name)
            .unwrap();
        let metric = &family.get_metric()[0];
        metric.get_gauge().get_value() + metric.get_counter().get_value()
    }
}

/// Settings with quick ticks.
pub(crate) fn quick() -> Settings {
    Settings {
        tick_interval: Duration::from_millis(5),
        retry_delay: Duration::from_millis(5),
        ..Settings::default()
    }
}

/// A clock between lobby and opening.
pub(crate) fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(Stamp(OPENS - 1500)))
}

/// An open event with so many seats.
pub(crate) async fn open(folder: &Path, capacity: u32, settings: Settings) -> Rig {
    let rig = Rig::start(folder, &clock(), settings).await;
    rig.create(definition(capacity)).await;
    rig.until(|view| view.guise.phase == Phase::Lobby).await;
    rig.advance(2000).await;
    rig.until(|view| view.guise.phase == Phase::Open).await;
    rig
}
