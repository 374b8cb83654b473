//! What one shopper knows: its place, its reservations, the seats it saw. Older news about the same thing is ignored, as a
//! page does. Pure: what to do about it is the shopper's.

use super::kinds::Stand;
use queue_protocol::witness::{SeenPlace, SeenReservation, SeenSlot};

/// A version, `generation-offset`, as two numbers.
pub(crate) type Version = (u32, u64);

/// Parses a version. Something else counts as the oldest.
pub(crate) fn version(text: &str) -> Version {
    let numbers = text
        .split_once('-')
        .and_then(|(generation, offset)| Some((generation.parse().ok()?, offset.parse().ok()?)));
    numbers.unwrap_or_default()
}

/// A reservation that this shopper asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) id: String,
    pub(crate) slot: Option<String>,
    pub(crate) seats: u32,
    pub(crate) state: Booking,
    /// Counted among the confirmed seats.
    pub(crate) counted: bool,
    version: Version,
}

/// A reservation's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Booking {
    Pending,
    Confirmed,
    Refused,
    Cancelled,
}

impl Booking {
    fn parse(state: &str) -> Option<Self> {
        Some(match state {
            "pending" => Self::Pending,
            "confirmed" => Self::Confirmed,
            "refused" => Self::Refused,
            "cancelled" => Self::Cancelled,
            _ => return None,
        })
    }
}

/// What changed with a reservation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum News {
    /// Confirmed for the first time, with so many seats.
    Confirmed(u32),
    /// In another slot than before.
    Moved,
    /// Given back, with so many seats that had been confirmed.
    Cancelled(u32),
    /// Refused, with the reason.
    Refused(String),
}

/// What one shopper knows.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    /// Where it stands.
    pub(crate) stand: Stand,
    /// Its place's id, once told.
    pub(crate) place: Option<String>,
    /// The newest version seen.
    pub(crate) version: Option<String>,
    /// Seats free per slot.
    pub(crate) remaining: Vec<u32>,
    /// Its reservations.
    pub(crate) held: Vec<Held>,
    place_version: Version,
    slots_version: Version,
}

impl Known {
    /// Knows only the seats that were free at the start.
    pub(crate) fn new(remaining: Vec<u32>) -> Self {
        Self {
            stand: Stand::Outside,
            place: None,
            version: None,
            remaining,
            held: Vec::new(),
            place_version: (0, 0),
            slots_version: (0, 0),
        }
    }

    /// The newest version that anything came with, for `since` and `Banjjak-Seen`.
    pub(crate) fn saw(&mut self, text: &str) {
        if self
            .version
            .as_deref()
            .is_none_or(|known| version(text) > version(known))
        {
            self.version = Some(text.to_owned());
        }
    }

    /// Takes a place. Returns where it stood before, if that changed.
    pub(crate) fn heed_place(&mut self, seen: &SeenPlace) -> Option<Stand> {
        let at = version(&seen.version);
        let stand = Stand::parse(&seen.state)?;
        self.saw(&seen.version);
        let newcomer =
            matches!(self.stand, Stand::Outside | Stand::Pending) || self.stand.is_final();
        // A view that is behind says "pending" of what is long known.
        if at < self.place_version || (stand == Stand::Pending && !newcomer) {
            return None;
        }
        self.place_version = at;
        if seen.id.is_some() {
            self.place.clone_from(&seen.id);
        }
        let before = std::mem::replace(&mut self.stand, stand);
        (before != stand).then_some(before)
    }

    /// Takes seats.
    pub(crate) fn heed_slots(&mut self, at: &str, seen: &[SeenSlot], ids: &[String]) {
        self.saw(at);
        if version(at) < self.slots_version {
            return;
        }
        self.slots_version = version(at);
        for SeenSlot(id, remaining, _) in seen {
            if let Some(index) = ids.iter().position(|known| known == id) {
                self.remaining[index] = *remaining;
            }
        }
    }

