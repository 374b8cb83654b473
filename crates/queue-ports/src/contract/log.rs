//! The suite of the command log.

use super::check;
use super::random::Random;
use crate::log::{AppendError, Appended, CommandLog, Gather, StoredRecord};
use futures_util::FutureExt;
use futures_util::future::join_all;
use queue_domain::{Command, CommandId, Entry, EventId, Position, ShopperAction, ShopperId};
use queue_protocol::record::{self, EncodedEntry};
use std::collections::BTreeSet;
use std::pin::pin;

/// A place where logs can be opened, crash and be faulty.
#[expect(
    async_fn_in_trait,
    reason = "only tests of this workspace implement it, and run it on one thread"
)]
pub trait LogFixture {
    /// The back end.
    type Log: CommandLog;

    /// Opens the log, also again after [`LogFixture::crash`].
    async fn open(&self) -> Self::Log;

    /// Ends the log as a killed process would.
    async fn crash(&self, log: Self::Log);

    /// Most entries that may wait, if bounded small enough to be filled by a test.
    fn queue_entries(&self) -> usize;

    /// An entry that is too large.
    fn oversized(&self) -> EncodedEntry;

    /// The next `entries` entries are appended and their answers lost.
    fn cut_answers(&self, entries: usize);

    /// The next `groups` groups are stored, but the log itself is told of an error.
    fn lose_commits(&self, groups: usize);

    /// The next `entries` entries are refused.
    fn refuse(&self, entries: usize);

    /// The disk is full, or no longer.
    fn disk_full(&self, full: bool);

    /// The log is slow: it writes nothing until released.
    fn hold(&self);

    /// The log writes again.
    fn release(&self);
}

/// Everything that a command log promises. `make` gives a fresh place each time; it has at least two partitions.
pub async fn log_contract<F: LogFixture>(make: impl Fn() -> F) {
    check("genesis", genesis(&make())).await;
    check("order", order(&make())).await;
    check("gathering", gathering(&make())).await;
    check("partitions", partitions(&make())).await;
    check("lost answer", lost_answer(&make())).await;
    check("lost commit", lost_commit(&make())).await;
    check("refusal", refusal(&make())).await;
    check("full queue", full_queue(&make())).await;
    check("full disk", full_disk(&make())).await;
    check("invalid", invalid(&make())).await;
    check("waiting", waiting(&make())).await;
    check("crash", crash(&make())).await;
    check("caller gone", caller_gone(&make())).await;
}

fn entry(number: u64) -> EncodedEntry {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&number.to_be_bytes());
    let event = EventId::parse("contract").expect("an event id");
    let command = Command::Shopper {
        id: CommandId(id),
        event,
        shopper: ShopperId([1; 16]),
        action: ShopperAction::Join { wish: None },
    };
    record::Entry::new([0; 16], &Entry::Command(command)).encode()
}

/// The number that an entry was made with, if it is ours.
fn number(entry: &Entry) -> Option<u64> {
    match entry {
        Entry::Command(Command::Shopper { id, .. }) => Some(u64::from_be_bytes(
            id.0[..8].try_into().expect("eight bytes"),
        )),
        _ => None,
    }
}

async fn append<L: CommandLog>(log: &L, number: u64) -> Result<Appended, AppendError> {
    log.append(0, entry(number), Gather::Shared).await
}

/// Reads a whole partition, `step` records at a time, and checks that there is no gap.
async fn read_all<L: CommandLog>(log: &L, partition: u32, step: usize) -> Vec<StoredRecord> {
    let mut records: Vec<StoredRecord> = Vec::new();
    loop {
        let next = log
            .read(partition, records.len() as u64, step)
            .await
            .expect("the log can be read");
        if next.is_empty() {
            break;
        }
        assert!(next.len() <= step, "no more records than asked for");
        records.extend(next);
    }
    assert!(
        records
            .iter()
            .zip(0..)
            .all(|(record, offset)| record.offset == offset),
        "offsets have no gap"
    );
    assert_eq!(
        log.end(partition).await.expect("the log has an end"),
        records.len() as u64
    );
    records
}

/// Every entry of ours with its position, in the log's order.
async fn entries<L: CommandLog>(log: &L, partition: u32) -> Vec<(Position, u64)> {
    let mut found = Vec::new();
    let mut generation = 0;
    for stored in read_all(log, partition, 7).await {
        for (index, entry) in (0..).zip(record::entries(&stored.bytes).expect("a record of ours")) {
            if let Entry::Genesis {
                generation: begins, ..
            } = entry
            {
                generation = begins;
            }
            let position = Position {
                generation,
                offset: stored.offset,
                index,
            };
            found.extend(number(&entry).map(|number| (position, number)));
        }
    }
    found
}

