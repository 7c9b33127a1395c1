-- One more line for each time that the database came out of a dump: what was written before the first true line
-- has an xmin that means nothing.
ALTER TABLE heal.origin
    ADD COLUMN database text,                  -- its identifier and OID; null: nobody could read them
    ADD COLUMN made_at timestamptz;
ALTER TABLE heal.origin ALTER COLUMN made_at SET DEFAULT pg_catalog.clock_timestamp();

-- When an undo was made: one of a run that inserted has no other line that tells.
ALTER TABLE heal.undos ADD COLUMN xact xid8;
UPDATE heal.undos SET xact = pg_catalog.pg_current_xact_id()
    WHERE EXISTS (SELECT FROM heal.origin WHERE xmin::text::int8 = xact::text::numeric % 4294967296);
ALTER TABLE heal.undos ALTER COLUMN xact SET DEFAULT pg_catalog.pg_current_xact_id();
