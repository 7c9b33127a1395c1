CREATE TABLE messages (
    id         bigint PRIMARY KEY,
    role       text NOT NULL CHECK (role IN ('user', 'assistant', 'system')),
    content    text NOT NULL,
    tokens     integer,
    created_at timestamptz NOT NULL,
    metadata   jsonb
);
