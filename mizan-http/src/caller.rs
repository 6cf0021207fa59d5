use std::fmt;
use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;
use mizan_core::{Principal, RequestHead};

use crate::call::Calls;
use crate::problem;

/// Calls queries and contexts for whoever made a request, in the process and within the service's
/// limits. Made by [`MizanService::caller`](crate::MizanService::caller). Cloning is cheap.
///
/// It fits where mizan-ssr asks for functions:
///
/// ```
/// use http::{Request, Response};
/// use mizan_http::{Caller, MizanService, ReplyBody};
///
/// # fn render(_: impl Fn(String, bytes::Bytes) -> std::pin::Pin<Box<dyn Future<Output = Result<bytes::Bytes, bytes::Bytes>> + Send>>) {}
/// async fn page(mizan: &MizanService, request: &Request<()>) -> Result<(), Response<ReplyBody>> {
///     let caller: Caller = mizan.caller(request).await?;
///     render(move |name, input| Box::pin(caller.call(name, input)));
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct Caller {
    calls: Arc<Calls>,
    principal: Principal,
    head: Arc<RequestHead>,
}

impl Caller {
    pub(crate) fn new(calls: Arc<Calls>, principal: Principal, head: RequestHead) -> Self {
        Self {
            calls,
            principal,
            head: Arc::new(head),
        }
    }

    /// Who made the request.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Calls a function with its input as JSON, or with nothing; yields its output as JSON.
    ///
    /// Dropping the future ends the call. What the function sets besides its output, cookies and
    /// headers, goes nowhere.
    ///
    /// # Errors
    ///
    /// Problem details (RFC 9457) as JSON, as the service would send them. A mutation is refused.
    pub fn call(
        &self,
        name: String,
        input: Bytes,
    ) -> impl Future<Output = Result<Bytes, Bytes>> + Send + use<> {
        let Self {
            calls,
            principal,
            head,
        } = self.clone();
        async move {
            // Each call is cancelled by itself.
            let head = RequestHead::clone(&head);
            calls
                .read(&name, principal, head, input)
                .await
                .map_err(|error| problem::json(&error, false))
        }
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller")
            .field("principal", &self.principal)
            .finish_non_exhaustive()
    }
}
