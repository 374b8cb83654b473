//! All places of an event in creation order, compact, and each shopper's newest.

use crate::effect::{PlaceReason, PlaceState};
use crate::ids::{PlaceId, PlaceNo, Position, ShopperId, SlotNo, Stamp};
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

const CHUNK: usize = 4096;
const NO_WISH: u16 = u16::MAX;

/// One place: 64 bytes.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    offset: u64,
    joined: u64,
    since: u64,
    shopper: ShopperId,
    generation: u32,
    index: u32,
    number: u32,
    began_ahead: u32,
    wish: u16,
    joins: u8,
    state: PlaceState,
    reason: Option<PlaceReason>,
}

impl Place {
    pub(crate) fn id(&self) -> PlaceId {
        PlaceId(Position {
            generation: self.generation,
            offset: self.offset,
            index: self.index,
        })
    }

    pub(crate) fn shopper(&self) -> ShopperId {
        self.shopper
    }

    pub(crate) fn number(&self) -> Option<u32> {
        (self.number != 0).then_some(self.number)
    }

    pub(crate) fn began_ahead(&self) -> u32 {
        self.began_ahead
    }

    pub(crate) fn wish(&self) -> Option<SlotNo> {
        (self.wish != NO_WISH).then_some(SlotNo(self.wish))
    }

    /// How many places the shopper has taken, this one included.
    pub(crate) fn joins(&self) -> u8 {
        self.joins
    }

    pub(crate) fn state(&self) -> PlaceState {
        self.state
    }

    pub(crate) fn reason(&self) -> Option<PlaceReason> {
        self.reason
    }

    pub(crate) fn joined(&self) -> Stamp {
        Stamp(self.joined)
    }

    pub(crate) fn since(&self) -> Stamp {
        Stamp(self.since)
    }
}

/// Places by number of creation, by number in line and by shopper. Nothing ever depends on the table's order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Places {
    chunks: Vec<Vec<Place>>,
    len: u32,
    newest: HashTable<u32>,
    by_number: Vec<u32>,
}

/// A shopper's id is a random UUID that the server signed: its bytes are hash enough.
fn hash(shopper: ShopperId) -> u64 {
    let mut low = [0; 8];
    low.copy_from_slice(&shopper.0[8..]);
    u64::from_le_bytes(low).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

impl Places {
    pub(crate) fn len(&self) -> u32 {
        self.len
    }

    pub(crate) fn get(&self, no: PlaceNo) -> &Place {
        &self.chunks[no.0 as usize / CHUNK][no.0 as usize % CHUNK]
    }

    fn get_mut(&mut self, no: PlaceNo) -> &mut Place {
        &mut self.chunks[no.0 as usize / CHUNK][no.0 as usize % CHUNK]
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (PlaceNo, &Place)> {
        self.chunks
            .iter()
            .flatten()
            .enumerate()
            .map(|(no, place)| (PlaceNo(no as u32), place))
    }

    /// The shopper's newest place.
    pub(crate) fn current(&self, shopper: ShopperId) -> Option<PlaceNo> {
        self.newest
            .find(hash(shopper), |no| {
                self.get(PlaceNo(*no)).shopper == shopper
            })
            .map(|no| PlaceNo(*no))
    }

    /// The number that the next place in line gets.
    pub(crate) fn next_number(&self) -> u32 {
        self.by_number.len() as u32 + 1
    }

    pub(crate) fn by_number(&self, number: u32) -> PlaceNo {
        PlaceNo(self.by_number[number as usize - 1])
    }

    pub(crate) fn push(
        &mut self,
        id: PlaceId,
        shopper: ShopperId,
        number: Option<u32>,
        began_ahead: u32,
        wish: Option<SlotNo>,
        stamp: Stamp,
    ) {
        let no = self.len;
        let before = self.index_newest(shopper, no);
        let joins = before
            .map_or(0, |before| self.get(PlaceNo(before)).joins)
            .saturating_add(1);
        let place = Place {
            offset: id.0.offset,
            joined: stamp.0,
            since: stamp.0,
            shopper,
            generation: id.0.generation,
            index: id.0.index,
            number: number.unwrap_or(0),
            began_ahead,
            wish: wish.map_or(NO_WISH, |slot| slot.0),
            joins,
            state: PlaceState::Waiting,
            reason: None,
        };
        if (no as usize).is_multiple_of(CHUNK) {
            self.chunks.push(Vec::with_capacity(CHUNK));
        }
        self.chunks[no as usize / CHUNK].push(place);
        self.len += 1;
        #[cfg(feature = "sabotage")]
        self.sabotage_gap(number, no);
        if number.is_some() {
            self.by_number.push(no);
        }
    }

    /// Makes a place the shopper's newest, and returns the one that was. Before the place itself is there.
    fn index_newest(&mut self, shopper: ShopperId, no: u32) -> Option<u32> {
        let Self { chunks, newest, .. } = self;
        let shopper_of = |no: u32| chunks[no as usize / CHUNK][no as usize % CHUNK].shopper;
        let same = |other: &u32| shopper_of(*other) == shopper;
        let hash_of = |other: &u32| hash(shopper_of(*other));
        match newest.entry(hash(shopper), same, hash_of) {
            Entry::Occupied(mut slot) => Some(std::mem::replace(slot.get_mut(), no)),
            Entry::Vacant(slot) => {
                slot.insert(no);
                None
            }
        }
    }

    pub(crate) fn set_number(&mut self, no: PlaceNo, number: u32, began_ahead: u32) {
        debug_assert_eq!(
            number,
            self.next_number(),
            "numbers are given without a gap"
        );
        self.by_number.push(no.0);
        let place = self.get_mut(no);
        place.number = number;
        place.began_ahead = began_ahead;
    }

    #[cfg(feature = "sabotage")]
    fn sabotage_gap(&mut self, number: Option<u32>, no: u32) {
        while number.is_some_and(|number| self.next_number() < number) {
            self.by_number.push(no);
        }
    }

    #[cfg(feature = "sabotage")]
    pub(crate) fn sabotage_swap(&mut self, one: PlaceNo, other: PlaceNo) {
        let (number, next) = (self.get(one).number, self.get(other).number);
        (self.get_mut(one).number, self.get_mut(other).number) = (next, number);
        self.by_number.swap(number as usize - 1, next as usize - 1);
    }

    pub(crate) fn set_wish(&mut self, no: PlaceNo, wish: Option<SlotNo>) {
        self.get_mut(no).wish = wish.map_or(NO_WISH, |slot| slot.0);
    }

    pub(crate) fn set_state(
        &mut self,
        no: PlaceNo,
        state: PlaceState,
        reason: Option<PlaceReason>,
        stamp: Stamp,
    ) {
        let place = self.get_mut(no);
        (place.state, place.reason, place.since) = (state, reason, stamp.0);
    }
}

const _: () = assert!(size_of::<Place>() == 64);
