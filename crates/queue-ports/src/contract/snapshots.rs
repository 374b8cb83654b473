//! The suite of the snapshots.

use super::check;
use super::ledger::LedgerFixture;
use crate::ledger::{Snapshots, StoredSnapshot};
use queue_domain::LogPosition;

/// Everything that a store of snapshots promises.
pub async fn snapshots_contract<F: LedgerFixture>(make: impl Fn() -> F)
where
    F::Ledger: Snapshots,
{
    check("newest", newest(&make())).await;
    check("kept", kept(&make())).await;
    check("large", large(&make())).await;
}

fn snapshot(generation: u32, offset: u64) -> StoredSnapshot {
    StoredSnapshot {
        position: LogPosition { generation, offset },
        bytes: format!("{generation}-{offset}").into_bytes(),
    }
}

async fn positions<S: Snapshots>(store: &S, partition: u32) -> Vec<LogPosition> {
    let mut found = Vec::new();
    let mut below = None;
    while let Some(stored) = store
        .newest(partition, below)
        .await
        .expect("it can be read")
    {
        found.push(stored.position);
        let Some(offset) = stored.position.offset.checked_sub(1) else {
            break;
        };
        below = Some(LogPosition {
            offset,
            ..stored.position
        });
    }
    found
}

async fn newest<F: LedgerFixture>(fixture: &F)
where
    F::Ledger: Snapshots,
{
    let store = fixture.open().await;
    assert_eq!(store.newest(0, None).await.expect("it can be read"), None);
    for stored in [snapshot(1, 10), snapshot(1, 30), snapshot(1, 20)] {
        store.store(0, stored, 9).await.expect("nothing is wrong");
    }
    store
        .store(1, snapshot(1, 99), 9)
        .await
        .expect("nothing is wrong");
    fixture.crash(store).await;
    let store = fixture.open().await;
    assert_eq!(
        store.newest(0, None).await.expect("it can be read"),
        Some(snapshot(1, 30)),
        "the newest, of this partition"
    );
    for (bound, expected) in [(30, Some(30)), (29, Some(20)), (10, Some(10)), (9, None)] {
        let found = store
            .newest(
                0,
                Some(LogPosition {
                    generation: 1,
                    offset: bound,
                }),
            )
            .await
            .expect("it can be read");
        assert_eq!(
            found,
            expected.map(|offset| snapshot(1, offset)),
            "at or below {bound}"
        );
    }
    store
        .store(0, snapshot(2, 5), 9)
        .await
        .expect("nothing is wrong");
    assert_eq!(
        store.newest(0, None).await.expect("it can be read"),
        Some(snapshot(2, 5)),
        "a newer generation is newer"
    );
}

async fn kept<F: LedgerFixture>(fixture: &F)
where
    F::Ledger: Snapshots,
{
    let store = fixture.open().await;
    for offset in 1..=6 {
        store
            .store(0, snapshot(1, offset * 10), 3)
            .await
            .expect("nothing is wrong");
    }
    let offsets: Vec<_> = positions(&store, 0)
        .await
        .iter()
        .map(|position| position.offset)
        .collect();
    assert_eq!(offsets, [60, 50, 40], "the newest three");
    store
        .store(0, snapshot(1, 70), 0)
        .await
        .expect("nothing is wrong");
    assert_eq!(
        positions(&store, 0).await.len(),
        2,
        "never fewer than two: one may be unreadable"
    );
    store
        .store(0, snapshot(1, 70), 2)
        .await
        .expect("storing it again is no error");
    assert_eq!(positions(&store, 0).await.len(), 2);
}

async fn large<F: LedgerFixture>(fixture: &F)
where
    F::Ledger: Snapshots,
{
    let store = fixture.open().await;
    let bytes: Vec<u8> = (0..5_000_000_u32)
        .map(|i| i.wrapping_mul(2_654_435_761) as u8)
        .collect();
    let position = LogPosition {
        generation: 1,
        offset: 1,
    };
    store
        .store(
            0,
            StoredSnapshot {
                position,
                bytes: bytes.clone(),
            },
            2,
        )
        .await
        .expect("nothing is wrong");
    let found = store
        .newest(0, None)
        .await
        .expect("it can be read")
        .expect("it was stored");
    assert!(
        found.bytes == bytes,
        "five megabytes come back as they were"
    );
}
