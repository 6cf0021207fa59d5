//! Authentication of the client of a connection.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::{HeaderValue, header};
use mizan_channels::Channels;
use mizan_channels::transport::{AuthenticateConnection, Peer};
use mizan_core::{Error, RequestHead};

use super::retained_head::with_headers;
use super::session_watch::SessionWatch;
use crate::authenticate::Authenticate;
use crate::client_budget::Share;
use crate::service::state::ServiceState;

/// Authenticates a connection by the head of the request that opened it, as it would a call. A token that the client
/// sends later replaces the `Authorization` header.
pub(crate) struct ConnectionAuthenticator<A> {
    pub(crate) state: Arc<ServiceState<A>>,
    pub(super) head: Arc<RequestHead>,
    pub(super) channels: Channels,
    pub(super) session: Arc<SessionWatch>,
    /// Held for as long as the connection is open.
    pub(super) _share: Share,
}

impl<A: Authenticate> AuthenticateConnection for ConnectionAuthenticator<A> {
    fn authenticate(&self, token: Option<String>) -> BoxFuture<'static, Result<Peer, Error>> {
        let state = Arc::clone(&self.state);
        let head = match token {
            None => Arc::clone(&self.head),
            Some(token) => {
                let mut headers = self.head.headers().clone();
                headers.remove(header::AUTHORIZATION);
                // A token that is not a valid header value counts as missing.
                if let Ok(mut bearer) = HeaderValue::try_from(format!("Bearer {token}")) {
                    bearer.set_sensitive(true);
                    headers.insert(header::AUTHORIZATION, bearer);
                }
                with_headers(&self.head, headers)
            }
        };
        let (channels, session) = (self.channels.clone(), Arc::clone(&self.session));
        async move {
            let principal = state.authenticate(&head).await?;
            session.watch(&state, &channels, &principal);
            Ok(Peer::new(principal, head))
        }
        .boxed()
    }
}
