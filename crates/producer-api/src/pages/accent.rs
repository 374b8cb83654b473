//! The event's one colour as a stylesheet of its own, because the content policy forbids inline styles. Light and dark variants are made so that text on and in the colour can be read.

/// Contrast that text needs (WCAG 2.2, 1.4.3).
const READABLE: f64 = 4.5;
const LIGHT_GROUND: Rgb = Rgb([0xfb, 0xf8, 0xf5]);
const DARK_GROUND: Rgb = Rgb([0x24, 0x20, 0x1d]);
const INK: Rgb = Rgb([0x1c, 0x18, 0x15]);
const PAPER: Rgb = Rgb([0xff, 0xff, 0xff]);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Rgb([u8; 3]);

impl Rgb {
    fn parse(hex: &str) -> Option<Self> {
        let digits = hex.strip_prefix('#').unwrap_or(hex);
        if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let part = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).ok();
        Some(Self([part(0)?, part(2)?, part(4)?]))
    }

    fn hex(self) -> String {
        self.0.iter().map(|part| format!("{part:02x}")).collect()
    }

    /// Relative luminance (WCAG 2.2).
    fn luminance(self) -> f64 {
        let channel = |part: u8| {
            let c = f64::from(part) / 255.0;
            if c <= 0.040_45 {
                c / 12.92
            } else {
                ((c + 0.055) / 1.055).powf(2.4)
            }
        };
        let [r, g, b] = self.0;
        0.212_6 * channel(r) + 0.715_2 * channel(g) + 0.072_2 * channel(b)
    }

    fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// `steps` hundredths of the way to `other`.
    fn toward(self, other: Self, steps: u16) -> Self {
        let mix = |i: usize| {
            u8::try_from(
                (u16::from(self.0[i]) * (100 - steps) + u16::from(other.0[i]) * steps) / 100,
            )
            .unwrap_or(u8::MAX)
        };
        Self([mix(0), mix(1), mix(2)])
    }

    /// The nearest mixture with `end` that can be read on `ground`.
    fn readable_on(self, ground: Self, end: Self) -> Self {
        (0..=100)
            .map(|steps| self.toward(end, steps))
            .find(|colour| colour.contrast(ground) >= READABLE)
            .unwrap_or(end)
    }

    /// Black or white, whichever reads better on this.
    fn ink(self) -> Self {
        if self.contrast(PAPER) >= READABLE {
            PAPER
        } else {
            INK
        }
    }
}

/// A colour as six lower-case hexadecimal digits; nothing if it is not one.
pub(super) fn canonical(colour: &str) -> Option<String> {
    Rgb::parse(colour).map(Rgb::hex)
}

/// The stylesheet of a colour, by its six digits.
pub(super) fn stylesheet(digits: &str) -> Option<String> {
    let base = Rgb::parse(digits)?;
    let light = base.readable_on(LIGHT_GROUND, INK);
    let dark = base.readable_on(DARK_GROUND, PAPER);
    let rules = |colour: Rgb| {
        format!(
            "--accent:#{};--on-accent:#{}",
            colour.hex(),
            colour.ink().hex()
        )
    };
    Some(format!(
        ":root{{{}}}@media (prefers-color-scheme:dark){{:root{{{}}}}}@media print{{:root{{{}}}}}\n",
        rules(light),
        rules(dark),
        rules(light)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_colour_becomes_readable_in_both_schemes() {
        for hex in [
            "#ffffff", "#000000", "#ff4f9a", "#a8325a", "#fff200", "#3355ff",
        ] {
            let base = Rgb::parse(hex).expect("a colour");
            let (light, dark) = (
                base.readable_on(LIGHT_GROUND, INK),
                base.readable_on(DARK_GROUND, PAPER),
            );
            assert!(
                light.contrast(LIGHT_GROUND) >= READABLE && dark.contrast(DARK_GROUND) >= READABLE,
                "{hex}"
            );
            assert!(
                light.ink().contrast(light) >= READABLE && dark.ink().contrast(dark) >= READABLE,
                "{hex}"
            );
        }
    }

    #[test]
    fn what_is_no_colour_gets_no_stylesheet() {
        for odd in ["", "red", "#fff", "}}body{", "12345g", "#1234567"] {
            assert_eq!(stylesheet(odd), None, "{odd}");
        }
    }
}
