use std::fmt;
use std::sync::{Mutex, PoisonError};

use argon2::password_hash::phc::{self, Output, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version, password_hash};

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

impl HashCost {
    fn of(params: &Params) -> Self {
        Self {
            memory: params.m_cost(),
            passes: params.t_cost(),
            lanes: params.p_cost(),
        }
    }

    fn params(self) -> Option<Params> {
        Params::new(self.memory, self.passes, self.lanes, None).ok()
    }
}

/// The memory that a hash is computed in, kept from one hash to the next.
///
/// Memory that is allocated for each hash is not given back: an allocator keeps freed blocks of
/// 19 MiB in each of its arenas, which grew a process to a gigabyte.
#[derive(Default)]
pub(super) struct Memory(Vec<Block>);

impl Memory {
    /// So many blocks, whatever they hold.
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

/// The most costs that a check of a password takes on, besides that of the stored hash.
const MAX_COSTS: usize = 4;

/// Hashes with argon2id, on the thread that asks.
pub(super) struct Hasher {
    cost: HashCost,
    /// The hash of a random password, which is checked if an account has no hash.
    dummy: PasswordHash,
    /// Today's cost, and those that stored hashes may have besides.
    costs: Mutex<Vec<HashCost>>,
}

impl Hasher {
    /// Hashes at `cost`; stored hashes may have one of the `previous` costs.
    ///
    /// Nothing where argon2 does not know such a cost.
    pub(super) fn new(cost: HashCost, previous: &[HashCost]) -> Option<Self> {
        let mut costs = vec![cost];
        for cost in previous {
            if !costs.contains(cost) {
                costs.push(*cost);
            }
        }
        let mut hasher = Self {
            cost,
            dummy: PasswordHash(String::new()),
            costs: Mutex::new(costs),
        };
        let random = Password::from(crate::Token::random().expose());
        hasher.dummy = hasher.hash(&random, &mut Memory::default()).ok()?;
        let are_known = previous.iter().all(|cost| cost.params().is_some());
        are_known.then_some(hasher)
    }

    pub(super) fn hash(
        &self,
        password: &Password,
        memory: &mut Memory,
    ) -> Result<PasswordHash, HashError> {
        let salt = Salt::generate();
        let argon2 = argon2id(self.cost).ok_or(password_hash::Error::ParamsInvalid)?;
        let hash = phc::PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: argon2.params().try_into()?,
            hash: Some(compute(&argon2, password, &salt, memory)?),
            salt: Some(salt),
        };
        Ok(PasswordHash(hash.to_string()))
    }

    /// Returns whether the password is the one that was hashed.
    ///
    /// Takes a hash at each known cost, whatever the cost of the stored hash is and whether or not
    /// there is one: otherwise the time would tell accounts whose hash has another cost than
    /// today's from those that do not exist.
    pub(super) fn verify(
        &self,
        password: &Password,
        stored: Option<&PasswordHash>,
        memory: &mut Memory,
    ) -> bool {
        let hash = Stored::parse(stored.unwrap_or(&self.dummy));
        let mut is_right = false;
        for cost in self.costs_for(hash.as_ref().map(Stored::cost)) {
            match &hash {
                Some(hash) if hash.cost() == cost => is_right = hash.is_hash_of(password, memory),
                _ => {
                    // Only its time matters.
                    let hash = argon2id(cost).map(|it| compute(&it, password, &[0; 16], memory));
                    std::hint::black_box(hash);
                }
            }
        }
        is_right & stored.is_some()
    }

    /// The costs that a check of a password pays, of which one is that of the stored hash.
    fn costs_for(&self, stored: Option<HashCost>) -> Vec<HashCost> {
        let mut costs = self.costs.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(stored) = stored.filter(|stored| !costs.contains(stored)) else {
            return costs.clone();
        };
        if costs.len() < MAX_COSTS {
            costs.push(stored);
            return costs.clone();
        }
        let mut costs = costs.clone();
        costs.push(stored);
        costs
    }

    /// Whether the hash was made at another cost or in another way than one would be made today.
    pub(super) fn is_outdated(&self, stored: &PasswordHash) -> bool {
        let Some(stored) = Stored::parse(stored) else {
            return true;
        };
        stored.hash.algorithm != Algorithm::Argon2id.ident()
            || stored.hash.version != Some(Version::V0x13.into())
            || stored.cost() != self.cost
    }
}