async fn genesis<F: LogFixture>(fixture: &F) {
    let log = fixture.open().await;
    assert!(
        log.partitions() >= 2,
        "the fixture has at least two partitions"
    );
    for partition in 0..log.partitions() {
        let records = read_all(&log, partition, 10).await;
        let first = record::entries(&records[0].bytes).expect("a record of ours");
        assert!(
            matches!(first.as_slice(), [Entry::Genesis { partitions, .. }] if *partitions == log.partitions()),
            "{first:?}"
        );
    }
    fixture.crash(log).await;
    let again = fixture.open().await;
    assert_eq!(
        read_all(&again, 0, 10).await.len(),
        1,
        "an opened log gets no second genesis"
    );
}

async fn order<F: LogFixture>(fixture: &F) {
    let log = fixture.open().await;
    let mut acknowledged = Vec::new();
    for wave in 0..5_u64 {
        let answers = join_all((0..60).map(|i| append(&log, wave * 1_000 + i))).await;
        let positions: Vec<_> = answers
            .into_iter()
            .map(|answer| answer.expect("nothing is wrong").position)
            .collect();
        let before = acknowledged.iter().map(|(position, _)| *position).max();
        assert!(
            positions.iter().all(|position| Some(*position) > before),
            "what came after an answer is behind it"
        );
        acknowledged.extend(positions.into_iter().zip((0..60).map(|i| wave * 1_000 + i)));
    }
    acknowledged.sort_unstable();
    assert_eq!(
        entries(&log, 0).await,
        acknowledged,
        "the log holds exactly what was acknowledged, where it was"
    );
}

async fn gathering<F: LogFixture>(fixture: &F) {
    let log = fixture.open().await;
    fixture.hold();
    let gather = |i| {
        if i % 10 == 5 {
            Gather::Alone
        } else {
            Gather::Shared
        }
    };
    let mut appends = pin!(join_all((0..50).map(|i| log.append(
        0,
        entry(i),
        gather(i)
    ))));
    assert!(
        appends.as_mut().now_or_never().is_none(),
        "a held log answers nobody"
    );
    fixture.release();
    let answers = appends.await;
    let all: Vec<_> = answers
        .into_iter()
        .map(|answer| answer.expect("nothing is wrong").position)
        .collect();
    let mut found = entries(&log, 0).await;
    found.sort_unstable_by_key(|(_, number)| *number);
    assert_eq!(
        found
            .iter()
            .map(|(position, _)| *position)
            .collect::<Vec<_>>(),
        all
    );
    for (i, position) in (0..).zip(&all).filter(|(i, _)| gather(*i) == Gather::Alone) {
        let shares = all
            .iter()
            .filter(|other| other.offset == position.offset)
            .count();
        assert_eq!(
            (shares, position.index),
            (1, 0),
            "entry {i} is alone in its record"
        );
    }
}

async fn partitions<F: LogFixture>(fixture: &F) {
    let log = fixture.open().await;
    let answers =
        join_all((0..40).map(|i| log.append((i % 2) as u32, entry(i), Gather::Shared))).await;
    assert!(answers.iter().all(Result::is_ok));
    for partition in 0..2 {
        let numbers: BTreeSet<_> = entries(&log, partition)
            .await
            .into_iter()
            .map(|(_, number)| number)
            .collect();
        assert_eq!(
            numbers,
            (0..40).filter(|i| i % 2 == u64::from(partition)).collect()
        );
    }
}

async fn lost_answer<F: LogFixture>(fixture: &F) {
    let log = fixture.open().await;
    fixture.cut_answers(1);
    let cut = append(&log, 1).await.expect_err("the answer is cut");
    assert!(
        matches!(cut, AppendError::OutcomeUnknown(_)),
        "a lost answer is no refusal: {cut}"
    );
    append(&log, 2).await.expect("the next one is answered");
    let numbers: Vec<_> = entries(&log, 0)
        .await
        .into_iter()
        .map(|(_, number)| number)
        .collect();
    assert_eq!(numbers, [1, 2], "it was appended all the same, once");
}

async fn lost_commit<F: LogFixture>(fixture: &F) {
    let log = fixture.open().await;
    append(&log, 1).await.expect("nothing is wrong");
    fixture.lose_commits(1);
    let lost = append(&log, 2).await.expect_err("the log does not know");
    assert!(
        matches!(lost, AppendError::OutcomeUnknown(_)),
        "what may be in the log is unknown: {lost}"
    );
    log.reached(0, 2)
        .await
        .expect("what survived is found without another append");
    append(&log, 3).await.expect("the log goes on");
    let numbers: Vec<_> = entries(&log, 0)
        .await
        .into_iter()
        .map(|(_, number)| number)
        .collect();
    assert_eq!(
        numbers,
        [1, 2, 3],
        "it was stored, once, and nothing was written over it"
    );
}

async fn refusal<F: LogFixture>(fixture: &F) {
    let log = fixture.open().await;
    fixture.refuse(1);
    let refused = append(&log, 1).await.expect_err("it is refused");
    assert!(
        matches!(refused, AppendError::Unavailable(_)),
        "a refusal is certain: {refused}"
    );
    append(&log, 2).await.expect("the next one is taken");
    let numbers: Vec<_> = entries(&log, 0)
        .await
        .into_iter()
        .map(|(_, number)| number)
        .collect();
    assert_eq!(numbers, [2], "what was refused is not in the log");
}

