//! Hashes passwords with argon2id.

use std::fmt;

use argon2::password_hash::phc::{self, Output, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version, password_hash};
use parking_lot::Mutex;

use super::text::Password;

/// A password hash as a PHC string, which includes the salt and the cost
/// (`$argon2id$v=19$m=19456,t=2,p=1$..`).
///
/// `Debug` does not show it.
///
/// # Examples
///
/// ```
/// use mizan_auth::password::PasswordHash;
///
/// let hash = PasswordHash::from_stored("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA");
/// assert_eq!(format!("{hash:?}"), "PasswordHash(..)");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Creates a hash from stored text. Text that is not a PHC string of argon2 matches no password.
    #[must_use]
    pub fn from_stored(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the text for a store.
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

/// The argon2id parameters of a hash.
///
/// The default is the first recommendation of the OWASP Password Storage Cheat Sheet: 19 MiB, two
/// iterations, one lane.
///
/// # Examples
///
/// ```
/// use mizan_auth::password::HashCost;
///
/// let cost = HashCost::new(46 * 1024, 1, 1);
/// assert_eq!(cost.memory_kib, 47_104);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HashCost {
    /// The memory size in KiB (`m`).
    pub memory_kib: u32,
    /// The number of iterations (`t`).
    pub iterations: u32,
    /// The degree of parallelism (`p`).
    pub parallelism: u32,
}

impl Default for HashCost {
    fn default() -> Self {
        Self::new(19 * 1024, 2, 1)
    }
}

impl HashCost {
    /// Creates a cost from the parameters of argon2id.
    #[must_use]
    pub const fn new(memory_kib: u32, iterations: u32, parallelism: u32) -> Self {
        Self {
            memory_kib,
            iterations,
            parallelism,
        }
    }

    fn from_params(params: &Params) -> Self {
        Self::new(params.m_cost(), params.t_cost(), params.p_cost())
    }

    fn params(self) -> Option<Params> {
        Params::new(self.memory_kib, self.iterations, self.parallelism, None).ok()
    }
}

/// An error: argon2 does not support the parameters of a [`HashCost`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidHashCost;

impl fmt::Display for InvalidHashCost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("invalid hash cost: argon2 does not support these parameters")
    }
}

impl std::error::Error for InvalidHashCost {}

/// The memory in which hashes are computed. It is reused for the next hash.
///
/// When each hash allocated its memory, a process grew to a gigabyte, because the allocator kept freed blocks
/// of 19 MiB in each of its arenas.
#[derive(Default)]
pub(super) struct HashMemory(Vec<Block>);

impl HashMemory {
    /// Returns `count` blocks with unspecified content.
    fn blocks(&mut self, count: usize) -> &mut [Block] {
        if self.0.len() < count {
            self.0.resize(count, Block::new());
        }
        &mut self.0[..count]
    }

    #[cfg(test)]
    pub(super) fn address(&self) -> usize {
        self.0.as_ptr().addr()
    }
}

/// The maximum number of known costs.
const MAX_KNOWN_COSTS: usize = 4;

/// Hashes and verifies passwords on the calling thread.
pub(super) struct Argon2idHasher {
    cost: HashCost,
    /// The hash that is verified if an account has none.
    dummy_hash: PasswordHash,
    /// The current cost, and the other costs that stored hashes may have.
    known_costs: Mutex<Vec<HashCost>>,
}

impl Argon2idHasher {
    /// Creates a hasher with a cost. Stored hashes may also have one of the `previous` costs.
    pub(super) fn new(cost: HashCost, previous: &[HashCost]) -> Result<Self, InvalidHashCost> {
        let mut known_costs = vec![cost];
        for cost in previous {
            if !known_costs.contains(cost) {
                known_costs.push(*cost);
            }
        }
        let mut hasher = Self {
            cost,
            dummy_hash: PasswordHash(String::new()),
            known_costs: Mutex::new(known_costs),
        };
        hasher.dummy_hash = hasher.dummy_hash().map_err(|_| InvalidHashCost)?;
        if previous.iter().any(|cost| cost.params().is_none()) {
            return Err(InvalidHashCost);
        }
        Ok(hasher)
    }

    pub(super) fn hash(
        &self,
        password: &Password,
        memory: &mut HashMemory,
    ) -> Result<PasswordHash, HashError> {
        let salt = Salt::generate();
        let argon2 = argon2id(self.cost).ok_or(password_hash::Error::ParamsInvalid)?;
        let output = compute(&argon2, password, &salt, memory)?;
        Ok(encode(&argon2, salt, output)?)
    }

