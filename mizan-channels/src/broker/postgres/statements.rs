//! The SQL statements, and the migrations of the tables and functions that they use.

use std::sync::Arc;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, SqlSafeStr as _};

/// The prefix of all names in the statements below.
const PREFIX: &str = "mizan_channels_";

/// The maximum length of a prefix. PostgreSQL truncates names that are longer than 63 bytes.
const MAX_PREFIX_BYTES: usize = 32;

const MIGRATIONS: [(i64, &str, &str); 1] = [(
    1,
    "channels",
    include_str!("../../../migrations/postgres/0001_channels.sql"),
)];

/// The statements for the tables and functions with one prefix.
pub(super) struct Statements {
    prefix: String,
    /// The name of the notification channel.
    pub(super) notifications: String,
    /// Parameter: the ids of changed logs, which are announced to the servers.
    pub(super) announce: Statement,
    /// Parameters: log, fresh epoch, the epoch and the top that the server knows.
    pub(super) open: Statement,
    /// Parameters: the ids of logs, and the epochs and tops that the server knows. Returns the messages after those
    /// positions, and a row without a message for a log that has changed in another way. The epoch is null if the log has to
    /// be opened.
    pub(super) read: Statement,
    /// Parameters: log, fresh epoch, data, publication, key, the number and the age of the messages to keep, the time for
    /// which keys are kept, for a retry the age of the first attempt, and whether the transaction notifies the servers.
    pub(super) publish: Statement,
    /// Parameters: log, fresh epoch, server and its time to live, connection, member, info, the messages for joining and
    /// leaving, and the number and the age of the messages to keep.
    pub(super) enter: Statement,
    /// Parameters: log, fresh epoch, connections, whether only those of expired servers, and the number and the age of the
    /// messages to keep.
    pub(super) leave: Statement,
    /// Parameter: log. Returns the position of the log with each member, or with nulls if there is none.
    pub(super) members: Statement,
    /// Parameters: server, and its time to live. Returns whether the server had not expired.
    pub(super) heartbeat: Statement,
    /// Parameter: server. Returns its connections.
    pub(super) connections: Statement,
    /// Parameter: the maximum number. Returns connections of expired servers.
    pub(super) expired_connections: Statement,
    /// Parameter: the ids of logs, which are kept for another hour.
    pub(super) keep: Statement,
    /// Parameter: the maximum number of rows of each kind.
    pub(super) purge: Statement,
}

/// A statement whose names begin with the prefix.
pub(super) struct Statement(Arc<str>);

impl Statement {
    pub(super) fn sql(&self) -> AssertSqlSafe<Arc<str>> {
        // The text consists of the constants below and of the checked prefix.
        AssertSqlSafe(Arc::clone(&self.0))
    }
}

