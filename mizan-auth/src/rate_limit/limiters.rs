//! The rate limiters of all account flows.

use std::fmt;
use std::hash::Hash;
use std::net::IpAddr;
use std::time::Duration;

use mizan_core::Error;

use super::config::{RateLimit, RateLimits};
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
    pub(crate) fn new(limits: RateLimits) -> Self {
        Self {
            sign_in: FlowLimiter {
                by_address: NetworkLimiter::new(limits.sign_in_by_address),
                by_account_and_address: KeyedLimiter::new(limits.sign_in_by_account_and_address),
                by_account: KeyedLimiter::new(limits.sign_in_by_account),
                by_device: KeyedLimiter::new(limits.sign_in_by_device),
            },
            confirm_by_session: KeyedLimiter::new(limits.confirm_by_session),
            second_factor_by_account: KeyedLimiter::new(limits.second_factor_by_account),
            second_factor_by_known_devices: KeyedLimiter::new(limits.second_factor_by_account),
            sign_up_by_address: NetworkLimiter::new(limits.sign_up_by_address),
            mail: FlowLimiter {
                by_address: NetworkLimiter::new(limits.mail_by_address),
                by_account_and_address: KeyedLimiter::new(limits.mail_by_account_and_address),
                by_account: KeyedLimiter::new(limits.mail_by_account),
                by_device: KeyedLimiter::new(limits.mail_by_device),
            },
            code_by_account: KeyedLimiter::new(limits.mail_by_device),
            proof_by_address: NetworkLimiter::new(limits.proof_by_address),
            password_check_by_address: NetworkLimiter::new(limits.password_check_by_address),
            password_check_by_session: KeyedLimiter::new(limits.password_check_by_address),
            new_devices: KeyedLimiter::new(NEW_DEVICE_LIMIT),
        }
    }

    /// Checks the limits of sign-ins to the account with this email address.
    pub(crate) fn sign_in(&self, caller: &Caller, email: &EmailAddress) -> Result<(), Error> {
        self.sign_in.check(caller, email)
    }

    /// Checks the limit of password confirmations by a caller that is signed in as `user`.
    pub(crate) fn confirm_password(&self, caller: &Caller, user: &str) -> Result<(), Error> {
        match &caller.trust {
            Trust::Session(session) => self.confirm_by_session.check(session),
            Trust::Device(_) | Trust::None => self.confirm_by_session.check(user),
        }
    }

    /// Checks the limit of attempts at the second factor of an account.
    ///
    /// All known devices of the account share one count, because a password reset makes a device known
    /// without the second factor.
    pub(crate) fn second_factor(&self, caller: &Caller, user: &str) -> Result<(), Error> {
        match &caller.trust {
            Trust::Device(_) => self.second_factor_by_known_devices.check(user),
            Trust::Session(_) | Trust::None => self.second_factor_by_account.check(user),
        }
    }

    /// Checks the limit of sign-ups.
    pub(crate) fn sign_up(&self, address: Option<IpAddr>) -> Result<(), Error> {
        self.sign_up_by_address.check(address)
    }

    /// Checks the limits of mails to an email address that a caller requests.
    ///
    /// Each purpose has separate counts. An attacker can block the password resets of a user only by requesting
    /// resets, each of which mails the user a valid link.
    pub(crate) fn mail(
        &self,
        caller: &Caller,
        purpose: TokenPurpose,
        email: &EmailAddress,
    ) -> Result<(), Error> {
        self.mail.check(caller, &(purpose, email))
    }

    /// Checks the limits of codes for callers that have the password of the account.
    ///
    /// Callers without the password cannot exhaust the limit of the account.
    pub(crate) fn code(&self, address: Option<IpAddr>, user: &str) -> Result<(), Error> {
        self.mail.by_address.check(address)?;
        self.code_by_account.check(user)
    }

    /// Checks the limit of attempts at codes and links.
    pub(crate) fn proof(&self, address: Option<IpAddr>) -> Result<(), Error> {
        self.proof_by_address.check(address)
    }

    /// Checks the limit of new known devices of an account.
    pub(crate) fn new_device(&self, user: &str) -> Result<(), Error> {
        self.new_devices.check(user)
    }

    /// Checks the limit of strength checks of new passwords.
    pub(crate) fn password_check(&self, caller: &Caller) -> Result<(), Error> {
        match &caller.trust {
            Trust::Session(session) => self.password_check_by_session.check(session),
            Trust::Device(_) | Trust::None => self.password_check_by_address.check(caller.address),
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
    fn check(&self, caller: &Caller, subject: &impl Hash) -> Result<(), Error> {
        if let Trust::Device(device) = &caller.trust {
            return self.by_device.check(device);
        }
        self.by_address.check(caller.address)?;
        let network = caller.address.map(wide_network);
        self.by_account_and_address.check(&(subject, network))?;
        self.by_account.check(subject)
    }
}
