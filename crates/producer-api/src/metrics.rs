//! What the API counts, beside rate, errors and duration of its routes.

use prometheus::{Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, Opts, Registry};

/// The API's own metrics.
#[derive(Debug)]
pub(crate) struct Metrics {
    /// Joins that the log has acknowledged.
    pub(crate) joins_accepted: IntCounter,
    /// Joins that were not accepted, by code.
    pub(crate) joins_refused: IntCounterVec,
    /// Changes acknowledged by the log, by kind.
    pub(crate) changes_accepted: IntCounterVec,
    /// From handing an entry to the log to its acknowledgement.
    pub(crate) append_seconds: Histogram,
    /// Appends that were not acknowledged, by what is known of them.
    pub(crate) append_failures: IntCounterVec,
    /// Requests waiting for an outcome.
    pub(crate) waits: IntGauge,
    /// Waits that ended, by how.
    pub(crate) waited: IntCounterVec,
    /// Requests refused because of a rate.
    pub(crate) rate_limited: IntCounterVec,
}

impl Metrics {
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let counter =
            |name: &str, help: &str, label: &str| -> Result<IntCounterVec, prometheus::Error> {
                let counter = IntCounterVec::new(Opts::new(name, help), &[label])?;
                registry.register(Box::new(counter.clone()))?;
                Ok(counter)
            };
        let joins_accepted = IntCounter::new(
            "banjjak_joins_accepted_total",
            "Joins that the log has acknowledged.",
        )?;
        registry.register(Box::new(joins_accepted.clone()))?;
        let append_seconds = Histogram::with_opts(
            HistogramOpts::new(
                "banjjak_append_seconds",
                "From handing an entry to the log to its acknowledgement.",
            )
            .buckets(vec![
                0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 1.0, 4.0,
            ]),
        )?;
        registry.register(Box::new(append_seconds.clone()))?;
        let waits = IntGauge::new("banjjak_waits", "Requests waiting for an outcome.")?;
        registry.register(Box::new(waits.clone()))?;
        Ok(Self {
            joins_accepted,
            joins_refused: counter(
                "banjjak_joins_refused_total",
                "Joins that were not accepted, by code.",
                "code",
            )?,
            changes_accepted: counter(
                "banjjak_changes_accepted_total",
                "Changes acknowledged by the log, by kind.",
                "kind",
            )?,
            append_seconds,
            append_failures: counter(
                "banjjak_append_failures_total",
                "Appends that were not acknowledged, by what is known of them.",
                "code",
            )?,
            waits,
            waited: counter(
                "banjjak_waited_total",
                "Waits for an outcome that ended, by how.",
                "end",
            )?,
            rate_limited: counter(
                "banjjak_rate_limited_total",
                "Requests refused because of a rate.",
                "by",
            )?,
        })
    }
}
