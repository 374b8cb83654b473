//! What `banjjak rehearse` takes, and the bounds of it. Nothing is opened here.

use crate::client::{Base, ClientError, token_in};
use anyhow::bail;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

/// The most shoppers one process simulates.
pub(crate) const SHOPPERS_MAX: u32 = 1_000_000;

/// What it takes.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The public listener of a running instance. With --spawn: learned from the server's ready line.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    pub(crate) url: String,
    /// The event to rehearse.
    #[arg(long, default_value = "glow-seongsu")]
    pub(crate) event: String,
    /// Simulated shoppers, each with a cookie and a socket of its own.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=i64::from(SHOPPERS_MAX)))]
    pub(crate) shoppers: u32,
    /// The joins are spread over so long, at random instants that do not wait for answers.
    #[arg(long, default_value = "10s", value_parser = duration)]
    pub(crate) join_over: Duration,
    /// Seed of every draw: the same seed makes the same shoppers.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// The rehearsal ends at the latest then, counted from the first join.
    #[arg(long, default_value = "5m", value_parser = duration)]
    pub(crate) time_limit: Duration,
    /// Write every request and every frame here, for `banjjak audit --witness`.
    #[arg(long)]
    pub(crate) witness: Option<PathBuf>,
    /// Write report.txt, report.json and report.html into this folder.
    #[arg(long)]
    pub(crate) report: Option<PathBuf>,
    /// The operator listener, for --policy and --make-event. With --spawn: learned.
    #[arg(
        long,
        env = "BANJJAK_OPERATOR_URL",
        default_value = "http://127.0.0.1:9090"
    )]
    pub(crate) operator_url: String,
    /// An operator's token. With --spawn: learned.
    #[arg(long, env = "BANJJAK_TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,
    /// The operator's file, such as DIR/keys/operators/owner.toml, or one whose first line is the token.
    #[arg(long, conflicts_with = "token")]
    pub(crate) token_file: Option<PathBuf>,
    /// Change the event's policy first: `admit_per_second=200`, may be given several times.
    #[arg(long = "policy", value_name = "FIELD=NUMBER")]
    pub(crate) policy: Vec<String>,
    /// Make the event first, with so many slots of so many seats: `6x20`.
    #[arg(long, value_name = "SLOTSxSEATS", value_parser = stock)]
    pub(crate) make_event: Option<Stock>,
    /// Start the server itself: a command with its arguments, split at spaces; it must print its ready line (--print-json).
    #[arg(long, value_name = "COMMAND")]
    pub(crate) spawn: Option<String>,
    /// Kill the spawned server so often with SIGKILL, at seeded moments: in the join burst, in booking, in standby.
    #[arg(long, default_value_t = 0, requires = "spawn", value_parser = clap::value_parser!(u8).range(0..=3))]
    pub(crate) kills: u8,
    /// Most sockets open at once; shoppers beyond look every --poll-every. Default: as many as the file limit allows.
    #[arg(long)]
    pub(crate) sockets: Option<u32>,
    /// Kept-alive HTTP connections shared by all shoppers.
    #[arg(long, default_value_t = 512, value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub(crate) connections: u16,
    /// How often a shopper without a socket looks at its place.
    #[arg(long, default_value = "5s", value_parser = duration)]
    pub(crate) poll_every: Duration,
    /// Allow another machine to be the target.
    #[arg(long)]
    pub(crate) allow_remote: bool,
}

/// Slots and seats of an event to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stock {
    /// How many slots.
    pub(crate) slots: u16,
    /// Seats of each.
    pub(crate) seats: u32,
}

impl Args {
    /// Refuses what clap cannot: times out of bounds, targets that are not this machine.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        let bounds = [
            ("--join-over", self.join_over, 0, 3600),
            ("--time-limit", self.time_limit, 1, 86_400),
            ("--poll-every", self.poll_every, 1, 3600),
        ];
        for (name, given, low, high) in bounds {
            if given < Duration::from_secs(low) || given > Duration::from_secs(high) {
                bail!("{name} must be between {low}s and {high}s");
            }
        }
        if self.join_over >= self.time_limit {
            bail!("--time-limit must be longer than --join-over");
        }
        for url in [&self.url, &self.operator_url] {
            self.allowed(&Base::parse(url)?)?;
        }
        Ok(())
    }

    /// A load is aimed at this machine only, unless told otherwise.
    pub(crate) fn allowed(&self, base: &Base) -> Result<(), ClientError> {
        let here = base.host == "localhost"
            || base
                .host
                .parse::<IpAddr>()
                .is_ok_and(|address| address.is_loopback());
        if here || self.allow_remote {
            return Ok(());
        }
        Err(ClientError::Usage(format!(
            "{} is not this machine: say --allow-remote if it is yours to load",
            base.host
        )))
    }

    /// The operator's token, if one was given.
    pub(crate) fn given_token(&self) -> Result<Option<String>, ClientError> {
        match &self.token_file {
            None => Ok(self.token.clone()),
            Some(path) => token_in(path).map(Some),
        }
    }
}

/// `500ms`, `10s` or `5m`.
fn duration(text: &str) -> Result<Duration, String> {
    let units = [("ms", 1), ("s", 1000), ("m", 60_000)];
    for (unit, milliseconds) in units {
        if let Some(count) = text.strip_suffix(unit)
            && let Ok(count) = count.parse::<u32>()
        {
            return Ok(Duration::from_millis(u64::from(count) * milliseconds));
        }
    }
    Err("write a whole number and its unit, such as 500ms, 10s or 5m".into())
}

fn stock(text: &str) -> Result<Stock, String> {
    let parsed = text.split_once('x').and_then(|(slots, seats)| {
        Some(Stock {
            slots: slots.parse().ok()?,
            seats: seats.parse().ok()?,
        })
    });
    parsed
        .filter(|stock| (1..=1000).contains(&stock.slots))
        .ok_or_else(|| "write slots x seats, such as 6x20, with 1 to 1000 slots".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_unit() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("5m"), Ok(Duration::from_secs(300)));
        for wrong in ["5", "s", "-1s", "1.5s", "1h", ""] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn stock_is_slots_times_seats() {
        assert_eq!(
            stock("6x20"),
            Ok(Stock {
                slots: 6,
                seats: 20
            })
        );
        for wrong in ["6", "0x1", "x", "1001x1", "6x"] {
            assert!(stock(wrong).is_err(), "{wrong}");
        }
    }
}
