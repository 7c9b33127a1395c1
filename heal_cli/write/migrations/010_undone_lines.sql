-- What an undo has taken away, so that it can be undone itself. The rows are in its restore points.
CREATE TABLE heal.undos (
    undo      uuid PRIMARY KEY REFERENCES heal.load_runs ON DELETE CASCADE,
    run       uuid NOT NULL,                   -- that it took back
    mode      text NOT NULL,                   -- how that had written
    state     text NOT NULL,                   -- of that before
    newest    bigint NOT NULL,                 -- source of the table then
    kept      bigint NOT NULL,                 -- rows in its restore points
    returned  bigint NOT NULL,                 -- deleted rows that it put back
    learned   json,                            -- what had counted for patterns
    undone_by uuid,                            -- the run that undid it
    undone_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
CREATE INDEX undos_undone_by ON heal.undos (undone_by);

-- Lines of the ledger that an undo deleted or changed.
CREATE TABLE heal.undone_lines (
    undo     uuid NOT NULL REFERENCES heal.undos ON DELETE CASCADE,
    place    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    relation text NOT NULL,                    -- load_sources, load_run_sources, load_batches, load_retries, moved_rows
    source   bigint,                           -- its number now; a source that comes back gets a new one
    mark     xid NOT NULL,                     -- its xmin: what rows were known by
    line     json NOT NULL,
    after    jsonb                             -- what it was left as; null: gone
);
CREATE INDEX undone_lines_undo ON heal.undone_lines (undo);
CREATE INDEX undone_lines_source ON heal.undone_lines (source);

-- What the undo did to the rows that it kept, update or delete; null: a run kept them, whose mode says it.
ALTER TABLE heal.restore_points ADD COLUMN change text;

-- xmins that a piece had before an undo of it was undone: restore points of later runs name its rows by them.
ALTER TABLE heal.load_batches ADD COLUMN former xid[] NOT NULL DEFAULT '{}';
ALTER TABLE heal.load_retries ADD COLUMN former xid[] NOT NULL DEFAULT '{}';

-- In heal.moved_rows an undo stands for the rows that it brought back itself; it has no piece, and `was` is 0.
