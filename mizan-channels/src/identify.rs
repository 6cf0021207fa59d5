use std::sync::Arc;

use futures_util::future::BoxFuture;
use mizan_core::{Error, Principal, RequestHead};

/// Who is at the other end of a connection.
pub trait Identify: Send + Sync + 'static {
    /// Finds it out: from a token, or else from what the connection came with. It is asked again from
    /// time to time, so that a credential that has lapsed meanwhile, or was revoked, is one no more.
    ///
    /// # Errors
    ///
    /// When it cannot be found out, such as when the sessions' store is away. A credential that is wrong
    /// makes an anonymous principal.
    fn identify(&self, token: Option<String>) -> BoxFuture<'static, Result<Visitor, Error>>;
}

/// Somebody, and what they came with.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// Who it is.
    pub principal: Principal,
    /// The head of the request that the connection began with, for [`Cx`](mizan_core::Cx).
    pub head: Arc<RequestHead>,
}

impl<F> Identify for F
where
    F: Fn(Option<String>) -> BoxFuture<'static, Result<Visitor, Error>> + Send + Sync + 'static,
{
    fn identify(&self, token: Option<String>) -> BoxFuture<'static, Result<Visitor, Error>> {
        self(token)
    }
}
