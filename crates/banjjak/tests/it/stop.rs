//! A graceful stop: not ready, nothing accepted is lost, sockets are told to come back, exit code 0; a second signal ends at once.

use crate::instance::{EVENT, Instance};
use crate::raw::connect;
use crate::shopper::Shopper;
use std::io::Write as _;

#[test]
fn a_stop_ends_well_and_keeps_what_was_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let instance = Instance::start(&data);
    let mut shopper = Shopper::new();
    assert_eq!(shopper.join(instance.public).status, 202);
    instance.terminate();
    assert!(instance.ended().success());
    let again = Instance::start(&data);
    assert_eq!(shopper.place(again.public).json()["number"], 1);
    assert_eq!(
        again.metric("banjjak_consumer_folded_at_start"),
        0.0,
        "a graceful stop leaves a snapshot of everything"
    );
}

#[test]
fn a_stop_lets_what_is_in_flight_finish() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let instance = Instance::start(&data);
    let body = "{}";
    let mut stream = connect(instance.public);
    let head = format!(
        "POST /v1/events/{EVENT}/places HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n",
        instance.public
    );
    stream.write_all(head.as_bytes()).unwrap();
    instance.wait_until("the head has been read", |instance| {
        instance.metric("banjjak_http_requests_in_flight") >= 1.0
    });
    instance.terminate();
    instance.wait_until("not ready", |instance| {
        !instance.logged().is_empty() && instance.logged().contains("a stop was asked for")
    });
    stream.write_all(body.as_bytes()).unwrap();
    let answer = crate::raw::Answer::of(&crate::raw::read_all(&mut stream));
    assert_eq!(answer.status, 202, "{answer:?}");
    assert!(instance.ended().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_tells_sockets_to_come_back_and_closes_them() {
    use futures_util::StreamExt as _;
    use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
    let folder = tempfile::tempdir().unwrap();
    let instance = Instance::start(&folder.path().join("data"));
    let mut shopper = Shopper::new();
    assert_eq!(shopper.join(instance.public).status, 202);
    let mut request = format!("ws://{}/v1/events/{EVENT}/socket", instance.public)
        .into_client_request()
        .unwrap();
    request
        .headers_mut()
        .insert("cookie", shopper.cookie().parse().unwrap());
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
    let hello = socket.next().await.unwrap().unwrap().into_text().unwrap();
    assert!(hello.contains("\"hello\""), "{hello}");
    let metrics = crate::raw::get(instance.health, "/metrics").body;
    assert!(
        metrics.contains("route=\"/v1/events/{event}/socket\""),
        "sockets are counted by route like everything else"
    );
    instance.terminate();
    let (mut told, mut code) = (false, None);
    while let Some(Ok(message)) = socket.next().await {
        match message {
            tokio_tungstenite::tungstenite::Message::Text(text) => {
                told |= text.contains("\"reconnect\"")
            }
            tokio_tungstenite::tungstenite::Message::Close(frame) => {
                code = frame.map(|frame| u16::from(frame.code))
            }
            _ => {}
        }
    }
    assert!(told, "no reconnect frame");
    assert_eq!(code, Some(1012));
    assert!(instance.ended().success());
}

#[test]
fn a_second_signal_ends_the_process_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let instance = Instance::start(&folder.path().join("data"));
    // A request whose body never comes keeps the stop from ending.
    let mut stream = connect(instance.public);
    let head = format!(
        "POST /v1/events/{EVENT}/places HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n",
        instance.public
    );
    stream.write_all(head.as_bytes()).unwrap();
    instance.wait_until("the head has been read", |instance| {
        instance.metric("banjjak_http_requests_in_flight") >= 1.0
    });
    instance.terminate();
    instance.wait_until("the stop has begun", |instance| {
        instance.logged().contains("a stop was asked for")
    });
    instance.terminate();
    assert_eq!(instance.ended().code(), Some(130));
}
