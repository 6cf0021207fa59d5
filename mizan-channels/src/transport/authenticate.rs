//! Authentication of the client of a connection.

use std::pin::Pin;
use std::sync::Arc;

use mizan_core::{Error, Principal, RequestHead};

/// The future of an [authentication](AuthenticateConnection::authenticate).
pub type Authentication = Pin<Box<dyn Future<Output = Result<Peer, Error>> + Send>>;

/// Authenticates the client of a connection.
///
/// A function from a token to a future implements it:
///
/// ```
/// use std::sync::Arc;
///
/// use mizan_channels::transport::{Authentication, AuthenticateConnection, Peer};
/// use mizan_core::{Identity, Principal, RequestHead};
///
/// fn by_token(head: Arc<RequestHead>) -> impl AuthenticateConnection {
///     move |token: Option<String>| -> Authentication {
///         let principal = match token.as_deref() {
///             Some("secret of ada") => Principal::from(Identity::new("ada")),
///             _ => Principal::anonymous(),
///         };
///         let peer = Peer::new(principal, Arc::clone(&head));
///         Box::pin(async move { Ok(peer) })
///     }
/// }
/// ```
pub trait AuthenticateConnection: Send + Sync + 'static {
    /// Authenticates the client by `token`, or by the request that opened the connection if there is no token.
    ///
    /// The server calls it after `hello`, after `auth`, and periodically, so that an expired or revoked
    /// credential is noticed.
    ///
    /// # Errors
    ///
    /// Returns an error if the credential could not be checked, for example because the session store is
    /// unavailable. An invalid or expired credential is not an error: it results in an anonymous principal.
    fn authenticate(&self, token: Option<String>) -> Authentication;
}

/// The client of a connection.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Peer {
    /// The user, or an anonymous principal.
    pub principal: Principal,
    /// The head of the request that opened the connection, for [`Cx`](mizan_core::Cx).
    pub head: Arc<RequestHead>,
}

impl Peer {
    /// Creates a peer.
    #[must_use]
    pub fn new(principal: Principal, head: Arc<RequestHead>) -> Self {
        Self { principal, head }
    }
}

impl<F> AuthenticateConnection for F
where
    F: Fn(Option<String>) -> Authentication + Send + Sync + 'static,
{
    fn authenticate(&self, token: Option<String>) -> Authentication {
        self(token)
    }
}
