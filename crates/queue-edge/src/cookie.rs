//! The shopper's cookie: a random UUID with a keyed tag. One canonical spelling, compared byte for byte; anything else is an error
//! and never silently replaced. Not a session: nothing is stored for it anywhere.

use crate::keys::{Keys, random};
use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use queue_domain::ShopperId;
use std::sync::Arc;
use uuid::Uuid;

/// 400 days, the longest that browsers keep a cookie.
pub const MAX_AGE_S: u32 = 400 * 86_400;

/// Reads and writes the shopper's cookie.
#[derive(Debug, Clone)]
pub struct ShopperCookie {
    keys: Arc<Keys>,
    name: &'static str,
    attributes: &'static str,
}

/// A shopper whose cookie is ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recognised {
    /// Who.
    pub shopper: ShopperId,
    /// Signed with an older key: answer with a new cookie.
    pub sign_again: bool,
}

/// A cookie of our name that we did not write: forged, empty, misspelt, or two different ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the shopper's cookie is not one that this shop has given out")]
pub struct InvalidCookie;

impl ShopperCookie {
    /// `https`: whether the public origin is; then the name has the `__Host-` prefix and the cookie is `Secure`.
    pub fn new(keys: Arc<Keys>, https: bool) -> Self {
        let name = if https {
            "__Host-banjjak_shopper"
        } else {
            "banjjak_shopper"
        };
        Self {
            keys,
            name,
            attributes: attributes(https),
        }
    }

    /// The cookie's name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Who sends this; `None` without a cookie.
    pub fn read(&self, headers: &HeaderMap) -> Result<Option<Recognised>, InvalidCookie> {
        let mut values = cookies(headers, self.name);
        let Some(value) = values.next() else {
            return Ok(None);
        };
        if values.any(|other| other != value) {
            return Err(InvalidCookie);
        }
        let (text, newest) = self.keys.cookie.verify(value).ok_or(InvalidCookie)?;
        let uuid = Uuid::try_parse(text).map_err(|_| InvalidCookie)?;
        Ok(Some(Recognised {
            shopper: ShopperId(uuid.into_bytes()),
            sign_again: !newest,
        }))
    }

    /// A shopper nobody has met.
    pub fn stranger() -> ShopperId {
        ShopperId(
            uuid::Builder::from_random_bytes(random())
                .into_uuid()
                .into_bytes(),
        )
    }

    /// The cookie's value for a shopper.
    pub fn value(&self, shopper: ShopperId) -> String {
        let mut buffer = Uuid::encode_buffer();
        self.keys.cookie.sign(
            Uuid::from_bytes(shopper.0)
                .hyphenated()
                .encode_lower(&mut buffer),
        )
    }

    /// A `Set-Cookie` that makes a browser this shopper.
    pub fn set(&self, shopper: ShopperId) -> HeaderValue {
        header(&[self.name, "=", &self.value(shopper), self.attributes])
    }

    /// A `Set-Cookie` that makes a browser forget.
    pub fn forget(&self) -> HeaderValue {
        forget(self.name, self.attributes)
    }
}

/// The attributes of every signed cookie, `Max-Age` last.
pub(crate) fn attributes(https: bool) -> &'static str {
    if https {
        "; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=34560000"
    } else {
        "; Path=/; HttpOnly; SameSite=Lax; Max-Age=34560000"
    }
}

pub(crate) fn forget(name: &str, attributes: &str) -> HeaderValue {
    let (kept, _) = attributes
        .rsplit_once('=')
        .expect("Max-Age is the last attribute");
    header(&[name, "=", kept, "=0"])
}

pub(crate) fn header(parts: &[&str]) -> HeaderValue {
    HeaderValue::try_from(parts.concat())
        .expect("names, base64 and ids hold nothing that a header may not")
}

/// The values of all cookies of this name, in the order sent.
pub fn cookies<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a str> {
    let pairs = headers
        .get_all(COOKIE)
        .into_iter()
        .flat_map(|value| value.to_str().unwrap_or_default().split(';'));
    pairs.filter_map(move |pair| {
        pair.trim_start_matches([' ', '\t'])
            .strip_prefix(name)?
            .strip_prefix('=')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookie() -> (tempfile::TempDir, ShopperCookie) {
        let folder = tempfile::tempdir().unwrap();
        let keys = Arc::new(Keys::open(folder.path()).unwrap());
        (folder, ShopperCookie::new(keys, false))
    }

    fn sent(text: &str) -> HeaderMap {
        HeaderMap::from_iter([(COOKIE, HeaderValue::try_from(text).unwrap())])
    }

    #[test]
    fn what_was_given_out_is_recognised_among_other_cookies() {
        let (_folder, cookie) = cookie();
        let shopper = ShopperCookie::stranger();
        let headers = sent(&format!(
            "a=1; banjjak_shopper={}; b=2",
            cookie.value(shopper)
        ));
        assert_eq!(
            cookie.read(&headers),
            Ok(Some(Recognised {
                shopper,
                sign_again: false
            }))
        );
        assert_eq!(cookie.read(&sent("xbanjjak_shopper=1; b")), Ok(None));
        assert_eq!(cookie.read(&HeaderMap::new()), Ok(None));
    }

    #[test]
    fn any_other_spelling_is_an_error_and_so_is_an_empty_one() {
        let (_folder, cookie) = cookie();
        let value = cookie.value(ShopperCookie::stranger());
        let other = cookie.value(ShopperCookie::stranger());
        for bad in [
            String::new(),
            format!("\"{value}\""),
            format!("{value} "),
            value.to_uppercase(),
            value[1..].to_owned(),
            value.replacen('-', "", 1),
            format!("{value}; banjjak_shopper={other}"),
        ] {
            assert_eq!(
                cookie.read(&sent(&format!("banjjak_shopper={bad}"))),
                Err(InvalidCookie),
                "{bad}"
            );
        }
        assert!(
            cookie
                .read(&sent(&format!(
                    "banjjak_shopper={value}; banjjak_shopper={value}"
                )))
                .is_ok()
        );
    }

    #[test]
    fn the_cookie_is_forgotten_with_the_attributes_it_was_set_with() {
        let (_folder, cookie) = cookie();
        assert_eq!(
            cookie.forget(),
            "banjjak_shopper=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"
        );
        assert!(attributes(true).ends_with(&format!("Max-Age={MAX_AGE_S}")));
    }
}
