//! Whether a browser may have sent this from another site. Tools that send neither `Origin` nor `Sec-Fetch-Site` are let through:
//! what they could do, they could do without us.

use http::HeaderMap;
use http::header::{HOST, ORIGIN};

/// Where shoppers reach this shop: `https://shop.example` or `http://127.0.0.1:8080`, without a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicOrigin(String);

/// A text that is not an origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "an origin is http:// or https://, a host and perhaps a port, in lower case and without a path"
)]
pub struct NotAnOrigin;

impl PublicOrigin {
    /// Parses an origin in the one spelling that browsers send.
    pub fn parse(text: &str) -> Result<Self, NotAnOrigin> {
        let authority = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"))
            .ok_or(NotAnOrigin)?;
        let plain = |b: u8| {
            b.is_ascii_lowercase()
                || b.is_ascii_digit()
                || matches!(b, b'.' | b'-' | b':' | b'[' | b']')
        };
        if authority.is_empty() || !authority.bytes().all(plain) {
            return Err(NotAnOrigin);
        }
        Ok(Self(text.to_owned()))
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is `https`.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }
}

/// The check.
#[derive(Debug, Clone)]
pub struct Origins {
    public: Option<PublicOrigin>,
}

/// The request came from another site's page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("sent from another site")]
pub struct CrossOrigin;

impl Origins {
    /// With a public origin only that is ours; without one, whatever host the request was sent to.
    pub fn new(public: Option<PublicOrigin>) -> Self {
        Self { public }
    }

    /// Lets through what comes from our own pages, and what comes from no page at all.
    pub fn check(&self, headers: &HeaderMap) -> Result<(), CrossOrigin> {
        let site = headers.get("sec-fetch-site");
        if site.is_some_and(|site| site != "same-origin" && site != "none") {
            return Err(CrossOrigin);
        }
        let mut origins = headers.get_all(ORIGIN).into_iter();
        let Some(origin) = origins.next() else {
            return Ok(());
        };
        let ours = origins.next().is_none()
            && origin
                .to_str()
                .is_ok_and(|origin| self.is_ours(origin, headers));
        if ours { Ok(()) } else { Err(CrossOrigin) }
    }

    fn is_ours(&self, origin: &str, headers: &HeaderMap) -> bool {
        if let Some(public) = &self.public {
            return public.0 == origin;
        }
        let authority = origin
            .strip_prefix("https://")
            .or_else(|| origin.strip_prefix("http://"));
        authority.is_some() && authority == headers.get(HOST).and_then(|host| host.to_str().ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};

    type Sent = &'static [(&'static str, &'static str)];

    #[test]
    fn only_our_own_pages_and_tools_are_let_through() {
        let any = Origins::new(None);
        let fixed = Origins::new(Some(PublicOrigin::parse("https://shop.example").unwrap()));
        let table: &[(Sent, bool, bool)] = &[
            (&[], true, true),
            (&[("host", "a:1"), ("origin", "http://a:1")], true, false),
            (
                &[("host", "shop.example"), ("origin", "https://shop.example")],
                true,
                true,
            ),
            (&[("host", "a:1"), ("origin", "http://b:1")], false, false),
            (&[("host", "a:1"), ("origin", "null")], false, false),
            (&[("host", "a:1"), ("origin", "a:1")], false, false),
            (&[("sec-fetch-site", "same-origin")], true, true),
            (&[("sec-fetch-site", "none")], true, true),
            (&[("sec-fetch-site", "same-site")], false, false),
            (&[("sec-fetch-site", "cross-site")], false, false),
            (
                &[
                    ("host", "shop.example"),
                    ("origin", "https://shop.example"),
                    ("sec-fetch-site", "cross-site"),
                ],
                false,
                false,
            ),
            (
                &[
                    ("host", "shop.example"),
                    ("origin", "https://shop.example"),
                    ("origin", "https://shop.example"),
                ],
                false,
                false,
            ),
        ];
        for (pairs, with_any, with_fixed) in table {
            let mut sent = HeaderMap::new();
            pairs.iter().for_each(|(name, value)| {
                sent.append(
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                );
            });
            assert_eq!(any.check(&sent).is_ok(), *with_any, "{pairs:?}");
            assert_eq!(fixed.check(&sent).is_ok(), *with_fixed, "{pairs:?}");
        }
    }

    #[test]
    fn an_origin_has_no_path_and_no_capitals() {
        for bad in [
            "",
            "shop.example",
            "https://",
            "https://shop.example/",
            "https://Shop.example",
            "ftp://shop.example",
        ] {
            assert_eq!(PublicOrigin::parse(bad), Err(NotAnOrigin), "{bad}");
        }
    }
}
