//! What a benchmark leaves behind: figures with units and targets, on a named machine, as text and as JSON in `out/bench`.
//! Included by the benchmarks of several crates; it measures nothing itself.

#![expect(
    clippy::print_stdout,
    reason = "a benchmark reports to the person who runs it"
)]

use serde_json::{Value, json};
use std::fs;
use std::time::Duration;

/// What a figure should be. Never asserted: it is shown, and whether it is met.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    AtLeast(f64),
    AtMost(f64),
}

impl Target {
    fn met(self, value: f64) -> bool {
        match self {
            Self::AtLeast(least) => value >= least,
            Self::AtMost(most) => value <= most,
        }
    }

    fn words(self, value: f64) -> String {
        let met = if self.met(value) { "met" } else { "MISSED" };
        match self {
            Self::AtLeast(least) => format!("target >= {}: {met}", spaced(least)),
            Self::AtMost(most) => format!("target <= {}: {met}", spaced(most)),
        }
    }

    fn json(self, value: f64) -> Value {
        match self {
            Self::AtLeast(least) => json!({"at_least": least, "met": self.met(value)}),
            Self::AtMost(most) => json!({"at_most": most, "met": self.met(value)}),
        }
    }
}

/// The figures of one benchmark.
pub(crate) struct Report {
    name: &'static str,
    text: String,
    figures: Vec<Value>,
}

impl Report {
    /// Begins a report and says on which machine.
    pub(crate) fn new(name: &'static str) -> Self {
        let mut report = Self {
            name,
            text: String::new(),
            figures: Vec::new(),
        };
        let machine = machine();
        report.say(&format!(
            "{name}: {}, {} cores, Linux {}",
            machine["cpu"].as_str().unwrap_or_default(),
            machine["cores"],
            machine["kernel"].as_str().unwrap_or_default(),
        ));
        report
    }

    /// Adds a line for people.
    pub(crate) fn say(&mut self, line: &str) {
        println!("{line}");
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// Adds a figure.
    pub(crate) fn figure(&mut self, name: &str, value: f64, unit: &str, target: Option<Target>) {
        let words = target.map(|target| target.words(value)).unwrap_or_default();
        self.say(format!("  {name:<44} {:>14} {unit:<18} {words}", spaced(value)).trim_end());
        let target = target.map(|target| target.json(value));
        self.figures
            .push(json!({"name": name, "value": value, "unit": unit, "target": target}));
    }

    /// Writes `out/bench/NAME.txt` and `out/bench/NAME.json` below the working directory.
    pub(crate) fn write(self) -> std::io::Result<()> {
        fs::create_dir_all("out/bench")?;
        let whole = json!({"bench": self.name, "machine": machine(), "figures": self.figures});
        fs::write(
            format!("out/bench/{}.json", self.name),
            format!("{whole:#}\n"),
        )?;
        fs::write(format!("out/bench/{}.txt", self.name), self.text)
    }
}

/// A figure with thousands apart, and as many decimals as say something.
fn spaced(value: f64) -> String {
    let decimals = if value.abs() >= 100.0 { 0 } else { 2 };
    let plain = format!("{value:.decimals$}");
    let (whole, rest) = plain.split_once('.').unwrap_or((&plain, ""));
    let mut text = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if rest.trim_matches('0').is_empty() {
        text
    } else {
        format!("{text}.{rest}")
    }
}

fn machine() -> Value {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = cpus.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split_once(": "))
            .map_or_else(|| "unknown".to_owned(), |(_, value)| value.to_owned())
    };
    let cores = cpus
        .lines()
        .filter(|line| line.starts_with("processor"))
        .count();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let memory_kb = memory
        .lines()
        .next()
        .and_then(|line| line.split_whitespace().nth(1));
    json!({
        "cpu": field("model name"),
        "cores": cores,
        "kernel": kernel.trim(),
        "memory_kb": memory_kb.and_then(|kb| kb.parse::<u64>().ok()),
    })
}

/// Bytes of memory that this process really holds.
pub(crate) fn resident_bytes() -> u64 {
    let pages = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let resident = pages.split_whitespace().nth(1);
    resident
        .and_then(|pages| pages.parse::<u64>().ok())
        .unwrap_or(0)
        * 4096
}

fn thread_time() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec.unsigned_abs(), now.tv_nsec.unsigned_abs() as u32)
}

/// Processor time that this thread spent in some calls and not in others, and how many things were done in it. What other
/// programs take of the machine meanwhile is not in it, but what they do to its caches is.
#[derive(Default, Clone, Copy)]
pub(crate) struct Spent {
    time: Duration,
    done: u64,
}

impl Spent {
    /// Counts a call that does so many things.
    pub(crate) fn on<T>(&mut self, things: u64, call: impl FnOnce() -> T) -> T {
        let begun = thread_time();
        let value = call();
        self.time += thread_time().saturating_sub(begun);
        self.done += things;
        value
    }

    /// The same time, for doing so many things.
    pub(crate) fn doing(self, done: u64) -> Self {
        Self { done, ..self }
    }

    /// Adds what was spent elsewhere.
    pub(crate) fn add(&mut self, other: Self) {
        self.time += other.time;
        self.done += other.done;
    }

    /// Things a second.
    pub(crate) fn per_second(self) -> f64 {
        self.done as f64 / self.time.as_secs_f64()
    }

    /// Nanoseconds a thing.
    pub(crate) fn nanoseconds(self) -> f64 {
        self.time.as_secs_f64() * 1e9 / self.done as f64
    }
}
