//! The rules that new passwords must follow.

use mizan_core::Error;

use super::strength::is_guessable;
use super::text::Password;
use crate::email_address::EmailAddress;

/// The default minimum number of characters of a new password (OWASP ASVS 6.2.1).
pub const MIN_PASSWORD_CHARS: usize = 8;

/// The maximum number of bytes of a password. Longer ones are rejected before they are hashed.
pub const MAX_PASSWORD_BYTES: usize = 1024;

/// The rules that new passwords must follow.
///
/// A password must be long enough and not easy to guess. There are no rules about the kinds of characters
/// (OWASP ASVS 6.2.5).
///
/// # Examples
///
/// ```
/// use mizan_auth::password::PasswordRules;
///
/// let rules = PasswordRules::default().min_chars(12);
/// assert!(rules.check("password", &"correct horse battery".into(), None).is_ok());
/// assert!(rules.check("password", &"letmein".into(), None).is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PasswordRules {
    /// The minimum number of characters. Default: 8.
    pub min_chars: usize,
    /// Rejects passwords that can be guessed within a million attempts, for example because they are common or
    /// derived from the email address (OWASP ASVS 6.2.4, 6.2.11). Default: true.
    pub reject_guessable: bool,
}

impl Default for PasswordRules {
    fn default() -> Self {
        Self {
            min_chars: MIN_PASSWORD_CHARS,
            reject_guessable: true,
        }
    }
}

impl PasswordRules {
    /// Sets [`min_chars`](Self#structfield.min_chars).
    #[must_use]
    pub const fn min_chars(mut self, chars: usize) -> Self {
        self.min_chars = chars;
        self
    }

    /// Sets [`reject_guessable`](Self#structfield.reject_guessable).
    #[must_use]
    pub const fn reject_guessable(mut self, reject: bool) -> Self {
        self.reject_guessable = reject;
        self
    }

    /// Checks a new password. `field` is the name of its input field.
    ///
    /// The strength check takes at most about as long as a hash and runs on the calling thread. The account
    /// flows run it on the threads of the hash pool instead.
    ///
    /// # Errors
    ///
    /// Returns a validation error at `field` if the password violates a rule.
    pub fn check(
        self,
        field: &str,
        password: &Password,
        email: Option<&EmailAddress>,
    ) -> Result<(), Error> {
        self.check_lengths(field, password)?;
        self.check_guessable(field, password, email)
    }

    /// Checks the minimum and maximum length, which is cheap.
    pub(crate) fn check_lengths(self, field: &str, password: &Password) -> Result<(), Error> {
        check_length(field, password)?;
        if password.expose().chars().count() < self.min_chars {
            let min_chars = self.min_chars;
            return Err(Error::invalid(
                field,
                format!("Must have at least {min_chars} characters."),
            ));
        }
        Ok(())
    }

    /// Checks the strength, which is expensive.
    pub(super) fn check_guessable(
        self,
        field: &str,
        password: &Password,
        email: Option<&EmailAddress>,
    ) -> Result<(), Error> {
        if !self.reject_guessable {
            return Ok(());
        }
        let email = email.map(EmailAddress::as_str).unwrap_or_default();
        let mut user_words = vec![email];
        user_words.extend(email.split(['@', '.', '+', '-', '_']));
        if is_guessable(password.expose(), &user_words) {
            return Err(Error::invalid(
                field,
                "This password is too easy to guess. Use more words, or less common ones.",
            ));
        }
        Ok(())
    }
}

/// Rejects a new or an existing password that is too long to be hashed.
pub(crate) fn check_length(field: &str, password: &Password) -> Result<(), Error> {
    if password.expose().len() > MAX_PASSWORD_BYTES {
        return Err(Error::invalid(
            field,
            format!("Must have at most {MAX_PASSWORD_BYTES} bytes."),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// OWASP ASVS 6.2.1, 6.2.4, 6.2.5, 6.2.9, 6.2.11.
    #[test]
    fn rejects_short_and_guessable_passwords() {
        let email = "ada.lovelace@example.com".parse().unwrap();
        for (password, allowed) in [
            ("", false),
            ("short7c", false),
            ("password", false),
            ("12345678", false),
            ("qwertyuiop", false),
            ("letmein123", false),
            ("aaaaaaaaaaaa", false),
            ("lovelace1", false),
            ("ada.lovelace@example.com", false),
            ("correct horse battery", true),
            ("纵横字谜 puzzle", true),
            (&"wörter und mehr ".repeat(8), true),
        ] {
            let checked =
                PasswordRules::default().check("password", &password.into(), Some(&email));
            assert_eq!(checked.is_ok(), allowed, "{password}");
        }
    }

    #[test]
    fn rejects_a_megabyte_at_its_field() {
        let long = Password::from("x".repeat(1_000_000));
        for error in [
            PasswordRules::default().check("new", &long, None),
            check_length("new", &long),
        ] {
            let error = error.unwrap_err();
            assert_eq!(error.fields()["new"], ["Must have at most 1024 bytes."]);
        }
    }
}
