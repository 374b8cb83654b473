//! All places of an event, compact and in creation order, and each shopper's newest.

use super::Misfit;
use hashbrown::HashTable;
use queue_domain::{
    Line, PlaceId, PlaceNo, PlaceReason, PlaceState, Position, ServiceTime, ShopperId, SlotNo,
    Stamp,
};
use queue_ports::view::PlaceView;

/// Rows a chunk: a growing table never moves what it holds, so no batch pays for a copy.
const CHUNK: usize = 4_096;
const NONE_U64: u64 = u64::MAX;
const NONE_U16: u16 = u16::MAX;
const INDEX_BITS: u32 = 20;

/// One place: 72 bytes.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    id: Packed,
    changed_at: Packed,
    joined: u64,
    since: u64,
    until: u64,
    shopper: ShopperId,
    number: u32,
    began_ahead: u32,
    id_generation: u16,
    changed_generation: u16,
    wish: u16,
    extensions: u8,
    /// State in the low, reason in the high half.
    state: u8,
}

const _: () = assert!(size_of::<Row>() <= 72);

/// Offset and index of a position in 64 bits.
#[derive(Debug, Clone, Copy)]
struct Packed(u64);

fn pack(position: Position) -> Result<(Packed, u16), Misfit> {
    let fits = position.index >> INDEX_BITS == 0 && position.offset >> (64 - INDEX_BITS) == 0;
    let generation = u16::try_from(position.generation).ok().filter(|_| fits);
    let generation = generation
        .ok_or_else(|| Misfit::new(format!("{position:?} is beyond what this view holds")))?;
    Ok((
        Packed(position.offset << INDEX_BITS | u64::from(position.index)),
        generation,
    ))
}

fn unpack(packed: Packed, generation: u16) -> Position {
    let index = (packed.0 & ((1 << INDEX_BITS) - 1)) as u32;
    Position {
        generation: generation.into(),
        offset: packed.0 >> INDEX_BITS,
        index,
    }
}

const STATES: [PlaceState; 8] = [
    PlaceState::Waiting,
    PlaceState::Admitted,
    PlaceState::Inside,
    PlaceState::Booked,
    PlaceState::Left,
    PlaceState::NoShow,
    PlaceState::TimedOut,
    PlaceState::Closed,
];

impl Row {
    pub(crate) fn id(&self) -> PlaceId {
        PlaceId(unpack(self.id, self.id_generation))
    }

    pub(crate) fn shopper(&self) -> ShopperId {
        self.shopper
    }

    pub(crate) fn state(&self) -> PlaceState {
        STATES[usize::from(self.state & 0xf) % STATES.len()]
    }

    pub(crate) fn number(&self) -> Option<u32> {
        (self.number != 0).then_some(self.number)
    }

    pub(crate) fn wish(&self) -> Option<SlotNo> {
        (self.wish != NONE_U16).then_some(SlotNo(self.wish))
    }

    pub(crate) fn changed_at(&self) -> Position {
        unpack(self.changed_at, self.changed_generation)
    }

    fn reason(&self) -> Option<PlaceReason> {
        match self.state >> 4 {
            1 => Some(PlaceReason::Standby),
            2 => Some(PlaceReason::SlotCancelled),
            _ => None,
        }
    }

    /// The row as the port shows it.
    pub(crate) fn view(&self, line: &Line) -> PlaceView {
        let waits = self.state() == PlaceState::Waiting;
        PlaceView {
            id: self.id(),
            number: self.number(),
            ahead: self
                .number()
                .filter(|_| waits)
                .map(|number| line.rank(number)),
            began_ahead: self.began_ahead,
            state: self.state(),
            until: (self.until != NONE_U64).then_some(ServiceTime(self.until)),
            extensions: self.extensions,
            reason: self.reason(),
            wish: self.wish(),
            joined: Stamp(self.joined),
            since: Stamp(self.since),
            changed_at: self.changed_at(),
        }
    }
}

/// A place's change of state, as the effect tells it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moved {
    pub(crate) at: Position,
    pub(crate) state: PlaceState,
    pub(crate) until: Option<ServiceTime>,
    pub(crate) extensions: u8,
    pub(crate) reason: Option<PlaceReason>,
    pub(crate) stamp: Stamp,
}

