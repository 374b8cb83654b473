//! The small lists of words that the rehearsal counts by.

/// Where a shopper stands, as far as it was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stand {
    /// Has not joined yet.
    Outside,
    /// Joined, number unknown.
    Pending,
    /// In line.
    Waiting,
    /// Its turn.
    Admitted,
    /// In the booking room.
    Inside,
    /// Holds what it may hold.
    Booked,
    /// Left by itself, or by cancelling.
    Left,
    /// Did not come.
    NoShow,
    /// Its session ended.
    TimedOut,
    /// The event closed.
    Closed,
    /// Was never let in line.
    TurnedAway,
}

impl Stand {
    /// How many there are.
    pub(crate) const COUNT: usize = 11;

    /// All, in order.
    pub(crate) const ALL: [Self; Self::COUNT] = [
        Self::Outside,
        Self::Pending,
        Self::Waiting,
        Self::Admitted,
        Self::Inside,
        Self::Booked,
        Self::Left,
        Self::NoShow,
        Self::TimedOut,
        Self::Closed,
        Self::TurnedAway,
    ];

    /// From a place's `state`. None for a word that is not in the contract.
    pub(crate) fn parse(state: &str) -> Option<Self> {
        Some(match state {
            "pending" => Self::Pending,
            "waiting" => Self::Waiting,
            "admitted" => Self::Admitted,
            "inside" => Self::Inside,
            "booked" => Self::Booked,
            "left" => Self::Left,
            "no_show" => Self::NoShow,
            "timed_out" => Self::TimedOut,
            "closed" => Self::Closed,
            _ => return None,
        })
    }

    /// Its name in reports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Outside => "outside",
            Self::Pending => "pending",
            Self::Waiting => "waiting",
            Self::Admitted => "admitted",
            Self::Inside => "inside",
            Self::Booked => "booked",
            Self::Left => "left",
            Self::NoShow => "no_show",
            Self::TimedOut => "timed_out",
            Self::Closed => "closed",
            Self::TurnedAway => "turned_away",
        }
    }

    /// Whether the place is over.
    pub(crate) fn is_final(self) -> bool {
        matches!(
            self,
            Self::Left | Self::NoShow | Self::TimedOut | Self::Closed | Self::TurnedAway
        )
    }
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// 2xx.
    Ok,
    /// 409 with a reason of the rules: an answer like any other.
    Refused,
    /// No answer, a 5xx or a connection refused around a kill.
    Explained,
    /// The same without a kill, or an answer that a correct shopper must not get.
    Unexplained,
}

impl Ended {
    /// How many there are.
    pub(crate) const COUNT: usize = 4;
}

/// What is timed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Timed {
    /// From the intended click to the acknowledgement, retries included.
    Join,
    /// From the intended entering to its acknowledgement.
    Enter,
    /// From the intended booking to the first answer.
    Reserve,
    /// From the intended booking to the known outcome.
    Decision,
    /// From cancelling or moving to the answer.
    Change,
    /// A read.
    Read,
    /// From connecting to the first frame.
    Hello,
}

impl Timed {
    /// How many there are.
    pub(crate) const COUNT: usize = 7;

    /// All with their names in reports.
    pub(crate) const ALL: [(Self, &'static str); Self::COUNT] = [
        (Self::Join, "join"),
        (Self::Enter, "enter"),
        (Self::Reserve, "reserve"),
        (Self::Decision, "decision"),
        (Self::Change, "cancel and move"),
        (Self::Read, "read"),
        (Self::Hello, "socket to hello"),
    ];
}
