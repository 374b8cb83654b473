//! Metrics of the process itself: memory, files, CPU time, and which build it is.

use prometheus::process_collector::ProcessCollector;
use prometheus::{IntGauge, Opts, Registry};

/// Registers them; names are the usual `process_…`, and `banjjak_build_info`.
///
/// # Errors
/// When a name is taken.
pub(super) fn register(registry: &Registry) -> Result<(), prometheus::Error> {
    registry.register(Box::new(ProcessCollector::for_self()))?;
    let options = Opts::new(
        "banjjak_build_info",
        "Always 1; its labels say which build runs.",
    )
    .const_label("version", env!("CARGO_PKG_VERSION"));
    let build = IntGauge::with_opts(options)?;
    build.set(1);
    registry.register(Box::new(build))
}
