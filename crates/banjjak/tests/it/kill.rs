//! SIGKILL under load: whatever was acknowledged is still there, in the same order.

use crate::instance::{EVENT, Instance};
use crate::shopper::Shopper;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

const SENDERS: usize = 8;
const ACKNOWLEDGED_BEFORE_KILL: usize = 300;

/// Joins with one new shopper after another until the server is gone; those who were acknowledged, in order.
fn join_until_gone(public: SocketAddr, acknowledged: &AtomicUsize) -> Vec<Shopper> {
    let mut shoppers = Vec::new();
    loop {
        let mut shopper = Shopper::new();
        let path = format!("/v1/events/{EVENT}/places");
        let Some(answer) = shopper.try_request(public, "POST", &path, "", "") else {
            return shoppers;
        };
        assert_eq!(answer.status, 202, "{answer:?}");
        acknowledged.fetch_add(1, Ordering::SeqCst);
        shoppers.push(shopper);
    }
}

#[test]
fn every_acknowledged_join_survives_a_kill_under_load_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let instance = Instance::start(&data);
    let (public, acknowledged) = (instance.public, AtomicUsize::new(0));
    let lines: Vec<Vec<Shopper>> = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..SENDERS)
            .map(|_| scope.spawn(|| join_until_gone(public, &acknowledged)))
            .collect();
        instance.wait_until("enough joins", |_| {
            acknowledged.load(Ordering::SeqCst) >= ACKNOWLEDGED_BEFORE_KILL
        });
        instance.kill();
        senders
            .into_iter()
            .map(|sender| sender.join().unwrap())
            .collect()
    });

    let again = Instance::start(&data);
    let mut numbers = Vec::new();
    for mut line in lines {
        // One sender's joins were sent after the answer to the one before: they are in that order.
        let of_line: Vec<u64> = line
            .iter_mut()
            .map(|shopper| number(shopper, again.public))
            .collect();
        assert!(of_line.is_sorted(), "{of_line:?}");
        numbers.extend(of_line);
    }
    let count = numbers.len();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), count, "two places have the same number");
    let joined = usize::try_from(
        again
            .operate("GET", &format!("/admin/v1/events/{EVENT}/stats"), "", "")
            .json()["totals"]["joined"]
            .as_u64()
            .unwrap(),
    )
    .unwrap();
    assert!(
        (count..=count + SENDERS).contains(&joined),
        "{joined} joined, {count} acknowledged, at most {SENDERS} unknown"
    );
    assert!(
        numbers
            .iter()
            .all(|number| (1..=joined as u64).contains(number)),
        "{numbers:?}"
    );
}

fn number(shopper: &mut Shopper, public: SocketAddr) -> u64 {
    let answer = shopper.place(public);
    assert_eq!(
        answer.status, 200,
        "an acknowledged place is gone: {answer:?}"
    );
    answer.json()["number"]
        .as_u64()
        .unwrap_or_else(|| panic!("no number: {answer:?}"))
}

#[test]
fn a_restart_creates_the_demo_event_no_second_time_and_keeps_the_keys() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let first = Instance::start(&data);
    let (event, token) = (
        crate::raw::get(first.public, &format!("/v1/events/{EVENT}")).json(),
        first.token.clone(),
    );
    first.kill();
    let again = Instance::start(&data);
    let after = crate::raw::get(again.public, &format!("/v1/events/{EVENT}")).json();
    assert_eq!(after["opens_at"], event["opens_at"]);
    assert_eq!(after["slots"].as_array().unwrap().len(), 18);
    assert_eq!(again.token, token);
}
