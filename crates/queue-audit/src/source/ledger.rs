//! The ledger's rows, as any ledger has them.

/// A reservation that was ever confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerRow {
    /// The event.
    pub event: String,
    /// Its id, 32 hexadecimal digits.
    pub id: String,
    /// The shopper, 32 hexadecimal digits.
    pub shopper: String,
    /// The how-manieth place of its event made it, from 0.
    pub place_no: Option<u32>,
    /// The slot it is in, by number.
    pub slot_no: u32,
    /// Seats.
    pub seats: u32,
    /// Whether it is confirmed; else cancelled.
    pub confirmed: bool,
    /// Cancelled with its slot.
    pub cancelled_by_slot: bool,
    /// The door code as shown.
    pub code: String,
    /// Whether it was ever moved.
    pub moved: bool,
    /// Stamp of the decision.
    pub decided_ms: u64,
    /// Stamp of the last change.
    pub changed_ms: u64,
    /// Stamp of the first check-in.
    pub checked_in_ms: Option<u64>,
    /// Generation, offset and index of the command that last changed it.
    pub changed_at: (u32, u64, u32),
}

/// A slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerSlot {
    /// The event.
    pub event: String,
    /// Its number in definition order.
    pub slot_no: u32,
    /// Its id.
    pub slot_id: String,
    /// Seats.
    pub capacity: u32,
    /// Seats confirmed.
    pub confirmed: u32,
    /// `bookable | over | stopped | cancelled`
    pub status: String,
}

/// How far a partition's effects have been taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LedgerPosition {
    /// Which partition.
    pub partition: u32,
    /// The log's generation.
    pub generation: u32,
    /// The last record reflected.
    pub offset: u64,
}

/// A whole ledger.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LedgerRows {
    /// How far.
    pub positions: Vec<LedgerPosition>,
    /// Slots.
    pub slots: Vec<LedgerSlot>,
    /// Reservations.
    pub reservations: Vec<LedgerRow>,
}
