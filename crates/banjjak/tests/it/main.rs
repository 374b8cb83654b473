//! The whole process from outside: the real binary on loopback ports that the machine picks, with its data in a temporary folder.
//! Nothing here knows the code inside.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "what the tests stand on panics as they do; lints know only functions marked as tests"
)]

mod bad_input;
mod booking;
mod broken_start;
mod instance;
mod kill;
mod moved_clock;
mod raw;
mod restart;
mod seen_from_outside;
mod settings_bite;
mod shopper;
mod stop;
mod sync_before_answer;
mod unknown_record;
