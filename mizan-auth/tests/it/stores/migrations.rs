//! Migration of rows from version 1 of the tables.

use jiff::{SignedDuration, Timestamp};
use mizan_auth::password::PasswordHash;
use mizan_auth::store::{AccountStore, SessionStore, TokenPurpose, TokenStore, UserStore};
use mizan_auth::token::Token;

const EMAIL: &str = "ada@example.com";
const UNVERIFIED: &str = "eve@example.com";

/// An account with a session and a link in tables of version 1.
pub(super) struct FirstVersion {
    session: Token,
    link: Token,
}

impl FirstVersion {
    pub(super) fn new() -> Self {
        Self {
            session: Token::random(),
            link: Token::random(),
        }
    }

    /// Returns the statements that insert the rows. `blob` formats hexadecimal bytes as a literal.
    pub(super) fn statements(&self, blob: impl Fn(&str) -> String) -> String {
        let bytes = |bytes: &[u8]| {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            blob(&hex)
        };
        let [session, link] = [&self.session, &self.link].map(|token| {
            let (id, secret) = (token.id(), token.hash());
            format!("{}, {}", bytes(id.as_bytes()), bytes(secret.as_bytes()))
        });
        let now = Timestamp::now().as_millisecond();
        let (old, later) = (now - 30 * 24 * 3_600_000, now + 3_600_000);
        let access = serde_json::to_string(&mizan_auth::store::Access::default()).unwrap();
        format!(
            "INSERT INTO mizan_accounts (id, email, email_verified, password, access, created_at) VALUES
                ('ada', '{EMAIL}', TRUE, 'old hash', '{access}', {old}),
                ('eve', '{UNVERIFIED}', FALSE, NULL, '{access}', {old});
             INSERT INTO mizan_sessions (id, secret, user_id, created_at, last_used_at, expires_at,
                authenticated_at, methods, user_agent, address) VALUES
                ({session}, 'ada', {now}, {now}, {later}, {now}, 'pwd', 'a browser', '192.0.2.1');
             INSERT INTO mizan_tokens (id, secret, code, purpose, user_id, email, attempts, expires_at) VALUES
                ({link}, NULL, 'reset_password', 'ada', '{EMAIL}', 5, {later});"
        )
    }

    /// Checks that sessions and mailed links stay valid, and that the next change of credentials ends
    /// both.
    pub(super) async fn check<S: AccountStore>(&self, store: &S) {
        let found = store.find_with_account(self.session.id()).await.unwrap();
        let (session, account) = found.unwrap();
        let account = account.unwrap();
        assert_eq!(session.secret, self.session.hash());
        assert_eq!((session.epoch, account.epoch), (0, 0));
        assert_eq!(account.email.as_str(), EMAIL);

        let link = TokenStore::find(store, self.link.id()).await.unwrap();
        let link = link.unwrap();
        assert_eq!(link.purpose, TokenPurpose::ResetPassword);
        assert_eq!((link.epoch, link.browser), (0, None));

        let new = PasswordHash::from_stored("new hash");
        let replaced = store.replace_password("ada", 0, &new).await.unwrap();
        assert_eq!(replaced, Some(1));
        let (session, account) = store
            .find_with_account(self.session.id())
            .await
            .unwrap()
            .unwrap();
        assert_eq!((session.epoch, account.unwrap().epoch), (0, 1));

        let now = Timestamp::now();
        let before = now - SignedDuration::from_hours(24);
        assert_eq!(store.purge_unverified(before, now, 10).await.unwrap(), 1);
        assert!(UserStore::find(store, "eve").await.unwrap().is_none());
        assert!(
            SessionStore::remove(store, self.session.id())
                .await
                .unwrap()
        );
    }
}
