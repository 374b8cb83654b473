//! Calendar entries (RFC 5545): CRLF line ends, lines of at most 75 octets, escaped text, times in UTC.

use jiff::Timestamp;
use queue_domain::Stamp;

/// Octets of a line without its end (RFC 5545, 3.1).
const LINE_MAX: usize = 75;

/// One event of a calendar.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) uid: String,
    /// When this entry was written.
    pub(crate) stamp: Stamp,
    pub(crate) starts: Stamp,
    pub(crate) ends: Stamp,
    pub(crate) summary: String,
    pub(crate) location: Option<String>,
    pub(crate) description: String,
    pub(crate) url: Option<String>,
}

impl Entry {
    /// The whole file.
    pub(crate) fn write(&self) -> String {
        let mut file = String::new();
        let mut line = |text: &str| fold(&mut file, text);
        line("BEGIN:VCALENDAR");
        line("VERSION:2.0");
        line("PRODID:-//Banjjak//reservation//EN");
        line("METHOD:PUBLISH");
        line("BEGIN:VEVENT");
        line(&format!("UID:{}", escaped(&self.uid)));
        line(&format!("DTSTAMP:{}", utc(self.stamp)));
        line(&format!("DTSTART:{}", utc(self.starts)));
        line(&format!("DTEND:{}", utc(self.ends)));
        line(&format!("SUMMARY:{}", escaped(&self.summary)));
        if let Some(location) = &self.location {
            line(&format!("LOCATION:{}", escaped(location)));
        }
        line(&format!("DESCRIPTION:{}", escaped(&self.description)));
        if let Some(url) = &self.url {
            line(&format!("URL:{url}"));
        }
        line("END:VEVENT");
        line("END:VCALENDAR");
        file
    }
}

fn utc(stamp: Stamp) -> String {
    let ms = i64::try_from(stamp.0).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(ms)
        .unwrap_or(Timestamp::MAX)
        .strftime("%Y%m%dT%H%M%SZ")
        .to_string()
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace(';', "\\;")
        .replace(',', "\\,")
        .replace("\r\n", "\\n")
        .replace(['\n', '\r'], "\\n")
}

/// Adds a line, folded between characters.
fn fold(file: &mut String, line: &str) {
    let mut width = 0;
    for c in line.chars() {
        if width + c.len_utf8() > LINE_MAX {
            file.push_str("\r\n ");
            width = 1;
        }
        file.push(c);
        width += c.len_utf8();
    }
    file.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_folded_and_text_is_escaped() {
        let entry = Entry {
            uid: "glow.1@banjjak".into(),
            stamp: Stamp(1_796_000_000_000),
            starts: Stamp(1_796_000_000_000),
            ends: Stamp(1_796_001_800_000),
            summary: "성수 글로우 팝업; 반짝, 반짝\nEND:VEVENT".repeat(4),
            location: Some("서울 성동구".into()),
            description: "7Q2K".into(),
            url: None,
        };
        let file = entry.write();
        assert!(
            file.split("\r\n")
                .all(|line| line.len() <= 75 && !line.contains('\n'))
        );
        assert_eq!(file.matches("\r\nEND:VEVENT\r\n").count(), 1);
        assert!(file.contains("DTSTART:20261130T"));
        let unfolded = file.replace("\r\n ", "");
        assert!(unfolded.contains("SUMMARY:성수 글로우 팝업\\; 반짝\\, 반짝\\nEND:VEVENT"));
    }
}
