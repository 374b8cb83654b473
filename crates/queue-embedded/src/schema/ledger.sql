-- The ledger: DATA/ledger.db, WAL, synchronous=FULL. Everything that a batch did and the position it reached are one transaction.
-- Written from the fold's effects only. Times are milliseconds since the Unix epoch.

-- How far each partition's effects have been taken.
CREATE TABLE IF NOT EXISTS positions (
    "partition" INTEGER PRIMARY KEY CHECK ("partition" >= 0),
    -- The last record reflected, whether or not it had effects.
    generation  INTEGER NOT NULL CHECK (generation >= 0),
    "offset"    INTEGER NOT NULL CHECK ("offset" >= 0)
) STRICT;

-- Every event of those partitions.
CREATE TABLE IF NOT EXISTS events (
    event        TEXT PRIMARY KEY,
    "partition"  INTEGER NOT NULL,
    -- The creation's command id, 32 hexadecimal digits.
    creation     TEXT NOT NULL,
    -- How the line was numbered: by arrival, a place's number is its `place_no` + 1.
    lobby        TEXT NOT NULL CHECK (lobby IN ('arrival', 'shuffle')),
    -- The closing time as last set.
    closes_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Every slot ever added, with its seats.
CREATE TABLE IF NOT EXISTS slots (
    event        TEXT NOT NULL REFERENCES events (event),
    -- From 0, in definition order; what reservations refer to.
    slot_no      INTEGER NOT NULL CHECK (slot_no >= 0),
    -- As the operator named it.
    slot_id      TEXT NOT NULL,
    starts_at_ms INTEGER NOT NULL,
    ends_at_ms   INTEGER NOT NULL,
    capacity     INTEGER NOT NULL CHECK (capacity >= 0),
    -- The seats of the slot's rows in state `confirmed`. Never above capacity: an oversold slot cannot be stored.
    confirmed    INTEGER NOT NULL DEFAULT 0 CHECK (confirmed BETWEEN 0 AND capacity),
    status       TEXT NOT NULL CHECK (status IN ('bookable', 'over', 'stopped', 'cancelled')),
    PRIMARY KEY (event, slot_no),
    UNIQUE (event, slot_id)
) STRICT, WITHOUT ROWID;

-- One row for every reservation that was ever confirmed. Refused ones have none.
CREATE TABLE IF NOT EXISTS reservations (
    event              TEXT NOT NULL,
    -- 32 hexadecimal digits; the public id is `event.id`.
    id                 TEXT NOT NULL,
    -- The shopper's UUID, 32 hexadecimal digits.
    shopper            TEXT NOT NULL,
    -- The place that made it: the how-manieth place of its event, from 0, in log order.
    place_no           INTEGER CHECK (place_no >= 0),
    -- The slot it is in now, or was in when it was cancelled.
    slot_no            INTEGER NOT NULL,
    seats              INTEGER NOT NULL CHECK (seats > 0),
    state              TEXT NOT NULL CHECK (state IN ('confirmed', 'cancelled')),
    -- 1 when an operator cancelled it with its slot.
    cancelled_by_slot  INTEGER NOT NULL DEFAULT 0 CHECK (cancelled_by_slot IN (0, 1)),
    -- The door code as shown: 8 characters of Crockford base32. Used once an event, also after a cancel.
    code               TEXT NOT NULL CHECK (length(code) = 8),
    -- 1 when it has ever been moved to another slot.
    moved              INTEGER NOT NULL DEFAULT 0 CHECK (moved IN (0, 1)),
    -- Stamp of the decision.
    decided_ms         INTEGER NOT NULL,
    -- Stamp of the last change.
    changed_ms         INTEGER NOT NULL,
    -- Stamp of the first check-in.
    checked_in_ms      INTEGER,
    -- The position of the command that last changed the row.
    changed_generation INTEGER NOT NULL,
    changed_offset     INTEGER NOT NULL,
    changed_index      INTEGER NOT NULL,
    PRIMARY KEY (event, id),
    UNIQUE (event, code),
    FOREIGN KEY (event, slot_no) REFERENCES slots (event, slot_no)
) STRICT, WITHOUT ROWID;

-- Addresses, sealed under a key kept elsewhere; a table of its own so that it can be destroyed on its own.
CREATE TABLE IF NOT EXISTS contacts (
    event  TEXT NOT NULL,
    id     TEXT NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (event, id)
) STRICT, WITHOUT ROWID;