/// A stored hash, read.
struct Stored {
    hash: phc::PasswordHash,
    argon2: Argon2<'static>,
}

impl Stored {
    /// Nothing where the text is no hash of argon2.
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
        HashCost::of(self.argon2.params())
    }

    fn is_hash_of(&self, password: &Password, memory: &mut Memory) -> bool {
        let Some(salt) = &self.hash.salt else {
            return false;
        };
        // Compared in a time that says nothing about either side.
        compute(&self.argon2, password, salt, memory).ok() == self.hash.hash
    }
}

/// Argon2id at a cost, where argon2 knows that.
fn argon2id(cost: HashCost) -> Option<Argon2<'static>> {
    let params = cost.params()?;
    Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn compute(
    argon2: &Argon2<'_>,
    password: &Password,
    salt: &[u8],
    memory: &mut Memory,
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
        write!(f, "the password could not be hashed: {}", self.0)
    }
}

impl std::error::Error for HashError {}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: HashCost = HashCost {
        memory: 64,
        passes: 1,
        lanes: 1,
    };
    const TODAY: HashCost = HashCost { passes: 2, ..OLD };

    fn hasher(cost: HashCost, previous: &[HashCost]) -> Hasher {
        Hasher::new(cost, previous).unwrap()
    }

    fn cost_of(hash: &PasswordHash) -> HashCost {
        Stored::parse(hash).unwrap().cost()
    }

    /// The hashes of every check are the same, so that the time tells nothing: whether there is an
    /// account, and at which cost its password was hashed. OWASP ASVS 6.3.8.
    #[test]
    fn every_check_pays_for_the_same_hashes() {
        let mut memory = Memory::default();
        let typed = Password::from("correct horse");
        let old = hasher(OLD, &[]).hash(&typed, &mut memory).unwrap();
        let new = hasher(TODAY, &[]).hash(&typed, &mut memory).unwrap();

        let told = hasher(TODAY, &[OLD]);
        for stored in [None, Some(cost_of(&old)), Some(cost_of(&new))] {
            assert_eq!(told.costs_for(stored), [TODAY, OLD], "{stored:?}");
        }
        // A cost that was not told is known once it was met.
        let learned = hasher(TODAY, &[]);
        assert_eq!(learned.costs_for(None), [TODAY]);
        assert!(learned.verify(&typed, Some(&old), &mut memory));
        for stored in [None, Some(cost_of(&old)), Some(cost_of(&new))] {
            assert_eq!(learned.costs_for(stored), [TODAY, OLD], "{stored:?}");
        }
        assert!(learned.verify(&typed, Some(&new), &mut memory));
        assert!(!learned.verify(&"another".into(), Some(&old), &mut memory));
        assert!(!learned.verify(&typed, None, &mut memory));
    }

    #[test]
    fn a_check_pays_for_a_bounded_number_of_hashes() {
        let hasher = hasher(TODAY, &[]);
        for passes in 3..20 {
            let stored = HashCost { passes, ..OLD };
            let costs = hasher.costs_for(Some(stored));
            assert!(costs.contains(&stored) && costs.len() <= MAX_COSTS + 1);
        }
    }

    /// Hashes that argon2's own implementation makes, whatever their parameters, are read.
    #[test]
    fn hashes_of_argon2_are_verified() {
        use argon2::PasswordHasher;
        let mut memory = Memory::default();
        let hasher = hasher(TODAY, &[]);
        for (algorithm, version, lanes, output) in [
            (Algorithm::Argon2id, Version::V0x13, 1, None),
            (Algorithm::Argon2i, Version::V0x13, 2, Some(64)),
            (Algorithm::Argon2d, Version::V0x10, 1, Some(16)),
        ] {
            let params = Params::new(128, 1, lanes, output).unwrap();
            let argon2 = Argon2::new(algorithm, version, params);
            let hash: phc::PasswordHash = argon2.hash_password(b"correct horse").unwrap();
            let stored = PasswordHash::from_stored(hash.to_string());
            let verify = |typed: &str, memory: &mut Memory| {
                hasher.verify(&typed.into(), Some(&stored), memory)
            };
            assert!(verify("correct horse", &mut memory), "{hash}");
            assert!(!verify("correct hors", &mut memory), "{hash}");
            assert!(hasher.is_outdated(&stored));
        }
    }

    #[test]
    fn memory_is_kept_from_one_hash_to_the_next() {
        let mut memory = Memory::default();
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
