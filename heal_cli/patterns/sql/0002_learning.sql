-- What was decided about a pattern, by heal or by a person; the latest says how it stands.
create table if not exists heal.pattern_events (
    number   bigint generated always as identity primary key,
    pattern  text not null,
    state    text not null check (state in ('open', 'promoted', 'demoted', 'approved', 'revoked')),
    reason   text not null,
    run      uuid,  -- null for a person's word
    at       timestamptz not null default now()
);
create index if not exists pattern_events_pattern on heal.pattern_events (pattern, number);

-- Two patterns for one column, tried on the same rows of one source; only the incumbent wrote.
create table if not exists heal.pattern_duels (
    incumbent    text not null,
    rival        text not null,
    run          uuid not null,
    shape        text not null,
    incumbent_ok boolean not null,
    rival_ok     boolean not null,
    primary key (incumbent, rival, run, shape)
);
