//! Every bound of the API.

use queue_edge::body::BodyLimits;
use std::time::Duration;

/// The bounds, with their units.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// A shopper's body.
    pub body: BodyLimits,
    /// An operator's body; an event with 1000 slots must fit.
    pub operator_body: BodyLimits,
    /// Changes that one shopper may ask for a second; ten seconds' worth may come at once.
    pub shopper_changes_per_second: u32,
    /// Changes from one address a second; high, since carriers share addresses.
    pub address_changes_per_second: u32,
    /// Shoppers and addresses remembered for these limits; beyond, the longest unseen are forgotten.
    pub limited_keys_max: usize,
    /// Different request keys of one shopper in one event.
    pub request_keys_max: u32,
    /// How long an operator's change waits for its outcome.
    pub operator_wait: Duration,
    /// How long a form's post waits for its outcome, so that the page that follows can show it.
    pub form_wait: Duration,
    /// Operators' keys remembered with what was asked.
    pub operator_keys_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        let timeout = Duration::from_secs(10);
        Self {
            body: BodyLimits {
                max_bytes: 64 * 1024,
                timeout,
            },
            operator_body: BodyLimits {
                max_bytes: 1024 * 1024,
                timeout,
            },
            shopper_changes_per_second: 20,
            address_changes_per_second: 20_000,
            limited_keys_max: 200_000,
            request_keys_max: 64,
            operator_wait: Duration::from_secs(5),
            form_wait: Duration::from_secs(3),
            operator_keys_max: 10_000,
        }
    }
}
