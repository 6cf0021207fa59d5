//! The configurable rate limits of the account flows.

use std::time::Duration;

use mizan_core::limits::RateLimit;

/// The rate limits of the account flows.
///
/// They apply whether or not the account exists. Successful and failed calls count alike.
///
/// A limit *by address* counts by the network of the client: an IPv4 address or the /64 network of an
/// IPv6 address. Wider networks have the same limit with a larger allowance: eight times as large for
/// an IPv4 /24 and an IPv6 /56, sixteen times as large for an IPv6 /48.
///
/// Known callers have separate limits, which unknown callers cannot exhaust. A caller is known if it is
/// signed in, has the device cookie of an earlier sign-in to the account, or has a link that was mailed
/// to the account.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use mizan_auth::rate_limit::{RateLimit, RateLimits};
///
/// let limits = RateLimits::default()
///     .sign_up_by_address(RateLimit::new(3, Duration::from_secs(600)));
/// assert_eq!(limits.sign_up_by_address.burst, 3);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimits {
    /// Sign-ins by network address. Default: 30, then one every 10 seconds.
    pub sign_in_by_address: RateLimit,
    /// Sign-ins to one account from one network. Default: 10, then one per minute.
    pub sign_in_by_account_and_address: RateLimit,
    /// Sign-ins to one account by all unknown callers together. Default: 50, then one every 30 seconds.
    pub sign_in_by_account: RateLimit,
    /// Sign-ins from a known device or with a mailed link, by device or link. Default: 10, then one per
    /// minute.
    pub sign_in_by_device: RateLimit,
    /// Password confirmations of a signed-in user, by session. Default: 10, then one per minute.
    pub confirm_by_session: RateLimit,
    /// Attempts at a second factor by account. All known devices of the account together have a second
    /// limit of the same size. Default: 10, then one every 15 minutes.
    pub second_factor_by_account: RateLimit,
    /// Sign-ups by network address. Default: 10, then one every 5 minutes.
    pub sign_up_by_address: RateLimit,
    /// Mails that callers request, by network address. Default: 20, then one per minute.
    pub mail_by_address: RateLimit,
    /// Mails of one kind to one email address that one network requests. Default: 3, then one every 20
    /// minutes.
    pub mail_by_account_and_address: RateLimit,
    /// Mails of one kind to one email address that all unknown callers together request. Default: 10, then
    /// one every 5 minutes.
    pub mail_by_account: RateLimit,
    /// Mails that a known device requests, by device, and codes for callers that have the password, by
    /// account. Default: 5, then one every 10 minutes.
    pub mail_by_device: RateLimit,
    /// Attempts at codes and links, by network address. Default: 30, then one every 10 seconds.
    pub proof_by_address: RateLimit,
    /// Checks of new passwords, by network address, or by session for signed-in users. Default: 60, then
    /// one per second.
    pub password_check_by_address: RateLimit,
}

impl RateLimits {
    /// Uses `limit` for every limit, for example a high one for tests.
    #[must_use]
    pub const fn uniform(limit: RateLimit) -> Self {
        Self {
            sign_in_by_address: limit,
            sign_in_by_account_and_address: limit,
            sign_in_by_account: limit,
            sign_in_by_device: limit,
            confirm_by_session: limit,
            second_factor_by_account: limit,
            sign_up_by_address: limit,
            mail_by_address: limit,
            mail_by_account_and_address: limit,
            mail_by_account: limit,
            mail_by_device: limit,
            proof_by_address: limit,
            password_check_by_address: limit,
        }
    }
}

macro_rules! setters {
    ($($field:ident),*) => {
        impl RateLimits {
            $(
                #[doc = concat!("Sets [`", stringify!($field), "`](Self#structfield.", stringify!($field), ").")]
                #[must_use]
                pub const fn $field(mut self, limit: RateLimit) -> Self {
                    self.$field = limit;
                    self
                }
            )*
        }
    };
}

setters!(
    sign_in_by_address,
    sign_in_by_account_and_address,
    sign_in_by_account,
    sign_in_by_device,
    confirm_by_session,
    second_factor_by_account,
    sign_up_by_address,
    mail_by_address,
    mail_by_account_and_address,
    mail_by_account,
    mail_by_device,
    proof_by_address,
    password_check_by_address
);

impl Default for RateLimits {
    fn default() -> Self {
        const fn limit(burst: u32, seconds: u64) -> RateLimit {
            RateLimit::new(burst, Duration::from_secs(seconds))
        }
        Self {
            sign_in_by_address: limit(30, 10),
            sign_in_by_account_and_address: limit(10, 60),
            sign_in_by_account: limit(50, 30),
            sign_in_by_device: limit(10, 60),
            confirm_by_session: limit(10, 60),
            second_factor_by_account: limit(10, 15 * 60),
            sign_up_by_address: limit(10, 300),
            mail_by_address: limit(20, 60),
            mail_by_account_and_address: limit(3, 20 * 60),
            mail_by_account: limit(10, 300),
            mail_by_device: limit(5, 600),
            proof_by_address: limit(30, 10),
            password_check_by_address: limit(60, 1),
        }
    }
}
