-- When the rows of a source that were refused for a reference to their own table were tried again; null: not yet.
ALTER TABLE heal.load_sources ADD COLUMN retried_at timestamptz;
