//! What operators see: metrics that are all documented, log lines that a machine reads, probes, and a trace that reaches the log.

use crate::instance::{EVENT, Instance, banjjak};
use crate::raw::get;
use crate::shopper::Shopper;
use std::collections::BTreeSet;

const DOCUMENTED: &str = include_str!("../../../../docs/metrics.md");

#[test]
fn every_metric_is_documented_and_every_documented_one_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let instance = Instance::start(&folder.path().join("data"));
    assert_eq!(Shopper::new().join(instance.public).status, 202);
    let text = get(instance.health, "/metrics").body;
    let told: BTreeSet<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next())
        .collect();
    let documented: BTreeSet<&str> = DOCUMENTED
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .collect();
    let missing: Vec<_> = told.difference(&documented).collect();
    assert!(missing.is_empty(), "not in docs/metrics.md: {missing:?}");
    // Those with labels appear once there is something to label.
    let absent: Vec<_> = documented
        .difference(&told)
        .filter(|name| {
            !DOCUMENTED
                .lines()
                .any(|line| line.starts_with(&format!("| `{name}` by")))
        })
        .collect();
    assert!(absent.is_empty(), "only in docs/metrics.md: {absent:?}");
}

#[test]
fn json_lines_are_json_and_carry_the_trace() {
    let folder = tempfile::tempdir().unwrap();
    let instance = Instance::start_with(
        &folder.path().join("data"),
        &["--set", "telemetry.format=json"],
    );
    let header = "traceparent: 00-5ca1ab1e0ddba11c0ffee0ddfacade42-00f067aa0ba902b7-01\r\n";
    assert_eq!(
        Shopper::new()
            .request(
                instance.public,
                "POST",
                &format!("/v1/events/{EVENT}/places"),
                header,
                ""
            )
            .status,
        202
    );
    instance.wait_until("the line is written", |instance| {
        instance
            .logged()
            .contains("5ca1ab1e0ddba11c0ffee0ddfacade42")
    });
    for line in instance.logged().lines() {
        let line: serde_json::Value =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(
            line["level"].is_string()
                && line["message"].is_string()
                && line["timestamp"].is_string(),
            "{line}"
        );
    }
}

#[test]
fn no_cookie_token_or_key_is_ever_logged() {
    let folder = tempfile::tempdir().unwrap();
    let instance = Instance::start_with(
        &folder.path().join("data"),
        &["--set", "telemetry.level=trace,hyper=off,mio=off"],
    );
    let mut shopper = Shopper::new();
    let header = "traceparent: 00-5ca1ab1e0ddba11c0ffee0ddfacade42-00f067aa0ba902b7-01\r\n";
    assert_eq!(
        shopper
            .request(
                instance.public,
                "POST",
                &format!("/v1/events/{EVENT}/places"),
                header,
                ""
            )
            .status,
        202
    );
    instance.operate("GET", "/admin/v1/events", "", "");
    instance.operate(
        "POST",
        &format!("/admin/v1/events/{EVENT}/pause"),
        "a-key-of-an-operator",
        "",
    );
    instance.terminate();
    let (token, cookie) = (instance.token.clone(), shopper.cookie());
    let log = folder.path().join("data.log");
    assert!(instance.ended().success());
    let logged = std::fs::read_to_string(log).unwrap();
    assert!(!logged.contains(&token), "the operator's token is logged");
    for pair in cookie.split("; ") {
        let (_, value) = pair.split_once('=').unwrap();
        assert!(!logged.contains(value), "a cookie is logged");
    }
}

#[test]
fn the_probe_asks_the_health_listener() {
    let folder = tempfile::tempdir().unwrap();
    let instance = Instance::start(&folder.path().join("data"));
    let address = instance.health.to_string();
    for flags in [
        &["health", "--address", &address][..],
        &["health", "--ready", "--address", &address],
    ] {
        assert_eq!(
            banjjak().args(flags).output().unwrap().status.code(),
            Some(0)
        );
    }
    instance.kill();
    assert_eq!(
        banjjak()
            .args(["health", "--address", &address])
            .output()
            .unwrap()
            .status
            .code(),
        Some(1)
    );
}

#[test]
fn replay_folds_to_the_same_figures_beside_the_running_instance() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let instance = Instance::start(&data);
    for _ in 0..5 {
        assert_eq!(Shopper::new().join(instance.public).status, 202);
    }
    let output = banjjak()
        .args(["replay", "--json", "--data"])
        .arg(&data)
        .output()
        .unwrap();
    let told: serde_json::Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    assert_eq!(told["events"][0]["totals"]["joined"], 5);
    let output = banjjak()
        .args(["replay", "--json", "--offset", "0", "--data"])
        .arg(&data)
        .output()
        .unwrap();
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (
            told["position"].as_str(),
            told["events"].as_array().unwrap().len()
        ),
        (Some("1-0"), 0)
    );
}

#[test]
fn an_operator_added_to_the_keys_may_do_what_the_role_says_after_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let add = |role: &str| {
        banjjak()
            .args(["keys", "add-operator", "min-ji", "--role", role, "--data"])
            .arg(&data)
            .output()
            .unwrap()
    };
    assert_eq!(
        add("door").status.code(),
        Some(1),
        "there are no keys before the first start"
    );
    Instance::start(&data).kill();
    let added = add("door");
    assert_eq!(
        added.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&added.stderr)
    );
    assert_eq!(
        add("operator").status.code(),
        Some(1),
        "a name is taken once"
    );
    let mut instance = Instance::start(&data);
    instance.token = String::from_utf8(added.stdout).unwrap().trim().to_owned();
    assert_eq!(
        instance
            .operate("GET", &format!("/admin/v1/events/{EVENT}/stats"), "", "")
            .status,
        200
    );
    assert_eq!(
        instance
            .operate(
                "POST",
                &format!("/admin/v1/events/{EVENT}/pause"),
                "a-key-of-the-door",
                ""
            )
            .status,
        403
    );
}
