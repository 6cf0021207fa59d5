//! A synchronous SQLite connection for the queries of each request.

use std::path::Path;
use std::time::Duration;

use parking_lot::Mutex;
use rusqlite::{Connection, OpenFlags, Row, ToSql};

use crate::password::PasswordHash;
use crate::session::{Device, Session};
use crate::store::sql::{self, FromRow, impl_from_row};
use crate::store::{Account, StoreError};

/// A connection that runs the queries of each request on the calling thread.
///
/// sqlx uses a thread for each connection. Waking that thread takes many times as long as a lookup by
/// primary key, which takes a few microseconds. The reader never waits for a lock or for another query; the
/// pool of sqlx handles those cases.
#[derive(Debug)]
pub(super) struct Reader(Mutex<Connection>);

impl Reader {
    /// Opens the existing database at `path`.
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        // Not read-only, because the last connection that closes moves the write-ahead log into the file.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_URI
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(StoreError::new)?;
        connection
            .busy_timeout(Duration::ZERO)
            .map_err(StoreError::new)?;
        Ok(Self(Mutex::new(connection)))
    }

    /// Runs a query for the row with this id. Returns `None` if the connection is busy or the query fails; the
    /// caller then uses the pool.
    pub(super) fn try_find<T>(&self, query: &str, id: &dyn ToSql) -> Option<Option<T>>
    where
        T: for<'row> FromRow<Row<'row>>,
    {
        let connection = self.0.try_lock()?;
        let mut statement = connection.prepare_cached(query).ok()?;
        let mut rows = statement.query([id]).ok()?;
        rows.next().ok()?.map(T::from_row).transpose().ok()
    }
}

impl_from_row!(Row<'_>, get, StoreError::new);

#[cfg(test)]
mod tests {
    use super::*;

    const QUERY: &str = "SELECT id, email, email_verified, password, access, created_at \
                            FROM mizan_accounts WHERE id = $1";

    #[tokio::test]
    async fn returns_none_if_the_connection_is_busy_or_fails() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("accounts.db");
        crate::store::SqliteStore::open(&path).await.unwrap();
        let reader = Reader::open(&path).unwrap();
        assert_eq!(reader.try_find::<Account>(QUERY, &"ada"), Some(None));
        let taken = reader.0.lock();
        assert_eq!(reader.try_find::<Account>(QUERY, &"ada"), None);
        taken.execute("DROP TABLE mizan_accounts", []).unwrap();
        drop(taken);
        assert_eq!(reader.try_find::<Account>(QUERY, &"ada"), None);
    }
}
