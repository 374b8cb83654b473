//! What the gateway counts. Names begin with `banjjak_gateway_`; units are base units.

use crate::outbox::Outgoing;
use prometheus::{Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, Opts, Registry};
use tokio::time::Instant;

/// The gateway's metrics, registered once.
#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    /// Sockets open now.
    pub(crate) sockets: IntGauge,
    /// Event streams open now.
    pub(crate) streams: IntGauge,
    /// Events followed now.
    pub(crate) hubs: IntGauge,
    /// Frames written, by type.
    pub(crate) frames: IntCounterVec,
    /// Bytes of frames written, headers not included.
    pub(crate) frame_bytes: IntCounter,
    /// Time from a change of the line becoming known here to the frame that tells a shopper of it being written.
    pub(crate) rank_staleness: Histogram,
    /// Records by which the view was ahead of what the hub had followed, last seen.
    pub(crate) hub_lag: IntGauge,
    /// Times an event was read again as a whole because its changes could not be followed.
    pub(crate) reloads: IntCounter,
    /// Sockets and streams ended, by close code (`1006`: the peer was gone without one).
    pub(crate) closes: IntCounterVec,
    /// Sockets and streams refused before they began, by problem code.
    pub(crate) refused: IntCounterVec,
}

impl Metrics {
    /// Registers all of it. Fails when a name is taken already.
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let gauge =
            |name: &str, help: &str| keep(registry, IntGauge::with_opts(Opts::new(name, help))?);
        let counter =
            |name: &str, help: &str| keep(registry, IntCounter::with_opts(Opts::new(name, help))?);
        let by = |name: &str, help: &str, label: &str| {
            keep(
                registry,
                IntCounterVec::new(Opts::new(name, help), &[label])?,
            )
        };
        let staleness = HistogramOpts::new(
            "banjjak_gateway_rank_staleness_seconds",
            "Time from a change of the line becoming known here to the frame that tells a shopper of it being written.",
        )
        .buckets(vec![0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.75, 1.0, 2.0, 5.0]);
        Ok(Self {
            sockets: gauge("banjjak_gateway_sockets", "Sockets open now.")?,
            streams: gauge("banjjak_gateway_streams", "Event streams open now.")?,
            hubs: gauge("banjjak_gateway_hubs", "Events followed now.")?,
            frames: by(
                "banjjak_gateway_frames_total",
                "Frames written, by type.",
                "type",
            )?,
            frame_bytes: counter(
                "banjjak_gateway_frame_bytes_total",
                "Bytes of frames written, headers not included.",
            )?,
            rank_staleness: keep(registry, Histogram::with_opts(staleness)?)?,
            hub_lag: gauge(
                "banjjak_gateway_hub_lag_records",
                "Records by which the view was ahead of what the hub had followed, last seen.",
            )?,
            reloads: counter(
                "banjjak_gateway_reloads_total",
                "Times an event was read again as a whole because its changes could not be followed.",
            )?,
            closes: by(
                "banjjak_gateway_closes_total",
                "Sockets and streams ended, by close code; 1006 is a peer gone without one.",
                "code",
            )?,
            refused: by(
                "banjjak_gateway_refused_total",
                "Sockets and streams refused before they began, by problem code.",
                "code",
            )?,
        })
    }
}

/// Counts what sessions write and how they end.
#[derive(Debug, Clone)]
pub(crate) struct Tally(Metrics);

impl Tally {
    pub(crate) fn new(metrics: Metrics) -> Self {
        Self(metrics)
    }

    /// A frame was written.
    pub(crate) fn written(&self, frame: &Outgoing) {
        self.0.frames.with_label_values(&[frame.kind]).inc();
        self.0.frame_bytes.inc_by(frame.text.len() as u64);
        if let Some(since) = frame.stale_since {
            let stale = Instant::now().saturating_duration_since(since);
            self.0.rank_staleness.observe(stale.as_secs_f64());
        }
    }

    /// A session ended with this close code.
    pub(crate) fn closed(&self, code: u16) {
        self.0.closes.with_label_values(&[&code.to_string()]).inc();
    }
}

fn keep<M: prometheus::core::Collector + Clone + 'static>(
    registry: &Registry,
    metric: M,
) -> Result<M, prometheus::Error> {
    registry.register(Box::new(metric.clone()))?;
    Ok(metric)
}
