use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The public half of a [`Token`]: what it is stored and listed under. 128 random bits, which
/// nobody can use without the other half.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenId([u8; 16]);

impl TokenId {
    /// A new one.
    #[must_use]
    pub fn random() -> Self {
        Self(random())
    }

    /// One out of its bytes, as a store keeps them.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// 22 characters of base64url.
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

/// What a client holds: `id.secret`, of which only the id and a hash of the secret are stored.
///
/// The secret has 256 random bits, so that a plain SHA-256 of it cannot be searched for. `Debug`
/// shows the id alone.
#[derive(Clone)]
pub struct Token {
    id: TokenId,
    secret: [u8; 32],
}

impl Token {
    /// A new one.
    #[must_use]
    pub fn random() -> Self {
        Self {
            id: TokenId::random(),
            secret: random(),
        }
    }

    /// What it is stored under.
    #[must_use]
    pub fn id(&self) -> TokenId {
        self.id
    }

    /// What is stored of the secret.
    #[must_use]
    pub fn hash(&self) -> SecretHash {
        SecretHash::of(&self.secret)
    }

    /// The whole token, for the one who is to hold it.
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

/// The SHA-256 of a secret. Compared in a time that says nothing about either side.
#[derive(Clone, Copy)]
pub struct SecretHash([u8; 32]);

impl SecretHash {
    /// The hash of `secret`.
    #[must_use]
    pub fn of(secret: &[u8]) -> Self {
        Self(Sha256::digest(secret).into())
    }

    /// One out of its bytes, as a store keeps them.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
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

/// A text that is not a token. What it was is not said: it may be one with a typing error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseTokenError;

impl fmt::Display for ParseTokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a valid code or link")
    }
}

impl std::error::Error for ParseTokenError {}

/// Six random digits, each as likely as any other.
pub(crate) fn random_code() -> String {
    const CODES: u32 = 1_000_000;
    // The largest multiple of a million in 32 bits: what lies above would favour small codes.
    const FAIR: u32 = u32::MAX - u32::MAX % CODES;
    loop {
        let number = u32::from_le_bytes(random());
        if number < FAIR {
            return format!("{:06}", number % CODES);
        }
    }
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
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
    fn a_token_is_read_as_it_was_written() {
        let token = Token::random();
        let read: Token = token.expose().parse().unwrap();
        assert_eq!((read.id(), read.hash()), (token.id(), token.hash()));
        assert_ne!(Token::random().id(), token.id());
    }

    #[test]
    fn nothing_else_is_a_token() {
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
    fn debug_output_has_no_secret() {
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
