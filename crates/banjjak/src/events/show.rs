//! Answers as tables for people. Reads the public JSON leniently: a field that is missing shows as a dash.

use super::action::View;
use serde_json::Value;
use std::fmt::Write;

/// An answer for people.
pub(super) fn answer(body: &Value, view: View) -> String {
    match view {
        View::Change => change(body),
        View::Events => events(body),
        View::Event => event(body),
        View::Stats => stats(body),
        View::Reservations => reservations(body),
        View::Raw => body.to_string(),
    }
}

/// A problem in words: what, what to do, and each field at fault with its path.
pub(super) fn problem(status: u16, body: &Value) -> String {
    let reason = if body["code"].is_string() {
        &body["code"]
    } else {
        &body["reason"]
    };
    let detail = body["detail"].as_str().unwrap_or("-").lines();
    let detail: Vec<String> = detail.map(|line| word(&line.into())).collect();
    let mut text = format!("{status} {}: {}", word(reason), detail.join("\n"));
    let fields = body["fields"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    for fault in fields {
        let _ = write!(
            text,
            "\n  {}: {}",
            word(&fault["field"]),
            word(&fault["detail"])
        );
    }
    text
}

/// One line of counts, for watching.
pub(super) fn stats_line(body: &Value) -> String {
    let (room, totals) = (&body["room"], &body["totals"]);
    format!(
        "{} {}{} waiting {:>6} room {:>5}/{} admitted {:>6} confirmed {:>6} cancelled {:>4} rate {}/{} lag {} records {} ms",
        word(&body["at"]),
        word(&body["phase"]),
        flags(body),
        word(&body["waiting"]),
        number(&room["admitted"]) + number(&room["inside"]),
        word(&room["max"]),
        word(&totals["admitted"]),
        word(&totals["confirmed"]),
        word(&totals["cancelled"]),
        word(&body["rate"]["last_second"]),
        word(&body["rate"]["admit_per_second"]),
        word(&body["lag"]["records"]),
        word(&body["lag"]["ms"]),
    )
}

fn change(body: &Value) -> String {
    let mut text = match body["state"].as_str() {
        Some(state) => state.to_owned(),
        None => "done".to_owned(),
    };
    let visitor = &body["check_in"];
    if visitor.is_object() {
        return check_in(visitor);
    }
    let operator_event = if body["event"].is_object() && body["event"]["event"].is_object() {
        &body["event"]
    } else {
        body
    };
    if operator_event["event"].is_object() {
        let _ = write!(
            text,
            "\n{}{}",
            head(operator_event),
            stats_line(&operator_event["stats"])
        );
    }
    text
}

fn check_in(visitor: &Value) -> String {
    let mut text = format!("visitor: {}", word(&visitor["result"]));
    if visitor["first_at"].is_string() {
        let _ = write!(text, ", first scanned {}", word(&visitor["first_at"]));
    }
    let held = &visitor["reservation"];
    if held.is_object() {
        let _ = write!(
            text,
            "\n{} seats in {} ({})",
            word(&held["seats"]),
            word(&held["slot"]),
            word(&held["id"])
        );
    }
    text
}

fn events(body: &Value) -> String {
    let list = body
        .as_array()
        .or_else(|| body["events"].as_array())
        .cloned()
        .unwrap_or_default();
    let rows = list
        .iter()
        .map(|item| {
            if item["event"].is_object() {
                &item["event"]
            } else {
                item
            }
        })
        .map(|event| {
            vec![
                word(&event["id"]),
                word(&event["phase"]) + &flags(event),
                word(&event["opens_at"]),
                word(&event["closes_at"]),
                word(&event["waiting"]),
                seats(event),
            ]
        });
    table(
        &["event", "phase", "opens", "closes", "waiting", "seats left"],
        rows,
    )
}

fn event(body: &Value) -> String {
    head(body) + &stats(&body["stats"])
}

/// Name, phase, times and policy.
fn head(body: &Value) -> String {
    let shown = &body["event"];
    let mut text = format!(
        "{}  {}{}  version {}\n",
        word(&shown["id"]),
        word(&shown["phase"]),
        flags(shown),
        word(&shown["version"])
    );
    for (language, title) in shown["title"].as_object().into_iter().flatten() {
        let _ = writeln!(text, "title {language}  {}", word(title));
    }
    let _ = writeln!(
        text,
        "lobby {}  opens {}  closes {}",
        word(&shown["lobby_opens_at"]),
        word(&shown["opens_at"]),
        word(&shown["closes_at"])
    );
    let policy = body["policy"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| format!("{name}={}", word(value)))
        .collect::<Vec<_>>();
    let _ = writeln!(text, "policy {}", policy.join(" "));
    text
}

fn stats(body: &Value) -> String {
    let mut text = stats_line(body) + "\n";
    let totals = body["totals"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| format!("{name} {}", word(value)))
        .collect::<Vec<_>>();
    let _ = writeln!(text, "totals {}", totals.join(", "));
    let slots = body["slots"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let rows = slots.iter().map(|slot| {
        ["id", "capacity", "confirmed", "remaining", "state"]
            .map(|name| word(&slot[name]))
            .to_vec()
    });
    text + &table(
        &["slot", "capacity", "confirmed", "remaining", "state"],
        rows,
    )
}

fn reservations(body: &Value) -> String {
    let names = [
        "id",
        "code",
        "slot",
        "seats",
        "state",
        "place_number",
        "decided_at",
        "checked_in_at",
    ];
    let list = body["reservations"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let mut text = table(
        &[
            "reservation",
            "code",
            "slot",
            "seats",
            "state",
            "number",
            "decided",
            "checked in",
        ],
        list.iter()
            .map(|row| names.map(|name| word(&row[name])).to_vec()),
    );
    if body["next"].is_string() {
        let _ = write!(text, "more: --after {}", word(&body["next"]));
    }
    text
}

fn flags(event: &Value) -> String {
    let mut text = String::new();
    for flag in ["paused", "standby"] {
        if event[flag] == true {
            let _ = write!(text, " ({flag})");
        }
    }
    text
}

fn seats(event: &Value) -> String {
    let sum = |name: &str| {
        event["slots"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|slot| number(&slot[name]))
            .sum::<u64>()
    };
    format!("{} of {}", sum("remaining"), sum("capacity"))
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_default()
}

/// A value as a word, without characters that could move a terminal's cursor.
fn word(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text
            .chars()
            .map(|letter| if letter.is_control() { ' ' } else { letter })
            .collect(),
        other => other.to_string(),
    }
}

/// Columns as wide as their widest cell.
fn table(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let rows: Vec<Vec<String>> = std::iter::once(head.iter().map(ToString::to_string).collect())
        .chain(rows)
        .collect();
    let widths: Vec<usize> = (0..head.len())
        .map(|column| {
            rows.iter()
                .map(|row| row[column].chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    for row in &rows {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        let _ = writeln!(text, "{}", cells.join("  ").trim_end());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_table_is_as_wide_as_its_widest_cell() {
        let text = table(&["a", "b"], [vec!["long".into(), "1".into()]].into_iter());
        assert_eq!(text, "a     b\nlong  1\n");
    }

    #[test]
    fn a_definition_s_faults_are_listed_by_path() {
        let text = problem(
            422,
            &json!({"code": "invalid_field", "detail": "2 fields", "fields": [{"field": "slots[3].capacity", "detail": "at most 1000000"}]}),
        );
        assert_eq!(
            text,
            "422 invalid_field: 2 fields\n  slots[3].capacity: at most 1000000"
        );
    }

    #[test]
    fn a_text_cannot_move_the_cursor() {
        assert_eq!(word(&json!("a\u{1b}[2Jb")), "a [2Jb");
    }
}
