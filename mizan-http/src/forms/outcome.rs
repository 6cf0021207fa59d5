//! The outcome of a posted form.

use std::sync::Arc;

use http::{HeaderMap, Response, StatusCode};
use mizan_core::adapter::{FormEntry, FormPost};

use super::local_path::LocalPath;
use super::plain_page;
use crate::response::ReplyBody;

/// The outcome of a posted form.
pub(crate) enum FormOutcome {
    Response(Response<ReplyBody>),
    /// The form is shown again, with its values and errors.
    Redisplay(Box<Redisplay>),
}

/// A form that is shown again.
pub(crate) struct Redisplay {
    pub(super) form: FormEntry,
    pub(super) status: StatusCode,
    pub(super) page: Option<LocalPath>,
    pub(super) post: FormPost,
    /// The cookies that the function set, and `Retry-After`.
    pub(super) headers: HeaderMap,
}

impl Redisplay {
    /// Returns a plain page with the errors. It carries `self` as an extension, so that
    /// [`FormPages`](super::FormPages) can replace it with the page of the application.
    pub(crate) fn into_response(self) -> Response<ReplyBody> {
        let mut response = plain_page::not_sent(
            &self.form,
            self.status,
            &self.post.errors,
            self.page.as_ref(),
        );
        response.headers_mut().extend(self.headers.clone());
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}
