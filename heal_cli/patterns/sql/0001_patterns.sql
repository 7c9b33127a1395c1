-- What patterns were used, and what came of it. A trial is one pattern in one run and shape:
-- the rows of one run are not independent.
create schema if not exists heal;

create table if not exists heal.patterns (
    id          text primary key,
    kind        text not null check (kind in ('rename', 'default', 'conversion', 'mapping')),
    confidence  double precision not null check (confidence between 0 and 1),  -- prior
    definition  jsonb not null,
    enabled     boolean not null default true,
    created_at  timestamptz not null default now()
);

create table if not exists heal.pattern_trials (
    pattern     text not null,  -- of the catalogue or of heal.patterns
    run         uuid not null,
    shape       text not null,  -- hash of the source's columns
    success     boolean not null,
    recorded_at timestamptz not null default now(),
    primary key (pattern, run, shape)
);
