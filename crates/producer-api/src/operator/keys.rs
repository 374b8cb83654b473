//! Operators' idempotency keys and what was asked under them, bounded; the oldest are forgotten.

use queue_domain::{CommandId, EventId};
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

/// What was asked under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Which event it is about.
    pub(crate) event: EventId,
    /// Digest of method, path and body.
    pub(crate) digest: [u8; 32],
}

/// Keys remembered by this process. After a restart a key is only as good as the log: the same command still does nothing twice.
#[derive(Debug)]
pub(crate) struct Keys {
    kept: Mutex<Kept>,
    max: usize,
}

#[derive(Debug, Default)]
struct Kept {
    asked: HashMap<CommandId, Asked>,
    order: VecDeque<CommandId>,
}

/// Another request had this key.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mismatch;

impl Keys {
    pub(crate) fn new(max: usize) -> Self {
        Self {
            kept: Mutex::default(),
            max: max.max(1),
        }
    }

    /// Remembers what is asked under a command's id.
    pub(crate) fn ask(&self, command: CommandId, asked: Asked) -> Result<(), Mismatch> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = kept.asked.get(&command) {
            return if *before == asked {
                Ok(())
            } else {
                Err(Mismatch)
            };
        }
        if kept.order.len() >= self.max
            && let Some(oldest) = kept.order.pop_front()
        {
            kept.asked.remove(&oldest);
        }
        kept.order.push_back(command);
        kept.asked.insert(command, asked);
        Ok(())
    }

    /// The event that a command was about.
    pub(crate) fn event(&self, command: CommandId) -> Option<EventId> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.asked.get(&command).map(|asked| asked.event.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_request_under_the_same_key_is_noticed_and_the_number_is_bounded() {
        let keys = Keys::new(2);
        let asked = |digest| Asked {
            event: EventId::parse("glow").unwrap(),
            digest: [digest; 32],
        };
        let id = |n| CommandId([n; 16]);
        assert_eq!(keys.ask(id(1), asked(1)), Ok(()));
        assert_eq!(keys.ask(id(1), asked(1)), Ok(()));
        assert_eq!(keys.ask(id(1), asked(2)), Err(Mismatch));
        assert_eq!(keys.ask(id(2), asked(2)), Ok(()));
        assert_eq!(keys.ask(id(3), asked(3)), Ok(()));
        assert_eq!(keys.event(id(1)), None);
        assert_eq!(keys.event(id(3)), EventId::parse("glow").ok());
    }
}
