use std::future::Future;
use std::sync::Arc;

use mizan_core::{Error, Principal, RequestHead};

/// Turns the head of a request into whom the call is made for.
///
/// ```
/// use mizan_core::{Error, Identity, Principal, RequestHead};
/// use mizan_http::Authenticate;
///
/// /// Believes a gateway that has checked the user already.
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
    /// Whom the request is for. Credentials that are missing, wrong or out of date make an
    /// anonymous principal: each function's policy says who may call it.
    ///
    /// # Errors
    ///
    /// When it cannot be found out, such as when the sessions' store is away. The call is not
    /// made then, and the client gets the error.
    fn authenticate(
        &self,
        head: &RequestHead,
    ) -> impl Future<Output = Result<Principal, Error>> + Send;

    /// Waits until the [session](mizan_core::Identity::in_session) of `principal` is over. The sockets that
    /// it opened are closed then, rather than when it is next looked at who is there. Without this, it
    /// waits for ever.
    fn ended(&self, principal: &Principal) -> impl Future<Output = ()> + Send {
        let _ = principal;
        std::future::pending()
    }
}

impl<A: Authenticate> Authenticate for Arc<A> {
    fn authenticate(
        &self,
        head: &RequestHead,
    ) -> impl Future<Output = Result<Principal, Error>> + Send {
        A::authenticate(self, head)
    }

    fn ended(&self, principal: &Principal) -> impl Future<Output = ()> + Send {
        A::ended(self, principal)
    }
}

/// Takes every request to be from nobody in particular.
#[derive(Clone, Copy, Debug, Default)]
pub struct Anonymous;

impl Authenticate for Anonymous {
    async fn authenticate(&self, _: &RequestHead) -> Result<Principal, Error> {
        Ok(Principal::anonymous())
    }
}
