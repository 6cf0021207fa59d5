//! The trait for second factors.

use async_trait::async_trait;
use mizan_core::Error;

/// A provider of second factors.
///
/// A sign-in to an account with a second factor stops at
/// [`NextStep::SecondFactor`](crate::NextStep::SecondFactor). The application then checks the factor between
/// [`Accounts::attempt_second_factor`](crate::Accounts::attempt_second_factor) and
/// [`Accounts::pass_second_factor`](crate::Accounts::pass_second_factor).
///
/// # Examples
///
/// ```
/// use std::collections::HashSet;
///
/// use async_trait::async_trait;
/// use mizan_auth::accounts::SecondFactor;
/// use mizan_core::Error;
///
/// /// The users that have registered an authenticator app.
/// struct AuthenticatorApps(HashSet<String>);
///
/// #[async_trait]
/// impl SecondFactor for AuthenticatorApps {
///     async fn methods(&self, user: &str) -> Result<Vec<String>, Error> {
///         let has_app = self.0.contains(user);
///         Ok(has_app.then(|| "otp".to_owned()).into_iter().collect())
///     }
/// }
/// ```
#[async_trait]
pub trait SecondFactor: Send + Sync + 'static {
    /// Returns the second factors of an account as RFC 8176 method names, such as `otp`. An empty list
    /// means that the password is sufficient.
    async fn methods(&self, user: &str) -> Result<Vec<String>, Error>;
}
