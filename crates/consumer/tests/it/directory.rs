//! Events on partitions of their own.

use crate::rig::*;
use queue_domain::*;
use queue_ports::log::{CommandLog, Gather};
use queue_ports::view::{ViewChanges, ViewReader};
use queue_protocol::record::Entry as WireEntry;
use std::sync::Arc;

fn named(id: &str) -> Definition {
    Definition {
        id: EventId::parse(id).unwrap(),
        ..definition(10)
    }
}

async fn create(rig: &Rig, id: &str, command: u8) {
    let create = Command::Create {
        id: CommandId([command; 16]),
        actor: "owner".into(),
        rules: RULES,
        definition: Arc::new(named(id)),
    };
    rig.append(&Entry::Command(create)).await;
    rig.view
        .reached(&EventId::parse(id).unwrap(), LogPosition::default())
        .await
        .unwrap();
}

#[tokio::test]
async fn every_owner_copies_the_events_placed_on_its_partition_once() {
    let folder = tempfile::tempdir().unwrap();
    let rig = Rig::start_partitions(folder.path(), &clock(), 3).await;
    for (number, id) in ["one", "two", "three"].into_iter().enumerate() {
        create(&rig, id, number as u8 + 1).await;
    }
    let placed: Vec<_> = rig
        .deps
        .directory
        .events()
        .into_iter()
        .map(|(event, partition)| (event.to_string(), partition))
        .collect();
    assert_eq!(
        placed,
        [
            ("one".to_owned(), 1),
            ("three".to_owned(), 1),
            ("two".to_owned(), 2)
        ]
    );

    let event = EventId::parse("two").unwrap();
    rig.view
        .reached(&event, LogPosition::default())
        .await
        .unwrap();
    let join = Command::Shopper {
        id: CommandId([7; 16]),
        event: event.clone(),
        shopper: who(1),
        action: ShopperAction::Join { wish: None },
    };
    let lobby = Command::Timed {
        event: event.clone(),
        at: named("two").schedule.lobby_opens_at,
        what: SetTime::Lobby,
    };
    for command in [lobby, join] {
        let entry = WireEntry::new([0; 16], &Entry::Command(command)).encode();
        let position = rig
            .log
            .append(2, entry, Gather::Shared)
            .await
            .unwrap()
            .position;
        rig.view.reached(&event, position.record()).await.unwrap();
    }
    let seen = rig.view.shopper(&event, who(1)).await.unwrap().unwrap();
    assert_eq!(seen.place.unwrap().number, Some(1));
    rig.stop().await;

    // A restart places and copies nothing again.
    let rig = Rig::start_partitions(folder.path(), &clock(), 3).await;
    rig.view
        .reached(&event, LogPosition::default())
        .await
        .unwrap();
    assert_eq!(rig.view.events().await.unwrap().len(), 3);
    rig.stop().await;
    let log = rusqlite::Connection::open(folder.path().join("log.db")).unwrap();
    let creations = |partition: u32| -> usize {
        let mut records = log
            .prepare("SELECT bytes FROM records WHERE \"partition\" = ?1")
            .unwrap();
        let rows = records
            .query_map([partition], |row| row.get::<_, Vec<u8>>(0))
            .unwrap();
        rows.flat_map(|bytes| queue_protocol::record::entries(&bytes.unwrap()).unwrap())
            .filter(|entry| matches!(entry, Entry::Command(Command::Create { .. })))
            .count()
    };
    assert_eq!([creations(0), creations(1), creations(2)], [3, 2, 1]);
}
