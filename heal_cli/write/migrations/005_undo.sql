-- What `heal undo` goes by.

-- Its one row has the xmin that it says, until the database is dumped and restored: then no xmin means anything.
CREATE TABLE heal.origin (xact xid8 NOT NULL DEFAULT pg_catalog.pg_current_xact_id());
INSERT INTO heal.origin DEFAULT VALUES;

ALTER TABLE heal.load_batches
    ADD COLUMN mode text,                      -- insert, upsert, update, delete; overwrite: nothing is kept of what it changed
    ADD COLUMN kept bigint NOT NULL DEFAULT 0, -- rows in its restore point
    ADD COLUMN xact xid8;                      -- the transaction, at most a little older than the piece's xmin
ALTER TABLE heal.load_batches ALTER COLUMN xact SET DEFAULT pg_catalog.pg_current_xact_id();
ALTER TABLE heal.load_retries
    ADD COLUMN mode text,
    ADD COLUMN xact xid8;
ALTER TABLE heal.load_retries ALTER COLUMN xact SET DEFAULT pg_catalog.pg_current_xact_id();

-- What undo has taken back: the ledger holds these batches no longer, or says they have changed rows.
CREATE TABLE heal.undone_batches (
    undo        uuid NOT NULL,                 -- the run that took it back
    run         uuid NOT NULL,                 -- the run that had written it
    source      bigint NOT NULL,
    batch       integer NOT NULL,
    source_name text NOT NULL,
    loaded      bigint NOT NULL,               -- rows that it had written
    removed     bigint NOT NULL,               -- rows that were there unchanged; less than loaded: the batch does not load again
    undone_at   timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (undo, source, batch, source_name)
);
CREATE INDEX undone_batches_run ON heal.undone_batches (run);

-- What rows were before a run changed or deleted them, one line for each savepoint that did.
CREATE TABLE heal.restore_points (
    point        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run          uuid NOT NULL REFERENCES heal.load_runs ON DELETE CASCADE,
    key          text[] NOT NULL,              -- columns that rows were found by
    columns      text NOT NULL,                -- names and types of the table then
    before_xmins text[] NOT NULL,              -- who had written them
    images       text[] NOT NULL,              -- rows, as the text of the table's row type
    made_at      timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
CREATE INDEX restore_points_run ON heal.restore_points (run);
