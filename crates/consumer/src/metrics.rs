//! What an owner tells of itself. Every help text is the metric's documentation.

use prometheus::{IntCounter, IntGauge, IntGaugeVec, Opts, Registry};
use queue_domain::{EventState, Partition, PlaceState, SlotStatus};

/// Metrics of one process's owners.
#[derive(Debug, Clone)]
pub struct Metrics {
    pub(crate) folded_records: IntCounter,
    pub(crate) folded_at_start: IntGauge,
    pub(crate) snapshot_offset_at_start: IntGauge,
    pub(crate) snapshots_rejected: IntCounter,
    pub(crate) snapshots_stored: IntCounter,
    pub(crate) position: IntGauge,
    pub(crate) lag_records: IntGauge,
    pub(crate) dead_letters: IntGauge,
    pub(crate) ticks: IntCounter,
    pub(crate) set_times: IntCounter,
    pub(crate) clock_disagreement_ms: IntGauge,
    pub(crate) view_rebuilds: IntCounter,
    pub(crate) ledger_refolds: IntCounter,
    pub(crate) ledger_position: IntGauge,
    pub(crate) ledger_stopped: IntGauge,
    line_waiting: IntGaugeVec,
    room: IntGaugeVec,
    seats: IntGaugeVec,
    admitted: IntGaugeVec,
}

impl Metrics {
    /// Registers all of them.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let counter = |name: &str, help: &str| -> Result<IntCounter, prometheus::Error> {
            let metric = IntCounter::new(name, help)?;
            registry.register(Box::new(metric.clone()))?;
            Ok(metric)
        };
        let gauge = |name: &str, help: &str| -> Result<IntGauge, prometheus::Error> {
            let metric = IntGauge::new(name, help)?;
            registry.register(Box::new(metric.clone()))?;
            Ok(metric)
        };
        let gauges =
            |name: &str, help: &str, labels: &[&str]| -> Result<IntGaugeVec, prometheus::Error> {
                let metric = IntGaugeVec::new(Opts::new(name, help), labels)?;
                registry.register(Box::new(metric.clone()))?;
                Ok(metric)
            };
        Ok(Self {
            folded_records: counter(
                "banjjak_consumer_folded_records_total",
                "Records folded since this process started.",
            )?,
            folded_at_start: gauge(
                "banjjak_consumer_folded_at_start",
                "Records that the start had to fold after its snapshot.",
            )?,
            snapshot_offset_at_start: gauge(
                "banjjak_consumer_snapshot_offset_at_start",
                "Offset of the snapshot that the start used; -1 without one.",
            )?,
            snapshots_rejected: counter(
                "banjjak_consumer_snapshots_rejected_total",
                "Snapshots that could not be read and were passed over.",
            )?,
            snapshots_stored: counter(
                "banjjak_consumer_snapshots_stored_total",
                "Snapshots stored.",
            )?,
            position: gauge(
                "banjjak_consumer_position",
                "Offset of the last record folded.",
            )?,
            lag_records: gauge(
                "banjjak_consumer_lag_records",
                "Records in the log that are not folded yet.",
            )?,
            dead_letters: gauge(
                "banjjak_consumer_dead_letters",
                "Records in the log that are not ours: no header of ours or a wrong checksum.",
            )?,
            ticks: counter("banjjak_consumer_ticks_total", "Ticks appended.")?,
            set_times: counter("banjjak_consumer_set_times_total", "Set times carried out.")?,
            clock_disagreement_ms: gauge(
                "banjjak_consumer_clock_disagreement_milliseconds",
                "Own clock minus the last tick's stamp.",
            )?,
            view_rebuilds: counter(
                "banjjak_consumer_view_rebuilds_total",
                "Times that the view was built anew from memory.",
            )?,
            ledger_refolds: counter(
                "banjjak_consumer_ledger_refolds_total",
                "Times that the log was folded again for the ledger.",
            )?,
            ledger_position: gauge(
                "banjjak_consumer_ledger_position",
                "Offset of the last record that the ledger reflects.",
            )?,
            ledger_stopped: gauge(
                "banjjak_consumer_ledger_stopped",
                "1 when the ledger refused what the fold decided and takes no more.",
            )?,
            line_waiting: gauges("banjjak_line_waiting", "Places waiting.", &["event"])?,
            room: gauges(
                "banjjak_room_places",
                "Places in the room, by state.",
                &["event", "state"],
            )?,
            seats: gauges(
                "banjjak_seats",
                "Seats of an event: capacity, confirmed, and free in bookable slots.",
                &["event", "kind"],
            )?,
            admitted: gauges(
                "banjjak_admitted",
                "Places admitted since the event was created.",
                &["event"],
            )?,
        })
    }

    /// Tells line, room and seats of every event.
    pub(crate) fn tell(&self, partition: &Partition) {
        self.dead_letters.set(signed(partition.dead_letters()));
        partition.events().for_each(|event| self.tell_event(event));
    }

    fn tell_event(&self, event: &EventState) {
        let id = event.id().as_str();
        let (admitted, inside) = event.room();
        self.line_waiting
            .with_label_values(&[id])
            .set(event.waiting().into());
        self.room
            .with_label_values(&[id, name(PlaceState::Admitted)])
            .set(admitted.into());
        self.room
            .with_label_values(&[id, name(PlaceState::Inside)])
            .set(inside.into());
        self.admitted
            .with_label_values(&[id])
            .set(signed(event.totals().admitted));
        let mut seats = [0_i64; 3];
        for (_, capacity, confirmed, status) in event.slots() {
            seats[0] += i64::from(capacity.0);
            seats[1] += i64::from(confirmed.0);
            seats[2] += if status == SlotStatus::Bookable {
                i64::from(capacity.0 - confirmed.0)
            } else {
                0
            };
        }
        for (kind, count) in ["capacity", "confirmed", "free"].into_iter().zip(seats) {
            self.seats.with_label_values(&[id, kind]).set(count);
        }
    }
}

fn name(state: PlaceState) -> &'static str {
    if state == PlaceState::Admitted {
        "admitted"
    } else {
        "inside"
    }
}

/// An offset or count as a gauge.
pub(crate) fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
