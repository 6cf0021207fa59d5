//! Calls of functions on behalf of the client of another request.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;
use mizan_core::{App, Error, Principal, RequestHead, ServerFunction};

use crate::calls::runner::CallRunner;
use crate::response::problem_document;

/// Calls queries and contexts in the process, on behalf of the client that made a request, and within
/// the limits of the service.
///
/// [`MizanService::caller`](crate::MizanService::caller) creates it. Cloning is cheap.
///
/// ```
/// use axum::extract::{Request, State};
/// use axum::response::{IntoResponse, Response};
/// use bytes::Bytes;
/// use mizan_http::MizanService;
///
/// /// Returns the output of the query `headlines` within a page.
/// async fn page(State(mizan): State<MizanService>, request: Request) -> Response {
///     let caller = match mizan.caller(&request).await {
///         Ok(caller) => caller,
///         Err(response) => return response.into_response(),
///     };
///     match caller.call("headlines".to_owned(), Bytes::new()).await {
///         Ok(headlines) => headlines.into_response(),
///         Err(problem) => problem.into_response(),
///     }
/// }
/// ```
///
/// mizan-ssr accepts it as the function that answers the calls of a page:
/// `move |name, input| Box::pin(caller.call(name, input))`.
#[derive(Clone)]
pub struct Caller {
    calls: Arc<CallRunner>,
    principal: Principal,
    head: Arc<RequestHead>,
}

impl Caller {
    pub(crate) fn new(calls: Arc<CallRunner>, principal: Principal, head: RequestHead) -> Self {
        Self {
            calls,
            principal,
            head: Arc::new(head),
        }
    }

    /// Returns the principal of the client that made the request.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Returns the application, for example to read its [state](App::state).
    #[must_use]
    pub fn app(&self) -> &App {
        self.calls.app()
    }

    /// Calls a function with Rust values, also a mutation: for a route of the application's router, such as
    /// a webhook.
    ///
    /// The call has the policy, the rate limits, the validation, the deadline and the spans of a call
    /// by a client, and counts towards the concurrent calls. Cookies, headers and invalidations of the function are
    /// dropped. Dropping the future cancels the call.
    ///
    /// ```
    /// use axum::extract::{Request, State};
    /// use axum::response::{IntoResponse, Response};
    /// use mizan_core::{Error, client};
    /// use mizan_http::MizanService;
    /// use mizan_http::response::problem;
    ///
    /// #[client]
    /// async fn count_visit(path: String) -> Result<u64, Error> {
    ///     Ok(path.len() as u64)
    /// }
    ///
    /// async fn route(State(mizan): State<MizanService>, request: Request) -> Response {
    ///     let caller = match mizan.caller(&request).await {
    ///         Ok(caller) => caller,
    ///         Err(response) => return response.into_response(),
    ///     };
    ///     let path = request.uri().path().to_owned();
    ///     match caller.call_function(CountVisit { path }).await {
    ///         Ok(visits) => visits.to_string().into_response(),
    ///         Err(error) => problem(&error).into_response(),
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the error for the client. Internal errors have been logged.
    pub async fn call_function<F: ServerFunction>(&self, input: F) -> Result<F::Output, Error> {
        // Each call has its own copy of the head, which carries its cancellation.
        let head = Arc::new(RequestHead::clone(&self.head));
        let principal = self.principal.clone();
        self.calls.run_function(principal, head, input).await
    }

    /// Calls the function `name` with an input as JSON, and returns its output as JSON. An empty input
    /// means no arguments.
    ///
    /// As in the URL of a call, the contract of a generated client may follow the name:
    /// `post?contract=3f2a9c1b`.
    ///
    /// Dropping the future cancels the call. Cookies and headers that the function sets are ignored.
    ///
    /// # Errors
    ///
    /// Returns problem details (RFC 9457) as JSON, as the service would send them. A mutation fails with
    /// `method_not_allowed`.
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
            // Each call has its own copy of the head, which carries its cancellation.
            let head = RequestHead::clone(&head);
            let (name, contract) = match name.split_once("?contract=") {
                Some((name, contract)) => (name, Some(contract)),
                None => (&*name, None),
            };
            let (client, function) = calls.app().resolve(name, contract);
            calls
                .run_read(function, principal, head, input)
                .await
                .map_err(|error| {
                    problem_document::to_json(&error, client.is_outdated_by(error.code()))
                })
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
