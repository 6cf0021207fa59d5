//! The common error codes, which every call can return.

/// Declares [`ErrorCode`]: each code once, with its documentation and its text on the wire.
macro_rules! error_codes {
    ($($(#[doc = $docs:literal])+ $variant:ident = $code:literal,)+) => {
        /// A common error code, which every call can return.
        ///
        /// In the generated client, the codes are a union of strings. The enum is deliberately
        /// exhaustive: an adapter maps each code to its protocol in one `match`, which stops
        /// compiling when a code is added.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $($(#[doc = $docs])+ $variant,)+
        }

        impl ErrorCode {
            /// Every code, in the order of HTTP status codes.
            pub const ALL: [Self; [$($code),+].len()] = [$(Self::$variant),+];

            /// Returns the code as clients see it, such as `not_found`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)+
                }
            }
        }
    };
}

error_codes! {
    /// The request is not JSON, is not UTF-8, is nested too deeply or repeats a key.
    Malformed = "malformed",
    /// The function requires a signed-in caller.
    Unauthenticated = "unauthenticated",
    /// The caller is signed in, but has to authenticate again.
    Reauthenticate = "reauthenticate",
    /// The caller is signed in but lacks permission.
    Forbidden = "forbidden",
    /// The request comes from another site.
    CrossSite = "cross_site",
    /// No function has this name.
    UnknownFunction = "unknown_function",
    /// The requested object does not exist.
    NotFound = "not_found",
    /// The function does not support this HTTP method.
    MethodNotAllowed = "method_not_allowed",
    /// The request did not arrive in time.
    RequestTimeout = "request_timeout",
    /// The call conflicts with the current state.
    Conflict = "conflict",
    /// The call was sent before with the same `Idempotency-Key`, and the server stopped while it ran.
    /// It may have taken effect, and does not run again.
    OutcomeUnknown = "outcome_unknown",
    /// The client was generated from a version of the function that the server no longer supports.
    /// A reload of the page helps.
    OutdatedClient = "outdated_client",
    /// The request exceeds a size limit.
    TooLarge = "too_large",
    /// The function does not accept this content type.
    UnsupportedMediaType = "unsupported_media_type",
    /// The input is well formed, but the schema or the validation rejects it.
    Invalid = "invalid",
    /// The caller exceeded a rate limit.
    RateLimited = "rate_limited",
    /// An unexpected failure. The client receives an opaque id; the log has the cause.
    Internal = "internal",
    /// The server sheds load or shuts down; the client should retry.
    Unavailable = "unavailable",
    /// The function did not finish in time.
    DeadlineExceeded = "deadline_exceeded",
}

impl ErrorCode {
    /// Returns `true` if `code` is a common code, which a [`ClientError`](crate::ClientError)
    /// cannot declare.
    #[must_use]
    pub const fn is_common(code: &str) -> bool {
        let mut i = 0;
        while i < Self::ALL.len() {
            if bytes_equal(Self::ALL[i].as_str().as_bytes(), code.as_bytes()) {
                return true;
            }
            i += 1;
        }
        false
    }
}

/// Compares byte strings in constant evaluation, which does not support `==` for slices.
const fn bytes_equal(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}
