//! Admissions of the last minute of service time, in buckets of one tick. Only for what people are told; no rule reads it.

use std::collections::VecDeque;

const MINUTE_MS: u64 = 60_000;
const SECOND_MS: u64 = 1_000;

/// A sliding count. Begins when the event opens or the view is built anew, and says how much of the minute it has seen.
#[derive(Debug, Clone, Default)]
pub(crate) struct Admissions {
    /// Service time of a tick, and admissions from it up to the next.
    buckets: VecDeque<(u64, u64)>,
    total: u64,
    now: u64,
    since: u64,
}

impl Admissions {
    /// Nothing seen yet, at this service time.
    pub(crate) fn starting(now: u64) -> Self {
        Self {
            now,
            since: now,
            ..Self::default()
        }
    }

    /// A tick moved service time.
    pub(crate) fn advance(&mut self, now: u64) {
        self.now = now;
        while let Some((at, count)) = self.buckets.front().copied()
            && at + MINUTE_MS <= now
        {
            self.buckets.pop_front();
            self.total -= count;
        }
    }

    /// Somebody was let in.
    pub(crate) fn admitted(&mut self) {
        self.total += 1;
        match self.buckets.back_mut() {
            Some((at, count)) if *at == self.now => *count += 1,
            _ => self.buckets.push_back((self.now, 1)),
        }
    }

    /// Admissions of the last minute, and how much of a minute was seen, in ms.
    pub(crate) fn last_minute(&self) -> (u64, u64) {
        (
            self.total,
            (self.now - self.since.min(self.now)).min(MINUTE_MS),
        )
    }

    /// Admissions of the last second.
    pub(crate) fn last_second(&self) -> u64 {
        self.buckets
            .iter()
            .rev()
            .take_while(|(at, _)| at + SECOND_MS > self.now)
            .map(|(_, count)| count)
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_the_last_minute_and_second_saw_and_forgets_the_rest() {
        let mut admissions = Admissions::starting(10_000);
        admissions.admitted();
        admissions.advance(10_250);
        (0..3).for_each(|_| admissions.admitted());
        assert_eq!(
            (admissions.last_minute(), admissions.last_second()),
            ((4, 250), 4)
        );
        admissions.advance(11_000);
        assert_eq!(
            (admissions.last_minute(), admissions.last_second()),
            ((4, 1_000), 3)
        );
        admissions.advance(70_000);
        assert_eq!(
            (admissions.last_minute(), admissions.last_second()),
            ((3, 60_000), 0)
        );
        admissions.advance(200_000);
        assert_eq!(admissions.last_minute(), (0, 60_000));
    }
}
