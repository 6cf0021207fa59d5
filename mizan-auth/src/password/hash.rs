use std::fmt;

use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};

use crate::Password;

/// A hash of a password with its salt and its cost, as a PHC string
/// (`$argon2id$v=19$m=19456,t=2,p=1$..`). `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// One out of its text, as a store keeps it. A text that is no PHC string of argon2 is right
    /// for no password.
    #[must_use]
    pub fn from_stored(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Its text, for a store.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

/// What one hash costs. The default is what OWASP's password storage guide names first for
/// argon2id: 19 MiB, two passes, one lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashCost {
    /// Memory, in KiB.
    pub memory: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Default for HashCost {
    fn default() -> Self {
        Self {
            memory: 19 * 1024,
            passes: 2,
            lanes: 1,
        }
    }
}

/// Hashes with argon2id, on the thread that asks.
pub(super) struct Hasher(Argon2<'static>);

impl Hasher {
    /// Nothing where argon2 does not know such a cost.
    pub(super) fn new(cost: HashCost) -> Option<Self> {
        let params = Params::new(cost.memory, cost.passes, cost.lanes, None).ok()?;
        Some(Self(Argon2::new(
            Algorithm::Argon2id,
            Version::V0x13,
            params,
        )))
    }

    pub(super) fn hash(&self, password: &Password) -> Result<PasswordHash, HashError> {
        let hash: phc::PasswordHash = self
            .0
            .hash_password(password.expose().as_bytes())
            .map_err(HashError)?;
        Ok(PasswordHash(hash.to_string()))
    }

    /// Whether the password is the one that was hashed. The cost is that of the stored hash.
    pub(super) fn verify(&self, password: &Password, stored: &PasswordHash) -> bool {
        let Ok(hash) = phc::PasswordHash::new(&stored.0) else {
            return false;
        };
        let typed = password.expose().as_bytes();
        self.0.verify_password(typed, &hash).is_ok()
    }

    /// Whether the hash was made at another cost or in another way than one would be made today.
    pub(super) fn is_outdated(&self, stored: &PasswordHash) -> bool {
        let Ok(hash) = phc::PasswordHash::new(&stored.0) else {
            return true;
        };
        let params = Params::try_from(&hash).ok();
        hash.algorithm != Algorithm::Argon2id.ident()
            || hash.version != Some(Version::V0x13.into())
            || params.is_none_or(|params| {
                let wanted = self.0.params();
                (params.m_cost(), params.t_cost(), params.p_cost())
                    != (wanted.m_cost(), wanted.t_cost(), wanted.p_cost())
            })
    }
}

#[derive(Debug)]
pub(super) struct HashError(argon2::password_hash::Error);

impl fmt::Display for HashError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the password could not be hashed: {}", self.0)
    }
}

impl std::error::Error for HashError {}