    /// Returns random bytes in the form of a hash. They match no known password, and their verification takes as
    /// long as with a real hash.
    fn dummy_hash(&self) -> Result<PasswordHash, HashError> {
        let argon2 = argon2id(self.cost).ok_or(password_hash::Error::ParamsInvalid)?;
        let random = [Salt::generate(), Salt::generate()].map(|salt| salt.to_vec());
        let output = Output::new(&random.concat()[..Params::DEFAULT_OUTPUT_LEN])?;
        Ok(encode(&argon2, Salt::generate(), output)?)
    }

    /// Returns true if `stored` is a hash of the password.
    ///
    /// It computes one hash at each known cost, regardless of the stored hash. Otherwise the duration would
    /// distinguish accounts whose hash has a previous cost from accounts that do not exist.
    pub(super) fn verify(
        &self,
        password: &Password,
        stored: Option<&PasswordHash>,
        memory: &mut HashMemory,
    ) -> bool {
        let hash = ParsedHash::parse(stored.unwrap_or(&self.dummy_hash));
        let mut is_correct = false;
        for cost in self.costs_to_compute(hash.as_ref().map(ParsedHash::cost)) {
            match &hash {
                Some(hash) if hash.cost() == cost => is_correct = hash.matches(password, memory),
                _ => {
                    // Computed only for its duration.
                    let hash = argon2id(cost).map(|it| compute(&it, password, &[0; 16], memory));
                    std::hint::black_box(hash);
                }
            }
        }
        is_correct & stored.is_some()
    }

    /// Returns the costs at which a verification computes a hash, including that of the stored hash.
    fn costs_to_compute(&self, stored: Option<HashCost>) -> Vec<HashCost> {
        let mut known = self.known_costs.lock();
        let Some(stored) = stored.filter(|stored| !known.contains(stored)) else {
            return known.clone();
        };
        if known.len() < MAX_KNOWN_COSTS {
            known.push(stored);
            return known.clone();
        }
        let mut costs = known.clone();
        costs.push(stored);
        costs
    }

    /// Returns true if the cost, the algorithm or the version of the hash differs from those of new hashes.
    pub(super) fn is_outdated(&self, stored: &PasswordHash) -> bool {
        let Some(stored) = ParsedHash::parse(stored) else {
            return true;
        };
        stored.hash.algorithm != Algorithm::Argon2id.ident()
            || stored.hash.version != Some(Version::V0x13.into())
            || stored.cost() != self.cost
    }
}

/// A parsed PHC string.
struct ParsedHash {
    hash: phc::PasswordHash,
    argon2: Argon2<'static>,
}

impl ParsedHash {
    /// Parses a stored hash. Returns `None` if it is not a hash of argon2.
    fn parse(stored: &PasswordHash) -> Option<Self> {
        let hash = phc::PasswordHash::new(&stored.0).ok()?;
        let algorithm = Algorithm::try_from(hash.algorithm.as_str()).ok()?;
        let version = hash.version.map(Version::try_from).transpose().ok()?;
        let params = Params::try_from(&hash).ok()?;
        (hash.salt.is_some() && hash.hash.is_some()).then(|| Self {
            argon2: Argon2::new(algorithm, version.unwrap_or_default(), params),
            hash,
        })
    }

    fn cost(&self) -> HashCost {
        HashCost::from_params(self.argon2.params())
    }

    fn matches(&self, password: &Password, memory: &mut HashMemory) -> bool {
        let Some(salt) = &self.hash.salt else {
            return false;
        };
        // The comparison takes constant time.
        compute(&self.argon2, password, salt, memory).ok() == self.hash.hash
    }
}

/// Returns argon2id with a cost, or `None` if argon2 does not support the cost.
fn argon2id(cost: HashCost) -> Option<Argon2<'static>> {
    let params = cost.params()?;
    Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn encode(argon2: &Argon2<'_>, salt: Salt, output: Output) -> password_hash::Result<PasswordHash> {
    let hash = phc::PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: argon2.params().try_into()?,
        salt: Some(salt),
        hash: Some(output),
    };
    Ok(PasswordHash(hash.to_string()))
}

fn compute(
    argon2: &Argon2<'_>,
    password: &Password,
    salt: &[u8],
    memory: &mut HashMemory,
) -> password_hash::Result<Output> {
    let params = argon2.params();
    let mut output = [0; Output::MAX_LENGTH];
    let length = params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
    let output = output
        .get_mut(..length)
        .ok_or(password_hash::Error::OutputSize)?;
    let blocks = memory.blocks(params.block_count());
    argon2.hash_password_into_with_memory(password.expose().as_bytes(), salt, output, blocks)?;
    Ok(Output::new(output)?)
}

