//! The proof of "accepted means durable": the system calls of the process, in order. The join's bytes are written to the log's file,
//! that file is synced, and only then is the 202 written to the shopper's connection.

use crate::instance::{Instance, banjjak, serve_flags};
use crate::shopper::Shopper;
use std::path::Path;
use std::process::{Command, Stdio};

const TRACE: &str = "5ca1ab1e0ddba11c0ffee0ddfacade42";

/// The same server, its calls written down by strace: paths beside descriptors, strings in hexadecimal.
fn traced(data: &Path, calls: &Path) -> Command {
    let server = banjjak();
    let mut command = Command::new("strace");
    command
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .stdin(Stdio::null());
    command.args([
        "-f",
        "-yy",
        "-xx",
        "-s",
        "65536",
        "-e",
        "trace=fdatasync,fsync,write,writev,pwrite64,sendto,sendmsg",
        "-e",
        "signal=none",
        "-o",
    ]);
    command.arg(calls).arg(server.get_program());
    serve_flags(&mut command, data, &[]);
    command
}

/// `\x5c\xa1…` as strace spells bytes.
fn spelled(hex: &str) -> String {
    hex.as_bytes()
        .chunks(2)
        .map(|pair| format!("\\x{}", std::str::from_utf8(pair).unwrap()))
        .collect()
}

fn text(text: &str) -> String {
    text.bytes().map(|byte| format!("\\x{byte:02x}")).collect()
}

/// The number of the line in which a call of this thread that began at `at` has ended.
fn ended(lines: &[&str], at: usize) -> usize {
    if !lines[at].contains("<unfinished ...>") {
        return at;
    }
    let thread = lines[at].split(' ').next().unwrap();
    (at + 1..lines.len())
        .find(|later| lines[*later].split(' ').next() == Some(thread))
        .expect("a call that began has ended")
}

#[test]
fn the_log_is_synced_after_the_join_is_written_and_before_it_is_answered() {
    assert!(
        Command::new("strace").arg("-V").output().is_ok(),
        "this test needs strace (Debian: apt-get install strace)"
    );
    let folder = tempfile::tempdir().unwrap();
    let (data, calls) = (folder.path().join("data"), folder.path().join("calls"));
    let instance = Instance::spawn(traced(&data, &calls), &data);
    let header = format!("traceparent: 00-{TRACE}-00f067aa0ba902b7-00\r\n");
    let answer = Shopper::new().request(
        instance.public,
        "POST",
        &format!("/v1/events/{}/places", crate::instance::EVENT),
        &header,
        "",
    );
    assert_eq!(answer.status, 202, "{answer:?}");
    instance.terminate();
    assert!(instance.ended().success());

    let calls = std::fs::read_to_string(&calls).unwrap();
    let lines: Vec<&str> = calls.lines().collect();
    let is_log = |line: &str| line.contains(&text("/log.db"));
    let written = lines
        .iter()
        .position(|line| {
            line.contains("pwrite64(") && is_log(line) && line.contains(&spelled(TRACE))
        })
        .expect("the join is written to the log");
    let answered = lines
        .iter()
        .position(|line| line.contains(&text("HTTP/1.1 202")) && line.contains(&text(TRACE)))
        .expect("the join is answered");
    let synced = (ended(&lines, written)..answered)
        .filter(|at| {
            (lines[*at].contains("fdatasync(") || lines[*at].contains("fsync("))
                && is_log(lines[*at])
        })
        .find(|at| ended(&lines, *at) < answered);
    assert!(
        synced.is_some(),
        "the log was not synced between lines {written} and {answered}:\n{}",
        lines[written..=answered].join("\n")
    );
}
