//! Token buckets by key, bounded in number: what was not seen for long is forgotten first, and forgetting only ever allows more.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, Hash, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Shards, so that requests rarely wait for each other.
const SHARDS: usize = 16;
/// Seconds' worth of tokens that a bucket holds.
const BURST_S: u64 = 10;

/// Limits how often each key may do something.
#[derive(Debug)]
pub(crate) struct Rate<K> {
    shards: Vec<Mutex<Shard<K>>>,
    hasher: RandomState,
    per_second: u64,
    /// Keys a generation may hold in one shard; two generations are kept.
    keys_max: usize,
}

#[derive(Debug)]
struct Shard<K> {
    young: HashMap<K, Bucket>,
    old: HashMap<K, Bucket>,
}

/// Tokens in thousandths, and when they were counted.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    milli: u64,
    at: Instant,
}

impl<K: Hash + Eq + Copy> Rate<K> {
    pub(crate) fn new(per_second: u32, keys_max: usize) -> Self {
        let shard = || {
            Mutex::new(Shard {
                young: HashMap::new(),
                old: HashMap::new(),
            })
        };
        Self {
            shards: (0..SHARDS).map(|_| shard()).collect(),
            hasher: RandomState::new(),
            per_second: per_second.into(),
            keys_max: (keys_max / SHARDS / 2).max(1),
        }
    }

    /// Takes a token, or tells how long until there is one.
    pub(crate) fn take(&self, key: K, now: Instant) -> Result<(), Duration> {
        let at = usize::try_from(self.hasher.hash_one(key) % SHARDS as u64).unwrap_or(0);
        let mut shard = self.shards[at]
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let full = self.per_second * BURST_S * 1000;
        let bucket = shard.bucket(
            key,
            self.keys_max,
            Bucket {
                milli: full,
                at: now,
            },
        );
        let elapsed_ms =
            u64::try_from(now.saturating_duration_since(bucket.at).as_millis()).unwrap_or(u64::MAX);
        if elapsed_ms > 0 {
            bucket.milli = bucket
                .milli
                .saturating_add(elapsed_ms.saturating_mul(self.per_second))
                .min(full);
            bucket.at = now;
        }
        match bucket.milli.checked_sub(1000) {
            Some(left) => {
                bucket.milli = left;
                Ok(())
            }
            None => Err(Duration::from_millis(
                (1000 - bucket.milli).div_ceil(self.per_second),
            )),
        }
    }
}

impl<K: Hash + Eq + Copy> Shard<K> {
    fn bucket(&mut self, key: K, keys_max: usize, new: Bucket) -> &mut Bucket {
        if self.young.len() >= keys_max && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        let kept = self.old.remove(&key).unwrap_or(new);
        self.young.entry(key).or_insert(kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_taken_and_then_the_rate_holds() {
        let rate = Rate::new(2, 1000);
        let start = Instant::now();
        assert!((0..20).all(|_| rate.take(1, start).is_ok()));
        assert_eq!(rate.take(1, start), Err(Duration::from_millis(500)));
        assert_eq!(rate.take(2, start), Ok(()));
        assert_eq!(rate.take(1, start + Duration::from_millis(500)), Ok(()));
        assert!(rate.take(1, start + Duration::from_millis(500)).is_err());
    }

    #[test]
    fn the_number_of_keys_is_bounded_and_the_newest_are_kept() {
        let rate = Rate::new(1, 320);
        let now = Instant::now();
        (0..10).for_each(|_| assert!(rate.take(u32::MAX, now).is_ok()));
        for key in 0..100_000 {
            assert!(rate.take(key, now).is_ok());
            if key % 4 == 0 {
                assert!(
                    rate.take(u32::MAX, now).is_err(),
                    "seen often, never forgotten"
                );
            }
        }
        let kept: usize = rate
            .shards
            .iter()
            .map(|shard| shard.lock().unwrap())
            .map(|shard| shard.young.len() + shard.old.len())
            .sum();
        assert!(kept <= 320, "{kept}");
    }
}
