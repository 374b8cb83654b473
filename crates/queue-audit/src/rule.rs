//! The rules, by the names under which violations are reported. What each says is in `docs/invariants.md`; how it is checked is in
//! `check`.

use serde::{Serialize, Serializer};
use std::fmt;

macro_rules! rules {
    ($($name:ident: $text:literal,)*) => {
        /// One rule.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(missing_docs, reason = "each rule's text is `Rule::text`")]
        pub enum Rule { $($name,)* }

        impl Rule {
            /// Every rule, in the order of the report.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its name.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }

            /// What it says.
            pub fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

rules! {
    A1: "everything acknowledged is in the log, with the same body",
    A2: "every request in the log has exactly one final outcome once the system is quiet",
    A3: "what was refused never takes effect; what is unknown takes effect at most once",
    A4: "the same key and body always get the same outcome; another body is refused; another shopper learns nothing",
    A5: "after an acknowledgement a read never says that the thing does not exist",
    L1: "numbers are unique and gapless, in log order or in the revealed order of a shuffle",
    L2: "a number once shown never changes",
    L3: "who was answered before somebody else asked is ahead",
    L4: "nothing a client sends changes its rank",
    L5: "one active place per shopper and event",
    L6: "admission goes in rank order",
    L7: "nobody is admitted beyond room, rate, pause or phase; nobody is timed out before their service time is over",
    L8: "the number of people ahead is exact for its version and rises only at a turn to standby",
    L9: "nobody waits while room, token and seat are free",
    S1: "confirmed seats never exceed capacity",
    S2: "free and confirmed seats add up to capacity",
    S3: "every confirmation follows that shopper's admission and entry, unexpired",
    S4: "sold out is only said when it is true, and nobody loses a place because the last seat went",
    S5: "nobody holds more than the limit per shopper",
    P1: "a simple fold of the log gives the ledger row for row",
    P2: "the view equals that fold at its position",
    P3: "a position never moves back and never skips a record",
    P4: "folding twice gives the same state hash",
    P5: "what is not a record is kept and passed; what cannot be understood stops its partition",
    P6: "nothing is shown as confirmed or booked that the ledger does not hold",
    F1: "versions never go back on a socket, nor across a reconnect with since",
    F2: "every admitted shopper learns of it",
    F3: "nobody receives anything of another shopper's",
    Budget: "nothing acknowledged is lost, and fewer than 3 in 1,000 requests fail without a fault",
}

impl Rule {
    /// The rule of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|rule| rule.name() == name)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
