//! What shoppers do at random in the story of the golden log.

use super::{Story, event_id, id16, reservation, slot_id};
use queue_domain::*;

impl Story {
    /// What shoppers do within half a second, gathered into a record.
    pub(super) fn crowd(&mut self, second: u64) {
        let count = self.below(5);
        let entries: Vec<Entry> = (0..count).map(|_| self.deed(second)).collect();
        if !entries.is_empty() {
            self.record(&entries);
        }
    }

    fn deed(&mut self, second: u64) -> Entry {
        let event = ["arriving", "shuffled"][self.below(2) as usize];
        let shopper = self.somebody(event, second);
        let place = self.place(event, shopper);
        let named = place.map(|(_, _, id)| id).filter(|_| self.below(2) == 0);
        let action = match place.map(|(state, ..)| state) {
            None => self.newcomer(),
            Some(_) if self.below(12) == 0 => self.oddity(event, shopper),
            Some(PlaceState::Waiting) if self.below(5) > 0 => {
                self.impatience(event, shopper, named)
            }
            Some(PlaceState::Waiting) => ShopperAction::Leave { place: named },
            Some(PlaceState::Admitted) if self.below(4) > 0 => {
                ShopperAction::Enter { place: named }
            }
            Some(PlaceState::Inside) if self.below(3) > 0 => self.reserve(event, shopper),
            Some(PlaceState::Inside) if self.below(3) > 0 => ShopperAction::Extend { place: named },
            Some(PlaceState::Admitted | PlaceState::Inside) => {
                ShopperAction::Leave { place: named }
            }
            Some(PlaceState::Booked) => self.second_thoughts(event, shopper),
            Some(_) => ShopperAction::Join { wish: None },
        };
        self.shopper_entry(event, shopper, action)
    }

    fn place(&self, event: &str, shopper: u64) -> Option<(PlaceState, Option<u32>, PlaceId)> {
        let state = self.partition.event(&event_id(event))?;
        state.place_of(ShopperId(id16("shopper", &[shopper])))
    }

    /// Who acts next: mostly somebody who has something to do, else anyone.
    fn somebody(&mut self, event: &str, second: u64) -> u64 {
        let crowd: Vec<u64> = if second < 60 { 0..28 } else { 10..38 }.collect();
        let busy: Vec<u64> = crowd
            .iter()
            .copied()
            .filter(|shopper| {
                let place = self.place(event, *shopper);
                place.is_some_and(|(state, ..)| state.in_room() || state == PlaceState::Booked)
            })
            .collect();
        let among = if busy.is_empty() || self.below(5) < 2 {
            crowd
        } else {
            busy
        };
        among[self.below(among.len() as u64) as usize]
    }

    fn any_slot(&mut self) -> &'static str {
        ["a", "b", "c", "d", "e"][self.below(5) as usize]
    }

    fn newcomer(&mut self) -> ShopperAction {
        let wish = self.below(2) == 0;
        let slot = self.any_slot();
        ShopperAction::Join {
            wish: wish.then(|| slot_id(slot)),
        }
    }

    /// Who waits joins again, or asks for what only those inside can have.
    fn impatience(
        &mut self,
        event: &'static str,
        shopper: u64,
        place: Option<PlaceId>,
    ) -> ShopperAction {
        match self.below(4) {
            0 => self.newcomer(),
            1 => ShopperAction::Enter { place },
            2 => ShopperAction::Extend { place },
            _ => self.reserve(event, shopper),
        }
    }

    fn reserve(&mut self, event: &'static str, shopper: u64) -> ShopperAction {
        let slot = self.any_slot();
        let request = self.below(5);
        self.asked.push((event, shopper, request, slot));
        let contact = Contact(id16("contact", &[shopper]).as_slice().into());
        ShopperAction::Reserve {
            reservation: reservation(event, shopper, request),
            request: RequestId(id16(event, &[shopper, request, 0])),
            slot: slot_id(slot),
            seats: Seats(1 + self.below(2) as u32),
            contact: (self.below(3) == 0).then_some(contact),
        }
    }

    /// Cancels or moves a reservation that may or may not be.
    fn second_thoughts(&mut self, event: &'static str, shopper: u64) -> ShopperAction {
        let own = self
            .asked
            .iter()
            .rfind(|(of, who, ..)| (*of, *who) == (event, shopper));
        let (request, slot) = own.map_or((0, "a"), |(_, _, request, slot)| (*request, *slot));
        let reservation = reservation(event, shopper, request);
        let if_slot = (self.below(2) == 0).then(|| slot_id(slot));
        match self.below(6) {
            0 => ShopperAction::Leave { place: None },
            1 | 2 => ShopperAction::Cancel {
                reservation,
                if_slot,
            },
            3 => self.reserve(event, shopper),
            _ => ShopperAction::Move {
                reservation,
                if_slot,
                to: slot_id(self.any_slot()),
            },
        }
    }

    /// What only a broken or a cunning client sends.
    fn oddity(&mut self, event: &'static str, shopper: u64) -> ShopperAction {
        let old = Some(PlaceId(Position {
            generation: 1,
            offset: 1,
            index: 0,
        }));
        let other_body = |slot: &str, seats: u32| ShopperAction::Reserve {
            reservation: ReservationId(id16(event, &[shopper, 1, 2])),
            request: RequestId(id16(event, &[shopper, 1, 0])),
            slot: slot_id(slot),
            seats: Seats(seats),
            contact: None,
        };
        match self.below(7) {
            0 => ShopperAction::Leave { place: old },
            1 => ShopperAction::Enter { place: old },
            2 => other_body("a", 1),
            3 => other_body("nowhere", 1),
            4 => other_body("b", 3),
            5 => other_body("c", 9),
            _ => ShopperAction::Cancel {
                reservation: reservation(event, shopper + 1, 1),
                if_slot: None,
            },
        }
    }
}
