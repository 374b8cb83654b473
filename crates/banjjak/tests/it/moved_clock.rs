//! The log's clock moved by a test, and answers cut after the append: what happens at set times, and what a repeat learns.

use crate::instance::{EVENT, Instance};
use crate::raw::{Answer, exchange, get};
use crate::shopper::Shopper;

const ALLOWED: [&str; 2] = ["--set", "testing.allow=true"];

fn tell(instance: &Instance, path: &str, body: &str) -> Answer {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/json\r\n",
        instance.health
    );
    exchange(
        instance.health,
        format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes(),
    )
}

fn phase(instance: &Instance) -> String {
    get(instance.public, &format!("/v1/events/{EVENT}")).json()["phase"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn the_event_closes_when_the_clock_says_so_and_a_restart_does_not_open_it_again() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let instance = Instance::start_with(&data, &ALLOWED);
    let mut shopper = Shopper::new();
    instance.operate(
        "POST",
        &format!("/admin/v1/events/{EVENT}/pause"),
        "pause-for-the-test",
        "",
    );
    assert_eq!(shopper.join(instance.public).status, 202);
    assert_eq!(phase(&instance), "open");
    let two_days = 2 * 24 * 3600 * 1000;
    assert_eq!(
        tell(
            &instance,
            "/testing/clock",
            &format!("{{\"advance_ms\":{two_days}}}")
        )
        .json()["ahead_ms"],
        two_days
    );
    instance.wait_until("the event is closed", |instance| {
        phase(instance) == "closed"
    });
    assert_eq!(shopper.place(instance.public).json()["state"], "closed");
    instance.kill();
    let ahead = format!("testing.clock_offset_ms={two_days}");
    let again = Instance::start_with(&data, &["--set", "testing.allow=true", "--set", &ahead]);
    assert_eq!(phase(&again), "closed");
    assert_eq!(shopper.place(again.public).json()["state"], "closed");
}

#[test]
fn an_answer_cut_after_the_append_is_unknown_and_a_repeat_learns_the_outcome() {
    let folder = tempfile::tempdir().unwrap();
    let instance = Instance::start_with(&folder.path().join("data"), &ALLOWED);
    let mut shopper = Shopper::inside(&instance);

    // No tick may take the fault: the event stands still.
    assert_eq!(
        instance
            .operate(
                "POST",
                &format!("/admin/v1/events/{EVENT}/pause"),
                "pause-for-the-test",
                ""
            )
            .status,
        200
    );
    let reserve = |shopper: &mut Shopper| {
        shopper.reserve(
            instance.public,
            "the-one-key-of-this",
            "{\"slot\":\"1000\",\"seats\":2}",
        )
    };
    let mut unknown = None;
    // A tick may still be on its way and take the fault; then it is asked for again.
    instance.wait_until("the fault bites a reservation", |instance| {
        tell(instance, "/testing/faults", "{\"cut_answers\":1}");
        let answer = reserve(&mut shopper);
        let cut = answer.status == 503;
        unknown = cut.then_some(answer);
        cut || unknown.is_some()
    });
    assert_eq!(unknown.unwrap().json()["code"], "outcome_unknown");
    let known = reserve(&mut shopper);
    assert_eq!(
        (known.status, known.json()["state"].as_str()),
        (201, Some("confirmed")),
        "{known:?}"
    );
    let slots = get(instance.public, &format!("/v1/events/{EVENT}")).json()["slots"].clone();
    let slot = slots
        .as_array()
        .unwrap()
        .iter()
        .find(|slot| slot["id"] == "1000")
        .unwrap()
        .clone();
    assert_eq!(
        slot["remaining"], 198,
        "the repeat took no second pair of seats"
    );
}

#[test]
fn a_log_that_takes_nothing_says_so_and_is_well_again_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let instance = Instance::start_with(&folder.path().join("data"), &ALLOWED);
    tell(&instance, "/testing/faults", "{\"disk_full\":true}");
    let mut refused = None;
    // What still fits in a page that is there already is written all the same.
    instance.wait_until("the disk is full", |instance| {
        let answer = Shopper::new().join(instance.public);
        let full = answer.status == 503;
        refused = full.then_some(answer);
        full
    });
    assert_eq!(refused.unwrap().json()["code"], "overloaded");
    instance.wait_until("not ready", |instance| {
        get(instance.health, "/readyz").status == 503
    });
    assert_eq!(
        get(instance.health, "/healthz").status,
        200,
        "a full disk is no reason for a restart"
    );
    tell(&instance, "/testing/faults", "{}");
    instance.wait_until("joins are taken again", |instance| {
        Shopper::new().join(instance.public).status == 202
    });
    instance.assert_healthy();
}

fn sealed_addresses(data: &std::path::Path) -> u32 {
    let ledger = rusqlite::Connection::open(data.join("ledger.db")).unwrap();
    ledger
        .query_row("SELECT count(*) FROM contacts", [], |row| row.get(0))
        .unwrap()
}

#[test]
fn addresses_cannot_be_read_any_more_when_their_days_are_over() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let instance = Instance::start_with(
        &data,
        &[
            "--set",
            "testing.allow=true",
            "--set",
            "data.retention_check_interval_ms=100",
        ],
    );
    let mut shopper = Shopper::inside(&instance);
    let body =
        "{\"slot\":\"0900\",\"seats\":1,\"email\":\"somebody@example.com\",\"consent\":true}";
    let booked = shopper.reserve(instance.public, "a-key-of-mine-0001", body);
    assert_eq!(booked.status, 201, "{booked:?}");
    let key = data.join("keys/sealing").join(format!("{EVENT}.key"));
    assert!(
        key.exists(),
        "the address is sealed under a key of its event"
    );
    let day = 24_i64 * 3600 * 1000;
    tell(
        &instance,
        "/testing/clock",
        &format!("{{\"advance_ms\":{}}}", 2 * day),
    );
    instance.wait_until("the event is closed", |instance| {
        phase(instance) == "closed"
    });
    assert!(key.exists(), "thirty days are promised");
    assert_eq!(sealed_addresses(&data), 1);
    tell(
        &instance,
        "/testing/clock",
        &format!("{{\"advance_ms\":{}}}", 31 * day),
    );
    instance.wait_until("the key is destroyed", |_| !key.exists());
    instance.wait_until("the ledger dropped the sealed address", |_| {
        sealed_addresses(&data) == 0
    });
    let read = shopper.request(
        instance.public,
        "GET",
        &format!("/v1/reservations/{}", booked.json()["id"].as_str().unwrap()),
        "",
        "",
    );
    assert_eq!(
        read.json()["state"],
        "confirmed",
        "the reservation itself stays"
    );
    for file in [
        "log.db",
        "log.db-wal",
        "ledger.db",
        "ledger.db-wal",
        "snapshots.db",
    ] {
        let bytes = std::fs::read(data.join(file)).unwrap_or_default();
        assert!(
            !bytes.windows(8).any(|window| window == b"somebody"),
            "the address stands open in {file}"
        );
    }
}

#[test]
fn without_leave_there_is_nothing_to_move_or_cut() {
    let folder = tempfile::tempdir().unwrap();
    let instance = Instance::start(&folder.path().join("data"));
    for path in ["/testing/clock", "/testing/faults"] {
        assert_eq!(tell(&instance, path, "{}").status, 404);
        assert_eq!(get(instance.public, path).status, 404);
    }
}
