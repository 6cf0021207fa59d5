//! The accounts, including the demo accounts.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use jiff::Timestamp;
use mizan_auth::accounts::AccountPages;
use mizan_auth::password::PasswordHash;
use mizan_auth::rate_limit::RateLimit;
use mizan_auth::rate_limit::RateLimits;
use mizan_auth::store::{Access, NewAccount};
use mizan_auth::{Account, Accounts, AccountsBuilder, EmailAddress, Password};

use crate::account_database::AccountDatabase;
use crate::profile::Profiles;

/// The group of users with early access.
pub const EARLY_ACCESS: &str = "early_access";

/// A demo account.
pub struct Demo {
    /// The email address for signing in.
    pub email: &'static str,
    /// The initial display name.
    pub name: &'static str,
    access: fn() -> Access,
}

/// The password of the demo accounts, which the pages display.
pub const DEMO_PASSWORD: &str = "open sesame, demo";

/// The demo accounts.
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

/// The users of the example. Cloning is cheap.
#[derive(Clone)]
pub struct People {
    /// The operations on accounts.
    pub accounts: Accounts,
    /// The database of the accounts.
    pub database: AccountDatabase,
    /// The profiles of the users.
    pub profiles: Profiles,
}

impl People {
    /// Opens the SQLite file `database`, or creates it if it does not exist.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be opened or the settings are invalid.
    pub async fn open(database: &Path, settings: AccountsBuilder) -> anyhow::Result<Self> {
        Self::new(AccountDatabase::open_file(database).await?, settings)
    }

    /// Uses an open database.
    ///
    /// # Errors
    ///
    /// Returns an error if the settings are invalid.
    pub fn new(database: AccountDatabase, settings: AccountsBuilder) -> anyhow::Result<Self> {
        let accounts = database
            .configure(settings)
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
            database,
            profiles: Profiles::default(),
        })
    }

    /// Creates the demo accounts, or resets their passwords and permissions.
    ///
    /// # Errors
    ///
    /// Returns an error if the store cannot be reached.
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
                self.accounts
                    .users()
                    .replace_password(id, account.epoch, &password)
                    .await?;
            }
            self.database.set_access(id, &(demo.access)()).await?;
            self.profiles.set_default_name(id, demo.name);
        }
        Ok(())
    }

    async fn find_or_create(
        &self,
        email: EmailAddress,
        password: &PasswordHash,
    ) -> anyhow::Result<Account> {
        if let Some(account) = self.accounts.users().find_by_email(&email).await? {
            return Ok(account);
        }
        let new = NewAccount::new(email, Timestamp::now())
            .email_verified(true)
            .password(password.clone());
        let created = self.accounts.users().create(new).await?;
        created.context("another process has created the demo account")
    }
}

/// Rate limits for a demo, whose users and tests share one address and would exceed the default limits.
/// A public application keeps the defaults.
const RATE_LIMITS: RateLimits =
    RateLimits::uniform(RateLimit::new(1_000, Duration::from_millis(100)));
