//! Bytes that no client should send, to the real listener: each gets the documented answer or a closed connection, none a panic or a
//! 500, and the next shopper notices nothing.

use crate::instance::{EVENT, Instance};
use crate::raw::{Answer, connect, exchange, get, read_all};
use crate::shopper::Shopper;
use std::io::Write as _;
use std::net::Shutdown;

/// Bytes and the statuses that are right for them; 0 is a closed connection without an answer.
fn table() -> Vec<(&'static str, Vec<u8>, &'static [u16])> {
    let places = format!("/v1/events/{EVENT}/places");
    let post = |headers: &str, body: &str| {
        format!("POST {places} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{headers}\r\n{body}")
            .into_bytes()
    };
    let json = |body: &str| {
        post(
            &format!(
                "Content-Type: application/json\r\nContent-Length: {}\r\n",
                body.len()
            ),
            body,
        )
    };
    let chunked = "Transfer-Encoding: chunked\r\nContent-Type: application/json\r\n";
    vec![
        ("noise", vec![0xff, 0x00, 0x13, 0x37, b'\r', b'\n', b'\r', b'\n'], &[0, 400]),
        ("a TLS hello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n".to_vec(), &[0, 400]),
        ("an HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec(), &[0, 400]),
        ("no version", b"GET /\r\n\r\n".to_vec(), &[0, 400]),
        ("a space in a name", post("Content-Length : 0\r\n", ""), &[400]),
        ("a folded header", post("X-Long: one\r\n two\r\n", ""), &[400]),
        ("two lengths", post("Content-Length: 0\r\nContent-Length: 5\r\n", ""), &[400]),
        ("a signed length", post("Content-Length: +2\r\n", "{}"), &[400]),
        ("a negative length", post("Content-Length: -1\r\n", ""), &[400]),
        ("an unknown coding", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), &[400, 501]),
        ("chunked not last", post("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"), &[400, 501]),
        ("a chunk that is no number", post(chunked, "zz\r\n{}\r\n0\r\n\r\n"), &[400]),
        ("a NUL in a value", post("X-Bad: a\0b\r\n", ""), &[400]),
        ("a bare line feed in a value", post("X-Bad: a\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), &[400, 202]),
        ("a huge line", format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(100_000)).into_bytes(), &[0, 414, 431]),
        ("a huge header", post(&format!("X-Big: {}\r\n", "x".repeat(100_000)), ""), &[0, 431]),
        ("many headers", post(&"X-Many: 1\r\n".repeat(200), ""), &[431]),
        ("a huge body", post("Content-Type: application/json\r\nContent-Length: 99999999\r\n", "{"), &[413]),
        ("an endless body", post(chunked, &format!("{:x}\r\n{}\r\n0\r\n\r\n", 1 << 20, " ".repeat(1 << 20))), &[413]),
        ("no JSON", json("{\"slot\":"), &[400]),
        ("half a character", post("Content-Type: application/json\r\nContent-Length: 2\r\n", "").into_iter().chain([0xc3, 0x28]).collect(), &[400]),
        ("deep nesting", json(&format!("{}{}", "[".repeat(5000), "]".repeat(5000))), &[400, 422]),
        ("an unknown field", json("{\"vip\":true}"), &[422]),
        ("a wrong type", json("{\"slot\":5}"), &[422]),
        ("the same key twice", json("{\"slot\":\"0900\",\"slot\":\"0930\"}"), &[400, 422]),
        ("another content type", post("Content-Type: text/xml\r\nContent-Length: 4\r\n", "<a/>"), &[415]),
        ("a forged cookie", post("Cookie: banjjak_shopper=00000000-0000-4000-8000-000000000000.k.AAAA\r\n", ""), &[401]),
        ("an empty cookie", post("Cookie: banjjak_shopper=\r\n", ""), &[401]),
        ("two shoppers' cookies", post("Cookie: banjjak_shopper=a; banjjak_shopper=b\r\n", ""), &[401]),
        ("a foreign origin", post("Origin: https://elsewhere.example\r\n", ""), &[403]),
        ("a null origin", post("Origin: null\r\n", ""), &[403]),
        ("a foreign site", post("Sec-Fetch-Site: cross-site\r\n", ""), &[403]),
        ("an unknown method", format!("BREW {places} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").into_bytes(), &[405]),
        ("a method that is not here", format!("PUT {places} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").into_bytes(), &[405]),
        ("an unknown path", b"GET /v1/nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".to_vec(), &[404]),
        ("a path upwards", b"GET /assets/../../keys/cookie HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".to_vec(), &[404]),
        ("an encoded path upwards", b"GET /assets/%2e%2e%2fkeys HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".to_vec(), &[404]),
        ("an event that is no name", b"POST /v1/events/%00%ff/places HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".to_vec(), &[400, 404]),
        ("an operator's path in public", b"GET /admin/v1/events HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".to_vec(), &[404]),
        ("half an upgrade", format!("GET /v1/events/{EVENT}/socket HTTP/1.1\r\nHost: a\r\nConnection: close, upgrade\r\nUpgrade: websocket\r\n\r\n").into_bytes(), &[422]),
    ]
}

#[test]
fn each_gets_its_answer_and_the_next_shopper_notices_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let instance = Instance::start(&folder.path().join("data"));
    for (name, bytes, right) in table() {
        let answer = exchange(instance.public, &bytes);
        assert!(
            right.contains(&answer.status),
            "{name}: {answer:?}, right: {right:?}"
        );
        if answer.status >= 400 && !answer.body.is_empty() {
            assert!(
                answer.json()["code"].is_string(),
                "{name}: a problem without a code: {answer:?}"
            );
        }
    }
    assert_eq!(Shopper::new().join(instance.public).status, 202);
    instance.assert_healthy();
    assert!(
        !instance.logged().contains("panicked"),
        "{}",
        instance.logged()
    );
}

