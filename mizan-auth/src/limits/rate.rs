use std::num::NonZeroU32;
use std::time::Duration;

use governor::Quota;

/// A rate limit: `burst` times at once, then once `every`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// The maximum number of times at once.
    pub burst: u32,
    /// The time until one more is allowed.
    pub every: Duration,
}

impl Rate {
    /// So often at once, then once every so many seconds.
    #[must_use]
    pub const fn new(burst: u32, every_seconds: u64) -> Self {
        Self {
            burst,
            every: Duration::from_secs(every_seconds),
        }
    }

    /// The rate of so many clients together.
    pub(super) fn of(self, clients: u32) -> Self {
        Self {
            burst: self.burst.saturating_mul(clients),
            every: self.every / clients.max(1),
        }
    }

    pub(super) fn quota(self) -> Quota {
        let burst = NonZeroU32::new(self.burst).unwrap_or(NonZeroU32::MIN);
        let every = self.every.max(Duration::from_nanos(1));
        let quota = Quota::with_period(every).expect("a period that is not zero");
        quota.allow_burst(burst)
    }
}

/// The rate limits of the flows. They hold whether or not the account exists, and a success counts as a
/// failure does.
///
/// *By address* limits the network of a client: an IPv4 address or the /64 of an IPv6 address. Wider
/// networks have the same limit with a larger allowance: eight times for an IPv4 /24 and an IPv6 /56,
/// sixteen times for an IPv6 /48.
///
/// Callers that an account knows have limits of their own, which strangers cannot use up: callers
/// that are signed in, browsers that signed in to the account before (the device cookie), and
/// holders of a link that was mailed to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    /// Signing in, by network address: 30, then one in 10 seconds.
    pub sign_in_by_address: Rate,
    /// Signing in to one account from one network: 10, then one a minute.
    pub sign_in_by_account_and_address: Rate,
    /// Signing in to one account, strangers from everywhere together: 50, then one in 30 seconds.
    pub sign_in_by_account: Rate,
    /// Signing in from a device that the account knows, or with a link that was mailed to it, by
    /// device or link: 10, then one a minute.
    pub sign_in_by_device: Rate,
    /// Confirming a password while signed in, by session: 10, then one a minute.
    pub confirm_by_session: Rate,
    /// Trying a second factor, by account, and apart from that by all devices together that the
    /// account knows: 10, then one in 15 minutes.
    pub second_factor_by_account: Rate,
    /// Signing up, by network address: 10, then one in 5 minutes.
    pub sign_up_by_address: Rate,
    /// Mails that a caller asks for, by network address: 20, then one a minute.
    pub mail_by_address: Rate,
    /// Mails of one kind to one email address that one network asks for: 3, then one in 20 minutes.
    pub mail_by_account_and_address: Rate,
    /// Mails of one kind to one email address, strangers from everywhere together: 10, then one in 5
    /// minutes.
    pub mail_by_account: Rate,
    /// Mails that a device asks for that the account knows, by device, and codes for callers that
    /// have the password, by account: 5, then one in 10 minutes.
    pub mail_by_device: Rate,
    /// Codes and links that are tried, by network address: 30, then one in 10 seconds.
    pub proof_by_address: Rate,
    /// New passwords that are checked, by network address, or by session while signed in: 60, then
    /// one a second.
    pub password_check_by_address: Rate,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            sign_in_by_address: Rate::new(30, 10),
            sign_in_by_account_and_address: Rate::new(10, 60),
            sign_in_by_account: Rate::new(50, 30),
            sign_in_by_device: Rate::new(10, 60),
            confirm_by_session: Rate::new(10, 60),
            second_factor_by_account: Rate::new(10, 15 * 60),
            sign_up_by_address: Rate::new(10, 300),
            mail_by_address: Rate::new(20, 60),
            mail_by_account_and_address: Rate::new(3, 20 * 60),
            mail_by_account: Rate::new(10, 300),
            mail_by_device: Rate::new(5, 600),
            proof_by_address: Rate::new(30, 10),
            password_check_by_address: Rate::new(60, 1),
        }
    }
}
