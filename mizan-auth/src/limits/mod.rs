//! Rate limits of the flows.

mod limit;
mod network;
mod rate;

use std::fmt;
use std::hash::Hash;
use std::net::IpAddr;

use mizan_core::Error;

use crate::caller::{Caller, Trust};
use crate::{EmailAddress, Purpose};
use limit::{Limit, NetworkLimit};

pub(crate) use network::{client_network, wide_network};
pub use rate::{Rate, Rates};

/// The rate at which an account takes up new devices. Each is a row in a store for months.
const NEW_DEVICES: Rate = Rate::new(10, 60 * 60);

/// Counts what is tried.
///
/// A check that refuses has counted only what it asked before; the narrowest limit comes first.
pub(crate) struct Limits {
    sign_in: FlowLimit,
    confirm_by_session: Limit,
    second_factor_by_account: Limit,
    second_factor_of_devices: Limit,
    sign_up_by_address: NetworkLimit,
    mail: FlowLimit,
    code_by_account: Limit,
    proof_by_address: NetworkLimit,
    password_check_by_address: NetworkLimit,
    password_check_by_session: Limit,
    new_devices: Limit,
}

impl Limits {
    pub(crate) fn new(rates: Rates) -> Self {
        Self {
            sign_in: FlowLimit {
                by_address: NetworkLimit::new(rates.sign_in_by_address),
                by_account_and_address: Limit::new(rates.sign_in_by_account_and_address),
                by_account: Limit::new(rates.sign_in_by_account),
                by_device: Limit::new(rates.sign_in_by_device),
            },
            confirm_by_session: Limit::new(rates.confirm_by_session),
            second_factor_by_account: Limit::new(rates.second_factor_by_account),
            second_factor_of_devices: Limit::new(rates.second_factor_by_account),
            sign_up_by_address: NetworkLimit::new(rates.sign_up_by_address),
            mail: FlowLimit {
                by_address: NetworkLimit::new(rates.mail_by_address),
                by_account_and_address: Limit::new(rates.mail_by_account_and_address),
                by_account: Limit::new(rates.mail_by_account),
                by_device: Limit::new(rates.mail_by_device),
            },
            code_by_account: Limit::new(rates.mail_by_device),
            proof_by_address: NetworkLimit::new(rates.proof_by_address),
            password_check_by_address: NetworkLimit::new(rates.password_check_by_address),
            password_check_by_session: Limit::new(rates.password_check_by_address),
            new_devices: Limit::new(NEW_DEVICES),
        }
    }

    /// Before a password is checked that signs in to the account with this address.
    pub(crate) fn sign_in(&self, caller: &Caller, email: &EmailAddress) -> Result<(), Error> {
        self.sign_in.check(caller, email)
    }

    /// Before the password of a caller is checked who is signed in as `user`.
    pub(crate) fn confirm(&self, caller: &Caller, user: &str) -> Result<(), Error> {
        match &caller.trust {
            Trust::Session(session) => self.confirm_by_session.check(session),
            Trust::Device(_) | Trust::None => self.confirm_by_session.check(user),
        }
    }

    /// Before a second factor of an account is tried. Devices that the account knows are counted
    /// together: a reset makes a device known without the second factor.
    pub(crate) fn second_factor(&self, caller: &Caller, user: &str) -> Result<(), Error> {
        match &caller.trust {
            Trust::Device(_) => self.second_factor_of_devices.check(user),
            Trust::Session(_) | Trust::None => self.second_factor_by_account.check(user),
        }
    }

    pub(crate) fn sign_up(&self, address: Option<IpAddr>) -> Result<(), Error> {
        self.sign_up_by_address.check(address)
    }

    /// Before a mail is sent to this address because the caller asked for it.
    ///
    /// Mails of one purpose do not use up those of another. To keep a user from having a reset mailed, an
    /// attacker has to have resets mailed to them, with links that work.
    pub(crate) fn mail(
        &self,
        caller: &Caller,
        purpose: Purpose,
        email: &EmailAddress,
    ) -> Result<(), Error> {
        self.mail.check(caller, &(purpose, email))
    }

    /// Before a code is sent to the address of an account because the caller has its password. Strangers cannot
    /// use this up.
    pub(crate) fn code(&self, address: Option<IpAddr>, user: &str) -> Result<(), Error> {
        self.mail.by_address.check(address)?;
        self.code_by_account.check(user)
    }

    pub(crate) fn proof(&self, address: Option<IpAddr>) -> Result<(), Error> {
        self.proof_by_address.check(address)
    }

    /// Before an account takes up a new device.
    pub(crate) fn new_device(&self, user: &str) -> Result<(), Error> {
        self.new_devices.check(user)
    }

    /// Before a new password is checked for how easily it is guessed.
    pub(crate) fn password_check(&self, caller: &Caller) -> Result<(), Error> {
        match &caller.trust {
            Trust::Session(session) => self.password_check_by_session.check(session),
            Trust::Device(_) | Trust::None => self.password_check_by_address.check(caller.address),
        }
    }
}

impl fmt::Debug for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limits").finish_non_exhaustive()
    }
}

/// The limits of a flow that is about one account and open to strangers.
///
/// A call that the limit of one network refuses is not counted for the limit that strangers of all
/// networks share, so that one network cannot lock the others out.
struct FlowLimit {
    by_address: NetworkLimit,
    by_account_and_address: Limit,
    by_account: Limit,
    by_device: Limit,
}

impl FlowLimit {
    /// `about` is the account, by its address, and what else strangers share an allowance for.
    fn check(&self, caller: &Caller, about: &impl Hash) -> Result<(), Error> {
        if let Trust::Device(device) = &caller.trust {
            return self.by_device.check(device);
        }
        self.by_address.check(caller.address)?;
        let network = caller.address.map(wide_network);
        self.by_account_and_address.check(&(about, network))?;
        self.by_account.check(about)
    }
}
