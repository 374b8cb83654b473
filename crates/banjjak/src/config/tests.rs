//! What operators rely on: the order of the layers, and that every broken setting is refused by name.

use super::*;
use std::io::Write;

fn none() -> Vec<(String, String)> {
    Vec::new()
}

fn pair(key: &str, value: &str) -> Vec<(String, String)> {
    vec![(key.to_owned(), value.to_owned())]
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

#[test]
fn the_defaults_are_a_configuration() {
    let config = load(None, none(), &[]).unwrap();
    assert_eq!(config.public.listen.to_string(), "127.0.0.1:8080");
    assert!(!config.testing.allow);
}

#[test]
fn flags_win_over_the_environment_and_that_over_the_file() {
    let file = file(
        "[public]\nlisten = \"127.0.0.1:1\"\nconnections_max = 100\n[process]\nopen_files = 300\n",
    );
    let environment = vec![
        ("BANJJAK__PUBLIC__LISTEN".into(), "127.0.0.1:2".into()),
        ("BANJJAK__PROCESS__OPEN_FILES".into(), "400".into()),
        ("HOME".into(), "/".into()),
    ];
    let config = load(
        Some(file.path()),
        environment,
        &pair("public.listen", "127.0.0.1:3"),
    )
    .unwrap();
    assert_eq!(config.public.listen.port(), 3);
    assert_eq!(config.process.open_files, 400);
    assert_eq!(config.public.connections_max, 100);
}

#[test]
fn lists_come_from_text_with_commas() {
    let config = load(
        None,
        pair(
            "BANJJAK__PUBLIC__TRUSTED_PROXIES",
            "10.0.0.0/8, 192.0.2.1/32",
        ),
        &[],
    )
    .unwrap();
    assert_eq!(
        config.public.trusted_proxies,
        ["10.0.0.0/8", "192.0.2.1/32"]
    );
}

/// A file, the key that is named, and what is said about it.
const BROKEN: &[(&str, &str, &str)] = &[
    (
        "[public]\nlisen = \"127.0.0.1:1\"\n",
        "public.lisen",
        "no such setting",
    ),
    ("[publik]\n", "publik", "no such setting"),
    ("listen = \"127.0.0.1:1\"\n", "listen", "no such setting"),
    (
        "[public]\nlisten = 8080\n",
        "public.listen",
        "takes a string, not an integer",
    ),
    (
        "[public]\nlisten = \"localhost\"\n",
        "public.listen",
        "socket address",
    ),
    (
        "[public]\nconnections_max = 0\n",
        "public.connections_max",
        "not within 16 to 1000000",
    ),
    (
        "[public]\nconnections_max = 1e3\n",
        "public.connections_max",
        "takes an integer, not a float",
    ),
    (
        "[public]\norigin = \"popup.example\"\n",
        "public.origin",
        "an origin is",
    ),
    (
        "[public]\norigin = \"https://popup.example/x\"\n",
        "public.origin",
        "an origin is",
    ),
    (
        "[operator]\nlisten = \"127.0.0.1:8080\"\n",
        "operator.listen",
        "public.listen's too",
    ),
    (
        "[log]\nkind = \"paper\"\n",
        "log.kind",
        "unknown variant `paper`",
    ),
    ("[log]\nfsync = false\n", "log.fsync", "no such setting"),
    (
        "[telemetry]\nformat = \"xml\"\n",
        "telemetry.format",
        "unknown variant",
    ),
    (
        "[gateway]\npong_timeout_ms = 5000\n",
        "gateway.pong_timeout_ms",
        "longer than",
    ),
    (
        "[testing]\nclock_offset_ms = 1\n",
        "testing.clock_offset_ms",
        "needs testing.allow",
    ),
    (
        "[testing]\nallow = true\n[public]\nlisten = \"0.0.0.0:80\"\n",
        "testing.allow",
        "not loopback",
    ),
    ("[public\n", "--config", "TOML parse error"),
    (
        "[consumer]\nsnapshots_kept = 1\n",
        "consumer.snapshots_kept",
        "not within 2 to 100",
    ),
];

#[test]
fn a_broken_file_is_refused_by_the_name_of_its_key() {
    for (text, key, detail) in BROKEN {
        let file = file(text);
        let error = load(Some(file.path()), none(), &[]).expect_err(text);
        assert_eq!(error.key, *key, "{text}: {error}");
        assert!(error.to_string().contains(detail), "{text}: {error}");
    }
}

#[test]
fn a_broken_variable_or_flag_is_refused_by_its_name() {
    let error = load(None, pair("BANJJAK__PUBLIC__LISEN", "x"), &[]).unwrap_err();
    assert_eq!(
        (error.key.as_str(), error.source_name.as_str()),
        ("public.lisen", "BANJJAK__PUBLIC__LISEN")
    );
    let error = load(None, pair("BANJJAK__TESTING__ALLOW", "yes"), &[]).unwrap_err();
    assert!(
        error.to_string().contains("takes a boolean, not \"yes\""),
        "{error}"
    );
    let error = load(None, none(), &pair("process", "1")).unwrap_err();
    assert_eq!(error.source_name, "flag");
    let error = load(Some(Path::new("/nonexistent/banjjak.toml")), none(), &[]).unwrap_err();
    assert_eq!(error.key, "--config");
}
