//! Compare and set: what a stored position means for a batch. One rule for view and ledger.

use queue_domain::LogPosition;
use queue_ports::ledger::StoreError;

/// What to do with a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compared {
    /// It is all there.
    Nothing,
    /// It follows something that is not stored.
    Behind,
    /// Apply what comes after the stored position.
    After,
}

/// Compares the stored position with the record that a batch follows and its last.
pub(crate) fn compare(
    stored: Option<LogPosition>,
    follows: Option<LogPosition>,
    last: LogPosition,
) -> Result<Compared, StoreError> {
    match (stored, follows) {
        (Some(stored), _) if stored.generation > last.generation => Err(StoreError::Superseded(
            format!("it is at {stored}, the batch ends at {last}"),
        )),
        (Some(stored), _) if stored >= last => Ok(Compared::Nothing),
        (Some(stored), _) if stored.generation < last.generation => Ok(Compared::Behind),
        (Some(stored), Some(follows)) if stored < follows => Ok(Compared::Behind),
        (None, Some(_)) => Ok(Compared::Behind),
        (Some(_), _) | (None, None) => Ok(Compared::After),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_relation_of_a_batch_to_what_is_stored() {
        let at = |generation, offset| LogPosition { generation, offset };
        let cases = [
            (
                "nothing stored, from the beginning",
                None,
                None,
                Ok(Compared::After),
            ),
            (
                "nothing stored, follows something",
                None,
                Some(at(1, 3)),
                Ok(Compared::Behind),
            ),
            (
                "stored is what it follows",
                Some(at(1, 3)),
                Some(at(1, 3)),
                Ok(Compared::After),
            ),
            (
                "stored lies inside the batch",
                Some(at(1, 5)),
                Some(at(1, 3)),
                Ok(Compared::After),
            ),
            (
                "stored lies inside a batch from the beginning",
                Some(at(1, 5)),
                None,
                Ok(Compared::After),
            ),
            (
                "stored is its last",
                Some(at(1, 9)),
                Some(at(1, 3)),
                Ok(Compared::Nothing),
            ),
            (
                "stored is beyond its last",
                Some(at(1, 11)),
                Some(at(1, 3)),
                Ok(Compared::Nothing),
            ),
            (
                "stored is before what it follows",
                Some(at(1, 2)),
                Some(at(1, 3)),
                Ok(Compared::Behind),
            ),
            (
                "stored is of an older generation",
                Some(at(0, 99)),
                Some(at(1, 3)),
                Ok(Compared::Behind),
            ),
            (
                "stored is of a newer generation",
                Some(at(2, 0)),
                Some(at(1, 3)),
                Err(()),
            ),
        ];
        for (case, stored, follows, expected) in cases {
            assert_eq!(
                compare(stored, follows, at(1, 9)).map_err(|_| ()),
                expected,
                "{case}"
            );
        }
    }
}
