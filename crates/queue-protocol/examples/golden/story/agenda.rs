//! What operators plan and what goes wrong in the story of the golden log, second by second.

use super::{BEGIN, SECOND, SECRET, Story, event_id, reservation, slot, slot_id};
use queue_domain::*;

impl Story {
    /// What is planned, and what goes wrong, second by second.
    pub(super) fn agenda(&mut self, second: u64) {
        use OperatorAction as O;
        match second {
            0 => self.creations(),
            1 => self.before_the_lobby(),
            8 => self.lobby(),
            20 => {
                self.operator("arriving", O::Pause);
                self.append(b"not a record of ours".to_vec());
            }
            26 => self.operator("arriving", O::Resume),
            30 => self.changes(),
            34 => self.jumps(),
            40 => self.slots(),
            55 => self.policy(
                "arriving",
                PolicyPatch {
                    admit_per_second_milli: Some(5_000),
                    room_max: Some(9),
                    claim_window_ms: Some(2_000),
                    ..PolicyPatch::default()
                },
            ),
            50 | 66 | 90 | 104 | 118 => self.doors(),
            60 => self.shrink("arriving"),
            80 => self.operator("shuffled", O::StopSlot(slot_id("b"))),
            85 => self.operator("arriving", O::CancelSlot(slot_id("e"))),
            95 => {
                self.operator("shuffled", O::Close);
                self.shopper("shuffled", 900, ShopperAction::Join { wish: None });
                self.operator("shuffled", O::Pause);
            }
            100 => self.operator("shuffled", O::Reopen),
            108 => {
                let seats = O::Capacity {
                    slot: slot_id("d"),
                    capacity: Seats(9),
                };
                self.operator("shuffled", seats);
            }
            126 => self.operator(
                "shuffled",
                O::Reschedule {
                    lobby_opens_at: None,
                    opens_at: None,
                    closes_at: Some(Stamp(BEGIN + 150 * SECOND)),
                },
            ),
            _ => {}
        }
    }

    fn creations(&mut self) {
        let commitment = Commitment {
            secret_sha256: sha256(&[&SECRET]),
            key_id: "lobby-1".into(),
        };
        let arriving = self.create("arriving", Lobby::Arrival, 1, 10);
        let shuffled = self.create("shuffled", Lobby::Shuffle(commitment), 2, 16);
        let again = self.create("arriving", Lobby::Arrival, 3, 12);
        self.record(std::slice::from_ref(&arriving));
        self.record(&[shuffled, arriving]);
        self.record(&[again]);
        self.record(&[Entry::Command(Command::RulesChanged {
            event: event_id("arriving"),
            rules: 1,
        })]);
    }

    fn before_the_lobby(&mut self) {
        self.shopper("arriving", 1, ShopperAction::Join { wish: None });
        self.shopper("nowhere", 1, ShopperAction::Join { wish: None });
        self.operator("arriving", OperatorAction::Pause);
        self.operator("arriving", OperatorAction::Resume);
        let lobby_opens_at = Some(Stamp(BEGIN + 3 * SECOND));
        let reschedule = |opens: u64| OperatorAction::Reschedule {
            lobby_opens_at,
            opens_at: Some(Stamp(BEGIN + opens * SECOND)),
            closes_at: None,
        };
        self.operator("arriving", reschedule(12));
        self.operator("arriving", reschedule(300));
    }

    /// In the lobby: a wish and its change, who leaves, and openings that must not open.
    fn lobby(&mut self) {
        let wish = |slot: &str| ShopperAction::Join {
            wish: Some(slot_id(slot)),
        };
        self.shopper("arriving", 1, wish("a"));
        self.shopper("arriving", 1, wish("b"));
        self.shopper("arriving", 1, wish("nowhere"));
        self.now = self.now.max(BEGIN + 10 * SECOND + 100);
        self.set_times();
        self.shopper("shuffled", 2, wish("c"));
        self.shopper("shuffled", 3, wish("c"));
        self.shopper("shuffled", 3, ShopperAction::Leave { place: None });
        for secret in [None, Some([9; 32])] {
            self.operator("shuffled", OperatorAction::Open { secret });
        }
        let open = OperatorAction::Open {
            secret: Some(SECRET),
        };
        let not_alone = self.operator_as(5_000, "shuffled", open);
        let join = self.shopper_entry("shuffled", 4, ShopperAction::Join { wish: None });
        self.record(&[not_alone, join]);
    }

