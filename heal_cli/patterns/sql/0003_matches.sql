-- Matches that were no matter of course: what each looked like beforehand, and whether its rows were loaded.
-- From them it is learned how far such matches can be trusted.
create table if not exists heal.match_trials (
    run         uuid not null,
    shape       text not null,  -- hash of the source's columns
    target      text not null,  -- schema.table.column
    tier        text not null,
    name        double precision not null,  -- likeness of the names, 0-1
    type_fit    double precision not null,  -- share of values that convert
    value_fit   double precision not null,  -- what the values left of the confidence, 0-1
    margin      double precision not null,
    confidence  double precision not null,  -- given at the time
    success     boolean not null,
    recorded_at timestamptz not null default now(),
    primary key (run, shape, target)
);
create index if not exists match_trials_recorded on heal.match_trials (recorded_at);
