-- The counts of rate limits: the time in microseconds at which the full allowance of a key is available.
CREATE UNLOGGED TABLE mizan_limits (
    limit_group TEXT NOT NULL,
    key BYTEA NOT NULL,
    full_at BIGINT NOT NULL,
    PRIMARY KEY (limit_group, key)
);

CREATE INDEX mizan_limits_full_at ON mizan_limits (full_at);

-- Operations that run at most once. The state is 0 for a run with a lease, 1 for an outcome, and 2 for a cancelled run. Times
-- are in milliseconds.
CREATE TABLE mizan_operations (
    owner BYTEA NOT NULL,
    key BYTEA NOT NULL,
    payload BYTEA NOT NULL,
    run BYTEA NOT NULL,
    state BIGINT NOT NULL,
    lease_end BIGINT NOT NULL,
    remove_at BIGINT NOT NULL,
    size BIGINT NOT NULL,
    outcome BYTEA,
    PRIMARY KEY (key)
);

CREATE INDEX mizan_operations_owner ON mizan_operations (owner, remove_at);
CREATE INDEX mizan_operations_remove_at ON mizan_operations (remove_at);
