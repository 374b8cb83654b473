//! JSON bodies of the shopper API, the frames of socket and stream, the operator API's bodies, and problem details.

mod check;
mod definition;
mod frames;
mod operator;
mod problem;
pub mod read;
mod shopper;

pub use check::DEFAULT_POLICY;
pub use definition::{DefinitionBody, FieldError, PolicyBody, PolicyPatchBody, SlotBody};
pub use frames::{EventFields, Frame, PlaceFields, SlotSeats};
pub use operator::{
    CapacityBody, CheckInAnswer, CheckInBody, CommandAnswer, Lag, OperatorEvent,
    OperatorReservation, RateNow, RescheduleBody, ReservationPage, RoomNow, SlotStats, Stats,
    TextsBody, TotalsBody,
};
pub use problem::{Code, Problem};
pub use shopper::{
    Event, Fairness, JoinBody, Last, MoveBody, Place, PlaceBody, Range, Reservation, ReserveBody,
    Slot, Text,
};
