//! The gateway's bounds, from the configuration.

use super::listeners::milliseconds;
use crate::config::Gateway;
use gateway::Limits;

/// All of them; none is left to a default.
pub(super) fn limits(from: &Gateway) -> Limits {
    Limits {
        sessions_max: from.sessions_max as usize,
        per_shopper_max: from.per_shopper_max as usize,
        client_messages_max: from.client_messages_max,
        message_max_bytes: from.message_bytes_max as usize,
        buffer_bytes: from.buffer_bytes as usize,
        pace: milliseconds(from.pace_ms),
        alive_every: milliseconds(from.alive_interval_ms),
        ping_every: milliseconds(from.ping_interval_ms),
        pong_timeout: milliseconds(from.pong_timeout_ms),
        write_timeout: milliseconds(from.write_timeout_ms),
        close_timeout: milliseconds(from.close_timeout_ms),
        since_timeout: milliseconds(from.since_timeout_ms),
        close_per_second: from.close_per_second,
        reconnect_spread: milliseconds(from.reconnect_spread_ms),
        hub_idle: milliseconds(from.hub_idle_ms),
    }
}
