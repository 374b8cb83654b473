//! `banjjak serve`: everything in one process. Starts the parts, says where they are, and takes them down in order.

mod announce;
mod api;
mod capacity;
mod demo;
mod health;
mod listeners;
mod owners;
mod process_metrics;
mod retention;
mod signals;
mod site;
mod sockets;
mod stop;
mod stores;
mod testing;
mod watched_log;

use crate::cli::ServeArgs;
use crate::clock::{OffsetClock, SystemClock};
use crate::config::{self, Config};
use crate::readiness::Readiness;
use crate::{file_limit, telemetry};
use announce::Announcement;
use anyhow::Context as _;
use listeners::Listeners;
use prometheus::Registry;
use queue_edge::Keys;
use queue_embedded::DataFolder;
use queue_ports::clock::Clock;
use site::Site;
use std::process::ExitCode;
use std::sync::Arc;
use stores::Stores;
use testing::Testing;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The operator whose token is made at first start and printed.
const OWNER: &str = "owner";

/// Runs until told to stop.
///
/// # Errors
/// A wrong setting before anything is opened; else what could not be bound or opened.
pub(crate) async fn run(args: ServeArgs) -> anyhow::Result<ExitCode> {
    let mut config = config::load(
        args.settings.config.as_deref(),
        crate::environment(),
        &args.flags(),
    )?;
    let _lines = telemetry::start(&config.telemetry)?;
    let stop = CancellationToken::new();
    let process = TaskTracker::new();
    process.spawn(
        signals::Signals::listen()
            .context("signals cannot be handled")?
            .follow(stop.clone()),
    );
    let open_files = raise_file_limit(config.process.open_files);
    capacity::fit(&mut config, open_files);

    let listeners = Listeners::bind(&config)?;
    let addresses = listeners.addresses()?;
    let folder = DataFolder::open(&config.data.folder)?;
    let keys_folder = folder.path().join("keys");
    let keys = Arc::new(Keys::open(&keys_folder).context("the keys cannot be opened")?);
    let site = start(&config, listeners, &folder, keys)?;

    let ready = tokio::select! {
        () = stop.cancelled() => false,
        ready = site.ready() => ready,
    };
    if ready {
        let demo = if args.demo {
            Some(demo::create_once(&site, &keys_folder).await?)
        } else {
            None
        };
        let operators = keys_folder.join(queue_edge::keys::OPERATORS);
        let token = queue_edge::keys::operators::token(&operators, OWNER).unwrap_or_default();
        let announcement = Announcement {
            addresses,
            origin: &site.origin,
            token: &token,
            token_file: &operators.join(format!("{OWNER}.toml")),
            data: folder.path(),
            demo,
        };
        crate::say(&if args.print_json {
            announcement.json()
        } else {
            announcement.text()
        });
        site.open();
        stop.cancelled().await;
    }
    Ok(stop::in_order(site, &config).await)
}

fn start(
    config: &Config,
    listeners: Listeners,
    folder: &DataFolder,
    keys: Arc<Keys>,
) -> anyhow::Result<Site> {
    let (readiness, registry) = (Readiness::default(), Registry::new());
    process_metrics::register(&registry)?;
    let (clock, moved) = clock(config);
    let stores = Stores::open(config, folder, &clock, &registry)?;
    let testing = moved.map(|clock| Testing {
        clock,
        faults: stores.faults.clone(),
    });
    Site::start(
        config,
        listeners,
        stores,
        site::Shared {
            clock,
            keys,
            registry,
            readiness,
        },
        testing,
    )
}

fn raise_file_limit(wanted: u32) -> u64 {
    let limit = file_limit::raise(u64::from(wanted));
    tracing::info!(
        process.open_files = limit,
        process.wanted = wanted,
        "files and sockets that can be open"
    );
    limit
}

/// The log's clock: the machine's, or one that tests move.
fn clock(config: &Config) -> (Arc<dyn Clock>, Option<Arc<OffsetClock>>) {
    if config.testing.allow {
        tracing::warn!(
            "testing.allow is set: the clock can be moved and answers can be cut; never for real shoppers"
        );
        let clock = Arc::new(OffsetClock::new(config.testing.clock_offset_ms));
        return (Arc::clone(&clock) as Arc<dyn Clock>, Some(clock));
    }
    (Arc::new(SystemClock), None)
}
