//! Random tokens of sessions, mails and flows, and their hashes.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The public part of a [`Token`], which identifies it in stores and lists.
///
/// It consists of 128 random bits and gives no access without the secret part.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenId([u8; 16]);

impl TokenId {
    /// Creates a random id.
    #[must_use]
    pub fn random() -> Self {
        Self(random())
    }

    /// Creates an id from stored bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// Formats the id as 22 characters of base64url.
impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; 22];
        let written = URL_SAFE_NO_PAD.encode_slice(self.0, &mut text);
        debug_assert_eq!(written, Ok(22));
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenId({self})")
    }
}

impl FromStr for TokenId {
    type Err = ParseTokenError;

    fn from_str(text: &str) -> Result<Self, ParseTokenError> {
        decode(text).map(Self)
    }
}

impl Serialize for TokenId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TokenId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The token of a client, `id.secret`. Stores contain only the id and a hash of the secret.
///
/// The secret consists of 256 random bits, so that a brute-force search cannot reverse its plain SHA-256
/// hash.
/// `Debug` shows only the id.
///
/// # Examples
///
/// ```
/// use mizan_auth::token::{ParseTokenError, Token};
///
/// fn main() -> Result<(), ParseTokenError> {
///     let token = Token::random();
///     let parsed: Token = token.expose().parse()?;
///     assert_eq!((parsed.id(), parsed.hash()), (token.id(), token.hash()));
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct Token {
    id: TokenId,
    secret: [u8; 32],
}

impl Token {
    /// Creates a random token.
    #[must_use]
    pub fn random() -> Self {
        Self {
            id: TokenId::random(),
            secret: random(),
        }
    }

    /// Returns the id.
    #[must_use]
    pub fn id(&self) -> TokenId {
        self.id
    }

    /// Returns the hash of the secret.
    #[must_use]
    pub fn hash(&self) -> SecretHash {
        SecretHash::of(&self.secret)
    }

    /// Returns the token as text, including the secret.
    #[must_use]
    pub fn expose(&self) -> String {
        let mut text = self.id.to_string();
        text.push('.');
        URL_SAFE_NO_PAD.encode_string(self.secret, &mut text);
        text
    }
}

impl FromStr for Token {
    type Err = ParseTokenError;

    fn from_str(text: &str) -> Result<Self, ParseTokenError> {
        let (id, secret) = text.split_once('.').ok_or(ParseTokenError)?;
        Ok(Self {
            id: id.parse()?,
            secret: decode(secret)?,
        })
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({})", self.id)
    }
}

/// The SHA-256 hash of a secret. Comparisons take constant time.
#[derive(Clone, Copy)]
pub struct SecretHash([u8; 32]);

impl SecretHash {
    /// Hashes a secret.
    #[must_use]
    pub fn of(secret: &[u8]) -> Self {
        Self(Sha256::digest(secret).into())
    }

    /// Creates a hash from stored bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl PartialEq for SecretHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for SecretHash {}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash(..)")
    }
}

/// An error: the text is not a token.
///
/// It does not contain the text, which may be a mistyped token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseTokenError;

impl fmt::Display for ParseTokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("invalid code or link")
    }
}

impl std::error::Error for ParseTokenError {}

/// Returns six random, uniformly distributed digits.
pub(crate) fn random_code() -> String {
    const CODES: u32 = 1_000_000;
    // The largest multiple of a million in 32 bits. Larger random numbers would favour small codes.
    const LIMIT: u32 = u32::MAX - u32::MAX % CODES;
    loop {
        let number = u32::from_le_bytes(random());
        if number < LIMIT {
            return format!("{:06}", number % CODES);
        }
    }
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system provides random bytes");
    bytes
}

fn decode<const N: usize>(text: &str) -> Result<[u8; N], ParseTokenError> {
    let mut bytes = [0; N];
    match URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
        Ok(length) if length == N => Ok(bytes),
        _ => Err(ParseTokenError),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// OWASP ASVS 7.2.3.
    #[test]
    fn parses_formatted_tokens() {
        let token = Token::random();
        let read: Token = token.expose().parse().unwrap();
        assert_eq!((read.id(), read.hash()), (token.id(), token.hash()));
        assert_ne!(Token::random().id(), token.id());
    }

    #[test]
    fn rejects_other_texts() {
        let token = Token::random().expose();
        for text in [
            "",
            ".",
            "a.b",
            &token[1..],
            &token[..token.len() - 1],
            &format!("{token}A"),
            &format!("{token}.{token}"),
            &token.replace('.', ""),
            &format!(" {token}"),
            &"A".repeat(100_000),
            "é.é",
        ] {
            assert!(text.parse::<Token>().is_err(), "{text}");
        }
    }

    #[test]
    fn debug_output_contains_no_secret() {
        let token = Token::random();
        let exposed = token.expose();
        let (_, secret) = exposed.split_once('.').unwrap();
        let shown = format!("{token:?} {:?}", token.hash());
        assert!(!shown.contains(secret), "{shown}");
    }

    /// OWASP ASVS 6.5.4.
    #[test]
    fn codes_have_six_digits() {
        for _ in 0..1000 {
            let code = random_code();
            assert!(code.len() == 6 && code.bytes().all(|digit| digit.is_ascii_digit()));
        }
    }
}
