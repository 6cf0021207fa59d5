CREATE TABLE mizan_accounts (
    id TEXT NOT NULL PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    email_verified BOOLEAN NOT NULL,
    password TEXT,
    access TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- No reference to the accounts: they may be kept elsewhere.
CREATE TABLE mizan_sessions (
    id BYTEA NOT NULL PRIMARY KEY,
    secret BYTEA NOT NULL,
    user_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    authenticated_at BIGINT NOT NULL,
    methods TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    address TEXT
);
CREATE INDEX mizan_sessions_user ON mizan_sessions (user_id);
CREATE INDEX mizan_sessions_expiry ON mizan_sessions (expires_at);

CREATE TABLE mizan_tokens (
    id BYTEA NOT NULL PRIMARY KEY,
    secret BYTEA NOT NULL,
    code BYTEA,
    purpose TEXT NOT NULL,
    user_id TEXT,
    email TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX mizan_tokens_user ON mizan_tokens (user_id);
CREATE INDEX mizan_tokens_expiry ON mizan_tokens (expires_at);