    /// Takes a reservation. Returns what is new about it.
    pub(crate) fn heed_reservation(&mut self, seen: &SeenReservation) -> Option<News> {
        let at = version(&seen.version);
        let state = Booking::parse(&seen.state)?;
        self.saw(&seen.version);
        let index = self
            .held
            .iter()
            .position(|held| held.id == seen.id)
            .unwrap_or_else(|| {
                let held = Held {
                    id: seen.id.clone(),
                    slot: seen.slot.clone(),
                    seats: seen.seats,
                    state: Booking::Pending,
                    counted: false,
                    version: at,
                };
                self.held.push(held);
                self.held.len() - 1
            });
        let held = &mut self.held[index];
        if at < held.version || matches!(held.state, Booking::Refused | Booking::Cancelled) {
            return None;
        }
        held.version = at;
        let moved = state == Booking::Confirmed
            && held.counted
            && seen.slot.is_some()
            && held.slot != seen.slot;
        if state == Booking::Confirmed && seen.slot.is_some() {
            held.slot.clone_from(&seen.slot);
        }
        held.state = state;
        match state {
            Booking::Confirmed if !held.counted => {
                held.counted = true;
                held.seats = seen.seats;
                Some(News::Confirmed(seen.seats))
            }
            Booking::Confirmed => moved.then_some(News::Moved),
            Booking::Cancelled => Some(News::Cancelled(if std::mem::take(&mut held.counted) {
                held.seats
            } else {
                0
            })),
            Booking::Refused => Some(News::Refused(seen.reason.clone().unwrap_or_default())),
            Booking::Pending => None,
        }
    }

    /// The confirmed reservation, if there is one.
    pub(crate) fn confirmed(&self) -> Option<&Held> {
        self.held
            .iter()
            .find(|held| held.state == Booking::Confirmed)
    }

    /// The one whose outcome is not known yet.
    pub(crate) fn undecided(&self) -> Option<&Held> {
        self.held.iter().find(|held| held.state == Booking::Pending)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(version: &str, state: &str) -> SeenPlace {
        SeenPlace {
            version: version.into(),
            state: state.into(),
            id: Some("1-5-0".into()),
            ..SeenPlace::default()
        }
    }

    fn reservation(version: &str, state: &str, slot: &str) -> SeenReservation {
        SeenReservation {
            version: version.into(),
            id: "e.1".into(),
            state: state.into(),
            slot: Some(slot.into()),
            seats: 2,
            ..SeenReservation::default()
        }
    }

    #[test]
    fn older_news_about_a_place_is_ignored_and_equal_is_not_older() {
        let mut known = Known::new(vec![]);
        assert_eq!(
            known.heed_place(&place("1-9", "waiting")),
            Some(Stand::Outside)
        );
        assert_eq!(
            known.heed_place(&place("1-10", "admitted")),
            Some(Stand::Waiting)
        );
        assert_eq!(known.heed_place(&place("1-9", "waiting")), None);
        assert_eq!(
            known.heed_place(&place("1-10", "inside")),
            Some(Stand::Admitted)
        );
        assert_eq!(
            known.heed_place(&place("1-11", "pending")),
            None,
            "a view that is behind"
        );
        assert_eq!(known.stand, Stand::Inside);
        assert_eq!(known.version.as_deref(), Some("1-11"));
    }

    #[test]
    fn seats_are_counted_once_through_confirming_moving_and_cancelling() {
        let mut known = Known::new(vec![]);
        assert_eq!(
            known.heed_reservation(&reservation("1-1", "pending", "0900")),
            None
        );
        assert!(known.undecided().is_some());
        assert_eq!(
            known.heed_reservation(&reservation("1-2", "confirmed", "0900")),
            Some(News::Confirmed(2))
        );
        assert_eq!(
            known.heed_reservation(&reservation("1-2", "confirmed", "0900")),
            None
        );
        assert_eq!(
            known.heed_reservation(&reservation("1-3", "pending", "0900")),
            None
        );
        assert_eq!(
            known.heed_reservation(&reservation("1-3", "confirmed", "1030")),
            Some(News::Moved)
        );
        assert_eq!(
            known.heed_reservation(&reservation("1-4", "cancelled", "1030")),
            Some(News::Cancelled(2))
        );
        assert_eq!(
            known.heed_reservation(&reservation("1-5", "confirmed", "1030")),
            None,
            "nothing comes back"
        );
    }

    #[test]
    fn seats_seen_are_kept_by_slot() {
        let mut known = Known::new(vec![5, 5]);
        let ids = ["a".to_owned(), "b".to_owned()];
        known.heed_slots(
            "1-2",
            &[SeenSlot("b".into(), 1, 5), SeenSlot("zz".into(), 9, 9)],
            &ids,
        );
        known.heed_slots("1-1", &[SeenSlot("b".into(), 4, 5)], &ids);
        assert_eq!(known.remaining, [5, 1]);
    }
}
