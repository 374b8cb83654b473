//! The settings as types. What each means, its unit and its bounds stand in `default.toml`, the one place that explains them.

use queue_edge::{PublicOrigin, TrustedProxies};
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::PathBuf;

/// All settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "sections of default.toml, explained there")]
pub struct Config {
    pub data: Data,
    pub public: Public,
    pub operator: Operator,
    pub health: Health,
    pub log: Log,
    pub view: View,
    pub ledger: Ledger,
    pub consumer: Consumer,
    pub api: Api,
    pub gateway: Gateway,
    pub process: Process,
    pub telemetry: Telemetry,
    pub testing: Testing,
}

macro_rules! section {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $kind:ty),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Deserialize)]
        #[serde(deny_unknown_fields)]
        #[expect(missing_docs, reason = "keys of default.toml, explained there")]
        pub struct $name { $(pub $field: $kind),* }
    };
}

section! { /// `[data]`
Data { folder: PathBuf, retention_check_interval_ms: u32 } }

section! { /// `[public]`
Public {
    listen: SocketAddr, origin: String, trusted_proxies: Vec<String>, connections_max: u32, head_bytes_max: u32, headers_max: u32, head_timeout_ms: u32, write_timeout_ms: u32, body_bytes_max: u32,
} }

section! { /// `[operator]`
Operator { listen: SocketAddr, connections_max: u32, body_bytes_max: u32 } }

section! { /// `[health]`
Health { listen: SocketAddr, connections_max: u32 } }

/// `[log]`: which log, with its own settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
#[expect(missing_docs, reason = "keys of default.toml, explained there")]
pub enum Log {
    Embedded {
        partitions: u32,
        queue_entries_max: u32,
        entry_bytes_max: u32,
        record_entries_max: u32,
        record_bytes_max: u32,
        group_records_max: u32,
        group_entries_max: u32,
        gather_us: u32,
        tail_bytes: u32,
        checkpoint_pages: u32,
    },
}

/// `[view]`: which view, with its own settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
#[expect(missing_docs, reason = "keys of default.toml, explained there")]
pub enum View {
    Embedded {
        waiters_max: u32,
        followers_max: u32,
        recent_changes: u32,
        recent_items: u32,
        operator_results: u32,
    },
}

/// `[ledger]`: which ledger, with its own settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
#[expect(missing_docs, reason = "keys of default.toml, explained there")]
pub enum Ledger {
    Embedded {},
}

section! { /// `[consumer]`
Consumer { batch_records_max: u32, tick_interval_ms: u32, clock_agreement_ms: u32, snapshot_every_records: u32, snapshot_interval_ms: u32, snapshots_kept: u32, waiting_batches_max: u32, ledger_idle_ms: u32, retry_delay_ms: u32 } }

section! { /// `[api]`
Api { shopper_changes_per_second: u32, address_changes_per_second: u32, limited_keys_max: u32, request_keys_max: u32, body_timeout_ms: u32, operator_wait_ms: u32, form_wait_ms: u32, operator_keys_max: u32 } }

section! { /// `[gateway]`
Gateway { sessions_max: u32, per_shopper_max: u32, client_messages_max: u32, message_bytes_max: u32, buffer_bytes: u32, pace_ms: u32, alive_interval_ms: u32, ping_interval_ms: u32, pong_timeout_ms: u32, write_timeout_ms: u32, close_timeout_ms: u32, since_timeout_ms: u32, close_per_second: u32, reconnect_spread_ms: u32, hub_idle_ms: u32 } }

section! { /// `[process]`
Process { open_files: u32, drain_timeout_ms: u32 } }

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

section! { /// `[telemetry]`
Telemetry { format: LogFormat, level: String } }

section! { /// `[testing]`
Testing { allow: bool, clock_offset_ms: i64 } }

impl Public {
    /// Where shoppers reach this shop, when it is configured.
    ///
    /// # Errors
    /// What an origin looks like.
    pub fn origin(&self) -> Result<Option<PublicOrigin>, String> {
        if self.origin.is_empty() {
            return Ok(None);
        }
        PublicOrigin::parse(&self.origin)
            .map(Some)
            .map_err(|error| format!("\"{}\": {error}", self.origin))
    }

    /// Whose word counts about a client's address.
    ///
    /// # Errors
    /// Which of them is neither an address nor a network.
    pub fn proxies(&self) -> Result<TrustedProxies, String> {
        TrustedProxies::parse(self.trusted_proxies.iter().map(String::as_str))
    }
}
