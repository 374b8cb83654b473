//! Which slot a shopper picks: by popularity, among those that still show enough seats. Late afternoon is loved, early
//! morning is not, so that some slots sell out while others are half empty.

/// How much a slot is liked, by its place in the day.
fn liking(index: usize, slots: usize) -> u32 {
    // A hill whose top is two thirds into the day, twelve times as high as its foot.
    let top = slots * 2 / 3;
    let far = u32::try_from(index.abs_diff(top)).unwrap_or(u32::MAX);
    let reach = u32::try_from(slots.max(1)).unwrap_or(u32::MAX);
    1 + 11 * reach.saturating_sub(far.saturating_mul(2)) / reach
}

/// Picks a slot that shows at least `seats`, not `except`. None when there is none.
pub(crate) fn pick(
    rng: &mut fastrand::Rng,
    remaining: &[u32],
    seats: u32,
    wish: Option<usize>,
    except: Option<usize>,
) -> Option<usize> {
    let free = |index: usize| {
        Some(index) != except && remaining.get(index).is_some_and(|left| *left >= seats)
    };
    if let Some(wish) = wish.filter(|wish| free(*wish)) {
        return Some(wish);
    }
    let liked = (0..remaining.len()).map(|index| {
        if free(index) {
            liking(index, remaining.len())
        } else {
            0
        }
    });
    let all: u32 = liked.clone().sum();
    if all == 0 {
        return None;
    }
    let mut drawn = rng.u32(0..all);
    for (index, weight) in liked.enumerate() {
        if drawn < weight {
            return Some(index);
        }
        drawn -= weight;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_slots_with_enough_seats_are_picked() {
        let mut rng = fastrand::Rng::with_seed(1);
        for _ in 0..200 {
            let picked = pick(&mut rng, &[1, 4, 0, 2, 9], 2, Some(2), Some(4));
            assert!(matches!(picked, Some(1 | 3)), "{picked:?}");
        }
        assert_eq!(pick(&mut rng, &[1, 1], 2, None, None), None);
        assert_eq!(pick(&mut rng, &[], 1, None, None), None);
    }

    #[test]
    fn a_wish_is_taken_while_it_is_free() {
        let mut rng = fastrand::Rng::with_seed(1);
        assert_eq!(pick(&mut rng, &[5, 5, 5], 2, Some(0), None), Some(0));
    }

    #[test]
    fn the_top_of_the_day_is_loved_more_than_its_morning() {
        let mut rng = fastrand::Rng::with_seed(1);
        let mut counts = [0_u32; 18];
        for _ in 0..10_000 {
            counts[pick(&mut rng, &[200; 18], 1, None, None).expect("all are free")] += 1;
        }
        assert!(counts[12] > 4 * counts[0], "{counts:?}");
        assert!(counts.iter().all(|count| *count > 0), "{counts:?}");
    }
}
