//! Authentication of requests.

use std::future::Future;
use std::sync::Arc;

use mizan_core::{Error, Principal, RequestHead};

/// Authenticates requests: turns the head of a request into a [`Principal`].
///
/// ```
/// use mizan_core::{Error, Identity, Principal, RequestHead};
/// use mizan_http::Authenticate;
///
/// /// Trusts the header of a gateway that has already authenticated the user.
/// struct Gateway;
///
/// impl Authenticate for Gateway {
///     async fn authenticate(&self, head: &RequestHead) -> Result<Principal, Error> {
///         let user = head.headers().get("x-user").and_then(|user| user.to_str().ok());
///         Ok(user.map_or_else(Principal::anonymous, |user| Identity::new(user).into()))
///     }
/// }
/// ```
pub trait Authenticate: Send + Sync + 'static {
    /// Returns the principal on whose behalf the request is made.
    ///
    /// Return an anonymous principal if credentials are missing, invalid or expired: the policy of each
    /// function decides whether anonymous callers may call it.
    ///
    /// # Errors
    ///
    /// Returns an error if the principal cannot be determined, for example if the store of sessions is
    /// unavailable. The function is then not called, and the client receives the error.
    fn authenticate(
        &self,
        head: &RequestHead,
    ) -> impl Future<Output = Result<Principal, Error>> + Send;

    /// Waits until the [session](mizan_core::Identity::in_session) of `principal` has ended.
    ///
    /// The WebSockets of the session are then closed at once, instead of at the next periodic
    /// authentication. The default implementation never completes.
    fn wait_until_ended(&self, principal: &Principal) -> impl Future<Output = ()> + Send {
        let _ = principal;
        std::future::pending()
    }

    /// Calls `notify` with the id of each user whose groups or permissions change, in a Tokio runtime.
    ///
    /// The service then calls `Channels::permissions_changed`, so that the channels of the user are authorized again on
    /// all servers. It registers `notify` once, when it is built. The default implementation never calls it.
    fn on_permissions_changed(&self, notify: impl Fn(&str) + Send + Sync + 'static) {
        let _ = notify;
    }
}

impl<A: Authenticate> Authenticate for Arc<A> {
    fn authenticate(
        &self,
        head: &RequestHead,
    ) -> impl Future<Output = Result<Principal, Error>> + Send {
        A::authenticate(self, head)
    }

    fn wait_until_ended(&self, principal: &Principal) -> impl Future<Output = ()> + Send {
        A::wait_until_ended(self, principal)
    }

    fn on_permissions_changed(&self, notify: impl Fn(&str) + Send + Sync + 'static) {
        A::on_permissions_changed(self, notify);
    }
}

/// An authenticator that treats all clients as anonymous.
#[derive(Clone, Copy, Debug, Default)]
pub struct Anonymous;

impl Authenticate for Anonymous {
    async fn authenticate(&self, _: &RequestHead) -> Result<Principal, Error> {
        Ok(Principal::anonymous())
    }
}
