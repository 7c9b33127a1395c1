-- Events that were kept in an emergency log while the database was away.

CREATE TABLE heal.restored_events (
    event       uuid PRIMARY KEY,              -- given where it happened: restored twice, it is there once
    kind        text NOT NULL,
    run         uuid NOT NULL,
    at          timestamptz NOT NULL,
    details     json NOT NULL,
    restored_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
CREATE INDEX restored_events_run ON heal.restored_events (run);
