//! The bounds of every number, checked on the merged settings. The same bounds stand in `default.toml`; a test compares them.

use super::ConfigError;
use toml::{Table, Value};

/// Setting, least and greatest value.
#[rustfmt::skip]
const BOUNDS: &[(&str, i64, i64)] = &[
    ("data.retention_check_interval_ms", 100, 86_400_000),
    ("public.connections_max", 16, 1_000_000),
    ("public.head_bytes_max", 8192, 1_048_576),
    ("public.headers_max", 16, 1000),
    ("public.head_timeout_ms", 100, 3_600_000),
    ("public.write_timeout_ms", 1000, 600_000),
    ("public.body_bytes_max", 1024, 16_777_216),
    ("operator.connections_max", 4, 100_000),
    ("operator.body_bytes_max", 65_536, 16_777_216),
    ("health.connections_max", 4, 10_000),
    ("log.partitions", 1, 64),
    ("log.queue_entries_max", 1, 1_000_000),
    ("log.entry_bytes_max", 65_536, 4_194_304),
    ("log.record_entries_max", 1, 65_536),
    ("log.record_bytes_max", 65_536, 16_777_216),
    ("log.group_records_max", 1, 1024),
    ("log.group_entries_max", 1, 65_536),
    ("log.tail_bytes", 65_536, 1_073_741_824),
    ("log.gather_us", 0, 100_000),
    ("log.checkpoint_pages", 100, 1_000_000),
    ("view.waiters_max", 1, 1_000_000),
    ("view.followers_max", 1, 100_000),
    ("view.recent_changes", 16, 1_000_000),
    ("view.recent_items", 1024, 100_000_000),
    ("view.operator_results", 16, 10_000_000),
    ("consumer.batch_records_max", 1, 65_536),
    ("consumer.tick_interval_ms", 50, 1000),
    ("consumer.clock_agreement_ms", 100, 60_000),
    ("consumer.snapshot_every_records", 1, 10_000_000),
    ("consumer.snapshot_interval_ms", 100, 86_400_000),
    ("consumer.snapshots_kept", 2, 100),
    ("consumer.waiting_batches_max", 1, 1_000_000),
    ("consumer.ledger_idle_ms", 1, 10_000),
    ("consumer.retry_delay_ms", 10, 60_000),
    ("api.shopper_changes_per_second", 1, 100_000),
    ("api.address_changes_per_second", 1, 10_000_000),
    ("api.limited_keys_max", 1024, 10_000_000),
    ("api.request_keys_max", 1, 1000),
    ("api.body_timeout_ms", 100, 600_000),
    ("api.operator_wait_ms", 100, 60_000),
    ("api.form_wait_ms", 0, 60_000),
    ("api.operator_keys_max", 16, 10_000_000),
    ("gateway.sessions_max", 1, 1_000_000),
    ("gateway.per_shopper_max", 1, 64),
    ("gateway.client_messages_max", 1, 10_000),
    ("gateway.message_bytes_max", 16, 65_536),
    ("gateway.buffer_bytes", 256, 131_072),
    ("gateway.pace_ms", 50, 60_000),
    ("gateway.alive_interval_ms", 1000, 10_000),
    ("gateway.ping_interval_ms", 1000, 600_000),
    ("gateway.pong_timeout_ms", 2000, 600_000),
    ("gateway.write_timeout_ms", 100, 600_000),
    ("gateway.close_timeout_ms", 100, 60_000),
    ("gateway.since_timeout_ms", 0, 60_000),
    ("gateway.close_per_second", 1, 1_000_000),
    ("gateway.reconnect_spread_ms", 0, 600_000),
    ("gateway.hub_idle_ms", 1000, 3_600_000),
    ("process.open_files", 256, 10_000_000),
    ("process.drain_timeout_ms", 100, 600_000),
    ("testing.clock_offset_ms", -1_000_000_000_000, 1_000_000_000_000),
];

/// The first number outside its bounds. A number without bounds is refused too: every limit is bounded.
pub(super) fn check(settings: &Table) -> Result<(), ConfigError> {
    for (section, table) in settings {
        for (key, value) in table.as_table().into_iter().flatten() {
            let (Value::Integer(value), path) = (value, format!("{section}.{key}")) else {
                continue;
            };
            let Some((_, least, most)) = BOUNDS.iter().find(|(name, ..)| *name == path) else {
                return Err(ConfigError::new(
                    &path,
                    "default.toml",
                    "has no bounds in bounds.rs",
                ));
            };
            if !(least..=most).contains(&value) {
                return Err(ConfigError::new(
                    &path,
                    "settings",
                    &format!("{value} is not within {least} to {most}"),
                ));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::DEFAULT;

    /// The comment lines right above a key.
    fn comment_of(path: &str) -> String {
        let (section, key) = path.split_once('.').unwrap();
        let after = DEFAULT.split_once(&format!("[{section}]\n")).unwrap().1;
        let mut comment: Vec<&str> = Vec::new();
        for line in after.lines() {
            match line.strip_prefix("# ") {
                Some(text) => comment.push(text),
                None if line.starts_with(&format!("{key} = ")) => return comment.join(" "),
                None => comment.clear(),
            }
        }
        panic!("{path} is not in default.toml");
    }

    #[test]
    fn the_default_file_says_the_bounds_that_are_checked() {
        for (path, least, most) in BOUNDS {
            let comment = comment_of(path);
            assert!(
                comment.ends_with(&format!("{least} to {most}.")),
                "{path}: {comment}"
            );
        }
    }

    #[test]
    fn every_setting_is_explained_and_the_defaults_are_within_bounds() {
        let table: Table = DEFAULT.parse().unwrap();
        check(&table).unwrap();
        for (section, keys) in &table {
            for (key, _) in keys.as_table().unwrap() {
                assert!(
                    !comment_of(&format!("{section}.{key}")).is_empty(),
                    "{section}.{key} has no comment"
                );
            }
        }
    }
}
