//! The request's trace (W3C Trace Context): taken over from the caller or begun here, written into the record and told in the answer.

use crate::keys::random;
use http::{HeaderMap, HeaderName, HeaderValue};
use std::fmt;

/// The header, in and out.
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// One request's part of a trace. In every request's extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trace {
    /// The trace: all that one click causes.
    pub id: [u8; 16],
    /// This request.
    pub span: [u8; 8],
    /// Whether to write its spans: the caller asked, or it is one in a thousand.
    pub sampled: bool,
}

impl Trace {
    /// Takes over the caller's trace, or begins one.
    pub fn begin(headers: &HeaderMap) -> Self {
        let bytes: [u8; 24] = random();
        let mut span = [0; 8];
        span.copy_from_slice(&bytes[16..]);
        if let Some((id, asked)) = headers
            .get(TRACEPARENT)
            .and_then(|value| parse(value.as_bytes()))
        {
            return Self {
                id,
                span,
                sampled: asked || one_in_a_thousand(&id),
            };
        }
        let mut id = [0; 16];
        id.copy_from_slice(&bytes[..16]);
        Self {
            id,
            span,
            sampled: one_in_a_thousand(&id),
        }
    }

    /// The value of `traceparent` in the answer.
    pub fn header(&self) -> HeaderValue {
        let mut text = [0; 55];
        text[..3].copy_from_slice(b"00-");
        spell(&mut text[3..35], &self.id);
        text[35] = b'-';
        spell(&mut text[36..52], &self.span);
        text[52..].copy_from_slice(if self.sampled { b"-01" } else { b"-00" });
        HeaderValue::from_bytes(&text).expect("hexadecimal digits and hyphens")
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

fn one_in_a_thousand(id: &[u8; 16]) -> bool {
    u32::from_be_bytes([id[12], id[13], id[14], id[15]]).is_multiple_of(1000)
}

fn spell(text: &mut [u8], bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for (pair, byte) in text.chunks_mut(2).zip(bytes) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
}

fn parse(text: &[u8]) -> Option<([u8; 16], bool)> {
    let well_formed =
        text.len() == 55 && text.starts_with(b"00-") && text[35] == b'-' && text[52] == b'-';
    if !well_formed
        || text[36..52].iter().all(|b| *b == b'0')
        || unhex::<8>(&text[36..52]).is_none()
    {
        return None;
    }
    let id = unhex::<16>(&text[3..35]).filter(|id| *id != [0; 16])?;
    let [flags] = unhex::<1>(&text[53..])?;
    Some((id, flags & 1 == 1))
}

fn unhex<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let digit = |b: u8| match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'a'..=b'f' => Some(b - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(text.chunks(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callers_trace_is_taken_over_and_nonsense_is_not() {
        let with = |text: &'static str| {
            HeaderMap::from_iter([(TRACEPARENT, HeaderValue::from_static(text))])
        };
        let trace = Trace::begin(&with(
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ));
        assert_eq!(trace.to_string(), "0af7651916cd43dd8448eb211c80319c");
        assert!(trace.sampled);
        assert_eq!(parse(trace.header().as_bytes()), Some((trace.id, true)));
        for bad in [
            "",
            "00-0-0-0",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ] {
            assert_ne!(
                Trace::begin(&with(bad)).to_string(),
                "0af7651916cd43dd8448eb211c80319c",
                "{bad}"
            );
        }
    }
}
