//! The report as one page that needs nothing else: styles and charts are inside it, and no script.

use super::chart::{Axis, Mark, Series, figure};
use super::{Report, Row};
use std::fmt::Write;

/// The page.
pub(super) fn write(report: &Report) -> String {
    let mut page = String::from(HEAD);
    let title = format!(
        "{} · {} shoppers · seed {}",
        report.event,
        grouped(u64::from(report.shoppers)),
        report.seed
    );
    let verdict = if report.is_good() {
        "Ended at rest, within its budget"
    } else {
        "Look closer"
    };
    let class = if report.is_good() { "good" } else { "bad" };
    let _ = write!(
        page,
        "<header><p class=\"mark\">반짝 Banjjak · rehearsal</p><h1>{title}</h1><p class=\"{class}\">{verdict}</p></header>\n<main>\n"
    );
    page.push_str(&figures(report));
    page.push_str(&charts(report));
    page.push_str(&tables(report));
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

/// The numbers on top.
fn figures(report: &Report) -> String {
    let joins = report
        .times
        .iter()
        .find(|times| times.what == "join")
        .map(|times| times.spread)
        .unwrap_or_default();
    let facts = [
        (
            "joins acknowledged",
            format!(
                "{} of {}",
                grouped(report.told.joined),
                grouped(u64::from(report.shoppers))
            ),
        ),
        (
            "seats confirmed",
            format!(
                "{} of {}",
                grouped(report.seats.confirmed),
                grouped(report.seats.capacity)
            ),
        ),
        ("sockets at once", grouped(report.sockets.peak)),
        ("frames", grouped(report.sockets.frames)),
        ("join, median", format!("{:.0} ms", joins.p50_ms)),
        ("join, 99 %", format!("{:.0} ms", joins.p99_ms)),
        (
            "failed without a kill",
            format!("{:.3} %", report.requests.unexplained_percent),
        ),
        ("ended after", format!("{:.0} s", report.took_s)),
    ];
    let cells: String = facts
        .iter()
        .map(|(name, value)| format!("<div><dd>{value}</dd><dt>{name}</dt></div>"))
        .collect();
    format!("<dl class=\"facts\">{cells}</dl>\n")
}

fn charts(report: &Report) -> String {
    let rows: Vec<&Row> = report
        .seconds
        .iter()
        .filter(|row| row.second >= 0)
        .collect();
    let level = |name, value: fn(&Row) -> u64| Series {
        name,
        points: rows
            .iter()
            .map(|row| (row.second as f64, value(row) as f64))
            .collect(),
    };
    let rate = |name, value: fn(&Row) -> u64| {
        let steps = rows.windows(2).map(|pair| {
            let seconds = (pair[1].second - pair[0].second).max(1) as f64;
            (
                pair[1].second as f64,
                value(pair[1]).saturating_sub(value(pair[0])) as f64 / seconds,
            )
        });
        Series {
            name,
            points: steps.collect(),
        }
    };
    let time = |name, what: &str, high: bool| {
        let times = report.times.iter().find(|times| times.what == what);
        let points = times
            .into_iter()
            .flat_map(|times| &times.seconds)
            .filter(|row| row.0 >= 0);
        Series {
            name,
            points: points
                .map(|row| (row.0 as f64, if high { row.2 } else { row.1 }))
                .collect(),
        }
    };
    let marks: Vec<Mark> = report
        .kills
        .iter()
        .map(|kill| Mark {
            second: kill.at_s,
            name: format!(
                "killed in {}, {} requests unanswered",
                kill.moment, kill.unanswered_requests
            ),
        })
        .collect();
    let end_s = rows.last().map_or(1.0, |row| row.second as f64);
    let chart =
        |title, note, axis, series: &[Series]| figure(title, note, axis, series, &marks, end_s);
    [
        chart(
            "Arrivals",
            "clicks and acknowledged joins",
            Axis::Linear,
            &[
                level("clicked", |row| row.clicked),
                level("acknowledged", |row| row.joined),
            ],
        ),
        chart(
            "Line",
            "shoppers in line",
            Axis::Linear,
            &[level("waiting", |row| row.waiting)],
        ),
        chart(
            "Room",
            "whose turn it is, and who is inside",
            Axis::Linear,
            &[
                level("inside", |row| row.inside_now),
                level("admitted", |row| row.admitted_now),
            ],
        ),
        chart(
            "Admissions",
            "let in a second, as shoppers learned of it",
            Axis::Linear,
            &[rate("admissions a second", |row| row.admitted)],
        ),
        chart(
            "Seats",
            "confirmed seats held, reservations given back",
            Axis::Linear,
            &[
                level("confirmed seats", |row| row.seats),
                level("cancelled", |row| row.cancelled),
            ],
        ),
        chart(
            "Latency",
            "milliseconds from the intended moment, by second, on a logarithmic axis",
            Axis::Log,
            &[
                time("join median", "join", false),
                time("join 99 %", "join", true),
                time("decision median", "decision", false),
                time("decision 99 %", "decision", true),
            ],
        ),
        chart(
            "Frames",
            "frames received a second",
            Axis::Linear,
            &[rate("frames a second", |row| row.frames)],
        ),
        chart(
            "Sockets",
            "open sockets",
            Axis::Linear,
            &[level("sockets", |row| row.sockets)],
        ),
    ]
    .concat()
}

fn tables(report: &Report) -> String {
    let mut text = String::from(
        "<section><h2>Times</h2><table><tr><th>ms<th>count<th>p50<th>p90<th>p99<th>p99.9<th>max",
    );
    for times in &report.times {
        let spread = times.spread;
        let _ = write!(
            text,
            "<tr><th>{}<td>{}<td>{:.1}<td>{:.1}<td>{:.1}<td>{:.1}<td>{:.1}",
            times.what,
            grouped(spread.count as u64),
            spread.p50_ms,
            spread.p90_ms,
            spread.p99_ms,
            spread.p999_ms,
            spread.max_ms
        );
    }
    text.push_str("</table></section>\n<section><h2>Kills</h2><table><tr><th>moment<th>at<th>unanswered<th>sockets<th>ready again<th>folded again");
    for kill in &report.kills {
        let folded = kill
            .records_folded_again
            .map_or_else(|| "unknown".to_owned(), grouped);
        let _ = write!(
            text,
            "<tr><th>{}<td>{:.2} s<td>{}<td>{}<td>{:.2} s<td>{folded}",
            kill.moment,
            kill.at_s,
            grouped(kill.unanswered_requests),
            grouped(kill.sockets),
            kill.ready_again_after_s
        );
    }
    let _ = write!(
        text,
        "</table></section>\n<section><h2>In words</h2><pre>{}</pre></section>\n",
        escaped(&report.text())
    );
    text
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

const HEAD: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Banjjak rehearsal</title>
<style>
:root { color-scheme: light dark; --ink: #23202a; --soft: #6d6678; --line: #e4dfe8; --ground: #faf8fb; --card: #fff; --c0: #a8326b; --c1: #2f6f9f; --c2: #b7791f; --c3: #4a7a4f; --good: #2f6b3c; --bad: #a3261d; }
@media (prefers-color-scheme: dark) { :root { --ink: #f1edf5; --soft: #a9a1b4; --line: #3a3442; --ground: #17141b; --card: #201c26; --c0: #f08bb8; --c1: #86bfe8; --c2: #e8bd72; --c3: #98cf9f; --good: #8fd19d; --bad: #ff9b91; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, "Apple SD Gothic Neo", "Noto Sans KR", sans-serif; font-variant-numeric: tabular-nums; }
header, main { max-width: 1120px; margin: 0 auto; padding: 24px 20px; }
header { padding-bottom: 0; }
header .mark { margin: 0; color: var(--c0); letter-spacing: .04em; }
h1 { margin: 4px 0; font-size: 28px; font-weight: 600; }
h2 { margin: 0; font-size: 17px; font-weight: 600; }
.good { color: var(--good); margin: 0; } .bad { color: var(--bad); margin: 0; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(200px, 1fr)); gap: 12px; margin: 0 0 24px; }
.facts div, figure, section { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 16px; }
.facts dd { margin: 0; font-size: 22px; font-weight: 600; } .facts dt { color: var(--soft); font-size: 14px; }
main { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)); gap: 16px; }
.facts, section:last-of-type { grid-column: 1 / -1; }
figure { margin: 0; } figcaption p { margin: 0; color: var(--soft); font-size: 14px; }
svg { display: block; width: 100%; height: auto; margin-top: 8px; }
.grid { stroke: var(--line); } .tick { fill: var(--soft); font-size: 11px; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; }
.s0 { stroke: var(--c0); } .s1 { stroke: var(--c1); } .s2 { stroke: var(--c2); } .s3 { stroke: var(--c3); }
.key { margin-right: 14px; } .key::before { content: ""; display: inline-block; width: 14px; height: 3px; margin-right: 6px; vertical-align: middle; background: var(--c0); }
.k1::before { background: var(--c1); } .k2::before { background: var(--c2); } .k3::before { background: var(--c3); }
svg .mark line { stroke: var(--bad); stroke-dasharray: 3 3; } svg .mark text { fill: var(--bad); font-size: 10px; }
table { border-collapse: collapse; width: 100%; margin-top: 8px; font-size: 14px; }
td { white-space: nowrap; } th, td { text-align: right; padding: 4px 6px; border-top: 1px solid var(--line); } th:first-child { text-align: left; font-weight: 500; }
section { overflow-x: auto; } pre { margin: 8px 0 0; font-size: 13px; white-space: pre-wrap; }
</style>
</head>
<body>
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_text_cannot_become_markup() {
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(grouped(999), "999");
        assert_eq!(escaped("<a&b>"), "&lt;a&amp;b&gt;");
    }
}
