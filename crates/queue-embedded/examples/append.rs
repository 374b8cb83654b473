//! How fast the log takes entries on this machine: closed loop, a number of appenders, a number of seconds.
//!
//! `cargo run --release -p queue-embedded --example append -- [FOLDER] [APPENDERS] [SECONDS]`

#![expect(
    clippy::print_stdout,
    reason = "a tool that people run to read what it prints"
)]

use queue_domain::{Command, CommandId, Entry, EventId, ShopperAction, ShopperId, Stamp};
use queue_embedded::{DataFolder, Faults, LogMetrics, LogSettings, SqliteLog};
use queue_ports::clock::ManualClock;
use queue_ports::log::{CommandLog, Gather};
use queue_protocol::record;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().map_or_else(
        || std::env::temp_dir().join("banjjak-append"),
        PathBuf::from,
    );
    let mut number = |default| {
        arguments
            .next()
            .and_then(|text| text.parse().ok())
            .unwrap_or(default)
    };
    let (appenders, seconds, pages) = (number(256), number(5), number(1_000));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(run(
        folder,
        appenders,
        Duration::from_secs(seconds),
        pages as u32,
    ));
}

async fn run(folder: PathBuf, appenders: u64, duration: Duration, checkpoint_pages: u32) {
    let folder = DataFolder::open(&folder).expect("the folder can be used");
    let clock = Arc::new(ManualClock::new(Stamp(1)));
    let log = SqliteLog::open(
        &folder,
        LogSettings {
            checkpoint_pages,
            ..LogSettings::default()
        },
        clock,
        Faults::none(),
        LogMetrics::unread(),
    )
    .expect("the log opens");
    let before = log.end(0).await.expect("the log has an end");
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for appender in 0..appenders {
        tasks.spawn(append_until(log.clone(), appender, began + duration));
    }
    let mut latencies: Vec<Duration> = tasks.join_all().await.into_iter().flatten().collect();
    let elapsed = began.elapsed().as_secs_f64();
    let records = log.end(0).await.expect("the log has an end") - before;
    latencies.sort_unstable();
    let at = |share: f64| latencies[((latencies.len() - 1) as f64 * share) as usize];
    let count = latencies.len();
    println!(
        "{:.0} appends/s, {:.0} syncs/s, {:.1} entries a record",
        count as f64 / elapsed,
        records as f64 / elapsed,
        count as f64 / records as f64
    );
    println!(
        "latency p50 {:?}, p99 {:?}, p99.9 {:?}, most {:?}",
        at(0.5),
        at(0.99),
        at(0.999),
        at(1.0)
    );
    log.stop().await;
}

async fn append_until(log: SqliteLog, appender: u64, end: Instant) -> Vec<Duration> {
    let mut latencies = Vec::new();
    let event = EventId::parse("append").expect("an event id");
    for number in 0.. {
        let began = Instant::now();
        if began >= end {
            break;
        }
        let mut id = [0; 16];
        id[..8].copy_from_slice(&appender.to_be_bytes());
        id[8..].copy_from_slice(&u64::to_be_bytes(number));
        let command = Command::Shopper {
            id: CommandId(id),
            event: event.clone(),
            shopper: ShopperId(id),
            action: ShopperAction::Join { wish: None },
        };
        let entry = record::Entry::new([0; 16], &Entry::Command(command)).encode();
        log.append(0, entry, Gather::Shared)
            .await
            .expect("the log takes it");
        latencies.push(began.elapsed());
    }
    latencies
}
