CREATE TABLE notes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    author TEXT NOT NULL,
    text TEXT NOT NULL,
    -- Milliseconds since 1970.
    created_at INTEGER NOT NULL
);