#[test]
fn a_second_request_hidden_in_a_first_is_not_taken() {
    let folder = tempfile::tempdir().unwrap();
    let instance = Instance::start(&folder.path().join("data"));
    let hidden = format!("POST /v1/events/{EVENT}/places HTTP/1.1\r\nHost: a\r\n\r\n");
    let framings = [
        "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 6\r\n",
        "Transfer-Encoding:\x0bchunked\r\nContent-Length: 6\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
    ];
    for framing in framings {
        let request =
            format!("GET /v1/events/{EVENT} HTTP/1.1\r\nHost: a\r\n{framing}\r\n0\r\n\r\n{hidden}");
        // Refused, or read by its chunks alone with the connection closed after it (RFC 9112, section 6.1): one answer in any case.
        let answer = exchange(instance.public, request.as_bytes());
        assert!(matches!(answer.status, 200 | 400), "{framing}: {answer:?}");
        assert!(
            !answer.body.contains("HTTP/1.1"),
            "{framing}: a second answer: {answer:?}"
        );
    }
    let stats = instance
        .operate("GET", &format!("/admin/v1/events/{EVENT}/stats"), "", "")
        .json();
    assert_eq!(stats["totals"]["joined"], 0, "a hidden join was taken");
}

#[test]
fn slow_and_half_open_peers_are_closed_and_cost_nobody_anything() {
    let folder = tempfile::tempdir().unwrap();
    let instance = Instance::start_with(
        &folder.path().join("data"),
        &["--set", "public.head_timeout_ms=500"],
    );
    let silent: Vec<_> = (0..50).map(|_| connect(instance.public)).collect();
    let slow: Vec<_> = (0..50)
        .map(|_| {
            let mut stream = connect(instance.public);
            stream
                .write_all(b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ")
                .unwrap();
            stream
        })
        .collect();
    assert_eq!(
        Shopper::new().join(instance.public).status,
        202,
        "others are served meanwhile"
    );
    for mut stream in silent.into_iter().chain(slow) {
        let told = read_all(&mut stream);
        assert!(
            told.is_empty() || told.starts_with(b"HTTP/1.1 408"),
            "{:?}",
            String::from_utf8_lossy(&told)
        );
    }
    instance.assert_healthy();
}

#[test]
fn a_connection_too_many_is_told_so_and_there_is_room_again_when_others_go() {
    let folder = tempfile::tempdir().unwrap();
    let instance = Instance::start_with(
        &folder.path().join("data"),
        &["--set", "public.connections_max=16"],
    );
    let held: Vec<_> = (0..16).map(|_| connect(instance.public)).collect();
    instance.wait_until("the listener is full", |instance| {
        get(instance.public, "/v1/events").status == 503
    });
    drop(held);
    instance.wait_until("there is room again", |instance| {
        get(instance.public, "/v1/events").status == 200
    });
}

#[test]
fn a_body_that_does_not_come_is_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let instance = Instance::start_with(
        &folder.path().join("data"),
        &["--set", "api.body_timeout_ms=300"],
    );
    let head = format!(
        "POST /v1/events/{EVENT}/places HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 30\r\n\r\n{{"
    );
    let mut slow = connect(instance.public);
    slow.write_all(head.as_bytes()).unwrap();
    let mut gone = connect(instance.public);
    gone.write_all(head.as_bytes()).unwrap();
    gone.shutdown(Shutdown::Write).unwrap();
    let told = Answer::of(&read_all(&mut slow));
    assert_eq!(
        (told.status, told.json()["code"].as_str()),
        (408, Some("request_timeout")),
        "{told:?}"
    );
    let told = Answer::of(&read_all(&mut gone));
    assert!(matches!(told.status, 0 | 400), "{told:?}");
    assert_eq!(
        instance
            .operate("GET", &format!("/admin/v1/events/{EVENT}/stats"), "", "")
            .json()["totals"]["joined"],
        0
    );
    instance.assert_healthy();
}

