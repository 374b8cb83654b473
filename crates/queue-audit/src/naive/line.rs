//! The numbers that wait, and how many of them are below a given one. No more than a list of flags with a count for every stretch.

const STRETCH: usize = 256;

/// Numbers that wait.
#[derive(Debug, Clone, Default)]
pub struct Line {
    waits: Vec<bool>,
    counts: Vec<u32>,
    len: u32,
}

impl Line {
    /// How many wait.
    pub fn len(&self) -> u32 {
        self.len
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether the number waits.
    pub fn contains(&self, number: u32) -> bool {
        self.waits.get(number as usize).copied().unwrap_or(false)
    }

    /// The number waits, or no longer.
    pub fn set(&mut self, number: u32, waits: bool) {
        let at = number as usize;
        if self.waits.len() <= at {
            self.waits.resize(at + 1, false);
            self.counts.resize(at / STRETCH + 1, 0);
        }
        if self.waits[at] == waits {
            return;
        }
        self.waits[at] = waits;
        if waits {
            self.len += 1;
            self.counts[at / STRETCH] += 1;
        } else {
            self.len -= 1;
            self.counts[at / STRETCH] -= 1;
        }
    }

    /// The lowest number that waits.
    pub fn first(&self) -> Option<u32> {
        let stretch = self.counts.iter().position(|count| *count > 0)?;
        let from = stretch * STRETCH;
        self.waits[from..]
            .iter()
            .position(|waits| *waits)
            .map(|at| (from + at) as u32)
    }

    /// How many numbers below this one wait.
    pub fn ahead_of(&self, number: u32) -> u32 {
        let at = (number as usize).min(self.waits.len());
        let whole = at / STRETCH;
        let rest = self.waits[whole * STRETCH..at]
            .iter()
            .filter(|waits| **waits)
            .count() as u32;
        self.counts[..whole].iter().sum::<u32>() + rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_like_a_plain_list() {
        let mut line = Line::default();
        let mut list = vec![];
        for step in 0..3000_u32 {
            let number = 1 + (step * 7919) % 1500;
            let waits = step % 3 != 0;
            line.set(number, waits);
            list.retain(|other| *other != number);
            if waits {
                list.push(number);
            }
            assert_eq!(line.len() as usize, list.len());
            assert_eq!(line.first(), list.iter().min().copied());
            assert_eq!(
                line.ahead_of(number) as usize,
                list.iter().filter(|other| **other < number).count()
            );
        }
    }
}
