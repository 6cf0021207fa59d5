//! Reports changes of the access rights of users, so that their channels are authorized again.

use super::Accounts;

impl Accounts {
    /// Reports that the groups, permissions or other access rights of a user have changed.
    ///
    /// The service of mizan-http then authenticates the channel connections of the user again, on all servers: channels
    /// that the user may no longer have are closed, and clients request those again that were refused. Call it in a
    /// Tokio runtime, after `set_access` of a store.
    ///
    /// The verification of an email address reports itself. A change that another program makes in the store is
    /// detected within 30 seconds, for users with an open connection.
    ///
    /// ```
    /// use mizan_auth::Accounts;
    /// use mizan_auth::store::{Access, SqliteStore, StoreError};
    ///
    /// async fn make_staff(accounts: &Accounts, store: &SqliteStore, user: &str) -> Result<(), StoreError> {
    ///     store.set_access(user, &Access::default().staff(true)).await?;
    ///     accounts.permissions_changed(user);
    ///     Ok(())
    /// }
    /// ```
    pub fn permissions_changed(&self, user: &str) {
        self.0.permission_observers.notify(user);
    }
}
