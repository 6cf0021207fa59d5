use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::HeaderValue;

/// A content security policy that lets run what this page brought and nothing else.
///
/// Scripts need the response's nonce, and what they import is trusted with them, so neither an injected
/// script nor one that a visitor uploaded runs. Style sheets come from the page's own origin, or are `<style>`
/// elements that components rendered, which get the nonce. The attribute `style` is allowed, because React writes it for the prop of that name; images and fonts may
/// be `data:` addresses, because Vite writes small ones so.
///
/// For [`PagesBuilder::content_security_policy`](crate::PagesBuilder::content_security_policy), which
/// says what `{nonce}` and `{vite}` stand for.
pub const STRICT_POLICY: &str = "default-src 'self' {vite}; \
    script-src 'nonce-{nonce}' 'strict-dynamic'; \
    style-src 'self' 'nonce-{nonce}' {vite}; \
    style-src-attr 'unsafe-inline'; \
    img-src 'self' data: {vite}; \
    font-src 'self' data: {vite}; \
    object-src 'none'; \
    base-uri 'none'; \
    form-action 'self'; \
    frame-ancestors 'none'";

/// A number that is used once: what an inline script shows to be let run by a content security policy.
#[derive(Clone, PartialEq, Eq)]
pub struct Nonce(String);

/// Why something is no [`Nonce`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidNonce(());

impl Nonce {
    /// A fresh one, of 128 random bits.
    ///
    /// # Panics
    ///
    /// When the system gives no random bytes.
    #[must_use]
    pub fn fresh() -> Self {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).expect("the system gives random bytes");
        Self(BASE64_STANDARD.encode(bytes))
    }

    /// One that was made elsewhere, as by whoever sets the policy's header for all responses.
    ///
    /// # Errors
    ///
    /// [`InvalidNonce`] unless it has the form of the policy's grammar: letters, digits and `+/-_`,
    /// with at most two `=` at the end.
    pub fn parse(nonce: impl Into<String>) -> Result<Self, InvalidNonce> {
        let nonce = nonce.into();
        let digits = nonce.trim_end_matches('=');
        let good = !digits.is_empty()
            && nonce.len() - digits.len() <= 2
            && digits
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte));
        good.then_some(Self(nonce)).ok_or(InvalidNonce(()))
    }

    /// As it stands in the header, behind `nonce-`, and in the attribute.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Not shown, so that it does not end up in a log.
impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nonce(..)")
    }
}

impl fmt::Display for InvalidNonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a nonce has letters, digits and `+/-_` alone, and at most two `=` at its end")
    }
}

impl std::error::Error for InvalidNonce {}

/// The policy of all pages, lacking the nonce of each.
#[derive(Clone, Debug)]
pub(crate) struct Policy(String);

impl Policy {
    /// Nothing where `template` cannot be a header's value.
    pub(crate) fn new(template: &str, vite: &str) -> Option<Self> {
        let policy = template.replace("{vite}", vite);
        let policy: Vec<_> = policy.split_ascii_whitespace().collect();
        let policy = policy.join(" ").replace(" ;", ";");
        HeaderValue::from_str(&policy).ok()?;
        Some(Self(policy))
    }

    pub(crate) fn with(&self, nonce: &Nonce) -> HeaderValue {
        let policy = self.0.replace("{nonce}", nonce.as_str());
        HeaderValue::from_str(&policy).expect("the template and the nonce were checked")
    }
}

#[cfg(test)]
mod tests {
    use super::{Nonce, Policy, STRICT_POLICY};

    #[test]
    fn nonces_are_fresh_and_checked() {
        let (one, other) = (Nonce::fresh(), Nonce::fresh());
        assert_ne!(one, other);
        assert_eq!(one.as_str().len(), 24);
        assert!(Nonce::parse(one.as_str()).is_ok());
        for bad in [
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
            assert!(Nonce::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_policy_is_one_header() {
        let policy = Policy::new(STRICT_POLICY, "").expect("it is good");
        let nonce = Nonce::parse("n0nce").expect("it is one");
        let header = policy.with(&nonce);
        let header = header.to_str().expect("ASCII");
        assert!(
            header.starts_with(
                "default-src 'self'; script-src 'nonce-n0nce' 'strict-dynamic'; style-src 'self' 'nonce-n0nce'; "
            ),
            "{header}"
        );
        assert!(!header.contains(['{', '}']), "{header}");
        assert!(Policy::new("default-src \u{7f}", "").is_none());
    }
}
