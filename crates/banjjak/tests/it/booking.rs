//! The whole way of one shopper over a kill: click, admitted, inside, booked, and the receipt is still true afterwards.

use crate::instance::{EVENT, Instance};
use crate::shopper::Shopper;

#[test]
fn a_booking_survives_a_kill_right_after_its_answer() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let instance = Instance::start(&data);
    let mut shopper = Shopper::new();
    assert_eq!(shopper.join(instance.public).status, 202);
    instance.wait_until("admitted", |instance| {
        shopper.place(instance.public).json()["state"] == "admitted"
    });
    let enter = format!("/v1/events/{EVENT}/places/me/enter");
    assert_eq!(
        shopper
            .request(instance.public, "POST", &enter, "Prefer: wait=10\r\n", "")
            .json()["state"],
        "inside"
    );
    let headers = "Idempotency-Key: a-key-of-mine-0001\r\nPrefer: wait=10\r\n";
    let booked = shopper.request(
        instance.public,
        "POST",
        &format!("/v1/events/{EVENT}/reservations"),
        headers,
        "{\"slot\":\"0900\",\"seats\":2}",
    );
    assert_eq!(
        (booked.status, booked.json()["state"].as_str()),
        (201, Some("confirmed")),
        "{booked:?}"
    );
    instance.kill();

    let again = Instance::start(&data);
    let reservation = format!("/v1/reservations/{}", booked.json()["id"].as_str().unwrap());
    let read = shopper
        .request(again.public, "GET", &reservation, "", "")
        .json();
    assert_eq!(
        (read["state"].as_str(), read["code"].as_str()),
        (Some("confirmed"), booked.json()["code"].as_str())
    );
    assert_eq!(shopper.place(again.public).json()["state"], "booked");
    let repeated = shopper.request(
        again.public,
        "POST",
        &format!("/v1/events/{EVENT}/reservations"),
        headers,
        "{\"slot\":\"0900\",\"seats\":2}",
    );
    assert_eq!(
        repeated.json()["id"],
        booked.json()["id"],
        "the same key is the same reservation"
    );
    assert_eq!(
        Shopper::new()
            .request(again.public, "GET", &reservation, "", "")
            .status,
        404,
        "nobody else sees it"
    );
}
