-- What each run has committed. The ledger is what makes a load exactly-once.

CREATE TABLE heal.load_runs (
    run            uuid PRIMARY KEY,
    command        text NOT NULL,
    heal_version   text NOT NULL,
    started_at     timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    finished_at    timestamptz,
    state          text NOT NULL DEFAULT 'running',
    table_oid      oid NOT NULL,
    table_name     text NOT NULL,
    schema_version text NOT NULL,
    rejects_path   text,                       -- on the machine that ran it
    leftovers_path text,
    report         json
);

-- One content loaded into one table. A source is known by its bytes, never by its name.
CREATE TABLE heal.load_sources (
    source       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    table_oid    oid NOT NULL,
    generation   integer NOT NULL DEFAULT 0,   -- one more for each --again
    source_id    text,                         -- --source-id
    name         text NOT NULL,
    first_stop   bigint NOT NULL,              -- the first batch: bytes 0 to first_stop ...
    first_digest text NOT NULL,                -- ... with this hash
    batch_bytes  bigint NOT NULL,
    plan         json,                         -- what a resumed run goes on with
    schema_version text NOT NULL,
    run          uuid NOT NULL,                -- the run that began it
    started_at   timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    finished_at  timestamptz,
    rows_before  bigint NOT NULL DEFAULT 0,    -- its first rows that an earlier, shorter source brought in
    stop         bigint,                       -- length, hash and rows of the whole, once finished
    rows         bigint,
    digest       text
);
CREATE INDEX load_sources_table ON heal.load_sources (table_oid, first_digest);

-- Which runs worked on a source, committed or not: their files may hold lines that no commit stands for.
CREATE TABLE heal.load_run_sources (
    run    uuid NOT NULL REFERENCES heal.load_runs ON DELETE CASCADE,
    source bigint NOT NULL REFERENCES heal.load_sources ON DELETE CASCADE,
    name   text NOT NULL,                      -- what the run calls it, and so its rejects do
    PRIMARY KEY (run, source)
);

-- One committed transaction of one batch; its xmin is that of the rows written with it.
CREATE TABLE heal.load_batches (
    source       bigint NOT NULL REFERENCES heal.load_sources ON DELETE CASCADE,
    batch        integer NOT NULL,
    piece        integer NOT NULL,             -- 0, 1, ...: a batch with many faults takes several transactions
    part         integer NOT NULL,             -- rows of parts before this one are settled, and of this one ...
    through_row  bigint NOT NULL,              -- ... all rows up to this row number
    complete     boolean NOT NULL,             -- no row of the batch is left
    start        bigint NOT NULL,
    stop         bigint NOT NULL,
    digest       text NOT NULL,
    run          uuid NOT NULL,
    source_name  text NOT NULL,                -- as that run called it, and as its rejects do
    attempt      integer NOT NULL,
    rows_read    bigint NOT NULL,
    loaded       bigint NOT NULL,
    rejected     bigint NOT NULL,
    duplicates   bigint NOT NULL,
    committed_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (source, batch, piece)
);
CREATE INDEX load_batches_run ON heal.load_batches (run);
