//! How many files and sockets the process may hold open: raised as far as the system allows.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the limit to `wanted`, at most the hard limit (which root raises too). Returns what it is now.
///
/// Never fails: a lower limit is said by the caller, and connections beyond it are refused when they come.
pub(crate) fn raise(wanted: u64) -> u64 {
    let before = getrlimit(Resource::Nofile);
    let soft = before.current.unwrap_or(u64::MAX);
    if soft >= wanted {
        return soft;
    }
    let hard = before.maximum.unwrap_or(u64::MAX);
    let as_root = Rlimit {
        current: Some(wanted),
        maximum: Some(hard.max(wanted)),
    };
    let within = Rlimit {
        current: Some(wanted.min(hard)),
        maximum: before.maximum,
    };
    if setrlimit(Resource::Nofile, as_root).is_err() {
        // What cannot be raised stays as it is; the limit read back tells.
        let _ = setrlimit(Resource::Nofile, within);
    }
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_that_is_high_enough_stays() {
        let now = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        assert_eq!(raise(1), now);
    }
}