#[test]
fn peers_that_never_read_cost_nobody_anything() {
    let folder = tempfile::tempdir().unwrap();
    let instance = Instance::start_with(
        &folder.path().join("data"),
        &["--set", "public.write_timeout_ms=1000"],
    );
    let request = format!("GET /v1/events/{EVENT} HTTP/1.1\r\nHost: a\r\n\r\n").repeat(2000);
    let deaf: Vec<_> = (0..20)
        .map(|_| {
            let mut stream = connect(instance.public);
            stream.set_nonblocking(true).unwrap();
            // As much as the buffers on the way take; nothing is ever read.
            let _ = stream.write(request.as_bytes());
            stream
        })
        .collect();
    for _ in 0..20 {
        assert_eq!(
            Shopper::new().join(instance.public).status,
            202,
            "others are served meanwhile"
        );
    }
    instance.assert_healthy();
    drop(deaf);
    instance.terminate();
    assert!(instance.ended().success());
}

#[test]
fn the_operators_listener_is_as_hard() {
    let folder = tempfile::tempdir().unwrap();
    let instance = Instance::start(&folder.path().join("data"));
    let with = |token: &str| {
        format!("GET /admin/v1/events HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{token}\r\n")
            .into_bytes()
    };
    let right = format!("Authorization: Bearer {}\r\n", instance.token);
    let twice = right.repeat(2);
    let table: [(&str, Vec<u8>, &[u16]); 8] = [
        ("no token", with(""), &[401]),
        ("a wrong token", with("Authorization: Bearer bjk_wrong\r\n"), &[401]),
        ("another scheme", with("Authorization: Basic b3duZXI6eA==\r\n"), &[401]),
        ("bytes for a token", with("Authorization: Bearer \u{e9}\u{ff}\r\n"), &[400, 401]),
        ("two tokens", with(&twice), &[200, 401]),
        ("noise", vec![0xff, 0, 1, 2, b'\r', b'\n', b'\r', b'\n'], &[0, 400]),
        ("a huge definition", format!("POST /admin/v1/events HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{right}Idempotency-Key: 0123456789abcdef\r\nContent-Type: application/json\r\nContent-Length: 99999999\r\n\r\n{{").into_bytes(), &[413]),
        ("no definition", format!("POST /admin/v1/events HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{right}Idempotency-Key: 0123456789abcdef\r\nContent-Type: application/toml\r\nContent-Length: 3\r\n\r\n=[=").into_bytes(), &[400]),
    ];
    for (name, bytes, right) in table {
        let answer = exchange(instance.operator, &bytes);
        assert!(right.contains(&answer.status), "{name}: {answer:?}");
    }
    instance.assert_healthy();
    assert!(
        !instance.logged().contains("panicked"),
        "{}",
        instance.logged()
    );
}
