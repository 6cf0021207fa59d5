use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Row, ToSql};

use crate::password::PasswordHash;
use crate::session::{Device, Session};
use crate::store::Account;
use crate::store::StoreError;
use crate::store::sql::{self, Record, records};

/// A connection that answers on the thread that asks, for what each request asks.
///
/// sqlx has a thread for each connection. To wake it, and to be woken by it, takes many times as
/// long as a row by its key, which is a few microseconds. This never waits, neither for a lock nor
/// for whoever has it: the pool is there for that.
#[derive(Debug)]
pub(super) struct Reader(Mutex<Connection>);

impl Reader {
    /// A reader of the database at `path`, which is there.
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        // Not read-only: the last connection that closes puts what is in the log into the file.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_URI
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(Duration::ZERO)?;
        Ok(Self(Mutex::new(connection)))
    }

    /// What the row with this id has, where there is one; nothing at all where the reader is taken or
    /// fails, so that the pool is asked.
    pub(super) fn read<T>(&self, question: &str, id: &dyn ToSql) -> Option<Option<T>>
    where
        T: for<'row> Record<Row<'row>>,
    {
        let connection = self.0.try_lock().ok()?;
        let mut statement = connection.prepare_cached(question).ok()?;
        let mut rows = statement.query([id]).ok()?;
        rows.next().ok()?.map(T::of).transpose().ok()
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::new(error)
    }
}

records!(Row<'_>, get);

#[cfg(test)]
mod tests {
    use super::*;

    const QUESTION: &str = "SELECT id, email, email_verified, password, access, created_at \
                            FROM mizan_accounts WHERE id = $1";

    /// What the reader does not answer is asked of the pool.
    #[tokio::test]
    async fn whoever_is_not_answered_need_not_wait() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("accounts.db");
        crate::store::SqliteStore::open(&path).await.unwrap();
        let reader = Reader::open(&path).unwrap();
        assert_eq!(reader.read::<Account>(QUESTION, &"ada"), Some(None));
        let taken = reader.0.lock().unwrap();
        assert_eq!(reader.read::<Account>(QUESTION, &"ada"), None);
        taken.execute("DROP TABLE mizan_accounts", []).unwrap();
        drop(taken);
        assert_eq!(reader.read::<Account>(QUESTION, &"ada"), None);
    }
}
