-- What each run has committed. The ledger is what makes a load exactly-once.

CREATE TABLE heal.load_runs (
    run            uuid PRIMARY KEY,
    command        text NOT NULL,
    heal_version   text NOT NULL,
    started_at     timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    finished_at    timestamptz,
    state          text NOT NULL DEFAULT 'running',  -- then done, stopped (a signal, a budget) or failed
    table_oid      oid NOT NULL,
    table_name     text NOT NULL,
    schema_version text NOT NULL,
    rejects_path   text,                       -- on the machine that ran it
    leftovers_path text,
    report         json
);
CREATE INDEX load_runs_running ON heal.load_runs (table_oid) WHERE state = 'running';

-- One content loaded into one table. A source is known by its bytes, never by its name.
CREATE TABLE heal.load_sources (
    source       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    table_oid    oid NOT NULL,
    generation   integer NOT NULL DEFAULT 0,   -- one more for each --again
    source_id    text,                         -- --source-id
    name         text NOT NULL,
    size         bigint,                       -- bytes on disk when it was begun; null for a stream
    first_stop   bigint NOT NULL,              -- the first batch: bytes 0 to first_stop ...
    first_digest text NOT NULL,                -- ... with this hash
    reading      json NOT NULL,                -- dialect, encoding and cuts: what is to be read in the same way
    plan         json,                         -- what a resumed run goes on with
    schema_version text NOT NULL,
    run          uuid NOT NULL,                -- the run that began it
    started_at   timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    finished_at  timestamptz,
    settled_before int8multirange NOT NULL DEFAULT '{}',  -- its rows that an earlier, shorter source settled
    before_stop  bigint,                       -- and how far it is known to begin with that one
    before_digest text,
    superseded_by bigint,                      -- the longer source that goes on with it: no row is loaded for it any more
    stop         bigint,                       -- length, hash and rows of the whole, once finished
    rows         bigint,
    digest       text
);
CREATE INDEX load_sources_table ON heal.load_sources (table_oid, source);

-- Which runs worked on a source, committed or not: their files may hold lines that no commit stands for.
CREATE TABLE heal.load_run_sources (
    run    uuid NOT NULL REFERENCES heal.load_runs ON DELETE CASCADE,
    source bigint NOT NULL REFERENCES heal.load_sources ON DELETE CASCADE,
    name   text NOT NULL,                      -- what the run calls it, and so its rejects do
    PRIMARY KEY (run, source)
);
CREATE INDEX load_run_sources_source ON heal.load_run_sources (source);

-- One committed savepoint of one batch; its xmin is that of the rows written with it.
CREATE TABLE heal.load_batches (
    source       bigint NOT NULL REFERENCES heal.load_sources ON DELETE CASCADE,
    batch        integer NOT NULL,
    piece        integer NOT NULL,             -- 0, 1, ...: a batch with many faults takes several savepoints
    complete     boolean NOT NULL,             -- no row of the batch is left
    pending      int8multirange,               -- row numbers left when its transaction ended, if this piece ended it
    start        bigint NOT NULL,
    stop         bigint NOT NULL,
    digest       text NOT NULL,
    first_row    bigint NOT NULL,
    last_row     bigint NOT NULL,
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