#[derive(Debug)]
pub(super) struct HashError(password_hash::Error);

impl<E: Into<password_hash::Error>> From<E> for HashError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl fmt::Display for HashError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failed to hash the password: {}", self.0)
    }
}

impl std::error::Error for HashError {}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: HashCost = HashCost {
        memory_kib: 64,
        iterations: 1,
        parallelism: 1,
    };
    const TODAY: HashCost = HashCost {
        iterations: 2,
        ..OLD
    };

    fn hasher(cost: HashCost, previous: &[HashCost]) -> Argon2idHasher {
        Argon2idHasher::new(cost, previous).unwrap()
    }

    fn cost_of(hash: &PasswordHash) -> HashCost {
        ParsedHash::parse(hash).unwrap().cost()
    }

    /// The duration reveals neither the existence of an account nor the cost of its hash (OWASP ASVS 6.3.8).
    #[test]
    fn every_verification_computes_the_same_hashes() {
        let mut memory = HashMemory::default();
        let typed = Password::from("correct horse");
        let old = hasher(OLD, &[]).hash(&typed, &mut memory).unwrap();
        let new = hasher(TODAY, &[]).hash(&typed, &mut memory).unwrap();

        let configured = hasher(TODAY, &[OLD]);
        for stored in [None, Some(cost_of(&old)), Some(cost_of(&new))] {
            assert_eq!(
                configured.costs_to_compute(stored),
                [TODAY, OLD],
                "{stored:?}"
            );
        }
        // The hasher learns a cost that was not configured from the first hash with this cost.
        let learned = hasher(TODAY, &[]);
        assert_eq!(learned.costs_to_compute(None), [TODAY]);
        assert!(learned.verify(&typed, Some(&old), &mut memory));
        for stored in [None, Some(cost_of(&old)), Some(cost_of(&new))] {
            assert_eq!(learned.costs_to_compute(stored), [TODAY, OLD], "{stored:?}");
        }
        assert!(learned.verify(&typed, Some(&new), &mut memory));
        assert!(!learned.verify(&"another".into(), Some(&old), &mut memory));
        assert!(!learned.verify(&typed, None, &mut memory));
    }

    #[test]
    fn number_of_computed_hashes_is_bounded() {
        let hasher = hasher(TODAY, &[]);
        for iterations in 3..20 {
            let stored = HashCost { iterations, ..OLD };
            let costs = hasher.costs_to_compute(Some(stored));
            assert!(costs.contains(&stored) && costs.len() <= MAX_KNOWN_COSTS + 1);
        }
    }

    #[test]
    fn verifies_hashes_of_other_argon2_variants() {
        use argon2::PasswordHasher;
        let mut memory = HashMemory::default();
        let hasher = hasher(TODAY, &[]);
        for (algorithm, version, parallelism, output) in [
            (Algorithm::Argon2id, Version::V0x13, 1, None),
            (Algorithm::Argon2i, Version::V0x13, 2, Some(64)),
            (Algorithm::Argon2d, Version::V0x10, 1, Some(16)),
        ] {
            let params = Params::new(128, 1, parallelism, output).unwrap();
            let argon2 = Argon2::new(algorithm, version, params);
            let hash: phc::PasswordHash = argon2.hash_password(b"correct horse").unwrap();
            let stored = PasswordHash::from_stored(hash.to_string());
            let verify = |typed: &str, memory: &mut HashMemory| {
                hasher.verify(&typed.into(), Some(&stored), memory)
            };
            assert!(verify("correct horse", &mut memory), "{hash}");
            assert!(!verify("correct hors", &mut memory), "{hash}");
            assert!(hasher.is_outdated(&stored));
        }
    }

    #[test]
    fn reuses_memory_for_the_next_hash() {
        let mut memory = HashMemory::default();
        let hasher = hasher(TODAY, &[OLD]);
        let typed = Password::from("correct horse");
        let hash = hasher.hash(&typed, &mut memory).unwrap();
        let (address, blocks) = (memory.0.as_ptr(), memory.0.capacity());
        assert_eq!(blocks, 64);
        for _ in 0..10 {
            assert!(hasher.verify(&typed, Some(&hash), &mut memory));
            hasher.hash(&typed, &mut memory).unwrap();
        }
        assert_eq!((memory.0.as_ptr(), memory.0.capacity()), (address, blocks));
    }
}
