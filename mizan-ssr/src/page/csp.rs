//! The content security policy and its nonces.

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::HeaderValue;

/// A content security policy that allows only the scripts of the page itself.
///
/// A script needs the nonce of the response or must be imported by a script that has it, so neither an
/// injected script nor a file uploaded by a visitor runs. Style sheets load from the page's own origin;
/// `<style>` elements of components get the nonce. The attribute `style` is allowed because React writes
/// it, and `data:` URLs of images and fonts because Vite inlines small files.
///
/// For [`PagesBuilder::content_security_policy`](super::PagesBuilder::content_security_policy), which
/// describes the placeholders `{nonce}` and `{vite}`.
pub const STRICT_CSP: &str = "default-src 'self' {vite}; \
    script-src 'nonce-{nonce}' 'strict-dynamic'; \
    style-src 'self' 'nonce-{nonce}' {vite}; \
    style-src-attr 'unsafe-inline'; \
    img-src 'self' data: {vite}; \
    font-src 'self' data: {vite}; \
    object-src 'none'; \
    base-uri 'none'; \
    form-action 'self'; \
    frame-ancestors 'none'";

/// A random value that identifies the inline scripts and styles of one response to the browser.
///
/// `Debug` does not print the value, so that it does not reach a log.
///
/// ```
/// use mizan_ssr::page::Nonce;
///
/// let nonce = Nonce::random();
/// assert_eq!(nonce.as_str().len(), 24);
/// assert!(Nonce::parse("not a nonce").is_err());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Nonce(String);

/// The error of [`Nonce::parse`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidNonce(());

impl Nonce {
    /// Creates a nonce of 128 random bits.
    ///
    /// # Panics
    ///
    /// Panics if the operating system provides no random bytes.
    #[must_use]
    pub fn random() -> Self {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).expect("the operating system provides random bytes");
        Self(BASE64_STANDARD.encode(bytes))
    }

    /// Uses a nonce that the application created, for example in a middleware that sets the header.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidNonce`] unless the value matches the grammar of content security policies:
    /// letters, digits and `+/-_`, with at most two `=` at the end.
    pub fn parse(nonce: impl Into<String>) -> Result<Self, InvalidNonce> {
        let nonce = nonce.into();
        let digits = nonce.trim_end_matches('=');
        let is_valid = !digits.is_empty()
            && nonce.len() - digits.len() <= 2
            && digits
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte));
        is_valid.then_some(Self(nonce)).ok_or(InvalidNonce(()))
    }

    /// Returns the value that follows `nonce-` in the header and is the attribute `nonce`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nonce(..)")
    }
}

impl fmt::Display for InvalidNonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "invalid nonce: only letters, digits, `+/-_` and at most two `=` at the end are allowed",
        )
    }
}

impl std::error::Error for InvalidNonce {}

/// A content security policy with the placeholder `{nonce}`.
#[derive(Clone, Debug)]
pub(super) struct CspTemplate(String);

impl CspTemplate {
    /// Replaces `{vite}` in `template`. Returns `None` if the result is not a valid header value.
    pub(super) fn new(template: &str, vite_origins: &str) -> Option<Self> {
        let policy = template.replace("{vite}", vite_origins);
        let policy: Vec<_> = policy.split_ascii_whitespace().collect();
        let policy = policy.join(" ").replace(" ;", ";");
        HeaderValue::from_str(&policy).ok()?;
        Some(Self(policy))
    }

    /// Returns the header value for a response with `nonce`.
    pub(super) fn header(&self, nonce: &Nonce) -> HeaderValue {
        let policy = self.0.replace("{nonce}", nonce.as_str());
        HeaderValue::from_str(&policy).expect("the template and the nonce are valid header values")
    }
}

#[cfg(test)]
mod tests {
    use super::{CspTemplate, Nonce, STRICT_CSP};

    #[test]
    fn nonces_are_random_and_valid() {
        let (one, other) = (Nonce::random(), Nonce::random());
        assert_ne!(one, other);
        assert_eq!(one.as_str().len(), 24);
        assert!(Nonce::parse(one.as_str()).is_ok());
    }

    #[test]
    fn rejects_invalid_nonces() {
        for invalid in [
            "",
            "=",
            "a===",
            "a=b",
            "a b",
            "\"><script>",
            "a'",
            "é",
            "a\r\nb",
        ] {
            assert!(Nonce::parse(invalid).is_err(), "{invalid:?}");
        }
    }

    #[test]
    fn template_becomes_header_value() {
        let template = CspTemplate::new(STRICT_CSP, "").expect("a valid policy");
        let nonce = Nonce::parse("n0nce").expect("a valid nonce");
        let header = template.header(&nonce);
        let header = header.to_str().expect("an ASCII header");
        assert!(
            header.starts_with(
                "default-src 'self'; script-src 'nonce-n0nce' 'strict-dynamic'; style-src 'self' 'nonce-n0nce'; "
            ),
            "{header}"
        );
        assert!(!header.contains(['{', '}']), "{header}");
        assert!(CspTemplate::new("default-src \u{7f}", "").is_none());
    }
}
