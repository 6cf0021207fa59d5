//! Everybody who has an account, and the three that the demo begins with.

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

    /// Makes the accounts that the demo begins with, or makes them again what they were.
    ///
    /// # Errors
    ///
    /// A store that cannot be reached.
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
        let new = NewAccount {
            email,
            email_verified: true,
            password: Some(password.clone()),
            created_at: Timestamp::now(),
        };
        let created = self.store.create(new).await?;
        created.context("a demo account was made by somebody else")
    }
}

/// Whoever tries the demo comes from one address, and so do its tests: the usual limits would stop
/// them. An application that others can reach leaves them as they are.
const RATES: Rates = {
    const OFTEN: Rate = Rate {
        burst: 1_000,
        every: Duration::from_millis(100),
    };
    Rates {
        sign_in_by_address: OFTEN,
        sign_in_by_account_and_address: OFTEN,
        sign_in_by_account: OFTEN,
        sign_in_by_device: OFTEN,
        confirm_by_session: OFTEN,
        second_factor_by_account: OFTEN,
        sign_up_by_address: OFTEN,
        mail_by_address: OFTEN,
        mail_by_account_and_address: OFTEN,
        mail_by_account: OFTEN,
        mail_by_device: OFTEN,
        proof_by_address: OFTEN,
        password_check_by_address: OFTEN,
    }
};
