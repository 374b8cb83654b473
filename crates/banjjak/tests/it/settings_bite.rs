//! Settings reach the part that they are for: each is set and its effect is seen from outside.

use crate::instance::{EVENT, Instance, banjjak};
use crate::raw::{Answer, exchange, get};
use crate::shopper::Shopper;

fn started(settings: &[&str]) -> (tempfile::TempDir, Instance) {
    let folder = tempfile::tempdir().unwrap();
    let flags: Vec<&str> = settings
        .iter()
        .flat_map(|setting| ["--set", setting])
        .collect();
    let instance = Instance::start_with(&folder.path().join("data"), &flags);
    (folder, instance)
}

fn join_with(instance: &Instance, headers: &str) -> Answer {
    Shopper::new().request(
        instance.public,
        "POST",
        &format!("/v1/events/{EVENT}/places"),
        headers,
        "",
    )
}

#[test]
fn an_https_origin_makes_the_cookies_secure_and_is_the_only_one_that_may_change_anything() {
    let (_folder, instance) = started(&["public.origin=https://popup.example"]);
    let answer = join_with(&instance, "Origin: https://popup.example\r\n");
    assert_eq!(answer.status, 202, "{answer:?}");
    let cookies: Vec<&str> = answer.header("set-cookie").collect();
    assert!(!cookies.is_empty());
    for cookie in cookies {
        assert!(
            cookie.starts_with("__Host-") && cookie.contains("; Secure"),
            "{cookie}"
        );
    }
    let elsewhere = join_with(
        &instance,
        &format!("Origin: http://{}\r\n", instance.public),
    );
    assert_eq!(
        (elsewhere.status, elsewhere.json()["code"].as_str()),
        (403, Some("cross_origin"))
    );
}

#[test]
fn an_address_that_a_proxy_names_counts_only_when_the_proxy_is_trusted() {
    // Ten seconds' worth may come at once: the eleventh within a moment is one too many.
    let many = |instance: &Instance, address: &str| {
        let headers = format!("X-Forwarded-For: {address}\r\n");
        (0..30)
            .map(|_| join_with(instance, &headers).status)
            .find(|status| *status != 202)
    };
    let (_folder, trusting) = started(&[
        "api.address_changes_per_second=1",
        "public.trusted_proxies=127.0.0.0/8",
    ]);
    assert_eq!(many(&trusting, "192.0.2.1"), Some(429));
    assert_eq!(
        join_with(&trusting, "X-Forwarded-For: 192.0.2.2\r\n").status,
        202,
        "another address has a limit of its own"
    );
    let (_folder, plain) = started(&["api.address_changes_per_second=1"]);
    assert_eq!(many(&plain, "192.0.2.1"), Some(429));
    assert_eq!(
        join_with(&plain, "X-Forwarded-For: 192.0.2.2\r\n").status,
        429,
        "nobody is believed who is not trusted"
    );
}

#[test]
fn sizes_are_those_that_are_set() {
    let (_folder, instance) = started(&["public.body_bytes_max=1024", "public.headers_max=16"]);
    let body = format!("{{\"slot\":\"{}\"}}", "x".repeat(2000));
    let answer = Shopper::new().request(
        instance.public,
        "POST",
        &format!("/v1/events/{EVENT}/places"),
        "",
        &body,
    );
    assert_eq!(
        (answer.status, answer.json()["code"].as_str()),
        (413, Some("body_too_large"))
    );
    let many = "X-One: 1\r\n".repeat(20);
    let request = format!("GET /v1/events HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{many}\r\n");
    assert_eq!(exchange(instance.public, request.as_bytes()).status, 431);
}

#[test]
fn sockets_beyond_the_limit_are_told_to_come_later() {
    let (_folder, instance) = started(&["gateway.sessions_max=1", "public.head_timeout_ms=1000"]);
    let upgrade = format!(
        "GET /v1/events/{EVENT}/socket HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
        instance.public
    );
    let mut shopper = Shopper::new();
    shopper.join(instance.public);
    let mut first = crate::raw::connect(instance.public);
    let request = format!("{upgrade}Cookie: {}\r\n\r\n", shopper.cookie());
    std::io::Write::write_all(&mut first, request.as_bytes()).unwrap();
    let mut head = [0; 12];
    std::io::Read::read_exact(&mut first, &mut head).unwrap();
    assert_eq!(&head, b"HTTP/1.1 101");
    let mut other = Shopper::new();
    other.join(instance.public);
    let second = exchange(
        instance.public,
        format!("{upgrade}Cookie: {}\r\n\r\n", other.cookie()).as_bytes(),
    );
    assert_eq!(
        (second.status, second.json()["code"].as_str()),
        (503, Some("overloaded")),
        "{second:?}"
    );
}

#[test]
fn a_data_folder_that_cannot_be_one_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let output = banjjak()
        .args(["serve", "--any-port", "--data"])
        .arg(file.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains(&file.path().display().to_string()), "{said}");
}

#[test]
fn the_log_level_is_the_one_that_is_set() {
    let (_folder, instance) = started(&["telemetry.level=warn"]);
    assert_eq!(get(instance.public, "/v1/events").status, 200);
    assert!(!instance.logged().contains("INFO"), "{}", instance.logged());
}
