//! The statements of a database.
//!
//! PostgreSQL and SQLite differ in the names of a few functions, and in the clock: all processes that use
//! a PostgreSQL server share its clock, and those that use an SQLite file run on one machine.

/// Returns the statement with the expressions of the database in place of the words in braces.
macro_rules! statements {
    ($now_of_take:literal, $now_of_full_in:literal, $now_micros:literal, $now_millis:literal, $greatest:literal, $least:literal) => {
        /// Parameters: group, key, time per call, time in which a full allowance accumulates. Returns a row if the
        /// count had a call left.
        ///
        /// A time after the latest possible one was written before the clock was set back, and is corrected.
        pub(in crate::sql) const TAKE: &str = concat!(
            "INSERT INTO mizan_limits AS l (limit_group, key, full_at) VALUES ($1, $2, ",
            $now_of_take,
            " + $3) ON CONFLICT (limit_group, key) DO UPDATE SET full_at = ",
            $least,
            "(",
            $greatest,
            "(l.full_at, excluded.full_at - $3) + $3, excluded.full_at - $3 + $4) WHERE ",
            $greatest,
            "(l.full_at, excluded.full_at - $3) + $3 <= excluded.full_at - $3 + $4 ",
            "OR l.full_at > excluded.full_at - $3 + $4 RETURNING full_at"
        );

        /// Parameters: group, key. Returns the time until the full allowance is available.
        pub(in crate::sql) const FULL_IN: &str = concat!(
            "SELECT full_at - ",
            $now_of_full_in,
            " FROM mizan_limits WHERE limit_group = $1 AND key = $2"
        );

        /// Removes counts with their full allowance. Parameter: the maximum number.
        pub(in crate::sql) const PURGE_LIMITS: &str = concat!(
            "DELETE FROM mizan_limits WHERE (limit_group, key) IN (SELECT limit_group, key FROM mizan_limits \
             WHERE full_at <= ",
            $now_micros,
            " ORDER BY full_at LIMIT $1)"
        );

        /// Removes the counts that are closest to their full allowance. Parameter: the number to keep.
        pub(in crate::sql) const TRIM_LIMITS: &str =
            "DELETE FROM mizan_limits WHERE full_at <= (SELECT full_at FROM mizan_limits \
             ORDER BY full_at DESC LIMIT 1 OFFSET $1)";

        /// Parameters: owner, key, payload, run, duration of the lease, time for which outcomes are kept. Returns
        /// the number of operations of the owner if the lease is granted.
        pub(in crate::sql) const ACQUIRE: &str = concat!(
            "INSERT INTO mizan_operations AS o (owner, key, payload, run, state, lease_end, remove_at, size) \
             VALUES ($1, $2, $3, $4, 0, ",
            $now_millis,
            " + $5, ",
            $now_millis,
            " + $5 + $6, 0) ON CONFLICT (key) DO UPDATE SET owner = excluded.owner, \
             payload = excluded.payload, run = excluded.run, state = 0, lease_end = excluded.lease_end, remove_at = excluded.remove_at, \
             size = 0, outcome = NULL WHERE o.remove_at <= ",
            $now_millis,
            " OR (o.state = 2 AND o.run <> excluded.run) \
             RETURNING (SELECT count(*) FROM mizan_operations AS c WHERE c.owner = $1)"
        );

        /// Parameter: key. Returns the operation, and 1 if its lease has expired.
        pub(in crate::sql) const FIND: &str = concat!(
            "SELECT payload, state, outcome, CAST(CASE WHEN lease_end <= ",
            $now_millis,
            " THEN 1 ELSE 0 END AS BIGINT) FROM mizan_operations WHERE key = $1 AND remove_at > ",
            $now_millis
        );

        /// Removes the oldest outcomes and expired leases of an owner. Parameters: owner, the maximum number.
        pub(in crate::sql) const EVICT: &str = concat!(
            "DELETE FROM mizan_operations WHERE owner = $1 AND key IN (SELECT key FROM mizan_operations \
             WHERE owner = $1 AND (state <> 0 OR lease_end <= ",
            $now_millis,
            ") ORDER BY remove_at LIMIT $2)"
        );

        /// Parameters: owner, key, payload, run, time for which outcomes are kept, size, outcome. Returns the size
        /// of the outcomes of the owner, with or without this one.
        pub(in crate::sql) const COMPLETE: &str = concat!(
            "INSERT INTO mizan_operations AS o (owner, key, payload, run, state, lease_end, remove_at, size, \
             outcome) VALUES ($1, $2, $3, $4, 1, 0, ",
            $now_millis,
            " + $5, $6, $7) ON CONFLICT (key) DO UPDATE SET state = 1, lease_end = 0, \
             remove_at = excluded.remove_at, size = excluded.size, outcome = excluded.outcome \
             RETURNING (SELECT CAST(coalesce(sum(size), 0) AS BIGINT) FROM mizan_operations AS c \
             WHERE c.owner = $1)"
        );

        /// Removes the oldest outcomes of an owner that exceed a size, but not the newest one. Parameters: owner,
        /// key of the newest one, size.
        pub(in crate::sql) const EVICT_BYTES: &str =
            "DELETE FROM mizan_operations WHERE owner = $1 AND key <> $2 AND state = 1 AND key IN \
             (SELECT key FROM (SELECT key, sum(size) OVER (ORDER BY remove_at DESC, key) AS total \
             FROM mizan_operations WHERE owner = $1 AND state = 1) AS sizes WHERE total > $3)";

        /// Parameters: key, run.
        pub(in crate::sql) const RELEASE: &str =
            "DELETE FROM mizan_operations WHERE key = $1 AND run = $2 AND state = 0";

        /// Parameters: owner, key, payload, run, time for which outcomes are kept.
        pub(in crate::sql) const REJECT_LATE: &str = concat!(
            "INSERT INTO mizan_operations (owner, key, payload, run, state, lease_end, remove_at, size) \
             VALUES ($1, $2, $3, $4, 2, 0, ",
            $now_millis,
            " + $5, 0) ON CONFLICT (key) DO NOTHING"
        );

        /// Removes operations that ended long ago. Parameter: the maximum number.
        pub(in crate::sql) const PURGE_OPERATIONS: &str = concat!(
            "DELETE FROM mizan_operations WHERE key IN (SELECT key FROM mizan_operations \
             WHERE remove_at <= ",
            $now_millis,
            " ORDER BY remove_at LIMIT $1)"
        );

        /// Removes the oldest outcomes of all owners. Parameter: the number of operations to keep.
        pub(in crate::sql) const TRIM_OPERATIONS: &str =
            "DELETE FROM mizan_operations WHERE state <> 0 AND remove_at <= (SELECT remove_at \
             FROM mizan_operations ORDER BY remove_at DESC LIMIT 1 OFFSET $1)";
    };
}

#[cfg(feature = "postgres")]
pub(super) mod postgres {
    statements!(
        "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)",
        "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)",
        "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)",
        "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)",
        "greatest",
        "least"
    );
}

#[cfg(feature = "sqlite")]
pub(super) mod sqlite {
    // The clock of SQLite is exact to a millisecond, so that these two statements have the time as their last parameter.
    statements!(
        "$5",
        "$3",
        "CAST(unixepoch('now', 'subsec') * 1000000 AS INTEGER)",
        "CAST(unixepoch('now', 'subsec') * 1000 AS INTEGER)",
        "max",
        "min"
    );
}
