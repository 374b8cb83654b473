//! What the log tells about itself.

use prometheus::{Histogram, HistogramOpts, IntCounter, IntGauge, Registry};

/// The log's metrics. Help texts are what `/metrics` shows.
#[derive(Debug, Clone)]
pub struct LogMetrics {
    pub(crate) append_seconds: Histogram,
    pub(crate) commit_seconds: Histogram,
    pub(crate) group_entries: Histogram,
    pub(crate) commits: IntCounter,
    pub(crate) records: IntCounter,
    pub(crate) refused: IntCounter,
    pub(crate) unknown: IntCounter,
    pub(crate) queued: IntGauge,
}

impl LogMetrics {
    /// Registers the metrics.
    pub fn new(registry: &Registry) -> prometheus::Result<Self> {
        let histogram = |name: &str, help: &str, buckets: Vec<f64>| {
            let histogram = Histogram::with_opts(HistogramOpts::new(name, help).buckets(buckets))?;
            registry.register(Box::new(histogram.clone()))?;
            prometheus::Result::Ok(histogram)
        };
        let counter = |name: &str, help: &str| {
            let counter = IntCounter::new(name, help)?;
            registry.register(Box::new(counter.clone()))?;
            prometheus::Result::Ok(counter)
        };
        let queued = IntGauge::new(
            "banjjak_log_queued_entries",
            "Entries that wait to be written.",
        )?;
        registry.register(Box::new(queued.clone()))?;
        Ok(Self {
            append_seconds: histogram(
                "banjjak_log_append_seconds",
                "Time from an entry's arrival at the log to its durable answer.",
                prometheus::exponential_buckets(0.000_25, 2.0, 14)?,
            )?,
            commit_seconds: histogram(
                "banjjak_log_commit_seconds",
                "Time to write and sync one group.",
                prometheus::exponential_buckets(0.000_125, 2.0, 14)?,
            )?,
            group_entries: histogram(
                "banjjak_log_group_entries",
                "Entries made durable by one sync.",
                prometheus::exponential_buckets(1.0, 2.0, 14)?,
            )?,
            commits: counter("banjjak_log_commits_total", "Groups written and synced.")?,
            records: counter("banjjak_log_records_total", "Records written.")?,
            refused: counter(
                "banjjak_log_refused_total",
                "Entries definitely not accepted: queue full, disk full, stopped.",
            )?,
            unknown: counter(
                "banjjak_log_unknown_total",
                "Entries of which nobody can say whether they are in the log.",
            )?,
            queued,
        })
    }

    /// Metrics that nobody reads, for tests and tools.
    pub fn unread() -> Self {
        Self::new(&Registry::new()).expect("a new registry has no name taken")
    }
}
