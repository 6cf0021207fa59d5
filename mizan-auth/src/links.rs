use url::Url;

use crate::Token;

/// The pages that mails lead to. Each is a path on the site of the base URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pages {
    /// Where the link in the mail after signing up leads: `/verify-email`, with `token`.
    pub verify_email: String,
    /// Where a new password is set: `/reset-password`, with `token`.
    pub reset_password: String,
    /// Where a new address is confirmed: `/change-email`, with `token`.
    pub change_email: String,
    /// Where somebody asks for a new password: `/forgot-password`.
    pub forgot_password: String,
}

impl Default for Pages {
    fn default() -> Self {
        Self {
            verify_email: "/verify-email".to_owned(),
            reset_password: "/reset-password".to_owned(),
            change_email: "/change-email".to_owned(),
            forgot_password: "/forgot-password".to_owned(),
        }
    }
}

/// Links into the site. They are made of the configured base URL alone, never of what a request
/// says of its host.
#[derive(Debug)]
pub(crate) struct Links {
    base: Url,
    pages: Pages,
}

impl Links {
    pub(crate) fn new(base: Url, pages: Pages) -> Self {
        Self { base, pages }
    }

    pub(crate) fn verify_email(&self, token: &Token) -> String {
        self.link(&self.pages.verify_email, Some(token))
    }

    pub(crate) fn reset_password(&self, token: &Token) -> String {
        self.link(&self.pages.reset_password, Some(token))
    }

    pub(crate) fn change_email(&self, token: &Token) -> String {
        self.link(&self.pages.change_email, Some(token))
    }

    pub(crate) fn forgot_password(&self) -> String {
        self.link(&self.pages.forgot_password, None)
    }

    fn link(&self, page: &str, token: Option<&Token>) -> String {
        let mut link = self.base.clone();
        let path = format!("{}{page}", self.base.path().trim_end_matches('/'));
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
    fn links_lead_to_the_base_url() {
        let token = Token::random();
        for (base, link) in [
            ("https://example.com", "https://example.com/verify-email"),
            ("https://example.com/", "https://example.com/verify-email"),
            (
                "http://localhost:8000/app/",
                "http://localhost:8000/app/verify-email",
            ),
        ] {
            let links = Links::new(base.parse().unwrap(), Pages::default());
            assert_eq!(
                links.verify_email(&token),
                format!("{link}?token={}", token.expose())
            );
        }
    }
}
