CREATE TABLE notes (
    id BIGINT PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    author TEXT NOT NULL,
    text TEXT NOT NULL,
    -- Milliseconds since 1970.
    created_at BIGINT NOT NULL
);
