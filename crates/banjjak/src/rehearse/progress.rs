//! The rehearsal second by second: the live line, and the rows that the charts are drawn from.

use super::kinds::{Ended, Stand};
use super::tally::{Tally, count};
use super::world::World;
use serde::Serialize;
use std::io::Write;
use std::sync::atomic::Ordering;

/// One second, as it stood at its end.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Row {
    /// Seconds since the first click was allowed; below zero while the crowd gathers.
    pub(crate) second: i64,
    /// Shoppers that have clicked.
    pub(crate) clicked: u64,
    /// Shoppers whose join was acknowledged.
    pub(crate) joined: u64,
    /// In line.
    pub(crate) waiting: u64,
    /// Their turn.
    pub(crate) admitted_now: u64,
    /// In the room.
    pub(crate) inside_now: u64,
    /// Let in so far.
    pub(crate) admitted: u64,
    /// Places that ended booked.
    pub(crate) booked: u64,
    /// Seats confirmed now.
    pub(crate) seats: u64,
    /// Reservations cancelled so far.
    pub(crate) cancelled: u64,
    /// Sockets open now.
    pub(crate) sockets: u64,
    /// Frames so far.
    pub(crate) frames: u64,
    /// Requests so far.
    pub(crate) requests: u64,
    /// Requests sent and not answered now.
    pub(crate) unanswered: u64,
    /// Failures so far, explained by a kill or not.
    pub(crate) failed: u64,
    /// Failures that no kill explains.
    pub(crate) unexplained: u64,
}

/// The rows so far.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// One a second.
    pub(crate) rows: Vec<Row>,
}

impl Progress {
    /// Adds a row and prints the line when another second is over.
    pub(crate) fn step(&mut self, world: &World) {
        let now_us = i64::try_from(world.clock.now_us()).unwrap_or(i64::MAX);
        let second =
            (now_us - i64::try_from(world.begin_us).unwrap_or_default()).div_euclid(1_000_000);
        if self.rows.last().is_some_and(|row| row.second >= second) {
            return;
        }
        let row = Row::of(&world.tally, world.pool.unanswered(), second);
        self.print(&row, world);
        self.rows.push(row);
    }

    fn print(&self, row: &Row, world: &World) {
        let before = self.rows.last().map_or(0, |before| before.frames);
        let seats: u64 = world.seats.iter().map(|seats| u64::from(*seats)).sum();
        // The line is for whoever looks on; nobody looking is no reason to stop.
        let _ = writeln!(
            std::io::stderr().lock(),
            "{:>4} s  joined {}/{}  waiting {}  room {}+{}  seats {}/{seats}{}  cancelled {}  sockets {}  frames/s {}  unanswered {}  failed {} ({} unexplained)",
            row.second,
            row.joined,
            row.clicked,
            row.waiting,
            row.admitted_now,
            row.inside_now,
            row.seats,
            if world.tally.standby.load(Ordering::Relaxed) {
                " standby"
            } else {
                ""
            },
            row.cancelled,
            row.sockets,
            row.frames - before,
            row.unanswered,
            row.failed,
            row.unexplained,
        );
    }
}

impl Row {
    fn of(tally: &Tally, unanswered: u64, second: i64) -> Self {
        let total = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
        Self {
            second,
            clicked: total(&tally.clicked),
            joined: total(&tally.joined),
            waiting: tally.standing(Stand::Waiting),
            admitted_now: tally.standing(Stand::Admitted),
            inside_now: tally.standing(Stand::Inside),
            admitted: total(&tally.admitted),
            booked: tally.standing(Stand::Booked),
            seats: count(&tally.seats),
            cancelled: total(&tally.cancelled),
            sockets: count(&tally.sockets),
            frames: total(&tally.frames),
            requests: tally.requests(),
            unanswered,
            failed: tally.endings(Ended::Explained) + tally.endings(Ended::Unexplained),
            unexplained: tally.endings(Ended::Unexplained),
        }
    }
}
