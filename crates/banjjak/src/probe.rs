//! `banjjak health`: one request to the health listener, for probes that have no HTTP client.

use crate::cli::HealthArgs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;
use std::time::Duration;

/// Bytes of the answer that are read at most.
const ANSWER_MAX: u64 = 4096;

/// Success when the answer is 200.
///
/// # Errors
/// When nothing answers in time.
pub(crate) fn run(args: &HealthArgs) -> anyhow::Result<ExitCode> {
    let limit = Duration::from_millis(args.timeout_ms);
    let path = if args.ready { "/readyz" } else { "/healthz" };
    let mut stream = TcpStream::connect_timeout(&args.address, limit)?;
    stream.set_read_timeout(Some(limit))?;
    stream.set_write_timeout(Some(limit))?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
        args.address
    )?;
    let mut answer = String::new();
    stream.take(ANSWER_MAX).read_to_string(&mut answer)?;
    let well = answer.starts_with("HTTP/1.1 200 ");
    let body = answer
        .split_once("\r\n\r\n")
        .map_or("no answer", |(_, body)| body.trim());
    crate::say(body);
    Ok(if well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
