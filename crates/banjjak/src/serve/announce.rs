//! What `serve` prints once it is ready: for people, and one line of JSON for scripts.

use super::listeners::Addresses;
use serde::Serialize;
use std::path::Path;

/// The one line of `--print-json`.
#[derive(Debug, Serialize)]
struct Ready<'a> {
    public: String,
    operator: String,
    health: String,
    token: &'a str,
    token_file: String,
    data: String,
    pid: u32,
}

/// Where everything is.
#[derive(Debug)]
pub(super) struct Announcement<'a> {
    pub(super) addresses: Addresses,
    /// What shoppers see in the address bar.
    pub(super) origin: &'a str,
    pub(super) token: &'a str,
    pub(super) token_file: &'a Path,
    pub(super) data: &'a Path,
    pub(super) demo: Option<&'a str>,
}

impl Announcement<'_> {
    /// One line of JSON.
    pub(super) fn json(&self) -> String {
        let ready = Ready {
            public: format!("http://{}", self.addresses.public),
            operator: format!("http://{}", self.addresses.operator),
            health: format!("http://{}", self.addresses.health),
            token: self.token,
            token_file: self.token_file.display().to_string(),
            data: self.data.display().to_string(),
            pid: std::process::id(),
        };
        serde_json::to_string(&ready).expect("plain texts and a number are always JSON")
    }

    /// Lines for people.
    pub(super) fn text(&self) -> String {
        let page = self.demo.map_or_else(
            || format!("{}/", self.origin),
            |event| format!("{}/events/{event}", self.origin),
        );
        let lines = [
            "Banjjak is ready.".to_owned(),
            format!("  Page       {page}"),
            format!(
                "  Operators  http://{}  (banjjak events --help)",
                self.addresses.operator
            ),
            format!(
                "  Token      {}  (kept in {})",
                self.token,
                self.token_file.display()
            ),
            format!(
                "  Health     http://{}/readyz and /metrics",
                self.addresses.health
            ),
            format!("  Data       {}", self.data.display()),
            "Stop with Ctrl-C; what was accepted is still there at the next start.".to_owned(),
        ];
        lines.join("\n")
    }
}
