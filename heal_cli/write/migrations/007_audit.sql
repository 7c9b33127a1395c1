-- Who did what in which transaction, and how it ended.
CREATE TABLE heal.audit_log (
    entry    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run      uuid NOT NULL,
    role     text NOT NULL DEFAULT current_user,
    login    text NOT NULL DEFAULT session_user,
    kind     text NOT NULL,                    -- insert, upsert, update, delete, replace, overwrite, undo, prune
    rows     bigint NOT NULL,                  -- that it changed, or would have
    outcome  text NOT NULL DEFAULT 'committed', -- failed; in doubt: the answer to COMMIT was lost
    sqlstate text,
    began_at timestamptz NOT NULL DEFAULT pg_catalog.transaction_timestamp(),
    seconds  float8 NOT NULL                   -- up to the COMMIT
        DEFAULT extract(epoch FROM pg_catalog.clock_timestamp() - pg_catalog.transaction_timestamp())
);
CREATE INDEX audit_log_run ON heal.audit_log (run);
