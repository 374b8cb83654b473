//! A whole Banjjak for tests from outside: the demo event on loopback ports that the machine picks, data in a temporary
//! folder, ended with its value. It knows the command line of `banjjak serve` and nothing inside it.

use crate::child::Running;
use crate::place::Place;
use anyhow::{Context, Result};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// First start of a development build on a busy machine.
const START_LIMIT: Duration = Duration::from_secs(60);
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// A running instance.
pub(crate) struct Server {
    /// `http://127.0.0.1:PORT` of the shoppers' listener.
    pub(crate) public: String,
    /// `http://127.0.0.1:PORT` of the operators' listener.
    pub(crate) operator: String,
    /// The first operator's token.
    pub(crate) token: String,
    /// Ends first, then its folder goes.
    _process: Running,
    _data: tempfile::TempDir,
}

impl Server {
    /// Starts the development build of the all-in-one.
    ///
    /// # Errors
    /// When it does not say that it is ready.
    pub(crate) fn start(place: &Place) -> Result<Self> {
        let data = tempfile::tempdir().context("no temporary folder")?;
        let mut process = Running::start(&mut serve(place, data.path()))?;
        let line = process.wait_for(START_LIMIT, |line| {
            line.starts_with('{') && line.contains("\"public\"")
        });
        let line =
            line.context("banjjak serve ended or did not get ready; what it printed is above")?;
        let ready: serde_json::Value =
            serde_json::from_str(&line).context("its line is no JSON")?;
        let field = |name: &str| {
            let value = ready[name]
                .as_str()
                .with_context(|| format!("its line has no {name}: {line}"))?;
            Ok::<_, anyhow::Error>(value.to_owned())
        };
        let (public, operator, token) = (field("public")?, field("operator")?, field("token")?);
        Ok(Self {
            public,
            operator,
            token,
            _process: process,
            _data: data,
        })
    }

    /// The shopper cookie (`name=value`) that the demo event's page sets.
    ///
    /// # Errors
    /// When the page does not answer or sets none.
    pub(crate) fn cookie(&self) -> Result<String> {
        let address = self.public.trim_start_matches("http://");
        let answer = get(address, "/events/glow-seongsu")
            .with_context(|| format!("cannot read the page at {address}"))?;
        cookie(&answer, "banjjak_shopper").context("the event page sets no shopper cookie")
    }
}

/// `banjjak serve` with ports that the machine picks.
fn serve(place: &Place, data: &Path) -> Command {
    let mut command = Command::new(place.banjjak());
    command
        .args(["serve", "--demo", "--any-port", "--print-json", "--data"])
        .arg(data);
    // A fuzzer is one shopper in a great hurry; how limits answer is tested elsewhere.
    command.args(["--set", "api.shopper_changes_per_second=100000"]);
    command
}

/// One GET, the whole answer with its head.
fn get(address: &str, path: &str) -> Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(ANSWER_LIMIT))?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

fn cookie(answer: &str, name: &str) -> Option<String> {
    let head = answer.split("\r\n\r\n").next()?;
    let values = head.lines().filter_map(|line| {
        line.split_once(": ")
            .filter(|(key, _)| key.eq_ignore_ascii_case("set-cookie"))
    });
    let pairs = values.filter_map(|(_, value)| value.split(';').next());
    pairs.map(str::to_owned).find(|pair| {
        pair.strip_prefix(name)
            .is_some_and(|rest| rest.starts_with('='))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_cookie_is_read_from_the_head() {
        let answer = "HTTP/1.1 200 OK\r\nset-cookie: banjjak_position=1; Path=/\r\nSet-Cookie: banjjak_shopper=a.b; Path=/\r\n\r\n\
                      Set-Cookie: banjjak_shopper=body";
        assert_eq!(
            cookie(answer, "banjjak_shopper").as_deref(),
            Some("banjjak_shopper=a.b")
        );
        assert_eq!(cookie("HTTP/1.1 200 OK\r\n\r\n", "banjjak_shopper"), None);
    }
}
