//! A database for one test.

use mizan_template::database::DatabaseOptions;
use tempfile::TempDir;

/// An empty database, which is deleted on drop.
pub struct TestDatabase {
    /// The settings with which the application opens it.
    pub options: DatabaseOptions,
    _folder: TempDir,
}

impl TestDatabase {
    /// Creates a database.
    pub async fn create() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let options = DatabaseOptions {
            database: folder.path().join("test.db"),
        };
        Ok(Self {
            options,
            _folder: folder,
        })
    }
}
