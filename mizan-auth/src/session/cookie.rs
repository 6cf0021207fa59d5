use std::time::Duration;

use cookie::{Cookie, SameSite};
use mizan_core::RequestHead;

use crate::Token;

/// The cookie that carries a session's token.
///
/// `__Host-` binds it to this very host: no subdomain and no plain connection can set or read it
/// (RFC 6265bis, section 4.1.3.2).
#[derive(Clone, Copy, Debug)]
pub(crate) struct SessionCookie {
    name: &'static str,
    secure: bool,
}

impl SessionCookie {
    pub(crate) const SECURE: Self = Self {
        name: "__Host-mizan_session",
        secure: true,
    };

    /// For plain HTTP on this machine, where some browsers keep no `Secure` cookie.
    pub(crate) const DEVELOPMENT: Self = Self {
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

    pub(crate) fn read(self, head: &RequestHead) -> Option<Token> {
        head.cookie(self.name)?.value().parse().ok()
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
