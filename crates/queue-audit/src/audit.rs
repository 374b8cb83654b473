//! The order of an audit: every partition's log record by record, the naive fold along with it, and at each record whatever was seen or
//! written there.

use crate::check::chain::{Chain, Claim};
use crate::check::shown::Shown;
use crate::check::windows::Rate;
use crate::check::{budget, frames, ledger, order, prefix, record, requests};
use crate::naive::{Partition, What};
use crate::report::Report;
use crate::rule::Rule;
use crate::source::{LedgerPosition, LedgerRows, LogSource, RawRecord, SourceError, Witness};
use queue_protocol::record::{Body, Entry, RecordError, read};
use std::collections::{BTreeMap, BTreeSet};

/// Records read at a time.
const PAGE: usize = 1000;

/// What an audit reads. Log and ledger of one instance that is at rest, or whose ledger was read before its log.
pub struct Sources<'a> {
    /// The log.
    pub log: &'a dyn LogSource,
    /// The ledger.
    pub ledger: Option<&'a LedgerRows>,
    /// What a rehearsal's shoppers saw.
    pub witness: Option<&'a Witness>,
}

/// The audit.
#[derive(Debug, Clone, Copy, Default)]
pub struct Audit;

impl Audit {
    /// Reads everything and checks every rule.
    pub fn run(sources: &Sources<'_>) -> Result<Report, SourceError> {
        let mut report = Report::new();
        for number in 0..sources.log.partitions()? {
            PartitionAudit::new(number, sources).run(&mut report)?;
        }
        match (sources.ledger, sources.witness) {
            (None, _) => report.note("no ledger was read: P1 and P6 are not checked".to_owned()),
            (_, None) => {
                report.note("no witness was read: only log and ledger are checked".to_owned())
            }
            _ => {}
        }
        if let Some(witness) = sources.witness {
            about_witness(witness, &mut report);
        }
        Ok(report)
    }
}

/// What is checked on the witness alone.
fn about_witness(witness: &Witness, report: &mut Report) {
    report.count("frames seen", witness.frames.len() as u64);
    report.count("places seen", witness.places.len() as u64);
    report.count("shoppers", witness.shoppers.len() as u64);
    frames::versions(witness, report);
    budget::look(witness, report);
    for unreadable in &witness.unreadable {
        report.violation(
            Rule::P2,
            || format!("nothing can be made of {}", unreadable.said),
            &[crate::check::line(unreadable.line)],
        );
    }
    match &witness.end {
        None => report.note(
            "the witness was cut off: what comes after its last line is not checked".to_owned(),
        ),
        Some(end) if !end.quiet => {
            report.note("the rehearsal ended before everything had come to rest".to_owned())
        }
        Some(_) => {}
    }
}

/// One partition being audited.
struct PartitionAudit<'a> {
    sources: &'a Sources<'a>,
    chain: Chain,
    fold: Partition,
    shown: Option<Shown<'a>>,
    ledger_at: Option<LedgerPosition>,
    looked: BTreeMap<String, (usize, Rate)>,
    turns: Vec<u64>,
    mine: bool,
}

impl<'a> PartitionAudit<'a> {
    fn new(number: u32, sources: &'a Sources<'a>) -> Self {
        let ledger_at = sources.ledger.and_then(|ledger| {
            ledger
                .positions
                .iter()
                .find(|position| position.partition == number)
        });
        Self {
            sources,
            chain: Chain::new(number),
            fold: Partition::new(number),
            shown: None,
            ledger_at: ledger_at.copied(),
            looked: BTreeMap::new(),
            turns: Vec::new(),
            mine: false,
        }
    }

    fn run(mut self, report: &mut Report) -> Result<(), SourceError> {
        loop {
            let page = self
                .sources
                .log
                .read(self.fold.number, self.chain.len(), PAGE)?;
            if page.is_empty() {
                break;
            }
            page.iter().for_each(|raw| self.record(raw, report));
        }
        self.finish(report);
        Ok(())
    }

    fn record(&mut self, raw: &RawRecord, report: &mut Report) {
        report.count("records", 1);
        let before = self.chain.hash();
        let entries = match read(&raw.bytes) {
            Ok(entries) => Some(entries),
            Err(RecordError::DeadLetter(_)) => {
                report.count("records that are not ours", 1);
                None
            }
            Err(RecordError::Unreadable(why)) => {
                self.chain.stop(raw.offset, why);
                None
            }
        };
        report.checked(Rule::P5, 1);
        if let Some(
            [
                Entry {
                    body: Body::Genesis { generation, .. },
                    ..
                },
                ..,
            ],
        ) = entries.as_deref()
        {
            self.chain.begin(*generation);
        }
        self.chain.add(
            raw,
            entries.is_some() || self.chain.stopped().is_some(),
            report,
        );
        let entries = entries.unwrap_or_default();
        self.ticks(raw, &entries, report);
        if self.chain.stopped().is_none() {
            report.count("entries", entries.len() as u64);
            if let Err(why) = self.fold.fold(raw.offset, raw.stamp, before, &entries) {
                self.chain.stop(raw.offset, why);
            }
        }
        if self.chain.stopped().is_none() {
            self.look(raw.offset, &entries, report);
        }
    }

