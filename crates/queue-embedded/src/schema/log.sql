-- The command log of all partitions: DATA/log.db, WAL, synchronous=FULL.
-- One row is one record; it holds the entries that were appended at about the same time.
-- Rows are only ever added. Read it read-only: the process that appends holds the folder's lock.
CREATE TABLE IF NOT EXISTS records (
    -- Which partition, from 0.
    "partition" INTEGER NOT NULL CHECK ("partition" >= 0),
    -- 0, 1, 2, ... without a gap; offset 0 is the partition's Genesis, which names generation and number of partitions.
    "offset"    INTEGER NOT NULL CHECK ("offset" >= 0),
    -- The log's clock at the append, milliseconds since the Unix epoch. May stand still or go back.
    stamp_ms    INTEGER NOT NULL CHECK (stamp_ms >= 0),
    -- Header, checksum and entries (crates/queue-protocol/src/record.rs).
    bytes       BLOB NOT NULL,
    PRIMARY KEY ("partition", "offset")
) STRICT, WITHOUT ROWID;
