//! One running process of the real binary, ended with its value.

use crate::raw::{Answer, get};
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// A development build on a busy machine; reached only when something is wrong.
pub(crate) const LIMIT: Duration = Duration::from_secs(90);

/// The demo event.
pub(crate) const EVENT: &str = "glow-seongsu";

/// A running `banjjak serve --demo`.
pub(crate) struct Instance {
    child: Child,
    /// Of the server itself, also when it runs under another program.
    pub(crate) pid: u32,
    pub(crate) public: SocketAddr,
    pub(crate) operator: SocketAddr,
    pub(crate) health: SocketAddr,
    pub(crate) token: String,
    log: PathBuf,
}

/// The binary under test.
pub(crate) fn banjjak() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_banjjak"));
    command.env_clear().stdin(Stdio::null());
    command
}

impl Instance {
    /// Starts it on `data` and waits until it is ready.
    pub(crate) fn start(data: &Path) -> Self {
        Self::start_with(data, &[])
    }

    /// The same with more flags.
    pub(crate) fn start_with(data: &Path, flags: &[&str]) -> Self {
        let mut command = banjjak();
        serve_flags(&mut command, data, flags);
        Self::spawn(command, data)
    }

    /// Starts a command that runs `serve` with the flags of [`serve_flags`].
    pub(crate) fn spawn(mut command: Command, data: &Path) -> Self {
        let log = data.with_extension("log");
        let lines = File::options()
            .create(true)
            .append(true)
            .open(&log)
            .unwrap();
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(lines)
            .spawn()
            .unwrap();
        let ready = first_line(&mut child);
        let Ok(ready) = serde_json::from_str::<Value>(&ready) else {
            let _ = child.kill();
            panic!(
                "serve did not get ready, it printed {ready:?} and logged:\n{}",
                tail(&log)
            );
        };
        let address = |name: &str| {
            ready[name]
                .as_str()
                .unwrap()
                .trim_start_matches("http://")
                .parse()
                .unwrap()
        };
        Self {
            pid: u32::try_from(ready["pid"].as_u64().unwrap()).unwrap(),
            public: address("public"),
            operator: address("operator"),
            health: address("health"),
            token: ready["token"].as_str().unwrap().to_owned(),
            child,
            log,
        }
    }

    /// SIGKILL, then what is left of it is collected.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM to the server.
    pub(crate) fn terminate(&self) {
        let pid = rustix::process::Pid::from_raw(i32::try_from(self.pid).unwrap()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    }

    /// Waits until it has ended by itself.
    pub(crate) fn ended(mut self) -> ExitStatus {
        let (done, ended) = mpsc::channel();
        let pid = self.pid;
        std::thread::scope(|scope| {
            scope.spawn(|| done.send(self.child.wait().unwrap()).unwrap());
            ended
                .recv_timeout(LIMIT)
                .unwrap_or_else(|_| panic!("process {pid} did not end:\n{}", tail(&self.log)))
        })
    }

    /// One value of `/metrics`, summed over its labels.
    pub(crate) fn metric(&self, name: &str) -> f64 {
        let text = get(self.health, "/metrics").body;
        let values = text
            .lines()
            .filter(|line| line.split([' ', '{']).next() == Some(name));
        let values: Vec<f64> = values
            .map(|line| line.rsplit(' ').next().unwrap().parse().unwrap())
            .collect();
        assert!(!values.is_empty(), "{name} is not in /metrics");
        values.iter().sum()
    }

    /// Asserts that it still does its duty.
    pub(crate) fn assert_healthy(&self) {
        assert_eq!(
            get(self.health, "/readyz").status,
            200,
            "{}",
            tail(&self.log)
        );
        assert_eq!(
            get(self.public, "/v1/events").status,
            200,
            "{}",
            tail(&self.log)
        );
    }

    /// What it has logged so far.
    pub(crate) fn logged(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// An operator's request.
    pub(crate) fn operate(&self, method: &str, path: &str, key: &str, body: &str) -> Answer {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nIdempotency-Key: {key}\r\nConnection: close\r\n",
            self.operator, self.token
        );
        let request = if body.is_empty() {
            format!("{head}\r\n")
        } else {
            format!(
                "{head}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
        };
        crate::raw::exchange(self.operator, request.as_bytes())
    }

    /// Waits until `found` holds, asking again and again; for states that nothing announces.
    pub(crate) fn wait_until(&self, what: &str, mut found: impl FnMut(&Self) -> bool) {
        let began = Instant::now();
        while !found(self) {
            assert!(
                began.elapsed() < LIMIT,
                "never: {what}\n{}",
                tail(&self.log)
            );
            std::thread::yield_now();
        }
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("--- log of the instance\n{}", tail(&self.log));
        }
    }
}

/// Adds what every start of these tests has.
pub(crate) fn serve_flags(command: &mut Command, data: &Path, flags: &[&str]) {
    command
        .args(["serve", "--demo", "--print-json", "--any-port", "--data"])
        .arg(data)
        .args(flags);
}

fn first_line(child: &mut Child) -> String {
    let stdout = child.stdout.take().unwrap();
    let (sender, line) = mpsc::channel();
    std::thread::spawn(move || {
        let mut reader = BufReader::new(stdout);
        let mut text = String::new();
        let _ = reader.read_line(&mut text);
        let _ = sender.send(text);
        // Kept open and read, so that the process can go on printing.
        let _ = reader.read_to_end(&mut Vec::new());
    });
    line.recv_timeout(LIMIT).unwrap_or_default()
}

fn tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(40)..].join("\n")
}
