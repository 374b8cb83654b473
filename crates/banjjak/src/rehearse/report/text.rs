//! The report as text.

use super::Report;
use std::fmt::Write;

/// The whole report, without the seconds.
pub(super) fn write(report: &Report) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = head(&mut text, report)
        .and_then(|()| body(&mut text, report))
        .and_then(|()| tail(&mut text, report));
    text
}

fn head(text: &mut String, report: &Report) -> std::fmt::Result {
    let how = if report.cut_off {
        "cut off"
    } else {
        "ended by itself"
    };
    writeln!(
        text,
        "Rehearsal of {} with {} shoppers, seed {}: {how} after {:.1} s",
        report.event, report.shoppers, report.seed, report.took_s
    )?;
    writeln!(
        text,
        "clicks over {:.1} s; policy changed: {}",
        report.join_over_ms as f64 / 1000.0,
        report.policy
    )?;
    if let Some(trouble) = &report.trouble {
        writeln!(text, "TROUBLE: {trouble}")?;
    }
    writeln!(
        text,
        "seats {} of {} confirmed, sold out: {}, at rest: {}, shoppers with something pending: {}",
        report.seats.confirmed,
        report.seats.capacity,
        report.sold_out,
        report.quiet,
        report.unsettled
    )
}

fn body(text: &mut String, report: &Report) -> std::fmt::Result {
    let (requests, sockets, told) = (&report.requests, &report.sockets, &report.told);
    writeln!(
        text,
        "\njoined {}, admitted {}, confirmed {}, moved {}, cancelled {}, told sold out {}",
        told.joined, told.admitted, told.confirmed, told.moved, told.cancelled, told.sold_out
    )?;
    let stands: Vec<String> = report
        .stands
        .iter()
        .map(|(name, standing)| format!("{name} {standing}"))
        .collect();
    writeln!(text, "at the end: {}", stands.join(", "))?;
    writeln!(
        text,
        "\nrequests {}: {} ok, {} refused by the rules, {} failed around a kill, {} failed without one ({:.3} %, budget below 0.3 %: {})",
        requests.sent,
        requests.ok,
        requests.refused_by_the_rules,
        requests.failed_explained,
        requests.failed_unexplained,
        requests.unexplained_percent,
        if requests.within_budget {
            "kept"
        } else {
            "EXCEEDED"
        }
    )?;
    writeln!(
        text,
        "sockets: peak {} at once (allowed {}), {} opened, {} shoppers went without; {} frames, {:.1} MB, {} unreadable; {} lines of witness",
        sockets.peak,
        sockets.allowed,
        sockets.opened,
        sockets.shoppers_without,
        sockets.frames,
        sockets.frame_bytes as f64 / 1e6,
        sockets.unreadable_frames,
        sockets.witness_lines
    )
}

fn tail(text: &mut String, report: &Report) -> std::fmt::Result {
    writeln!(
        text,
        "\n{:<18}{:>9}{:>11}{:>11}{:>11}{:>11}{:>11}",
        "milliseconds", "count", "p50", "p90", "p99", "p99.9", "max"
    )?;
    for times in &report.times {
        let spread = times.spread;
        writeln!(
            text,
            "{:<18}{:>9}{:>11.1}{:>11.1}{:>11.1}{:>11.1}{:>11.1}",
            times.what,
            spread.count,
            spread.p50_ms,
            spread.p90_ms,
            spread.p99_ms,
            spread.p999_ms,
            spread.max_ms
        )?;
    }
    writeln!(
        text,
        "(from the intended moment; retries and restarts included)"
    )?;
    for (index, kill) in report.kills.iter().enumerate() {
        let folded = kill
            .records_folded_again
            .map_or_else(|| "unknown".to_owned(), |records| records.to_string());
        write!(
            text,
            "{}kill {} in {} at {:.2} s: ",
            if index == 0 { "\n" } else { "" },
            index + 1,
            kill.moment,
            kill.at_s
        )?;
        writeln!(
            text,
            "{} requests unanswered, {} sockets open, ready again after {:.2} s, {folded} records folded again",
            kill.unanswered_requests, kill.sockets, kill.ready_again_after_s
        )?;
    }
    if report.kills_missed > 0 {
        writeln!(
            text,
            "{} kills were asked for whose moment never came",
            report.kills_missed
        )?;
    }
    if !report.failures.is_empty() {
        writeln!(
            text,
            "\nfailures that no kill explains (the first {}):",
            report.failures.len()
        )?;
        for failure in &report.failures {
            writeln!(text, "  {failure}")?;
        }
    }
    Ok(())
}
