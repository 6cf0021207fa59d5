//! Links to pages of the site.

use url::Url;

use crate::token::Token;

/// The paths of the pages that mails link to, relative to the base URL.
///
/// # Examples
///
/// ```
/// use mizan_auth::accounts::AccountPages;
///
/// let pages = AccountPages::default().verify_email("/account/verify");
/// assert_eq!(pages.verify_email, "/account/verify");
/// assert_eq!(pages.reset_password, "/reset-password");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccountPages {
    /// The page that confirms an email address after sign-up. It receives `token` in its query. Default:
    /// `/verify-email`.
    pub verify_email: String,
    /// The page that sets a new password. It receives `token` in its query. Default: `/reset-password`.
    pub reset_password: String,
    /// The page that confirms a new email address. It receives `token` in its query. Default:
    /// `/change-email`.
    pub change_email: String,
    /// The page where a user requests a password reset. Default: `/forgot-password`.
    pub forgot_password: String,
}

impl Default for AccountPages {
    fn default() -> Self {
        Self {
            verify_email: "/verify-email".to_owned(),
            reset_password: "/reset-password".to_owned(),
            change_email: "/change-email".to_owned(),
            forgot_password: "/forgot-password".to_owned(),
        }
    }
}

impl AccountPages {
    /// Sets [`verify_email`](Self#structfield.verify_email).
    #[must_use]
    pub fn verify_email(mut self, path: impl Into<String>) -> Self {
        self.verify_email = path.into();
        self
    }

    /// Sets [`reset_password`](Self#structfield.reset_password).
    #[must_use]
    pub fn reset_password(mut self, path: impl Into<String>) -> Self {
        self.reset_password = path.into();
        self
    }

    /// Sets [`change_email`](Self#structfield.change_email).
    #[must_use]
    pub fn change_email(mut self, path: impl Into<String>) -> Self {
        self.change_email = path.into();
        self
    }

    /// Sets [`forgot_password`](Self#structfield.forgot_password).
    #[must_use]
    pub fn forgot_password(mut self, path: impl Into<String>) -> Self {
        self.forgot_password = path.into();
        self
    }
}

/// Builds links from the configured base URL, never from the `Host` header of a request.
#[derive(Debug)]
pub(super) struct Links {
    base_url: Url,
    pages: AccountPages,
}

impl Links {
    pub(super) fn new(base_url: Url, pages: AccountPages) -> Self {
        Self { base_url, pages }
    }

    pub(super) fn verify_email(&self, token: &Token) -> String {
        self.link(&self.pages.verify_email, Some(token))
    }

    pub(super) fn reset_password(&self, token: &Token) -> String {
        self.link(&self.pages.reset_password, Some(token))
    }

    pub(super) fn change_email(&self, token: &Token) -> String {
        self.link(&self.pages.change_email, Some(token))
    }

    pub(super) fn forgot_password(&self) -> String {
        self.link(&self.pages.forgot_password, None)
    }

    fn link(&self, page: &str, token: Option<&Token>) -> String {
        let mut link = self.base_url.clone();
        let path = format!("{}{page}", self.base_url.path().trim_end_matches('/'));
        link.set_path(&path);
        if let Some(token) = token {
            link.query_pairs_mut().append_pair("token", &token.expose());
        }
        link.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_start_with_the_base_url() {
        let token = Token::random();
        for (base_url, link) in [
            ("https://example.com", "https://example.com/verify-email"),
            ("https://example.com/", "https://example.com/verify-email"),
            (
                "http://localhost:8000/app/",
                "http://localhost:8000/app/verify-email",
            ),
        ] {
            let links = Links::new(base_url.parse().unwrap(), AccountPages::default());
            assert_eq!(
                links.verify_email(&token),
                format!("{link}?token={}", token.expose())
            );
        }
    }
}
