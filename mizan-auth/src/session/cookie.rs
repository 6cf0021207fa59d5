use std::time::Duration;

use cookie::{Cookie, SameSite};
use mizan_core::RequestHead;

use crate::Token;

/// A cookie that holds a token: that of a session, or that of the browser that began a flow.
///
/// `__Host-` binds it to this very host: no subdomain and no plain connection can set or read it
/// (RFC 6265bis, section 4.1.3.2). That holds only while the name is compared byte for byte.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TokenCookie {
    name: &'static str,
    secure: bool,
}

/// The most cookies of one name that are looked at. A browser has one; more come from an attack, or from
/// applications that share `localhost`.
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

    /// For plain HTTP on this machine, where some browsers keep no `Secure` cookie.
    pub(crate) const DEVELOPMENT_SESSION: Self = Self {
        name: "mizan_session",
        secure: false,
    };

    /// The cookie by which an account knows a device, on the same terms.
    pub(crate) fn of_device(self) -> Self {
        let name = if self.secure {
            "__Host-mizan_device"
        } else {
            "mizan_device"
        };
        Self { name, ..self }
    }

    pub(crate) const DEVELOPMENT_BROWSER: Self = Self {
        name: "mizan_browser",
        secure: false,
    };

    /// The tokens in the first [`MAX_CANDIDATES`] cookies of this name. A value is taken as it is, without
    /// percent-decoding.
    pub(crate) fn read(self, head: &RequestHead) -> impl Iterator<Item = Token> {
        let values = head.cookie_values(self.name).take(MAX_CANDIDATES);
        values.filter_map(|value| std::str::from_utf8(value).ok()?.parse().ok())
    }

    pub(crate) fn set(self, token: &Token, lifetime: Duration) -> Cookie<'static> {
        self.build(token.expose(), lifetime)
    }

    /// Takes the cookie away from the browser.
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
