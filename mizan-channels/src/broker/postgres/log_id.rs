//! The ids of logs.

use sha2::{Digest, Sha256};

/// The number of bytes of an id.
const ID_BYTES: usize = 16;

/// The id of a log: 128 bits of the hash of its group, so that the rows are small and their names do not show in
/// notifications.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct LogId([u8; ID_BYTES]);

impl LogId {
    pub(super) fn of(group: &str) -> Self {
        Self(hash(group.as_bytes()))
    }

    /// Parses the payload of a notification.
    pub(super) fn from_hex(text: &str) -> Option<Self> {
        let text = text.as_bytes();
        if text.len() != 2 * ID_BYTES {
            return None;
        }
        let mut id = [0; ID_BYTES];
        for (byte, digits) in id.iter_mut().zip(text.chunks_exact(2)) {
            let digits = std::str::from_utf8(digits).ok()?;
            *byte = u8::from_str_radix(digits, 16).ok()?;
        }
        Some(Self(id))
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Returns 128 bits of the SHA-256 of `bytes`.
pub(super) fn hash(bytes: &[u8]) -> [u8; ID_BYTES] {
    let mut id = [0; ID_BYTES];
    id.copy_from_slice(&Sha256::digest(bytes)[..ID_BYTES]);
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_the_payload_of_a_notification() {
        let id = LogId::of("chat:lobby");
        let payload: String = id.0.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(LogId::from_hex(&payload), Some(id));
        assert_ne!(id, LogId::of("+chat:lobby"));
        for invalid in ["", "ab", &"g".repeat(32), &"ä".repeat(16)] {
            assert_eq!(LogId::from_hex(invalid), None, "{invalid}");
        }
    }
}
