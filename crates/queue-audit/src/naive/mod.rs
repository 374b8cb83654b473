//! The checker's own rules: a fold of the log written for clarity, from the rule book and the record format alone. It shares no
//! code with the fold that the system runs on, and none of its tricks: every change is made directly, and where a scan will do there is no index.
//! It keeps what the checks ask for and nothing else; texts, contacts and operators' answers are not its business.

mod booking;
mod event;
mod line;
mod operator;
mod partition;
mod room;
mod shopper;
mod shuffle;

pub use event::{
    Event, Happening, Phase, Place, Reservation, ReservationState, Slot, SlotStatus, State, What,
};
pub use line::Line;
pub use partition::{Decided, Partition};

/// A shopper, a command, a request or a reservation: sixteen bytes.
pub type Id = [u8; 16];

/// Offset of the record and index inside it.
pub type At = (u64, u32);

/// One admission in the bucket: thousandths of a shopper a second times milliseconds.
pub const TOKEN: u64 = 1_000_000;

/// What a command came to: whether it changed anything, or the reason for which it was refused.
pub type Decision = Result<bool, &'static str>;

/// Sixteen bytes as 32 hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The sixteen bytes of 32 hexadecimal digits.
pub fn unhex(text: &str) -> Option<Id> {
    let mut id = [0; 16];
    if text.len() != 32 || !text.is_ascii() {
        return None;
    }
    for (byte, at) in id.iter_mut().zip((0..32).step_by(2)) {
        *byte = u8::from_str_radix(&text[at..at + 2], 16).ok()?;
    }
    Some(id)
}
