//! The rate limiters of all account flows.

use std::fmt;
use std::fmt::Display;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use mizan_core::Error;
use mizan_core::limits::RateLimit;
use mizan_core::shared_store::SharedStore;

use super::config::RateLimits;
use super::limiter::{KeyedLimiter, NetworkLimiter};
use crate::caller::{Caller, Trust};
use crate::client_network::wide_network;
use crate::email_address::EmailAddress;
use crate::store::TokenPurpose;

/// The limit of new known devices per account, each of which occupies a row in the store for months.
const NEW_DEVICE_LIMIT: RateLimit = RateLimit::new(10, Duration::from_secs(60 * 60));

/// The rate limiters of all account flows.
///
/// A rejected call counts only toward the limits that are checked before the one that rejects it. Therefore
/// the narrowest limit is checked first.
pub(crate) struct RateLimiters {
    sign_in: FlowLimiter,
    confirm_by_session: KeyedLimiter,
    second_factor_by_account: KeyedLimiter,
    second_factor_by_known_devices: KeyedLimiter,
    sign_up_by_address: NetworkLimiter,
    mail: FlowLimiter,
    code_by_account: KeyedLimiter,
    proof_by_address: NetworkLimiter,
    password_check_by_address: NetworkLimiter,
    password_check_by_session: KeyedLimiter,
    new_devices: KeyedLimiter,
}

impl RateLimiters {
    pub(crate) fn new(limits: RateLimits, store: &Arc<dyn SharedStore>) -> Self {
        let keyed = |name, limit| KeyedLimiter::new(name, limit, store);
        let by_network = |name, limit| NetworkLimiter::new(name, limit, store);
        Self {
            sign_in: FlowLimiter {
                by_address: by_network("accounts sign in by address", limits.sign_in_by_address),
                by_account_and_address: keyed(
                    "accounts sign in by account and address",
                    limits.sign_in_by_account_and_address,
                ),
                by_account: keyed("accounts sign in by account", limits.sign_in_by_account),
                by_device: keyed("accounts sign in by device", limits.sign_in_by_device),
            },
            confirm_by_session: keyed("accounts confirm by session", limits.confirm_by_session),
            second_factor_by_account: keyed(
                "accounts second factor by account",
                limits.second_factor_by_account,
            ),
            second_factor_by_known_devices: keyed(
                "accounts second factor by known devices",
                limits.second_factor_by_account,
            ),
            sign_up_by_address: by_network(
                "accounts sign up by address",
                limits.sign_up_by_address,
            ),
            mail: FlowLimiter {
                by_address: by_network("accounts mail by address", limits.mail_by_address),
                by_account_and_address: keyed(
                    "accounts mail by account and address",
                    limits.mail_by_account_and_address,
                ),
                by_account: keyed("accounts mail by account", limits.mail_by_account),
                by_device: keyed("accounts mail by device", limits.mail_by_device),
            },
            code_by_account: keyed("accounts code by account", limits.mail_by_device),
            proof_by_address: by_network("accounts proof by address", limits.proof_by_address),
            password_check_by_address: by_network(
                "accounts password check by address",
                limits.password_check_by_address,
            ),
            password_check_by_session: keyed(
                "accounts password check by session",
                limits.password_check_by_address,
            ),
            new_devices: keyed("accounts new devices", NEW_DEVICE_LIMIT),
        }
    }

    /// Checks the limits of sign-ins to the account with this email address.
    pub(crate) async fn sign_in(&self, caller: &Caller, email: &EmailAddress) -> Result<(), Error> {
        self.sign_in.check(caller, email).await
    }

    /// Checks the limit of password confirmations by a caller that is signed in as `user`.
    pub(crate) async fn confirm_password(&self, caller: &Caller, user: &str) -> Result<(), Error> {
        match &caller.trust {
            Trust::Session(session) => self.confirm_by_session.check(session).await,
            Trust::Device(_) | Trust::None => self.confirm_by_session.check(user).await,
        }
    }

    /// Checks the limit of attempts at the second factor of an account.
    ///
    /// All known devices of the account share one count, because a password reset makes a device known
    /// without the second factor.
    pub(crate) async fn second_factor(&self, caller: &Caller, user: &str) -> Result<(), Error> {
        match &caller.trust {
            Trust::Device(_) => self.second_factor_by_known_devices.check(user).await,
            Trust::Session(_) | Trust::None => self.second_factor_by_account.check(user).await,
        }
    }

    /// Checks the limit of sign-ups.
    pub(crate) async fn sign_up(&self, address: Option<IpAddr>) -> Result<(), Error> {
        self.sign_up_by_address.check(address).await
    }

    /// Checks the limits of mails to an email address that a caller requests.
    ///
    /// Each purpose has separate counts. An attacker can block the password resets of a user only by requesting
    /// resets, each of which mails the user a valid link.
    pub(crate) async fn mail(
        &self,
        caller: &Caller,
        purpose: TokenPurpose,
        email: &EmailAddress,
    ) -> Result<(), Error> {
        self.mail
            .check(caller, &format!("{} {email}", purpose.as_str()))
            .await
    }

    /// Checks the limits of codes for callers that have the password of the account.
    ///
    /// Callers without the password cannot exhaust the limit of the account.
    pub(crate) async fn code(&self, address: Option<IpAddr>, user: &str) -> Result<(), Error> {
        self.mail.by_address.check(address).await?;
        self.code_by_account.check(user).await
    }

    /// Checks the limit of attempts at codes and links.
    pub(crate) async fn proof(&self, address: Option<IpAddr>) -> Result<(), Error> {
        self.proof_by_address.check(address).await
    }

    /// Checks the limit of new known devices of an account.
    pub(crate) async fn new_device(&self, user: &str) -> Result<(), Error> {
        self.new_devices.check(user).await
    }

    /// Checks the limit of strength checks of new passwords.
    pub(crate) async fn password_check(&self, caller: &Caller) -> Result<(), Error> {
        match &caller.trust {
            Trust::Session(session) => self.password_check_by_session.check(session).await,
            Trust::Device(_) | Trust::None => {
                self.password_check_by_address.check(caller.address).await
            }
        }
    }
}

impl fmt::Debug for RateLimiters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimiters").finish_non_exhaustive()
    }
}

/// The limiters of a flow that concerns one account and that unknown callers can use.
///
/// A call that the limit of one network rejects does not count for the limit that the unknown callers
/// of all networks share, so that one network cannot lock out the others.
struct FlowLimiter {
    by_address: NetworkLimiter,
    by_account_and_address: KeyedLimiter,
    by_account: KeyedLimiter,
    by_device: KeyedLimiter,
}

impl FlowLimiter {
    /// Checks the limits for `subject`, which is the email address of the account, or for mails the address with
    /// the purpose of the mail.
    async fn check(&self, caller: &Caller, subject: &impl Display) -> Result<(), Error> {
        if let Trust::Device(device) = &caller.trust {
            return self.by_device.check(device).await;
        }
        self.by_address.check(caller.address).await?;
        let network = caller.address.map(wide_network);
        let network = network.map_or_else(String::new, |network| network.to_string());
        let both = format!("{network} {subject}");
        self.by_account_and_address.check(&both).await?;
        self.by_account.check(subject).await
    }
}