    fn ticks(&mut self, raw: &RawRecord, entries: &[Entry], report: &mut Report) {
        for (index, entry) in entries.iter().enumerate() {
            if let Body::Tick {
                generation,
                offset,
                log_hash,
                state_hash,
            } = &entry.body
            {
                let claim = Claim {
                    generation: *generation,
                    offset: *offset,
                    log_hash: **log_hash,
                    state_hash: **state_hash,
                };
                self.chain.tick((raw.offset, index as u32), claim, report);
            }
        }
    }

    /// After a record: the events that it moved, what was seen at it, and the ledger if that stands here.
    fn look(&mut self, offset: u64, entries: &[Entry], report: &mut Report) {
        for name in moved(entries, &self.fold) {
            let Some(event) = self.fold.events.get(&name) else {
                continue;
            };
            let (from, rate) = self.looked.entry(name).or_default();
            rate.look(self.fold.number, event, *from, report);
            if self
                .sources
                .witness
                .is_some_and(|witness| witness.header.event == event.id)
            {
                let turned = event.happenings[*from..]
                    .iter()
                    .any(|happening| happening.what == What::Turn);
                self.turns.extend(turned.then_some(offset));
            }
            *from = prefix::look(self.fold.number, offset, event, *from, report);
        }
        self.look_at_shown(offset, report);
        if let (Some(at), Some(rows)) = (self.ledger_at, self.sources.ledger)
            && at.offset == offset
        {
            ledger::compare(&self.fold, offset, rows, report);
        }
    }

    fn look_at_shown(&mut self, offset: u64, report: &mut Report) {
        let Some(witness) = self.sources.witness else {
            return;
        };
        if let Some(event) = self.fold.events.get(&witness.header.event) {
            self.mine = true;
            let shown = self.shown.get_or_insert_with(|| Shown::new(witness));
            shown.look(
                self.fold.number,
                (self.fold.generation, offset),
                event,
                &self.turns,
                report,
            );
        }
    }

    fn finish(&self, report: &mut Report) {
        let number = self.fold.number;
        for event in self.fold.events.values() {
            prefix::numbers(number, event, report);
            report.count("places taken", event.places.len() as u64);
            report.count("reservations decided", event.reservations.len() as u64);
        }
        if let Some((offset, why)) = self.chain.stopped() {
            report.note(format!(
                "partition {number} stops at record {offset}: {why}"
            ));
        }
        self.finish_ledger(report);
        let (Some(witness), true) = (self.sources.witness, self.mine) else {
            return;
        };
        let Some(event) = self.fold.events.get(&witness.header.event) else {
            return;
        };
        if let Some(shown) = &self.shown {
            shown.finish(self.chain.len(), Some(event), report);
            self.sources
                .ledger
                .iter()
                .for_each(|rows| shown.held_by_ledger(rows, report));
        }
        order::passed_over(witness, &self.turns, report);
        order::real_time(witness, event, report);
        frames::told(number, witness, event, &self.chain, report);
        requests::look(
            number,
            witness,
            &self.fold.decided,
            event,
            &self.chain,
            report,
        );
    }

    fn finish_ledger(&self, report: &mut Report) {
        let Some(at) = self.ledger_at else {
            if self.sources.ledger.is_some() && !self.fold.events.is_empty() {
                report.note(format!(
                    "the ledger has no position for partition {}",
                    self.fold.number
                ));
            }
            return;
        };
        let here = || vec![record(self.fold.number, at.offset)];
        let in_log = at.generation == self.fold.generation && at.offset < self.chain.len();
        report.check(
            Rule::P3,
            in_log,
            || {
                format!(
                    "the ledger is at record {} of generation {}, the log is not",
                    at.offset, at.generation
                )
            },
            here,
        );
        let passed = self.chain.stopped().filter(|(stop, _)| at.offset >= *stop);
        report.check(
            Rule::P5,
            passed.is_none(),
            || "the ledger has gone on after a record that cannot be understood".to_owned(),
            here,
        );
        let ahead = self
            .sources
            .ledger
            .into_iter()
            .flat_map(|rows| &rows.reservations);
        for row in ahead.filter(|row| self.fold.events.contains_key(&row.event)) {
            let what = || {
                format!(
                    "row {}.{} was changed by record {}, the ledger's position is {}",
                    row.event, row.id, row.changed_at.1, at.offset
                )
            };
            report.check(Rule::P3, row.changed_at.1 <= at.offset, what, here);
        }
    }
}

/// The events that a record moves.
fn moved(entries: &[Entry], fold: &Partition) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for entry in entries {
        match &entry.body {
            Body::Genesis { .. } => {}
            Body::Tick { .. } => names.extend(fold.events.keys().cloned()),
            Body::Create { definition, .. } => _ = names.insert(definition.id.clone()),
            Body::RulesChanged { event, .. }
            | Body::Shopper { event, .. }
            | Body::Operator { event, .. }
            | Body::Timed { event, .. } => _ = names.insert(event.clone()),
        }
    }
    names
}
