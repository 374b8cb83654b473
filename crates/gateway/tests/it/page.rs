//! The protocol page says what is sent: every example in it is a frame, and every frame has an example.

use queue_protocol::http::Frame;
use std::collections::BTreeSet;

#[test]
fn every_example_of_the_protocol_page_is_a_frame_as_sent() {
    let page = include_str!("../../../../docs/sockets.md");
    let mut types = BTreeSet::new();
    for example in page.lines().filter(|line| line.starts_with('{')) {
        let frame: Frame = serde_json::from_str(example).unwrap();
        let sent: serde_json::Value = serde_json::to_value(&frame).unwrap();
        assert_eq!(
            sent,
            serde_json::from_str::<serde_json::Value>(example).unwrap(),
            "all fields are in the example"
        );
        types.insert(sent["type"].as_str().unwrap().to_owned());
    }
    let all = [
        "hello",
        "place",
        "admitted",
        "slots",
        "reservation",
        "event",
        "alive",
        "reconnect",
    ];
    assert_eq!(types, all.into_iter().map(String::from).collect());
}
