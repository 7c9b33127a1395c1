-- Rows that an undo brought back to what an earlier run had made of them: they have the xmin of their line here,
-- and are that run's again.
CREATE TABLE heal.moved_rows (
    run  uuid NOT NULL,                        -- that had written them
    was  xid NOT NULL,                         -- the xmin of its piece
    xact xid8 NOT NULL DEFAULT pg_catalog.pg_current_xact_id()
);
CREATE INDEX moved_rows_run ON heal.moved_rows (run);
