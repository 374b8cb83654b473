//! How fast a click is accepted: the whole system (the fsynced log, fold and projections in the same process) against a bare
//! handler that parses and signs the same and keeps nothing, in one run, with the same client. The server has the first core,
//! the client, which is another process, the last.

#[path = "../../../queue-protocol/examples/measured/mod.rs"]
#[expect(dead_code, reason = "a part of what every benchmark shares")]
mod measured;

mod bare;
mod client;
mod server;

use anyhow::Context as _;
use client::{Answers, Pace};
use measured::{Report, Target};
use rustix::thread::{CpuSet, sched_setaffinity};
use server::Server;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

/// Keep-alive connections of the client.
const CONNECTIONS: usize = 256;
const WARM_UP: Duration = Duration::from_secs(1);
const SATURATED: Duration = Duration::from_secs(5);
const PACED: Duration = Duration::from_secs(10);
/// Both servers are saturated so often, in turn; the median is told.
const TURNS: usize = 3;
/// The open loop sends this much of what was accepted when saturated, in percent.
const PACE_PERCENT: f64 = 80.0;
/// Ratio of joins accepted by the whole system to the bare handler's.
const LEAST_RATIO: f64 = 0.70;
const MOST_P99_MS: f64 = 25.0;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["bare", folder] => serve(bare::run(Path::new(folder))),
        ["whole", folder] => serve(server::run_whole(Path::new(folder))),
        _ => measure(),
    }
}

/// Runs a server on the first core, with one worker.
fn serve(server: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    pin(0)?;
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?
        .block_on(server)
}

fn pin(core: usize) -> anyhow::Result<()> {
    let mut cores = CpuSet::new();
    cores.set(core);
    sched_setaffinity(None, &cores).context("cannot choose a core")
}

fn measure() -> anyhow::Result<()> {
    let cores = std::thread::available_parallelism()?.get();
    anyhow::ensure!(
        cores > 1,
        "needs a core for the server and one for the client"
    );
    let mut report = Report::new("join");
    std::fs::create_dir_all("out/bench")?;
    let folder = tempfile::tempdir_in("out/bench")?;
    tell_sync(&mut report, folder.path())?;
    let bare = Server::start("bare", &folder.path().join("bare"))?;
    let whole = Server::start("whole", &folder.path().join("whole"))?;
    pin(cores - 1)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (mut of_bare, mut of_whole) = (Saturations::default(), Saturations::default());
    for _ in 0..TURNS {
        for (server, of) in [(&bare, &mut of_bare), (&whole, &mut of_whole)] {
            runtime.block_on(client::load(server.address, Pace::Saturated, WARM_UP))?;
            let before = server.processor_seconds()?;
            let answers =
                runtime.block_on(client::load(server.address, Pace::Saturated, SATURATED))?;
            let taken = server.processor_seconds()? - before;
            of.costs_us.push(taken * 1e6 / answers.accepted() as f64);
            of.rates.push(answers.per_second());
            tell_others(&mut report, &answers);
        }
    }
    drop(bare);
    let (bare_rate, bare_cost) = of_bare.tell(&mut report, "bare handler");
    let (whole_rate, whole_cost) = of_whole.tell(&mut report, "whole system");
    let target = Some(Target::AtLeast(LEAST_RATIO));
    report.figure(
        "whole system over bare handler",
        whole_rate / bare_rate,
        "x",
        target,
    );
    // The same ratio where other programs share the cores or the disk is what limits.
    report.figure(
        "the same by processor time",
        bare_cost / whole_cost,
        "x",
        target,
    );
    let rate = whole_rate * PACE_PERCENT / 100.0;
    let paced = runtime.block_on(client::load(whole.address, Pace::PerSecond(rate), PACED))?;
    tell_others(&mut report, &paced);
    report.figure("whole system, open loop: sent", rate, "joins/s", None);
    report.figure(
        "whole system, open loop: accepted",
        paced.per_second(),
        "joins/s",
        None,
    );
    report.figure(
        "whole system, open loop: p50",
        paced.percentile_ms(50.0),
        "ms",
        None,
    );
    let target = Some(Target::AtMost(MOST_P99_MS));
    report.figure(
        "whole system, open loop: p99",
        paced.percentile_ms(99.0),
        "ms",
        target,
    );
    report.figure(
        "whole system, open loop: p99.9",
        paced.percentile_ms(99.9),
        "ms",
        None,
    );
    drop(whole);
    report.write()?;
    Ok(())
}

fn median(rates: &mut [f64]) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

/// What a server came to when saturated, turn by turn.
#[derive(Default)]
struct Saturations {
    rates: Vec<f64>,
    costs_us: Vec<f64>,
}

impl Saturations {
    /// Tells the medians, and returns them: joins a second, and processor time a join in microseconds.
    fn tell(&mut self, report: &mut Report, name: &str) -> (f64, f64) {
        let (rate, cost) = (median(&mut self.rates), median(&mut self.costs_us));
        report.figure(&format!("{name}, saturated"), rate, "joins/s", None);
        report.figure(&format!("{name}, processor time"), cost, "us/join", None);
        (rate, cost)
    }
}

/// Answers other than an accepted join: there should be none.
fn tell_others(report: &mut Report, answers: &Answers) {
    for (status, count) in &answers.others {
        report.say(&format!("  {count} answers were {status}"));
    }
}

/// What one small append with a sync costs on this disk: nothing durable is faster than that.
fn tell_sync(report: &mut Report, folder: &Path) -> anyhow::Result<()> {
    let mut file = File::create(folder.join("sync"))?;
    let mut times: Vec<f64> = Vec::new();
    for _ in 0..200 {
        let begun = Instant::now();
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        times.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    report.figure(
        "4 KiB written and synced, median",
        median(&mut times),
        "ms",
        None,
    );
    Ok(())
}
