//! Rates and limits: their bounds, and decimals as exact thousandths.

use super::Faults;
use crate::http::{FieldError, PolicyPatchBody};
use queue_domain::{Policy, PolicyPatch};
use std::ops::RangeInclusive;

/// The policy of an event that defines none.
pub const DEFAULT_POLICY: Policy = Policy {
    admit_per_second_milli: 50_000,
    room_max: 2_000,
    room_per_seat_milli: 1_000,
    claim_window_ms: 60_000,
    session_ms: 300_000,
    session_extensions: 1,
    per_shopper_max: 1,
    party_max: 4,
    joins_per_shopper: 20,
};

impl PolicyPatchBody {
    /// Checks every field that is there; at least one must be.
    pub fn check(&self) -> Result<PolicyPatch, Vec<FieldError>> {
        let mut faults = Faults::default();
        let patch = policy_patch(self, &mut faults);
        if *self == Self::default() {
            faults.add("body", "must name at least one field of the policy");
        }
        faults.result(Some(patch))
    }
}

pub(super) fn policy_patch(body: &PolicyPatchBody, faults: &mut Faults) -> PolicyPatch {
    let mut number = |field: &str, value: Option<u32>, range: RangeInclusive<u32>| {
        if let Some(value) = value {
            faults.within(&format!("policy.{field}"), value, range);
        }
        value
    };
    let room_max = number("room_max", body.room_max, 1..=1_000_000);
    let claim_window_s = number("claim_window_s", body.claim_window_s, 1..=86_400);
    let session_s = number("session_s", body.session_s, 1..=86_400);
    let party_max = number("party_max", body.party_max, 1..=100);
    number(
        "session_extensions",
        body.session_extensions.map(u32::from),
        0..=20,
    );
    number(
        "per_shopper_max",
        body.per_shopper_max.map(u32::from),
        1..=20,
    );
    number(
        "joins_per_shopper",
        body.joins_per_shopper.map(u32::from),
        1..=200,
    );
    let mut milli = |field: &str, value: Option<f64>, most: u32| {
        value.and_then(|value| faults.keep(&format!("policy.{field}"), thousandths(value, most)))
    };
    PolicyPatch {
        admit_per_second_milli: milli("admit_per_second", body.admit_per_second, 100_000),
        room_max,
        room_per_seat_milli: milli("room_per_seat", body.room_per_seat, 1_000),
        claim_window_ms: claim_window_s.map(|s| u64::from(s) * 1000),
        session_ms: session_s.map(|s| u64::from(s) * 1000),
        session_extensions: body.session_extensions,
        per_shopper_max: body.per_shopper_max,
        party_max,
        joins_per_shopper: body.joins_per_shopper,
    }
}

/// A decimal number as thousandths, exactly: what has more than three decimal places is refused, never rounded.
pub(super) fn thousandths(value: f64, most: u32) -> Result<u32, String> {
    let wrong = || format!("must be 0.001 to {most}, with at most three decimal places");
    let text = value.to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    if fraction.len() > 3 {
        return Err(wrong());
    }
    let milli: u64 = format!("{whole}{fraction:0<3}")
        .parse()
        .map_err(|_| wrong())?;
    u32::try_from(milli)
        .ok()
        .filter(|milli| (1..=u64::from(most) * 1000).contains(&u64::from(*milli)))
        .ok_or_else(wrong)
}

/// A patch on a policy.
pub(super) trait Applied {
    fn applied(self, to: Policy) -> Policy;
}

impl Applied for PolicyPatch {
    fn applied(self, to: Policy) -> Policy {
        Policy {
            admit_per_second_milli: self
                .admit_per_second_milli
                .unwrap_or(to.admit_per_second_milli),
            room_max: self.room_max.unwrap_or(to.room_max),
            room_per_seat_milli: self.room_per_seat_milli.unwrap_or(to.room_per_seat_milli),
            claim_window_ms: self.claim_window_ms.unwrap_or(to.claim_window_ms),
            session_ms: self.session_ms.unwrap_or(to.session_ms),
            session_extensions: self.session_extensions.unwrap_or(to.session_extensions),
            per_shopper_max: self.per_shopper_max.unwrap_or(to.per_shopper_max),
            party_max: self.party_max.unwrap_or(to.party_max),
            joins_per_shopper: self.joins_per_shopper.unwrap_or(to.joins_per_shopper),
        }
    }
}