/// A new place, as the effect tells it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Taken {
    pub(crate) id: PlaceId,
    pub(crate) shopper: ShopperId,
    pub(crate) number: Option<u32>,
    pub(crate) began_ahead: u32,
    pub(crate) wish: Option<SlotNo>,
    pub(crate) stamp: Stamp,
}

/// All places. Nothing depends on the table's order.
#[derive(Debug, Default)]
pub(crate) struct Places {
    chunks: Vec<Vec<Row>>,
    len: u32,
    newest: HashTable<u32>,
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

    pub(crate) fn get(&self, no: PlaceNo) -> Option<&Row> {
        self.chunks
            .get(no.0 as usize / CHUNK)?
            .get(no.0 as usize % CHUNK)
    }

    fn get_mut(&mut self, no: PlaceNo) -> Result<&mut Row, Misfit> {
        let row = self
            .chunks
            .get_mut(no.0 as usize / CHUNK)
            .and_then(|chunk| chunk.get_mut(no.0 as usize % CHUNK));
        row.ok_or_else(|| Misfit::new(format!("no place {}", no.0)))
    }

    /// The shopper's newest place.
    pub(crate) fn newest(&self, shopper: ShopperId) -> Option<(PlaceNo, &Row)> {
        let no = PlaceNo(*self.newest.find(hash(shopper), |no| {
            self.get(PlaceNo(*no))
                .is_some_and(|row| row.shopper == shopper)
        })?);
        self.get(no).map(|row| (no, row))
    }

    pub(crate) fn push(&mut self, no: PlaceNo, taken: &Taken) -> Result<(), Misfit> {
        if no.0 != self.len {
            return Err(Misfit::new(format!(
                "place {} after {} places",
                no.0, self.len
            )));
        }
        let (id, id_generation) = pack(taken.id.0)?;
        let row = Row {
            id,
            changed_at: id,
            joined: taken.stamp.0,
            since: taken.stamp.0,
            until: NONE_U64,
            shopper: taken.shopper,
            number: taken.number.unwrap_or(0),
            began_ahead: taken.began_ahead,
            id_generation,
            changed_generation: id_generation,
            wish: taken.wish.map_or(NONE_U16, |slot| slot.0),
            extensions: 0,
            state: PlaceState::Waiting as u8,
        };
        if (self.len as usize).is_multiple_of(CHUNK) {
            self.chunks.push(Vec::with_capacity(CHUNK));
        }
        self.chunks
            .last_mut()
            .expect("a chunk with room was just made sure of")
            .push(row);
        self.len += 1;
        self.index(taken.shopper, no.0);
        Ok(())
    }

    fn index(&mut self, shopper: ShopperId, no: u32) {
        let Self { chunks, newest, .. } = self;
        let shopper_of = |no: u32| chunks[no as usize / CHUNK][no as usize % CHUNK].shopper;
        match newest.find_mut(hash(shopper), |other| shopper_of(*other) == shopper) {
            Some(slot) => *slot = no,
            None => _ = newest.insert_unique(hash(shopper), no, |other| hash(shopper_of(*other))),
        }
    }

    pub(crate) fn set_number(
        &mut self,
        no: PlaceNo,
        number: u32,
        began_ahead: u32,
    ) -> Result<&Row, Misfit> {
        let row = self.get_mut(no)?;
        (row.number, row.began_ahead) = (number, began_ahead);
        Ok(row)
    }

    pub(crate) fn set_wish(&mut self, no: PlaceNo, wish: Option<SlotNo>) -> Result<&Row, Misfit> {
        let row = self.get_mut(no)?;
        row.wish = wish.map_or(NONE_U16, |slot| slot.0);
        Ok(row)
    }

    /// Changes a place's state and tells the state before.
    pub(crate) fn set_state(
        &mut self,
        no: PlaceNo,
        moved: &Moved,
    ) -> Result<(PlaceState, &Row), Misfit> {
        let (changed_at, changed_generation) = pack(moved.at)?;
        let row = self.get_mut(no)?;
        let before = row.state();
        (row.changed_at, row.changed_generation) = (changed_at, changed_generation);
        row.until = moved.until.map_or(NONE_U64, |until| until.0);
        row.extensions = moved.extensions;
        row.since = moved.stamp.0;
        let reason = match moved.reason {
            None => 0,
            Some(PlaceReason::Standby) => 1,
            Some(PlaceReason::SlotCancelled) => 2,
        };
        row.state = moved.state as u8 | reason << 4;
        Ok((before, row))
    }
}
