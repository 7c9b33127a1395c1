CREATE TYPE event_type AS ENUM ('page_view', 'click', 'purchase');
CREATE TABLE events (
    event_id    uuid PRIMARY KEY,
    user_id     bigint NOT NULL,
    event_type  event_type NOT NULL,
    occurred_at timestamptz NOT NULL,
    price       numeric(10,2),
    tags        text[],
    props       jsonb NOT NULL,
    is_bot      boolean NOT NULL
);
