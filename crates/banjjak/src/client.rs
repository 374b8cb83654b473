//! A small HTTP/1.1 client for the command line tools: one address, one connection a call, everything bounded in time.
//! Not a pool (that is `rehearse::pool`), and no TLS: the operator listener is local, or behind a tunnel.

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use std::path::Path;
use std::time::Duration;
use tokio::net::TcpStream;

/// The largest answer taken, in bytes: a CSV of a hundred thousand reservations fits.
const ANSWER_MAX_BYTES: usize = 64 << 20;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    /// The address or a header is wrong: nothing was sent.
    #[error("{0}")]
    Usage(String),
    /// Nobody listens there: nothing was sent.
    #[error("cannot reach {address}: {source}")]
    Unreachable {
        /// The address tried.
        address: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Sent, but no whole answer came: it may or may not have taken effect.
    #[error("no answer from {address}: {detail}")]
    Unknown {
        /// The address asked.
        address: String,
        /// What happened instead.
        detail: String,
    },
}

/// A whole answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: StatusCode,
    /// All headers.
    pub(crate) headers: HeaderMap,
    /// The body, at most 64 MiB.
    pub(crate) body: Bytes,
}

impl Answer {
    /// The body as JSON; null when it is none.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// A header as text, empty when absent.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }
}

/// Host and port of a plain `http://` address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Base {
    /// Name or address, without brackets.
    pub(crate) host: String,
    /// Port, 80 when not given.
    pub(crate) port: u16,
}

impl Base {
    /// Parses `http://host[:port][/]`.
    pub(crate) fn parse(text: &str) -> Result<Self, ClientError> {
        let wrong = |why: &str| {
            ClientError::Usage(format!(
                "'{text}' is not an address such as http://127.0.0.1:8080: {why}"
            ))
        };
        let uri: hyper::Uri = text.parse().map_err(|error| wrong(&format!("{error}")))?;
        if uri.scheme_str() != Some("http") {
            return Err(wrong(
                "it must begin with http:// (put TLS in front with a tunnel)",
            ));
        }
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err(wrong("it must not have a path"));
        }
        let host = uri.host().ok_or_else(|| wrong("it has no host"))?;
        Ok(Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            port: uri.port_u16().unwrap_or(80),
        })
    }

    /// `host:port`, with brackets around an IPv6 address.
    pub(crate) fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

/// The token in a file: the `token` of an operator's file in the data folder's `keys/operators/`, or the first line of any other.
pub(crate) fn token_in(path: &Path) -> Result<String, ClientError> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| ClientError::Usage(format!("cannot read {}: {error}", path.display())))?;
    let named = text.parse::<toml::Table>().ok();
    let named = named
        .as_ref()
        .and_then(|table| table.get("token")?.as_str());
    let token = named
        .or_else(|| text.lines().next())
        .unwrap_or_default()
        .trim();
    if token.is_empty() {
        return Err(ClientError::Usage(format!(
            "{} holds no token",
            path.display()
        )));
    }
    Ok(token.to_owned())
}

/// Talks to one address.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    base: Base,
    token: Option<String>,
    limit: Duration,
}

impl Client {
    /// A client of `base` that sends `token` as a bearer and waits at most `limit` for a whole answer.
    pub(crate) fn new(base: Base, token: Option<String>, limit: Duration) -> Self {
        Self { base, token, limit }
    }

    /// Reads `path`.
    pub(crate) async fn get(&self, path: &str) -> Result<Answer, ClientError> {
        self.call(Method::GET, path, &[], None).await
    }

    /// One request. `body` is content type and bytes.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        headers: &[(&'static str, &str)],
        body: Option<(&str, Vec<u8>)>,
    ) -> Result<Answer, ClientError> {
        let request = self.request(method, path, headers, body)?;
        let address = self.base.authority();
        let connect = TcpStream::connect((self.base.host.as_str(), self.base.port));
        let stream = match tokio::time::timeout(self.limit, connect).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(source)) => return Err(ClientError::Unreachable { address, source }),
            Err(_) => {
                return Err(ClientError::Unreachable {
                    address,
                    source: std::io::ErrorKind::TimedOut.into(),
                });
            }
        };
        let unknown = |detail: String| ClientError::Unknown {
            address: self.base.authority(),
            detail,
        };
        match tokio::time::timeout(self.limit, exchange(stream, request)).await {
            Ok(answer) => answer.map_err(|error| unknown(format!("{error:#}"))),
            Err(_) => Err(unknown(format!(
                "nothing within {} s",
                self.limit.as_secs()
            ))),
        }
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        headers: &[(&'static str, &str)],
        body: Option<(&str, Vec<u8>)>,
    ) -> Result<Request<Full<Bytes>>, ClientError> {
        let value = |text: &str| {
            HeaderValue::from_str(text).map_err(|_| {
                ClientError::Usage("a header's value holds characters that are not allowed".into())
            })
        };
        let (content_type, bytes) = match body {
            Some((kind, bytes)) => (Some(value(kind)?), Bytes::from(bytes)),
            None => (None, Bytes::new()),
        };
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .body(Full::new(bytes))
            .map_err(|error| ClientError::Usage(error.to_string()))?;
        let all = request.headers_mut();
        all.insert(HOST, value(&self.base.authority())?);
        if let Some(kind) = content_type {
            all.insert(CONTENT_TYPE, kind);
        }
        if let Some(token) = &self.token {
            let mut bearer = value(&format!("Bearer {token}"))?;
            bearer.set_sensitive(true);
            all.insert(AUTHORIZATION, bearer);
        }
        for (name, text) in headers {
            all.insert(HeaderName::from_static(name), value(text)?);
        }
        Ok(request)
    }
}

async fn exchange(stream: TcpStream, request: Request<Full<Bytes>>) -> anyhow::Result<Answer> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let whole = async {
        let (head, body) = sender.send_request(request).await?.into_parts();
        let body = Limited::new(body, ANSWER_MAX_BYTES)
            .collect()
            .await
            .map_err(|error| anyhow::anyhow!(error))?
            .to_bytes();
        anyhow::Ok(Answer {
            status: head.status,
            headers: head.headers,
            body,
        })
    };
    let (mut whole, mut connection) = (Box::pin(whole), Box::pin(connection));
    tokio::select! {
        biased;
        answer = &mut whole => answer,
        _ = &mut connection => {
            // The ended connection holds what it could not send until it is dropped.
            drop(connection);
            whole.await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_from_an_operator_s_file_and_from_a_bare_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("owner.toml");
        for (text, token) in [
            ("role = \"door\"\ntoken = \"abc\"\n", Some("abc")),
            ("xyz\nmore\n", Some("xyz")),
            ("", None),
        ] {
            std::fs::write(&path, text).expect("written");
            assert_eq!(token_in(&path).ok().as_deref(), token);
        }
        assert!(token_in(&folder.path().join("absent")).is_err());
    }

    #[test]
    fn an_address_is_scheme_host_and_port_only() {
        assert_eq!(
            Base::parse("http://127.0.0.1:9090").expect("an address"),
            Base {
                host: "127.0.0.1".into(),
                port: 9090
            }
        );
        assert_eq!(
            Base::parse("http://[::1]:80/")
                .expect("an address")
                .authority(),
            "[::1]:80"
        );
        for wrong in [
            "https://127.0.0.1",
            "127.0.0.1:80",
            "http://a/path",
            "http://a?x=1",
            "",
        ] {
            assert!(Base::parse(wrong).is_err(), "{wrong}");
        }
    }
}
