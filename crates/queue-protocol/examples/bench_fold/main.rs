//! The fold in memory on one core, hashes included: commands a second, bytes a waiting shopper, and what a hundred times
//! more people in line cost. Records are made before the clock runs, effects are thrown away: what is measured is
//! [`Partition::fold`], and apart from it the reading of records.

#[path = "../measured/mod.rs"]
mod measured;
mod story;

use measured::{Report, Spent, Target, resident_bytes};
use queue_domain::{Effect, Entry, Line, Partition, Record, Stamp};
use std::hint::black_box;
use std::process::Command;
use story::Story;

const LINES: [u32; 3] = [10_000, 100_000, 1_000_000];
/// Commands in a record: what a log gathers in a millisecond or two under load.
const BATCH: usize = 100;
/// Joins measured at each length of the line.
const MEASURED: u32 = 40_000;
/// The best of so many tries is told; the others were disturbed.
const TRIES: usize = 20;

/// A partition with what it needs to be fed.
pub(crate) struct Fold {
    pub(crate) partition: Partition,
    pub(crate) effects: Vec<Effect>,
}

impl Fold {
    fn new() -> Self {
        Self {
            partition: Partition::new(0),
            effects: Vec::new(),
        }
    }

    /// Folds a record for each of these lists of commands, counted.
    pub(crate) fn records(&mut self, spent: &mut Spent, stamp: u64, records: &[Vec<Entry>]) {
        let bytes: Vec<Vec<u8>> = records
            .iter()
            .map(|entries| story::bytes(entries))
            .collect();
        let things = records.iter().map(|entries| entries.len() as u64).sum();
        let Self { partition, effects } = self;
        spent.on(things, || {
            for (entries, bytes) in records.iter().zip(&bytes) {
                let record = Record {
                    offset: partition.next_offset(),
                    stamp: Stamp(stamp),
                    bytes,
                    entries: Some(entries),
                };
                effects.clear();
                partition
                    .fold(&record, effects)
                    .expect("the story's records fold");
            }
        });
    }
}

/// The cheapest of several tries.
fn best(tries: impl IntoIterator<Item = Spent>) -> Spent {
    tries
        .into_iter()
        .min_by(|a, b| a.nanoseconds().total_cmp(&b.nanoseconds()))
        .expect("at least one try")
}

/// What was measured at one length of the line.
struct At {
    waiting: u32,
    join: Spent,
    join_alone: Spent,
    mixed: Spent,
    admission: Spent,
    rank: Spent,
}

fn measure(waiting: u32) -> At {
    let (mut fold, mut story) = filled(waiting);
    let room = |tries: usize| (MEASURED / tries as u32).min(waiting / 5);
    let joins = |fold: &mut Fold, story: &mut Story, batch: usize| {
        best((0..TRIES).map(|_| {
            let mut spent = Spent::default();
            story.joins(fold, &mut spent, room(TRIES), batch);
            spent
        }))
    };
    let join = joins(&mut fold, &mut story, BATCH);
    let join_alone = joins(&mut fold, &mut story, 1);
    let rank = best((0..TRIES).map(|_| ranks(waiting)));
    let (mut mixed, mut admission) = (Vec::new(), Vec::new());
    for _ in 0..TRIES {
        let (mut commands, mut admissions) = (Spent::default(), Spent::default());
        (0..4).for_each(|_| story.round(&mut fold, &mut commands, &mut admissions));
        mixed.push(commands);
        admission.push(admissions);
    }
    At {
        waiting,
        join,
        join_alone,
        mixed: best(mixed),
        admission: best(admission),
        rank,
    }
}

/// A line of so many.
fn filled(waiting: u32) -> (Fold, Story) {
    let mut fold = Fold::new();
    let mut story = Story::new(waiting + 2_000_000);
    story.open(&mut fold);
    story.joins(&mut fold, &mut Spent::default(), waiting, BATCH);
    (fold, story)
}

/// Prints the memory that a line of so many takes: what the whole process holds more than before. In a process of its own,
/// so that nothing is counted that was freed and not yet given back.
#[expect(
    clippy::print_stdout,
    reason = "read by the process that started this one"
)]
fn print_memory(waiting: u32) {
    let (mut few, mut story) = filled(1000);
    let before = resident_bytes();
    story.joins(&mut few, &mut Spent::default(), waiting, BATCH);
    println!("{}", resident_bytes().saturating_sub(before));
}

fn bytes_each(waiting: u32) -> std::io::Result<f64> {
    let mut child = Command::new(std::env::current_exe()?);
    let output = child.args(["--memory", &waiting.to_string()]).output()?;
    let bytes: u64 = String::from_utf8_lossy(&output.stdout)
        .trim()
        .parse()
        .map_err(std::io::Error::other)?;
    Ok(bytes as f64 / f64::from(waiting))
}

/// Ranks asked at random of a line in which every tenth has left.
fn ranks(waiting: u32) -> Spent {
    let mut line = Line::default();
    for number in (1..=waiting).filter(|number| number % 10 != 0) {
        line.insert(number);
    }
    let mut spent = Spent::default();
    spent.on(1_000_000, || {
        let mut number = 1u32;
        for _ in 0..1_000_000 {
            number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            black_box(line.rank(1 + number % waiting));
        }
    });
    spent
}

fn main() -> std::io::Result<()> {
    if let Some(waiting) = std::env::args().nth(2) {
        print_memory(waiting.parse().map_err(std::io::Error::other)?);
        return Ok(());
    }
    let mut report = Report::new("fold");
    let measured: Vec<At> = LINES.into_iter().map(measure).collect();
    for at in &measured {
        let waiting = at.waiting;
        let mut tell = |name: &str, value: f64, unit: &str, target: Option<Target>| {
            report.figure(&format!("{name}, {waiting} waiting"), value, unit, target);
        };
        let target = |least: f64| Some(Target::AtLeast(least));
        tell(
            "joins",
            at.join.per_second(),
            "joins/s",
            target(1_000_000.0),
        );
        tell(
            "joins alone in their record",
            at.join_alone.per_second(),
            "joins/s",
            None,
        );
        tell(
            "mixed commands",
            at.mixed.per_second(),
            "commands/s",
            target(500_000.0),
        );
        tell(
            "admissions",
            at.admission.per_second(),
            "admissions/s",
            None,
        );
        tell("ranks", at.rank.per_second(), "ranks/s", None);
        tell(
            "memory",
            bytes_each(waiting)?,
            "bytes/waiting",
            Some(Target::AtMost(100.0)),
        );
    }
    let (few, many) = (&measured[0], &measured[LINES.len() - 1]);
    let mut ratio = |name: &str, cost: fn(&At) -> f64| {
        let name = format!("{name}: cost at 1,000,000 over 10,000");
        report.figure(
            &name,
            cost(many) / cost(few),
            "x",
            Some(Target::AtMost(1.2)),
        );
    };
    ratio("join", |at| at.join.nanoseconds());
    ratio("mixed command", |at| at.mixed.nanoseconds());
    ratio("admission", |at| at.admission.nanoseconds());
    ratio("rank", |at| at.rank.nanoseconds());
    let read = best((0..TRIES).map(|_| story::reading()));
    report.figure(
        "reading joins from records",
        read.per_second(),
        "joins/s",
        None,
    );
    report.write()
}