impl Statements {
    /// Returns `None` if `prefix` cannot begin a name without quotes, or is too long.
    pub(super) fn new(prefix: &str) -> Option<Self> {
        let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let starts_with_letter = prefix.starts_with(|first: char| first.is_ascii_lowercase());
        if !starts_with_letter || !prefix.bytes().all(is_word) || prefix.len() > MAX_PREFIX_BYTES {
            return None;
        }
        let statement = |text: &str| Statement(text.replace(PREFIX, prefix).into());
        Some(Self {
            notifications: format!("{prefix}changed"),
            announce: statement(
                "SELECT pg_notify('mizan_channels_changed', encode(id, 'hex')) FROM unnest($1) AS id",
            ),
            open: statement("SELECT FROM mizan_channels_open($1, $2, $3, $4)"),
            read: statement(
                "SELECT k.number, l.epoch, l.top, m.\"offset\", \
                 CAST(extract(epoch FROM clock_timestamp() - m.published_at) * 1000 AS BIGINT), m.data \
                 FROM unnest($1, $2, $3) WITH ORDINALITY AS k(id, epoch, top, number) \
                 LEFT JOIN mizan_channels_logs AS l \
                 ON l.id = k.id AND l.generation = (SELECT mizan_channels_generation()) \
                 AND (l.epoch <> k.epoch OR l.top >= k.top) \
                 LEFT JOIN mizan_channels_messages AS m ON m.log = l.id AND m.\"offset\" > \
                 CASE WHEN l.epoch = k.epoch THEN greatest(k.top, l.floor) ELSE l.floor END \
                 WHERE l.epoch IS NULL OR l.epoch <> k.epoch OR l.top <> k.top \
                 ORDER BY k.number, m.\"offset\"",
            ),
            publish: statement(
                "SELECT out_epoch, out_offset FROM mizan_channels_publish($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            ),
            enter: statement(
                "SELECT FROM mizan_channels_enter($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            ),
            leave: statement("SELECT FROM mizan_channels_leave($1, $2, $3, $4, $5, $6)"),
            members: statement(
                "SELECT l.epoch, l.top, m.member, m.info FROM mizan_channels_logs AS l \
                 LEFT JOIN mizan_channels_members AS m ON m.log = l.id \
                 WHERE l.id = $1 AND l.generation = mizan_channels_generation()",
            ),
            heartbeat: statement(
                "WITH known AS (SELECT expires_at FROM mizan_channels_servers WHERE id = $1) \
                 INSERT INTO mizan_channels_servers (id, expires_at) \
                 VALUES ($1, clock_timestamp() + $2 * interval '1 millisecond') \
                 ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at \
                 RETURNING coalesce((SELECT expires_at > clock_timestamp() FROM known), false)",
            ),
            connections: statement(
                "SELECT log, connection FROM mizan_channels_connections WHERE server = $1",
            ),
            expired_connections: statement(
                "SELECT c.log, c.connection FROM mizan_channels_servers AS s \
                 JOIN mizan_channels_connections AS c ON c.server = s.id \
                 WHERE s.expires_at <= clock_timestamp() LIMIT $1",
            ),
            keep: statement(
                "UPDATE mizan_channels_logs SET remove_at = clock_timestamp() + interval '1 hour' \
                 WHERE ctid = ANY (ARRAY(SELECT l.ctid FROM mizan_channels_logs AS l WHERE l.id = ANY ($1) \
                 AND l.remove_at < clock_timestamp() + interval '30 minutes' FOR UPDATE SKIP LOCKED))",
            ),
            purge: statement("SELECT mizan_channels_purge($1)"),
            prefix: prefix.to_owned(),
        })
    }

    /// Returns the migrations, which are recorded in a table of their own.
    pub(super) fn migrator(&self) -> Migrator {
        let migrations = MIGRATIONS.map(|(version, description, statements)| {
            let statements = statements.replace(PREFIX, &self.prefix);
            let statements = AssertSqlSafe(statements).into_sql_str();
            Migration::new(
                version,
                description.into(),
                MigrationType::Simple,
                statements,
                false,
            )
        });
        let mut migrator = Migrator::with_migrations(migrations.to_vec());
        migrator.dangerous_set_table_name(format!("{}migrations", self.prefix));
        migrator
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_names_begin_with_the_prefix() {
        let statements = Statements::new("chat_").unwrap();
        let [migration] = statements
            .migrator()
            .iter()
            .map(|migration| migration.sql.as_str().to_owned())
            .collect::<Vec<_>>()
            .try_into()
            .unwrap();
        let read = statements.read.sql().0;
        for text in [&*migration, &*read] {
            assert!(text.contains("chat_logs"), "{text}");
            assert!(!text.contains("mizan"), "{text}");
        }
        assert_eq!(statements.notifications, "chat_changed");
    }

    #[test]
    fn rejects_a_prefix_that_needs_quotes() {
        let long = "a".repeat(MAX_PREFIX_BYTES + 1);
        for prefix in ["", "1", "_a", "A", "a b", "a\"", "a.b", &long] {
            assert!(Statements::new(prefix).is_none(), "{prefix}");
        }
        assert!(Statements::new(&long[1..]).is_some());
    }
}
