//! Texts in several languages, and the event's colour.

use super::Faults;
use crate::http::{FieldError, Text, TextsBody};
use queue_domain::TextChange;

pub(super) const TEXT_MAX_CHARS: usize = 10_000;
pub(super) const TITLE_MAX_CHARS: usize = 200;
const LANGUAGES_MAX: usize = 8;
/// What white text needs on the accent (WCAG 2.2, 1.4.3).
const ACCENT_CONTRAST: f64 = 4.5;

impl TextsBody {
    /// Checks every text that is there. `known` are the keys that the event has now: a language that is no longer given is removed.
    pub fn check<'a>(
        &self,
        known: impl Iterator<Item = &'a str> + Clone,
    ) -> Result<Vec<TextChange>, Vec<FieldError>> {
        let mut faults = Faults::default();
        let mut changes = Vec::new();
        let title = self.title.clone().map(Some);
        if title
            .as_ref()
            .is_some_and(|title| title.as_ref().is_none_or(Text::is_empty))
        {
            faults.add("title", "must be given in at least one language");
        }
        for (name, change, max) in [
            ("title", &title, TITLE_MAX_CHARS),
            ("venue", &self.venue, TITLE_MAX_CHARS),
            ("rules", &self.rules, TEXT_MAX_CHARS),
            ("privacy", &self.privacy, TEXT_MAX_CHARS),
            ("notice", &self.notice, TEXT_MAX_CHARS),
        ] {
            let Some(text) = change else { continue };
            let empty = Text::new();
            let text = text.as_ref().unwrap_or(&empty);
            check_text(name, text, max, &mut faults);
            let gone = known.clone().filter(|key| {
                key.strip_prefix(name)
                    .and_then(|rest| rest.strip_prefix('.'))
                    .is_some_and(|tag| !text.contains_key(tag))
            });
            changes.extend(gone.map(|key| TextChange {
                key: key.into(),
                text: None,
            }));
            changes.extend(text.iter().map(|(tag, text)| TextChange {
                key: format!("{name}.{tag}").into(),
                text: Some(text.as_str().into()),
            }));
        }
        if let Some(accent) = self
            .accent
            .as_deref()
            .and_then(|accent| faults.keep("accent", check_accent(accent)))
        {
            changes.push(TextChange {
                key: "accent".into(),
                text: Some(accent.into()),
            });
        }
        if *self == Self::default() {
            faults.add("body", "must name at least one text");
        }
        faults.result(Some(changes))
    }
}

pub(super) fn check_text(name: &str, text: &Text, max: usize, faults: &mut Faults) {
    if text.len() > LANGUAGES_MAX {
        faults.add(
            name,
            format!("must be in at most {LANGUAGES_MAX} languages"),
        );
    }
    for (language, text) in text {
        let tag =
            (2..=8).contains(&language.len()) && language.bytes().all(|b| b.is_ascii_lowercase());
        if !tag {
            faults.add(
                format!("{name}.{language}"),
                "a language is named by its tag, such as ko or en",
            );
        }
        if text.trim().is_empty() || text.chars().count() > max {
            faults.add(
                format!("{name}.{language}"),
                format!("must have 1 to {max} characters"),
            );
        }
        if text.chars().any(|c| c.is_control() && c != '\n') {
            faults.add(
                format!("{name}.{language}"),
                "must not hold control characters other than line ends",
            );
        }
    }
}

pub(super) fn check_accent(accent: &str) -> Result<String, String> {
    let wrong = || "must be a colour such as #a8325a".to_owned();
    let digits = accent
        .strip_prefix('#')
        .filter(|digits| digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()))
        .ok_or_else(wrong)?;
    let rgb = u32::from_str_radix(digits, 16).map_err(|_| wrong())?;
    let contrast = 1.05 / (luminance(rgb) + 0.05);
    if contrast < ACCENT_CONTRAST {
        return Err(format!(
            "white text on it has a contrast of {contrast:.1}; {ACCENT_CONTRAST} is needed, so choose a darker colour"
        ));
    }
    Ok(accent.to_ascii_lowercase())
}

/// Relative luminance (WCAG 2.2).
fn luminance(rgb: u32) -> f64 {
    let channel = |shift: u32| {
        let part = f64::from((rgb >> shift) & 0xff) / 255.0;
        if part <= 0.040_45 {
            part / 12.92
        } else {
            ((part + 0.055) / 1.055).powf(2.4)
        }
    };
    0.212_6 * channel(16) + 0.715_2 * channel(8) + 0.072_2 * channel(0)
}
