//! Hashes, ticks of other owners, images, and stopping loudly.

use crate::shop::*;
use queue_domain::*;
use std::sync::Arc;

#[test]
fn an_image_gives_the_same_partition_again() {
    let mut shop = Shop::open(&[("a", 3), ("b", 1)]);
    for shopper in 1..=9 {
        shop.join(shopper).expect("joined");
        shop.tick(700);
    }
    shop.enter(1).ok();
    shop.reserve(1, "b", 1).ok();
    let image = shop.partition.image().expect("an image");
    let mut restored = Partition::restore(image.clone()).expect("a partition");
    assert_eq!(restored.image().as_ref(), Some(&image));
    // And both fold on to the same hashes.
    for shopper in 10..=14 {
        shop.join(shopper).expect("joined");
    }
    let offset = restored.next_offset();
    for (number, shopper) in (10..=14u8).enumerate() {
        let id = CommandId((shop_commands() + number as u128).to_be_bytes());
        let entry = Entry::Command(Command::Shopper {
            id,
            event: event(),
            shopper: who(shopper),
            action: ShopperAction::Join { wish: None },
        });
        let bytes = (offset + number as u64).to_be_bytes();
        let record = Record {
            offset: offset + number as u64,
            stamp: Stamp(OPENS + 6300),
            bytes: &bytes,
            entries: Some(&[entry]),
        };
        restored.fold(&record, &mut Vec::new()).expect("folds");
    }
    assert_eq!(restored.log_hash(), shop.partition.log_hash());
    assert_eq!(restored.state_hash(), shop.partition.state_hash());
}

/// The id of the first command after the story above: nine joins, one enter, one reserve.
fn shop_commands() -> u128 {
    12
}

#[test]
fn a_tick_of_a_fold_that_disagrees_stops_the_partition() {
    let mut shop = Shop::open(&[("a", 3)]);
    let folded = shop.partition.position().expect("a position");
    let tick = Entry::Tick {
        folded,
        log_hash: shop.partition.log_hash(),
        state_hash: [1; 32],
    };
    let offset = shop.partition.next_offset();
    let record = Record {
        offset,
        stamp: Stamp(OPENS),
        bytes: &[],
        entries: Some(&[tick]),
    };
    assert_eq!(
        shop.partition.fold(&record, &mut Vec::new()),
        Err(Stop::Diverged {
            offset: folded.offset
        })
    );
}

#[test]
fn two_owners_ticks_do_no_harm() {
    let mut shop = Shop::open(&[("a", 3)]);
    let folded = shop.partition.position().expect("a position");
    let tick = Entry::Tick {
        folded,
        log_hash: shop.partition.log_hash(),
        state_hash: shop.partition.state_hash(),
    };
    shop.at(OPENS + 500).record(std::slice::from_ref(&tick));
    shop.record(&[tick]);
    assert_eq!(shop.state().service(), ServiceTime(500));
}

#[test]
fn what_is_not_ours_is_counted_and_hashed_and_changes_nothing() {
    let mut shop = Shop::open(&[("a", 3)]);
    let (log_hash, state_hash, offset) = (
        shop.partition.log_hash(),
        shop.partition.state_hash(),
        shop.partition.next_offset(),
    );
    let record = Record {
        offset,
        stamp: Stamp(OPENS),
        bytes: b"noise",
        entries: None,
    };
    shop.partition
        .fold(&record, &mut Vec::new())
        .expect("folds on");
    assert_eq!(shop.partition.dead_letters(), 1);
    assert_ne!(shop.partition.log_hash(), log_hash);
    assert_eq!(shop.partition.state_hash(), state_hash);
}

#[test]
fn gaps_unknown_rules_and_a_missing_genesis_stop_the_partition() {
    let shop = Shop::open(&[("a", 3)]);
    let offset = shop.partition.next_offset();
    let skipped = Record {
        offset: offset + 1,
        stamp: Stamp(OPENS),
        bytes: &[],
        entries: Some(&[]),
    };
    assert_eq!(
        shop.partition.clone().fold(&skipped, &mut Vec::new()),
        Err(Stop::Gap {
            expected: offset,
            found: offset + 1
        })
    );
    let create = Command::Create {
        id: CommandId([1; 16]),
        actor: "owner".into(),
        rules: RULES + 1,
        definition: Arc::new(definition(&[])),
    };
    let unknown = Record {
        offset,
        stamp: Stamp(OPENS),
        bytes: &[],
        entries: Some(&[Entry::Command(create)]),
    };
    assert_eq!(
        shop.partition.clone().fold(&unknown, &mut Vec::new()),
        Err(Stop::UnknownRules {
            event: event(),
            rules: RULES + 1
        })
    );
    let first = Record {
        offset: 0,
        stamp: Stamp(OPENS),
        bytes: &[],
        entries: Some(&[]),
    };
    assert_eq!(
        Partition::new(0).fold(&first, &mut Vec::new()),
        Err(Stop::Genesis(0))
    );
}

#[test]
fn events_are_placed_once_and_not_on_partition_zero_when_there_are_others() {
    let mut directory = Partition::new(0);
    let genesis = [Entry::Genesis {
        generation: 1,
        partitions: 3,
    }];
    directory
        .fold(
            &Record {
                offset: 0,
                stamp: Stamp(1),
                bytes: &[],
                entries: Some(&genesis),
            },
            &mut Vec::new(),
        )
        .expect("folds");
    for (number, id) in ["one", "two", "three", "one"].into_iter().enumerate() {
        let definition = Definition {
            id: EventId::parse(id).expect("an id"),
            ..definition(&[])
        };
        let create = Command::Create {
            id: CommandId([number as u8; 16]),
            actor: "owner".into(),
            rules: RULES,
            definition: Arc::new(definition),
        };
        let record = Record {
            offset: 1 + number as u64,
            stamp: Stamp(1),
            bytes: &[],
            entries: Some(&[Entry::Command(create)]),
        };
        directory.fold(&record, &mut Vec::new()).expect("folds");
    }
    let placed: Vec<_> = directory
        .directory()
        .map(|entry| (entry.event.as_str(), entry.partition))
        .collect();
    assert_eq!(placed, [("one", 1), ("three", 1), ("two", 2)]);
    assert_eq!(directory.events().count(), 0);
}
