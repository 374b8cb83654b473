//! A log that this build does not understand: the start ends loudly, naming the record, and skips nothing.

use crate::instance::{Instance, banjjak, serve_flags};
use queue_domain::{Command, Entry, EventId};
use queue_embedded::{DataFolder, Faults, LogMetrics, LogSettings, SqliteLog};
use queue_ports::clock::ManualClock;
use queue_ports::log::{CommandLog as _, Gather};
use std::path::Path;
use std::sync::Arc;

/// Appends a change to rules that this build does not have.
fn append_rules_of_the_future(data: &Path) {
    let folder = DataFolder::open(data).unwrap();
    let clock = Arc::new(ManualClock::new(queue_domain::Stamp(1)));
    let log = SqliteLog::open(
        &folder,
        LogSettings::default(),
        clock,
        Faults::none(),
        LogMetrics::unread(),
    )
    .unwrap();
    let event = EventId::parse(crate::instance::EVENT).unwrap();
    let entry = Entry::Command(Command::RulesChanged { event, rules: 99 });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        log.append(
            0,
            queue_protocol::record::Entry::new([7; 16], &entry).encode(),
            Gather::Alone,
        )
        .await
        .unwrap();
        log.stop().await;
    });
}

#[test]
fn rules_of_the_future_stop_the_start_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    Instance::start(&data).kill();
    append_rules_of_the_future(&data);
    let mut command = banjjak();
    serve_flags(&mut command, &data, &[]);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("needs rules version 99"), "{said}");
    assert!(output.stdout.is_empty(), "it must not say that it is ready");
}
