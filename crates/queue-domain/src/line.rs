//! The line: an ordered set of numbers, with the count of members below any number in logarithmic time.
//!
//! A bitmap, and over it a Fenwick tree (P. M. Fenwick, 1994) of members per block. One bit and a half a number; a line of a
//! million answers like a line of a thousand.

const BLOCK_WORDS: usize = 8;
const BLOCK_BITS: u32 = BLOCK_WORDS as u32 * 64;

/// An ordered set of numbers from 1.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line {
    words: Vec<u64>,
    /// One-based Fenwick tree over the blocks; `tree[0]` belongs to block 1.
    tree: Vec<u32>,
    len: u32,
}

impl Line {
    /// How many numbers are in it.
    pub fn len(&self) -> u32 {
        self.len
    }

    /// Whether nobody is in it.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether a number is in it.
    pub fn contains(&self, number: u32) -> bool {
        let (word, bit) = Self::locate(number);
        self.words.get(word).is_some_and(|bits| bits & bit != 0)
    }

    /// Adds a number; `false` when it was there.
    pub fn insert(&mut self, number: u32) -> bool {
        let (word, bit) = Self::locate(number);
        self.grow(word);
        if self.words[word] & bit != 0 {
            return false;
        }
        self.words[word] |= bit;
        self.len += 1;
        self.add(word / BLOCK_WORDS, |count| count + 1);
        true
    }

    /// Removes a number; `false` when it was not there.
    pub fn remove(&mut self, number: u32) -> bool {
        if !self.contains(number) {
            return false;
        }
        let (word, bit) = Self::locate(number);
        self.words[word] &= !bit;
        self.len -= 1;
        self.add(word / BLOCK_WORDS, |count| count - 1);
        true
    }

    /// How many members are below `number`.
    pub fn rank(&self, number: u32) -> u32 {
        let (word, bit) = Self::locate(number);
        if word >= self.words.len() {
            return self.len;
        }
        let block = word / BLOCK_WORDS;
        let in_block: u32 = self.words[block * BLOCK_WORDS..word]
            .iter()
            .map(|bits| bits.count_ones())
            .sum();
        self.before(block) + in_block + (self.words[word] & (bit - 1)).count_ones()
    }

    /// The lowest member.
    pub fn first(&self) -> Option<u32> {
        if self.len == 0 {
            return None;
        }
        let block = self.first_block();
        let start = block * BLOCK_WORDS;
        let word = (start..start + BLOCK_WORDS).find(|word| self.words[*word] != 0)?;
        Some(word as u32 * 64 + self.words[word].trailing_zeros())
    }

    /// All members, lowest first.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.words.iter().enumerate().flat_map(|(word, bits)| {
            let mut rest = *bits;
            std::iter::from_fn(move || {
                let bit = (rest != 0).then(|| rest.trailing_zeros())?;
                rest &= rest - 1;
                Some(word as u32 * 64 + bit)
            })
        })
    }

    fn locate(number: u32) -> (usize, u64) {
        ((number / 64) as usize, 1 << (number % 64))
    }

    fn grow(&mut self, word: usize) {
        while self.words.len() <= word {
            self.words.resize(self.words.len() + BLOCK_WORDS, 0);
            let node = self.tree.len() + 1;
            let lowest = node & node.wrapping_neg();
            let mut below = 0;
            let mut step = 1;
            while step < lowest {
                below += self.tree[node - step - 1];
                step <<= 1;
            }
            self.tree.push(below);
        }
    }

    fn add(&mut self, block: usize, change: impl Fn(u32) -> u32) {
        let mut node = block + 1;
        while node <= self.tree.len() {
            self.tree[node - 1] = change(self.tree[node - 1]);
            node += node & node.wrapping_neg();
        }
    }

    /// Members in all blocks before this one.
    fn before(&self, block: usize) -> u32 {
        let mut sum = 0;
        let mut node = block;
        while node > 0 {
            sum += self.tree[node - 1];
            node -= node & node.wrapping_neg();
        }
        sum
    }

    /// The first block with a member, by descent of the tree.
    fn first_block(&self) -> usize {
        let mut node = 0;
        let mut step = self.tree.len().next_power_of_two();
        while step > 0 {
            if node + step <= self.tree.len() && self.tree[node + step - 1] == 0 {
                node += step;
            }
            step >>= 1;
        }
        node
    }
}

const _: () = assert!(BLOCK_BITS == 512);

#[cfg(test)]
mod tests {
    use super::Line;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn behaves_like_a_sorted_set(changes in prop::collection::vec((1u32..5000, any::<bool>()), 0..400), asked in 1u32..6000) {
            let mut line = Line::default();
            let mut set = BTreeSet::new();
            for (number, insert) in changes {
                if insert {
                    prop_assert_eq!(line.insert(number), set.insert(number));
                } else {
                    prop_assert_eq!(line.remove(number), set.remove(&number));
                }
                prop_assert_eq!(line.first(), set.first().copied());
            }
            prop_assert_eq!(line.len() as usize, set.len());
            prop_assert_eq!(line.rank(asked) as usize, set.range(..asked).count());
            prop_assert!(line.iter().eq(set.iter().copied()));
        }
    }
}
