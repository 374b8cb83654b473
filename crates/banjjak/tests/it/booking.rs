//! The whole way of one shopper over a kill: click, admitted, inside, booked, and the receipt is still true afterwards.

use crate::instance::Instance;
use crate::shopper::Shopper;

#[test]
fn a_booking_survives_a_kill_right_after_its_answer() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let instance = Instance::start(&data);
    let mut shopper = Shopper::inside(&instance);
    let (key, body) = ("a-key-of-mine-0001", "{\"slot\":\"0900\",\"seats\":2}");
    let booked = shopper.reserve(instance.public, key, body);
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
    let repeated = shopper.reserve(again.public, key, body);
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
