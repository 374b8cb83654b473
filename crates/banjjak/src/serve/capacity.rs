//! Fits the limits on connections into what the system lets the process hold open, so that a crowd never takes the files that the
//! stores need, and sockets never take the connections that requests need.

use crate::config::Config;

/// Files for the stores, logs and the process itself.
const RESERVED_FILES: u32 = 256;
/// One connection in so many is kept for requests.
const REQUESTS_ONE_IN: u32 = 20;

/// Lowers `public.connections_max` and `gateway.sessions_max` where `open_files` is less than they need. Says so.
pub(super) fn fit(config: &mut Config, open_files: u64) {
    let others = config.operator.connections_max + config.health.connections_max + RESERVED_FILES;
    let files = u32::try_from(open_files).unwrap_or(u32::MAX);
    let connections = config
        .public
        .connections_max
        .min(files.saturating_sub(others).max(1));
    let sessions = config
        .gateway
        .sessions_max
        .min((connections - connections / REQUESTS_ONE_IN).max(1));
    if connections < config.public.connections_max || sessions < config.gateway.sessions_max {
        tracing::warn!(
            process.open_files = open_files,
            public.connections_max = connections,
            gateway.sessions_max = sessions,
            "fewer connections and sockets are taken than configured: this is what fits; raise the hard limit on open files (ulimit -Hn)"
        );
    }
    config.public.connections_max = connections;
    config.gateway.sessions_max = sessions;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fitted(open_files: u64) -> (u32, u32) {
        let mut config = crate::config::load(None, [], &[]).unwrap();
        fit(&mut config, open_files);
        (config.public.connections_max, config.gateway.sessions_max)
    }

    #[test]
    fn connections_leave_files_to_the_stores_and_sockets_leave_connections_to_requests() {
        assert_eq!(fitted(1_000_000), (40_000, 30_000));
        assert_eq!(fitted(20_000), (19_168, 18_210));
        assert_eq!(fitted(256), (1, 1));
    }
}
