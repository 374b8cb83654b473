//! A shopper with a cookie, one request a connection.

use crate::instance::{EVENT, Instance};
use crate::raw::{Answer, try_exchange};
use std::net::SocketAddr;

/// A shopper as the server knows them: by their cookies.
#[derive(Debug, Clone)]
pub(crate) struct Shopper {
    cookies: Vec<(String, String)>,
}

impl Shopper {
    /// Somebody who has just come: the cookie is set by the first answer.
    pub(crate) fn new() -> Self {
        Self {
            cookies: Vec::new(),
        }
    }

    /// Somebody who has joined the demo event, was admitted and has entered the booking room.
    pub(crate) fn inside(instance: &Instance) -> Self {
        let (mut shopper, public) = (Self::new(), instance.public);
        assert_eq!(shopper.join(public).status, 202);
        instance.wait_until("admitted", |_| {
            shopper.place(public).json()["state"] == "admitted"
        });
        let entered = shopper.request(
            public,
            "POST",
            &format!("/v1/events/{EVENT}/places/me/enter"),
            "Prefer: wait=10\r\n",
            "",
        );
        assert_eq!(entered.json()["state"], "inside", "{entered:?}");
        shopper
    }

    /// Asks for seats in the demo event and waits for the outcome.
    pub(crate) fn reserve(&mut self, public: SocketAddr, key: &str, body: &str) -> Answer {
        let headers = format!("Idempotency-Key: {key}\r\nPrefer: wait=10\r\n");
        self.request(
            public,
            "POST",
            &format!("/v1/events/{EVENT}/reservations"),
            &headers,
            body,
        )
    }

    /// A request with the cookies; those that the answer sets are kept. Panics when the server is gone.
    pub(crate) fn request(
        &mut self,
        public: SocketAddr,
        method: &str,
        path: &str,
        headers: &str,
        body: &str,
    ) -> Answer {
        self.try_request(public, method, path, headers, body)
            .expect("an answer")
    }

    /// The same; `None` when the connection failed at any point: whether it took effect is unknown.
    pub(crate) fn try_request(
        &mut self,
        public: SocketAddr,
        method: &str,
        path: &str,
        headers: &str,
        body: &str,
    ) -> Option<Answer> {
        let cookie = if self.cookies.is_empty() {
            String::new()
        } else {
            format!("Cookie: {}\r\n", self.cookie())
        };
        let content = if body.is_empty() {
            String::new()
        } else {
            format!(
                "Content-Type: application/json\r\nContent-Length: {}\r\n",
                body.len()
            )
        };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {public}\r\nConnection: close\r\n{cookie}{content}{headers}\r\n{body}"
        );
        let answer = try_exchange(public, request.as_bytes())?;
        self.keep(&answer);
        Some(answer)
    }

    fn keep(&mut self, answer: &Answer) {
        for value in answer.header("set-cookie") {
            let Some((name, value)) = value
                .split(';')
                .next()
                .and_then(|pair| pair.split_once('='))
            else {
                continue;
            };
            self.cookies.retain(|(known, _)| known != name);
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
    }

    /// Joins the demo event's line.
    pub(crate) fn join(&mut self, public: SocketAddr) -> Answer {
        self.request(
            public,
            "POST",
            &format!("/v1/events/{EVENT}/places"),
            "",
            "",
        )
    }

    /// The shopper's place in the demo event.
    pub(crate) fn place(&mut self, public: SocketAddr) -> Answer {
        self.request(
            public,
            "GET",
            &format!("/v1/events/{EVENT}/places/me"),
            "",
            "",
        )
    }

    /// The value of the `Cookie` header.
    pub(crate) fn cookie(&self) -> String {
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        cookies.join("; ")
    }
}
