//! `banjjak replay`: the fold of a data folder's log at a position, as hashes and figures. Reads only, also beside a running instance.

use crate::cli::ReplayArgs;
use anyhow::Context as _;
use queue_audit::source::{LogSource as _, RawRecord, SqliteFolder};
use queue_domain::{EventState, Partition, Record, SlotStatus, Stamp};
use queue_protocol::record::{RecordError, entries};
use queue_protocol::time::rfc3339;
use serde_json::{Value, json};
use std::process::ExitCode;

/// Records read at a time.
const CHUNK: usize = 1024;

/// Folds and prints.
///
/// # Errors
/// When the log cannot be read, or the fold refuses to go on: then it says at which record.
pub(crate) fn run(args: &ReplayArgs) -> anyhow::Result<ExitCode> {
    let config = crate::settings_of(&args.settings)?;
    let log = SqliteFolder::open(&config.data.folder)?;
    let partition = fold(&log, args.partition, args.offset)?;
    let told = tell(&partition);
    crate::say(&if args.json {
        told.to_string()
    } else {
        lines(&told)
    });
    Ok(ExitCode::SUCCESS)
}

fn fold(log: &SqliteFolder, number: u32, last: Option<u64>) -> anyhow::Result<Partition> {
    let mut partition = Partition::new(number);
    loop {
        let records = log.read(number, partition.next_offset(), CHUNK)?;
        let Some(end) = records.last().map(|record| record.offset) else {
            return Ok(partition);
        };
        for record in records
            .iter()
            .filter(|record| last.is_none_or(|last| record.offset <= last))
        {
            fold_one(&mut partition, record)
                .with_context(|| format!("at offset {}", record.offset))?;
        }
        if last.is_some_and(|last| end >= last) {
            return Ok(partition);
        }
    }
}

fn fold_one(partition: &mut Partition, raw: &RawRecord) -> anyhow::Result<()> {
    let decoded = match entries(&raw.bytes) {
        Ok(entries) => Some(entries),
        Err(RecordError::DeadLetter(_)) => None,
        Err(error) => return Err(error.into()),
    };
    let record = Record {
        offset: raw.offset,
        stamp: Stamp(raw.stamp),
        bytes: &raw.bytes,
        entries: decoded.as_deref(),
    };
    partition.fold(&record, &mut Vec::new())?;
    Ok(())
}

fn tell(partition: &Partition) -> Value {
    json!({
        "partition": partition.number(),
        "position": partition.position().map(|position| position.to_string()),
        "log_hash": hex(&partition.log_hash()),
        "state_hash": hex(&partition.state_hash()),
        "last_tick": partition.last_tick().map(rfc3339),
        "dead_letters": partition.dead_letters(),
        "events": partition.events().map(tell_event).collect::<Vec<_>>(),
    })
}

fn tell_event(event: &EventState) -> Value {
    let (guise, totals, (admitted, inside)) = (event.guise(), event.totals(), event.room());
    let slot = |(id, capacity, confirmed, status): (
        &queue_domain::SlotId,
        queue_domain::Seats,
        queue_domain::Seats,
        SlotStatus,
    )| {
        json!({ "id": id.as_str(), "capacity": capacity.0, "confirmed": confirmed.0, "bookable": status == SlotStatus::Bookable })
    };
    json!({
        "event": event.id().as_str(),
        "phase": format!("{:?}", guise.phase).to_lowercase(),
        "paused": guise.paused,
        "standby": guise.standby,
        "version": event.version().to_string(),
        "service_ms": event.service().0,
        "waiting": event.waiting(),
        "room": { "admitted": admitted, "inside": inside },
        "totals": {
            "joined": totals.joined, "admitted": totals.admitted, "entered": totals.entered, "booked": totals.booked, "left": totals.left,
            "no_show": totals.no_show, "timed_out": totals.timed_out, "confirmed": totals.confirmed, "refused": totals.refused,
            "cancelled": totals.cancelled,
        },
        "slots": event.slots().map(slot).collect::<Vec<_>>(),
    })
}

/// One line a figure, for people.
fn lines(told: &Value) -> String {
    let mut lines = Vec::new();
    flatten("", told, &mut lines);
    lines.join("\n")
}

fn flatten(path: &str, value: &Value, lines: &mut Vec<String>) {
    let under = |key: &str| {
        if path.is_empty() {
            key.to_owned()
        } else {
            format!("{path}.{key}")
        }
    };
    match value {
        Value::Object(fields) => fields
            .iter()
            .for_each(|(key, value)| flatten(&under(key), value, lines)),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let name = ["id", "event"]
                    .iter()
                    .find_map(|key| item[key].as_str())
                    .map_or_else(|| index.to_string(), str::to_owned);
                flatten(&under(&name), item, lines);
            }
        }
        Value::String(text) => lines.push(format!("{path:<48} {text}")),
        other => lines.push(format!("{path:<48} {other}")),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
