//! What a shopper means to do, and when. A handful of entries; the earliest is next.

/// Something to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Task {
    /// Click the button.
    Join,
    /// Click it again.
    ClickAgain,
    /// Open the socket.
    Connect,
    /// Try the socket again at a server that was full.
    ConnectLater,
    /// Load the page again: close the socket and open another.
    Reload,
    /// Look at the place, without a socket.
    Look,
    /// Look whether what was asked has happened.
    Check,
    /// Give up.
    Leave,
    /// Enter the room.
    Enter,
    /// Ask for more time.
    Extend,
    /// Book.
    Reserve,
    /// Move the booking.
    Move,
    /// Cancel the booking.
    Cancel,
}

/// The entries.
#[derive(Debug, Clone, Default)]
pub(crate) struct Agenda(Vec<(u64, Task)>);

impl Agenda {
    /// Plans a task once: one that is planned already keeps its time.
    pub(crate) fn plan(&mut self, at_us: u64, task: Task) {
        if !self.has(task) {
            self.0.push((at_us, task));
        }
    }

    /// Whether it is planned.
    pub(crate) fn has(&self, task: Task) -> bool {
        self.0.iter().any(|(_, planned)| *planned == task)
    }

    /// Forgets tasks.
    pub(crate) fn drop_all(&mut self, tasks: &[Task]) {
        self.0.retain(|(_, planned)| !tasks.contains(planned));
    }

    /// When the next one is due.
    pub(crate) fn next(&self) -> Option<u64> {
        self.0.iter().map(|(at_us, _)| *at_us).min()
    }

    /// Takes the next one if it is due, with the time that it was planned for.
    pub(crate) fn take_due(&mut self, now_us: u64) -> Option<(u64, Task)> {
        let index = (0..self.0.len()).min_by_key(|index| self.0[*index].0)?;
        (self.0[index].0 <= now_us).then(|| self.0.swap_remove(index))
    }

    /// Whether there is anything that still changes something: looking alone does not.
    pub(crate) fn is_busy(&self) -> bool {
        self.0
            .iter()
            .any(|(_, task)| !matches!(task, Task::Look | Task::Reload | Task::ConnectLater))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_is_next_and_nothing_is_planned_twice() {
        let mut agenda = Agenda::default();
        agenda.plan(20, Task::Leave);
        agenda.plan(10, Task::Look);
        agenda.plan(5, Task::Leave);
        assert_eq!(agenda.next(), Some(10));
        assert_eq!(agenda.take_due(9), None);
        assert_eq!(agenda.take_due(30), Some((10, Task::Look)));
        assert!(agenda.is_busy());
        assert_eq!(agenda.take_due(30), Some((20, Task::Leave)));
        assert!(!agenda.is_busy());
    }
}
