//! The accounts, including the demo accounts.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use jiff::Timestamp;
use mizan_auth::{
    Access, Account, Accounts, AccountsBuilder, EmailAddress, NewAccount, Pages, Password,
    PasswordHash, Rate, Rates, SqliteStore, UserStore as _,
};

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
        access: || Access {
            groups: [EARLY_ACCESS.to_owned()].into(),
            ..Access::default()
        },
    },
    Demo {
        email: "staff@example.com",
        name: "Staff",
        access: || Access {
            staff: true,
            ..Access::default()
        },
    },
    Demo {
        email: "superuser@example.com",
        name: "Superuser",
        access: || Access {
            staff: true,
            superuser: true,
            ..Access::default()
        },
    },
];

/// The users of the example. Cloning is cheap.
#[derive(Clone)]
pub struct People {
    /// The operations on accounts.
    pub accounts: Accounts,
    /// The store of the accounts.
    pub store: SqliteStore,
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
        let store = SqliteStore::open(database)
            .await
            .with_context(|| format!("cannot open the account database {}", database.display()))?;
        let accounts = settings
            .store(Arc::new(store.clone()))
            .site("mizan chat")
            .pages(Pages {
                verify_email: "/verify-email/".to_owned(),
                reset_password: "/reset-password/".to_owned(),
                change_email: "/change-email/".to_owned(),
                forgot_password: "/forgot-password/".to_owned(),
            })
            .rates(RATES)
            .build()?;
        Ok(Self {
            accounts,
            store,
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
        let hashed = self.accounts.passwords().hash(&typed).await;
        let password = hashed.map_err(|error| anyhow!("{}", error.message()))?;
        for demo in &DEMOS {
            let account = self.find_or_create(demo.email.parse()?, &password).await?;
            let (id, old) = (&account.id, account.password.as_ref());
            // A new password ends all sessions, so it is set only if a user has changed it.
            let verified = self.accounts.passwords().verify(&typed, old).await;
            if !verified.map_err(|error| anyhow!("{}", error.message()))? {
                self.store
                    .replace_password(id, account.epoch, &password)
                    .await?;
            }
            self.store.set_access(id, &(demo.access)()).await?;
            self.profiles.set_default_name(id, demo.name);
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
        let new = NewAccount {
            email,
            email_verified: true,
            password: Some(password.clone()),
            created_at: Timestamp::now(),
        };
        let created = self.store.create(new).await?;
        created.context("another process has created the demo account")
    }
}

/// Rate limits for a demo, whose users and tests share one address and would exceed the default limits.
/// A public application keeps the defaults.
const RATES: Rates = {
    const GENEROUS: Rate = Rate {
        burst: 1_000,
        every: Duration::from_millis(100),
    };
    Rates {
        sign_in_by_address: GENEROUS,
        sign_in_by_account_and_address: GENEROUS,
        sign_in_by_account: GENEROUS,
        sign_in_by_device: GENEROUS,
        confirm_by_session: GENEROUS,
        second_factor_by_account: GENEROUS,
        sign_up_by_address: GENEROUS,
        mail_by_address: GENEROUS,
        mail_by_account_and_address: GENEROUS,
        mail_by_account: GENEROUS,
        mail_by_device: GENEROUS,
        proof_by_address: GENEROUS,
        password_check_by_address: GENEROUS,
    }
};
