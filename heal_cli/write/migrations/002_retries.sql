-- Rejected rows that were loaded later, by `heal rejects retry`.

-- One committed savepoint of one retry; its xmin is that of the rows written with it, as in heal.load_batches.
CREATE TABLE heal.load_retries (
    source      bigint NOT NULL REFERENCES heal.load_sources ON DELETE CASCADE,
    batch       integer NOT NULL,
    run         uuid NOT NULL,                 -- the retry
    attempt     integer NOT NULL,              -- of that run at that batch
    source_name text NOT NULL,                 -- as the rejects call it
    rows        bigint[] NOT NULL,             -- row numbers that are loaded now, and rejects no more
    duplicates  bigint NOT NULL,               -- rows that turned out to be duplicates; they stay in the file
    committed_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
CREATE INDEX load_retries_batch ON heal.load_retries (source, batch);
CREATE INDEX load_retries_run ON heal.load_retries (run);