    fn changes(&mut self) {
        let texts = vec![
            TextChange {
                key: "notice.en".into(),
                text: None,
            },
            TextChange {
                key: "notice.ko".into(),
                text: Some("어서 오세요".into()),
            },
        ];
        self.operator("arriving", OperatorAction::Texts(texts));
        self.policy(
            "arriving",
            PolicyPatch {
                admit_per_second_milli: Some(2_500),
                session_extensions: Some(2),
                ..PolicyPatch::default()
            },
        );
        self.policy(
            "shuffled",
            PolicyPatch {
                per_shopper_max: Some(1),
                room_per_seat_milli: Some(800),
                ..PolicyPatch::default()
            },
        );
        // The same command twice, and one for a phase that is over.
        let twice = self.operator_as(6_000, "arriving", OperatorAction::Pause);
        self.record(std::slice::from_ref(&twice));
        self.record(&[twice]);
        self.operator("arriving", OperatorAction::Resume);
        let reschedule = OperatorAction::Reschedule {
            lobby_opens_at: None,
            opens_at: Some(Stamp(BEGIN + 60 * SECOND)),
            closes_at: None,
        };
        self.operator("arriving", reschedule);
    }

    /// The log's clock jumps back and forth, another owner ticks with an old position, and a set time comes twice or late.
    fn jumps(&mut self) {
        let folded = self.partition.position().expect("a genesis");
        let old = Entry::Tick {
            folded,
            log_hash: self.partition.log_hash(),
            state_hash: self.partition.state_hash(),
        };
        self.shopper("arriving", 5, ShopperAction::Join { wish: None });
        self.record(&[old]);
        let before = self.now;
        self.now -= 5 * SECOND;
        self.tick();
        self.now = before + 3 * SECOND;
        self.tick();
        for (at, what) in [
            (12, SetTime::Lobby),
            (7, SetTime::Close),
            (12, SetTime::Open { secret: None }),
        ] {
            self.record(&[Entry::Command(Command::Timed {
                event: event_id("arriving"),
                at: Stamp(BEGIN + at * SECOND),
                what,
            })]);
        }
    }

    fn slots(&mut self) {
        use OperatorAction as O;
        for event in ["arriving", "shuffled"] {
            self.operator(event, O::AddSlot(slot("d", 135, 0, 4)));
        }
        self.operator("arriving", O::AddSlot(slot("d", 135, 0, 4)));
        for (slot, capacity) in [("a", 0), ("a", 7), ("nowhere", 1)] {
            let capacity = O::Capacity {
                slot: slot_id(slot),
                capacity: Seats(capacity),
            };
            self.operator("arriving", capacity);
        }
        self.operator("arriving", O::StopSlot(slot_id("nowhere")));
        self.operator("arriving", O::Open { secret: None });
    }

    /// Every slot is to lose the last seat that somebody has.
    fn shrink(&mut self, event: &str) {
        let state = self.partition.event(&event_id(event)).expect("created");
        let booked: Vec<(SlotId, Seats)> = state
            .slots()
            .filter(|(_, _, confirmed, _)| confirmed.0 > 0)
            .map(|(slot, _, confirmed, _)| (slot.clone(), Seats(confirmed.0 - 1)))
            .collect();
        for (slot, capacity) in booked {
            self.operator(event, OperatorAction::Capacity { slot, capacity });
        }
    }

    /// Everybody who ever asked for seats shows a ticket at the door, some of them twice, and somebody guesses a code.
    fn doors(&mut self) {
        use OperatorAction as O;
        for (event, shopper, request, slot) in self.asked.clone() {
            if self.below(3) > 0 {
                continue;
            }
            let id = reservation(event, shopper, request);
            let code = id.0[..5]
                .iter()
                .fold(0, |bits, byte| (bits << 8) | u64::from(*byte));
            let printed = (shopper % 2 == 0).then(|| slot_id(slot));
            let check_in = O::CheckIn {
                code: DoorCode::new(code),
                slot: printed,
            };
            self.operator(event, check_in);
        }
        let guess = O::CheckIn {
            code: DoorCode::new(self.now),
            slot: None,
        };
        self.operator("arriving", guess);
    }
}
