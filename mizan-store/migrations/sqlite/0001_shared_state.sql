-- The counts of rate limits: the time in microseconds at which the full allowance of a key is available.
CREATE TABLE mizan_limits (
    limit_group TEXT NOT NULL,
    key BLOB NOT NULL,
    full_at INTEGER NOT NULL,
    PRIMARY KEY (limit_group, key)
);

CREATE INDEX mizan_limits_full_at ON mizan_limits (full_at);

-- Operations that run at most once. The state is 0 for a run with a lease, 1 for an outcome, and 2 for a cancelled run. Times
-- are in milliseconds.
CREATE TABLE mizan_operations (
    owner BLOB NOT NULL,
    key BLOB NOT NULL,
    payload BLOB NOT NULL,
    run BLOB NOT NULL,
    state INTEGER NOT NULL,
    lease_end INTEGER NOT NULL,
    remove_at INTEGER NOT NULL,
    size INTEGER NOT NULL,
    outcome BLOB,
    PRIMARY KEY (key)
);

CREATE INDEX mizan_operations_owner ON mizan_operations (owner, remove_at);
CREATE INDEX mizan_operations_remove_at ON mizan_operations (remove_at);
