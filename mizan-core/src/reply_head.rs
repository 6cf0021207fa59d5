//! The part of a reply other than its output.

use std::fmt;

use cookie::Cookie;
use http::{HeaderMap, HeaderName};

use crate::invalidation::Invalidation;

/// Cookies, headers and invalidations that a function adds to its reply.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct ReplyHead {
    /// The cookies to set.
    pub cookies: Vec<Cookie<'static>>,
    /// The headers to set.
    pub headers: HeaderMap,
    /// The queries and contexts to invalidate: those that the function declares, if the call
    /// succeeded, and those that it added.
    pub affects: Vec<Invalidation>,
    /// `true` if the reply must not be stored for later requests with the same `Idempotency-Key`.
    pub forbids_replay: bool,
}

/// Writes the names of cookies and headers without their values, which may be secrets.
impl fmt::Debug for ReplyHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cookies: Vec<_> = self.cookies.iter().map(Cookie::name).collect();
        let headers: Vec<_> = self.headers.keys().map(HeaderName::as_str).collect();
        f.debug_struct("ReplyHead")
            .field("cookies", &cookies)
            .field("headers", &headers)
            .field("affects", &self.affects)
            .finish()
    }
}