async fn full_queue<F: LogFixture>(fixture: &F) {
    let log = fixture.open().await;
    fixture.hold();
    let total = fixture.queue_entries() as u64 * 2 + 10;
    let mut appends: Vec<_> = (0..total).map(|i| Box::pin(append(&log, i))).collect();
    let at_once: Vec<_> = appends
        .iter_mut()
        .map(|append| append.as_mut().now_or_never())
        .collect();
    let refused: BTreeSet<_> = (0..)
        .zip(&at_once)
        .filter(|(_, answer)| answer.is_some())
        .map(|(i, _)| i)
        .collect();
    assert!(!refused.is_empty(), "a queue has a bound");
    assert!(
        at_once
            .iter()
            .flatten()
            .all(|answer| matches!(answer, Err(AppendError::Unavailable(_)))),
        "a full queue refuses at once"
    );
    fixture.release();
    for (i, append) in (0..).zip(appends).filter(|(i, _)| !refused.contains(i)) {
        append
            .await
            .unwrap_or_else(|error| panic!("entry {i} was taken into the queue: {error}"));
    }
    let numbers: BTreeSet<_> = entries(&log, 0)
        .await
        .into_iter()
        .map(|(_, number)| number)
        .collect();
    assert_eq!(
        numbers,
        (0..total).filter(|i| !refused.contains(i)).collect(),
        "what was refused is not in the log, the rest is"
    );
}

async fn full_disk<F: LogFixture>(fixture: &F) {
    let log = fixture.open().await;
    append(&log, 0).await.expect("there is room");
    fixture.disk_full(true);
    let mut accepted = vec![0];
    let mut refused = 0;
    for i in 1..2_000 {
        match append(&log, i).await {
            Ok(_) => accepted.push(i),
            Err(AppendError::Unavailable(_)) => refused += 1,
            Err(other) => panic!("a full disk is certain: {other}"),
        }
        if refused == 3 {
            break;
        }
    }
    assert_eq!(
        refused, 3,
        "the disk was never full: the fault did not bite"
    );
    fixture.disk_full(false);
    append(&log, 9_999).await.expect("there is room again");
    accepted.push(9_999);
    let numbers: Vec<_> = entries(&log, 0)
        .await
        .into_iter()
        .map(|(_, number)| number)
        .collect();
    assert_eq!(
        numbers, accepted,
        "nothing acknowledged is lost, nothing refused is there"
    );
}

async fn invalid<F: LogFixture>(fixture: &F) {
    let log = fixture.open().await;
    let missing = log.append(log.partitions(), entry(1), Gather::Shared).await;
    assert!(
        matches!(missing, Err(AppendError::Invalid(_))),
        "{missing:?}"
    );
    let large = log.append(0, fixture.oversized(), Gather::Shared).await;
    assert!(matches!(large, Err(AppendError::Invalid(_))), "{large:?}");
    assert_eq!(entries(&log, 0).await, []);
    assert_eq!(
        log.read(0, 99, 5)
            .await
            .expect("beyond the end there is nothing"),
        []
    );
}

async fn waiting<F: LogFixture>(fixture: &F) {
    let log = fixture.open().await;
    log.reached(0, 0).await.expect("the genesis is there");
    let mut first = pin!(log.reached(0, 1));
    let mut later = pin!(log.reached(0, 3));
    assert!(
        first.as_mut().now_or_never().is_none() && later.as_mut().now_or_never().is_none(),
        "neither is there"
    );
    append(&log, 1).await.expect("nothing is wrong");
    first.await.expect("it is there now");
    assert!(later.as_mut().now_or_never().is_none(), "this one is not");
    for number in 2..4 {
        append(&log, number).await.expect("nothing is wrong");
    }
    later.await.expect("it is there now");
}

async fn crash<F: LogFixture>(fixture: &F) {
    let mut random = Random::new(7);
    let mut acknowledged = Vec::new();
    for life in 0..4_u64 {
        let log = fixture.open().await;
        let count = 1 + random.below(40);
        for (i, answer) in
            (0..).zip(join_all((0..count).map(|i| append(&log, life * 100 + i))).await)
        {
            acknowledged.push((answer.expect("nothing is wrong").position, life * 100 + i));
        }
        fixture.crash(log).await;
    }
    acknowledged.sort_unstable();
    assert_eq!(
        entries(&fixture.open().await, 0).await,
        acknowledged,
        "everything acknowledged survived, where it was"
    );
}

async fn caller_gone<F: LogFixture>(fixture: &F) {
    let log = fixture.open().await;
    fixture.hold();
    {
        let mut gone = pin!(append(&log, 1));
        assert!(gone.as_mut().now_or_never().is_none());
    }
    fixture.release();
    append(&log, 2).await.expect("nobody else is hurt");
    let numbers: Vec<_> = entries(&log, 0)
        .await
        .into_iter()
        .map(|(_, number)| number)
        .collect();
    assert!(
        numbers == [1, 2] || numbers == [2],
        "in the log once or not at all: {numbers:?}"
    );
}
