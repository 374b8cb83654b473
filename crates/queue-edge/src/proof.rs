//! What is signed so that others can check it: receipts of joins and tickets.
//!
//! ```text
//! BJR1.EVENT.SHOPPER.GENERATION-OFFSET-INDEX.STAMP_MS.KEYID.SIGNATURE      a receipt
//! BJT1.EVENT.RESERVATION.CODE.SLOT.KEYID.SIGNATURE                         a ticket
//! ```
//!
//! The signature is Ed25519 (RFC 8032) over everything before its own point, in URL-safe base64 without padding; the shopper is the
//! UUID as 32 hexadecimal digits, the reservation too. Public keys by key id are published with an event's fairness.

use crate::Keys;
use queue_domain::{DoorCode, EventId, PlaceId, ReservationId, ShopperId, SlotId, Stamp};

/// The receipt of an acknowledged join: who was where in the log, and when.
pub fn receipt(
    keys: &Keys,
    event: &EventId,
    shopper: ShopperId,
    place: PlaceId,
    stamp: Stamp,
) -> String {
    keys.receipt
        .sign(&format!("BJR1.{event}.{shopper}.{place}.{}", stamp.0))
}

/// What a ticket's QR code says.
pub fn ticket(
    keys: &Keys,
    event: &EventId,
    reservation: ReservationId,
    code: DoorCode,
    slot: &SlotId,
) -> String {
    keys.ticket
        .sign(&format!("BJT1.{event}.{reservation}.{code}.{slot}"))
}

/// What a ticket was signed for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// The event.
    pub event: EventId,
    /// The reservation.
    pub reservation: ReservationId,
    /// The door code.
    pub code: DoorCode,
    /// The slot printed on it.
    pub slot: SlotId,
}

/// Reads a scanned ticket; `None` when it is not ours.
pub fn read_ticket(keys: &Keys, text: &str) -> Option<Ticket> {
    let mut parts = keys.ticket.verify(text)?.split('.');
    let ticket = (parts.next()? == "BJT1").then(|| {
        Some(Ticket {
            event: EventId::parse(parts.next()?).ok()?,
            reservation: ReservationId::parse_hex(parts.next()?)?,
            code: DoorCode::parse(parts.next()?)?,
            slot: SlotId::parse(parts.next()?).ok()?,
        })
    });
    ticket.flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use queue_domain::Position;

    #[test]
    fn a_ticket_is_read_back_and_a_changed_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::open(folder.path()).unwrap();
        let (event, slot) = (
            EventId::parse("glow").unwrap(),
            SlotId::parse("0900").unwrap(),
        );
        let text = ticket(
            &keys,
            &event,
            ReservationId([1; 16]),
            DoorCode::new(77),
            &slot,
        );
        assert_eq!(
            read_ticket(&keys, &text),
            Some(Ticket {
                event,
                reservation: ReservationId([1; 16]),
                code: DoorCode::new(77),
                slot
            })
        );
        assert_eq!(read_ticket(&keys, &text.replace("0900", "0930")), None);
    }

    #[test]
    fn the_same_join_has_the_same_receipt() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::open(folder.path()).unwrap();
        let event = EventId::parse("glow").unwrap();
        let place = PlaceId(Position {
            generation: 1,
            offset: 12,
            index: 3,
        });
        let made = receipt(&keys, &event, ShopperId([9; 16]), place, Stamp(1_000));
        assert_eq!(
            made,
            receipt(&keys, &event, ShopperId([9; 16]), place, Stamp(1_000))
        );
        assert!(made.starts_with("BJR1.glow.09090909090909090909090909090909.1-12-3.1000.1-"));
    }
}
