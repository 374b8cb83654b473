-- Snapshots of the fold: DATA/snapshots.db, apart from the ledger so that a large one does not slow its commits.
-- The newest few of each partition are kept.
CREATE TABLE IF NOT EXISTS snapshots (
    "partition" INTEGER NOT NULL CHECK ("partition" >= 0),
    -- The last record folded.
    generation  INTEGER NOT NULL CHECK (generation >= 0),
    "offset"    INTEGER NOT NULL CHECK ("offset" >= 0),
    -- As encoded by crates/queue-protocol/src/snapshot.rs, with a checksum of its own.
    bytes       BLOB NOT NULL,
    PRIMARY KEY ("partition", generation, "offset")
) STRICT;
