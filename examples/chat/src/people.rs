//! Everybody who has an account, and the three that the demo begins with.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use jiff::Timestamp;
use mizan_auth::accounts::AccountPages;
use mizan_auth::password::PasswordHash;
use mizan_auth::rate_limit::RateLimit;
use mizan_auth::rate_limit::RateLimits;
use mizan_auth::store::{Access, NewAccount, SqliteStore, UserStore as _};
use mizan_auth::{Account, Accounts, AccountsBuilder, EmailAddress, Password};

use crate::profile::Profiles;

/// The group of those who see what is not for everybody yet.
pub const EARLY_ACCESS: &str = "early_access";

/// An account that the demo begins with.
pub struct Demo {
    /// What one signs in with.
    pub email: &'static str,
    /// What its user is called at first.
    pub name: &'static str,
    access: fn() -> Access,
}

/// The password of the accounts that the demo begins with, which its pages tell everybody.
pub const DEMO_PASSWORD: &str = "open sesame, demo";

/// The accounts that the demo begins with.
pub static DEMOS: [Demo; 3] = [
    Demo {
        email: "member@example.com",
        name: "Member",
        access: || Access::default().group(EARLY_ACCESS),
    },
    Demo {
        email: "staff@example.com",
        name: "Staff",
        access: || Access::default().staff(true),
    },
    Demo {
        email: "superuser@example.com",
        name: "Superuser",
        access: || Access::default().staff(true).superuser(true),
    },
];

/// Everybody with an account. Cloning is cheap.
#[derive(Clone)]
pub struct People {
    /// What they can do with their accounts.
    pub accounts: Accounts,
    /// Where the accounts are kept.
    pub store: SqliteStore,
    /// What they say about themselves.
    pub profiles: Profiles,
}

impl People {
    /// Those in the SQLite file `database`, which is made when there is none. What else there is to
    /// say of accounts is said by `settings`.
    ///
    /// # Errors
    ///
    /// A file that cannot be used, or settings that do not work.
    pub async fn open(database: &Path, settings: AccountsBuilder) -> anyhow::Result<Self> {
        let store = SqliteStore::open(database)
            .await
            .with_context(|| format!("cannot keep accounts in {}", database.display()))?;
        let accounts = settings
            .store(Arc::new(store.clone()))
            .site_name("mizan chat")
            .pages(
                AccountPages::default()
                    .verify_email("/verify-email/")
                    .reset_password("/reset-password/")
                    .change_email("/change-email/")
                    .forgot_password("/forgot-password/"),
            )
            .rate_limits(RATE_LIMITS)
            .build()?;
        Ok(Self {
            accounts,
            store,
            profiles: Profiles::default(),
        })
    }

    /// Makes the accounts that the demo begins with, or makes them again what they were.
    ///
    /// # Errors
    ///
    /// A store that cannot be reached.
    pub async fn seed(&self) -> anyhow::Result<()> {
        let typed = Password::from(DEMO_PASSWORD);
        let hashed = self.accounts.password_hasher().hash(&typed).await;
        let password = hashed.map_err(|error| anyhow!("{}", error.message()))?;
        for demo in &DEMOS {
            let account = self.find_or_create(demo.email.parse()?, &password).await?;
            let (id, old) = (&account.id, account.password.as_ref());
            // A new password ends all sessions, so it is set only if a user has changed it.
            let verified = self.accounts.password_hasher().verify(&typed, old).await;
            if !verified.map_err(|error| anyhow!("{}", error.message()))? {
                self.store
                    .replace_password(id, account.epoch, &password)
                    .await?;
            }
            self.store.set_access(id, &(demo.access)()).await?;
            self.profiles.introduce(id, demo.name);
        }
        Ok(())
    }

    async fn find_or_create(
        &self,
        email: EmailAddress,
        password: &PasswordHash,
    ) -> anyhow::Result<Account> {
        if let Some(account) = self.store.find_by_email(&email).await? {
            return Ok(account);
        }
        let new = NewAccount::new(email, Timestamp::now())
            .email_verified(true)
            .password(password.clone());
        let created = self.store.create(new).await?;
        created.context("a demo account was made by somebody else")
    }
}

/// Whoever tries the demo comes from one address, and so do its tests: the usual limits would stop
/// them. An application that others can reach leaves them as they are.
const RATE_LIMITS: RateLimits =
    RateLimits::uniform(RateLimit::new(1_000, Duration::from_millis(100)));
