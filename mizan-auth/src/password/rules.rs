use mizan_core::Error;

use super::strength::is_guessable;
use crate::{EmailAddress, Password};

/// The fewest characters of a new password (OWASP ASVS 6.2.1).
pub const LEAST_CHARACTERS: usize = 8;

/// The most bytes of a password, old or new. Longer ones are refused before they are hashed.
pub const MOST_BYTES: usize = 1024;

/// What a new password must be: long enough, and not among those that are guessed first. Nothing is
/// asked of which characters it has (OWASP ASVS 6.2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordRules {
    /// The fewest characters: 8.
    pub least_characters: usize,
    /// Whether passwords are refused that are known, or made of the address, and so guessed within
    /// a million tries (OWASP ASVS 6.2.4, 6.2.11): yes.
    pub refuse_guessable: bool,
}

impl Default for PasswordRules {
    fn default() -> Self {
        Self {
            least_characters: LEAST_CHARACTERS,
            refuse_guessable: true,
        }
    }
}

impl PasswordRules {
    /// Checks a new password; `field` is what the input calls it.
    ///
    /// Looking for guessable passwords takes about as long as a hash does at most, on the thread
    /// that asks. Passwords of requests are checked by the flows, on the threads that hash.
    ///
    /// # Errors
    ///
    /// What is wrong with it, at `field`.
    pub fn check(
        self,
        field: &str,
        password: &Password,
        email: Option<&EmailAddress>,
    ) -> Result<(), Error> {
        self.check_lengths(field, password)?;
        self.check_guessable(field, password, email)
    }

    /// The part of the check that costs nothing.
    pub(crate) fn check_lengths(self, field: &str, password: &Password) -> Result<(), Error> {
        check_length(field, password)?;
        if password.expose().chars().count() < self.least_characters {
            let least = self.least_characters;
            return Err(Error::invalid(
                field,
                format!("Must have at least {least} characters."),
            ));
        }
        Ok(())
    }

    /// The part of the check that takes its time.
    pub(super) fn check_guessable(
        self,
        field: &str,
        password: &Password,
        email: Option<&EmailAddress>,
    ) -> Result<(), Error> {
        if !self.refuse_guessable {
            return Ok(());
        }
        let email = email.map(EmailAddress::as_str).unwrap_or_default();
        let mut of_user = vec![email];
        of_user.extend(email.split(['@', '.', '+', '-', '_']));
        if is_guessable(password.expose(), &of_user) {
            return Err(Error::invalid(
                field,
                "This password is too easy to guess. Use more words, or less common ones.",
            ));
        }
        Ok(())
    }
}

/// Refuses a password that is too long to hash, whatever it is for.
pub(crate) fn check_length(field: &str, password: &Password) -> Result<(), Error> {
    if password.expose().len() > MOST_BYTES {
        return Err(Error::invalid(
            field,
            format!("Must have at most {MOST_BYTES} bytes."),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// OWASP ASVS 6.2.1, 6.2.4, 6.2.5, 6.2.9, 6.2.11.
    #[test]
    fn passwords_are_long_enough_and_not_guessed_first() {
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
    fn a_megabyte_is_refused_at_its_field() {
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
