//! Extractors of axum in functions.

use std::future::Future;

use axum_core::extract::FromRequestParts;
use axum_core::response::IntoResponse;
use http::{Request, StatusCode};
use mizan_core::{Cx, Error, ErrorCode, RequestHead};

/// Runs axum's extractors on the head of the request that made a call.
///
/// ```
/// use axum::extract::OriginalUri;
/// use mizan_core::{Cx, Error, client};
/// use mizan_http::extract::Extract;
///
/// #[client(query)]
/// async fn address(cx: &Cx) -> Result<String, Error> {
///     let OriginalUri(uri) = cx.extract().await?;
///     Ok(uri.path().to_owned())
/// }
/// ```
///
/// Extractors see the method, the address, the headers and the extensions of the request. In a batch and
/// for a page, these belong to the request of the batch or the page. Extractors of the body, such as
/// `Json`, do not work: the body is the input of the call.
pub trait Extract {
    /// Runs an extractor that needs no state.
    ///
    /// # Errors
    ///
    /// Returns an error if the extractor rejects the request. Its code corresponds to the status of the
    /// rejection, such as `unauthenticated` for 401; the text of the rejection is not sent. A rejection with a
    /// status of the server is an internal error, or `unavailable` for 503.
    fn extract<T: FromRequestParts<()>>(&self) -> impl Future<Output = Result<T, Error>> + Send {
        self.extract_with_state(&())
    }

    /// Runs an extractor that needs the state of a router.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`extract`](Self::extract).
    fn extract_with_state<T, S>(&self, state: &S) -> impl Future<Output = Result<T, Error>> + Send
    where
        T: FromRequestParts<S>,
        S: Send + Sync;
}

impl Extract for Cx {
    async fn extract_with_state<T, S>(&self, state: &S) -> Result<T, Error>
    where
        T: FromRequestParts<S>,
        S: Send + Sync,
    {
        self.head().extract_with_state(state).await
    }
}

impl Extract for RequestHead {
    async fn extract_with_state<T, S>(&self, state: &S) -> Result<T, Error>
    where
        T: FromRequestParts<S>,
        S: Send + Sync,
    {
        let (mut parts, ()) = Request::new(()).into_parts();
        parts.method = self.method().clone();
        parts.uri = self.uri().clone();
        parts.headers = self.headers().clone();
        parts.extensions = self.extensions().clone();
        let extracted = T::from_request_parts(&mut parts, state).await;
        extracted.map_err(|rejection| rejected::<T>(rejection.into_response().status()))
    }
}

fn rejected<T>(status: StatusCode) -> Error {
    let extractor = std::any::type_name::<T>();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        return Error::new(
            ErrorCode::Unavailable,
            "temporarily unavailable; try again soon",
        );
    }
    if !status.is_client_error() {
        return Error::internal(format!(
            "the extractor `{extractor}` failed with status {status}"
        ));
    }
    tracing::debug!(extractor, %status, "an extractor rejected the request");
    let code = match status {
        StatusCode::UNAUTHORIZED => ErrorCode::Unauthenticated,
        StatusCode::FORBIDDEN => ErrorCode::Forbidden,
        StatusCode::NOT_FOUND => ErrorCode::NotFound,
        StatusCode::CONFLICT => ErrorCode::Conflict,
        StatusCode::TOO_MANY_REQUESTS => ErrorCode::RateLimited,
        StatusCode::PAYLOAD_TOO_LARGE => ErrorCode::TooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ErrorCode::UnsupportedMediaType,
        _ => ErrorCode::Malformed,
    };
    Error::new(code, "the server rejected the request")
}
