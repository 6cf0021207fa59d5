//! The cookies that hold tokens.

use std::time::Duration;

use cookie::{Cookie, SameSite};
use mizan_core::RequestHead;

use crate::token::Token;

/// A cookie that holds the token of a session, of a browser that started a flow, or of a known device.
///
/// The prefix `__Host-` binds the cookie to this host: neither a subdomain nor a plain HTTP connection
/// can set or read it (RFC 6265bis, section 4.1.3.2). This holds only if names are compared byte for
/// byte.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TokenCookie {
    name: &'static str,
    secure: bool,
}

/// The maximum number of cookies of one name that are read.
///
/// A browser normally sends one. Others come from an attack, or from applications that share `localhost`.
const MAX_CANDIDATES: usize = 4;

impl TokenCookie {
    pub(crate) const SESSION: Self = Self {
        name: "__Host-mizan_session",
        secure: true,
    };

    pub(crate) const BROWSER: Self = Self {
        name: "__Host-mizan_browser",
        secure: true,
    };

    pub(crate) const DEVICE: Self = Self {
        name: "__Host-mizan_device",
        secure: true,
    };

    /// The session cookie for plain HTTP on localhost, where some browsers reject `Secure` cookies.
    pub(crate) const DEVELOPMENT_SESSION: Self = Self {
        name: "mizan_session",
        secure: false,
    };

    pub(crate) const DEVELOPMENT_BROWSER: Self = Self {
        name: "mizan_browser",
        secure: false,
    };

    pub(crate) const DEVELOPMENT_DEVICE: Self = Self {
        name: "mizan_device",
        secure: false,
    };

    /// Returns the tokens in the first [`MAX_CANDIDATES`] cookies of this name. Values are not
    /// percent-decoded.
    pub(crate) fn read(self, head: &RequestHead) -> impl Iterator<Item = Token> {
        let values = head.cookie_values(self.name).take(MAX_CANDIDATES);
        values.filter_map(|value| std::str::from_utf8(value).ok()?.parse().ok())
    }

    /// Returns the cookie that stores `token` in the browser.
    pub(crate) fn set(self, token: &Token, lifetime: Duration) -> Cookie<'static> {
        self.build(token.expose(), lifetime)
    }

    /// Returns the cookie that removes this cookie from the browser.
    pub(crate) fn removal(self) -> Cookie<'static> {
        self.build(String::new(), Duration::ZERO)
    }

    fn build(self, value: String, lifetime: Duration) -> Cookie<'static> {
        let seconds = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX);
        Cookie::build((self.name, value))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(self.secure)
            .max_age(cookie::time::Duration::seconds(seconds))
            .build()
    }
}
