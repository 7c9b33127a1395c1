-- How many of its first rows a run was asked for with --limit, and has settled; null: it is to be loaded whole.
ALTER TABLE heal.load_sources ADD COLUMN limited_to bigint;
