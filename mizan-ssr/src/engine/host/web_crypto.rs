//! The algorithms of `crypto.subtle`. `js/subtle_crypto.js` checks the parameters and the usages of keys.

use aes_gcm::aead::AeadInOut;
use aes_gcm::aead::array::ArraySize;
use aes_gcm::aes::cipher::{BlockCipherEncrypt, BlockSizeUser};
use aes_gcm::aes::{Aes128, Aes192, Aes256};
use aes_gcm::{AesGcm, KeyInit, Nonce};
use hmac::{Hmac, Mac};
use sha2::digest::Digest;
use subtle::ConstantTimeEq;

/// A hash function that `crypto.subtle` supports.
#[derive(Clone, Copy)]
pub(super) enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

/// An elliptic curve that `crypto.subtle` supports.
#[derive(Clone, Copy)]
pub(super) enum Curve {
    P256,
    P384,
    P521,
}

/// Calls an expression with the type of the hash function.
macro_rules! with_hash {
    ($hash:expr, $Type:ident => $result:expr) => {
        match $hash {
            Hash::Sha1 => {
                type $Type = sha1::Sha1;
                $result
            }
            Hash::Sha256 => {
                type $Type = sha2::Sha256;
                $result
            }
            Hash::Sha384 => {
                type $Type = sha2::Sha384;
                $result
            }
            Hash::Sha512 => {
                type $Type = sha2::Sha512;
                $result
            }
        }
    };
}

/// Calls an expression with the module of the curve.
macro_rules! with_curve {
    ($curve:expr, $module:ident => $result:expr) => {
        match $curve {
            Curve::P256 => {
                use p256 as $module;
                $result
            }
            Curve::P384 => {
                use p384 as $module;
                $result
            }
            Curve::P521 => {
                use p521 as $module;
                $result
            }
        }
    };
}

impl Hash {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "SHA-1" => Self::Sha1,
            "SHA-256" => Self::Sha256,
            "SHA-384" => Self::Sha384,
            "SHA-512" => Self::Sha512,
            _ => return None,
        })
    }

    pub(super) fn digest(self, data: &[u8]) -> Vec<u8> {
        with_hash!(self, Type => Type::digest(data).to_vec())
    }

    /// Returns the code of `data` for HMAC.
    pub(super) fn authenticate(self, key: &[u8], data: &[u8]) -> Option<Vec<u8>> {
        with_hash!(self, Type => {
            let mut code = Hmac::<Type>::new_from_slice(key).ok()?;
            code.update(data);
            Some(code.finalize().into_bytes().to_vec())
        })
    }
}

/// Returns whether two byte sequences are equal, in a time that does not depend on their contents.
pub(super) fn are_equal(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

/// Encrypts `data` with AES-GCM and appends the tag.
///
/// Returns `None` if the length of the key, the nonce or the tag is not supported.
pub(super) fn encrypt(
    key: &[u8],
    nonce: &[u8],
    additional_data: &[u8],
    tag_length: usize,
    data: &[u8],
) -> Option<Vec<u8>> {
    let mut output = data.to_vec();
    let tag = apply_gcm(key, nonce, additional_data, &mut output)?;
    output.extend_from_slice(tag.get(..tag_length)?);
    Some(output)
}

/// Decrypts `data`, which ends with the tag. Returns `None` if the tag is wrong.
pub(super) fn decrypt(
    key: &[u8],
    nonce: &[u8],
    additional_data: &[u8],
    tag_length: usize,
    data: &[u8],
) -> Option<Vec<u8>> {
    let (encrypted, tag) = data.split_at(data.len().checked_sub(tag_length)?);
    // The cipher is a key stream, so that encryption also decrypts. The tag is that of the encrypted data,
    // which the crates compute only for tags of at least 12 bytes.
    let mut output = encrypted.to_vec();
    apply_gcm(key, nonce, additional_data, &mut output)?;
    let mut again = output.clone();
    let expected = apply_gcm(key, nonce, additional_data, &mut again)?;
    are_equal(expected.get(..tag_length)?, tag).then_some(output)
}

/// Encrypts `buffer` in place and returns the complete tag.
fn apply_gcm(
    key: &[u8],
    nonce: &[u8],
    additional_data: &[u8],
    buffer: &mut [u8],
) -> Option<[u8; 16]> {
    fn with_nonce<A, N>(
        key: &[u8],
        nonce: &[u8],
        additional_data: &[u8],
        buffer: &mut [u8],
    ) -> Option<[u8; 16]>
    where
        AesGcm<A, N>: AeadInOut<NonceSize = N, TagSize = aes_gcm::aead::consts::U16> + KeyInit,
        A: BlockCipherEncrypt + BlockSizeUser,
        N: ArraySize,
    {
        let cipher = AesGcm::<A, N>::new_from_slice(key).ok()?;
        let nonce = Nonce::<N>::try_from(nonce).ok()?;
        let tag = cipher.encrypt_inout_detached(&nonce, additional_data, buffer.into());
        Some(tag.ok()?.into())
    }
    fn with_cipher<A>(
        key: &[u8],
        nonce: &[u8],
        additional_data: &[u8],
        buffer: &mut [u8],
    ) -> Option<[u8; 16]>
    where
        A: BlockCipherEncrypt + BlockSizeUser<BlockSize = aes_gcm::aead::consts::U16> + KeyInit,
    {
        use aes_gcm::aead::consts::{U8, U12, U16, U32};
        match nonce.len() {
            8 => with_nonce::<A, U8>(key, nonce, additional_data, buffer),
            12 => with_nonce::<A, U12>(key, nonce, additional_data, buffer),
            16 => with_nonce::<A, U16>(key, nonce, additional_data, buffer),
            32 => with_nonce::<A, U32>(key, nonce, additional_data, buffer),
            _ => None,
        }
    }
    match key.len() {
        16 => with_cipher::<Aes128>(key, nonce, additional_data, buffer),
        24 => with_cipher::<Aes192>(key, nonce, additional_data, buffer),
        32 => with_cipher::<Aes256>(key, nonce, additional_data, buffer),
        _ => None,
    }
}

impl Curve {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "P-256" => Self::P256,
            "P-384" => Self::P384,
            "P-521" => Self::P521,
            _ => return None,
        })
    }

    /// Returns a new private key.
    pub(super) fn generate(self) -> Vec<u8> {
        with_curve!(self, curve => {
            use curve::elliptic_curve::Generate;
            curve::SecretKey::generate().to_bytes().to_vec()
        })
    }

    /// Returns the public key of a private key, as an uncompressed point.
    pub(super) fn public_key(self, private: &[u8]) -> Option<Vec<u8>> {
        with_curve!(self, curve => {
            use curve::elliptic_curve::sec1::ToSec1Point;
            let key = curve::SecretKey::from_slice(private).ok()?;
            Some(key.public_key().to_sec1_point(false).as_bytes().to_vec())
        })
    }

    /// Returns an encoded public key as an uncompressed point, if it is on the curve.
    pub(super) fn point(self, encoded: &[u8]) -> Option<Vec<u8>> {
        with_curve!(self, curve => {
            use curve::elliptic_curve::sec1::ToSec1Point;
            let key = curve::PublicKey::from_sec1_bytes(encoded).ok()?;
            Some(key.to_sec1_point(false).as_bytes().to_vec())
        })
    }

    /// Returns the private key in a PKCS#8 document.
    pub(super) fn decode_pkcs8(self, document: &[u8]) -> Option<Vec<u8>> {
        with_curve!(self, curve => {
            use curve::pkcs8::DecodePrivateKey;
            let key = curve::SecretKey::from_pkcs8_der(document).ok()?;
            Some(key.to_bytes().to_vec())
        })
    }

    pub(super) fn encode_pkcs8(self, private: &[u8]) -> Option<Vec<u8>> {
        with_curve!(self, curve => {
            use curve::pkcs8::EncodePrivateKey;
            let key = curve::SecretKey::from_slice(private).ok()?;
            Some(key.to_pkcs8_der().ok()?.as_bytes().to_vec())
        })
    }

    /// Returns the public key in a SubjectPublicKeyInfo document, as an uncompressed point.
    pub(super) fn decode_spki(self, document: &[u8]) -> Option<Vec<u8>> {
        with_curve!(self, curve => {
            use curve::elliptic_curve::sec1::ToSec1Point;
            use curve::pkcs8::DecodePublicKey;
            let key = curve::PublicKey::from_public_key_der(document).ok()?;
            Some(key.to_sec1_point(false).as_bytes().to_vec())
        })
    }

    pub(super) fn encode_spki(self, point: &[u8]) -> Option<Vec<u8>> {
        with_curve!(self, curve => {
            use curve::pkcs8::EncodePublicKey;
            let key = curve::PublicKey::from_sec1_bytes(point).ok()?;
            Some(key.to_public_key_der().ok()?.as_bytes().to_vec())
        })
    }

    /// Returns the ECDSA signature of a digest.
    pub(super) fn sign(self, private: &[u8], digest: &[u8]) -> Option<Vec<u8>> {
        with_curve!(self, curve => {
            use curve::ecdsa::signature::hazmat::PrehashSigner;
            let key = curve::ecdsa::SigningKey::from_slice(private).ok()?;
            let signature: curve::ecdsa::Signature = key.sign_prehash(&self.padded(digest)).ok()?;
            Some(signature.to_bytes().to_vec())
        })
    }

    /// Returns whether `signature` is the ECDSA signature of a digest.
    pub(super) fn verify(self, point: &[u8], signature: &[u8], digest: &[u8]) -> bool {
        with_curve!(self, curve => {
            use curve::ecdsa::signature::hazmat::PrehashVerifier;
            let Ok(key) = curve::ecdsa::VerifyingKey::from_sec1_bytes(point) else {
                return false;
            };
            curve::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_prehash(&self.padded(digest), &signature).is_ok())
        })
    }

    /// Extends a digest that is shorter than the numbers of the curve, which does not change its value.
    fn padded(self, digest: &[u8]) -> Vec<u8> {
        let length = match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        };
        let mut padded = vec![0; length.max(digest.len()) - digest.len()];
        padded.extend_from_slice(digest);
        padded
    }
}

#[cfg(test)]
mod tests {
    use super::{Curve, Hash, decrypt, encrypt};

    #[test]
    fn decrypts_only_unchanged_data() {
        for tag_length in [4, 12, 16] {
            for nonce_length in [8, 12, 16, 32] {
                let (key, nonce) = ([7; 32], vec![1; nonce_length]);
                let sealed = encrypt(&key, &nonce, b"head", tag_length, b"text").expect("data");
                assert_eq!(sealed.len(), 4 + tag_length);
                let opened = decrypt(&key, &nonce, b"head", tag_length, &sealed);
                assert_eq!(opened.as_deref(), Some(&b"text"[..]));
                assert_eq!(decrypt(&key, &nonce, b"other", tag_length, &sealed), None);
                for at in 0..sealed.len() {
                    let mut changed = sealed.clone();
                    changed[at] ^= 1;
                    assert_eq!(decrypt(&key, &nonce, b"head", tag_length, &changed), None);
                }
            }
        }
        assert_eq!(encrypt(&[7; 32], &[1; 13], b"", 16, b"text"), None);
        assert_eq!(decrypt(&[7; 32], &[1; 12], b"", 16, b"short"), None);
    }

    #[test]
    fn verifies_signatures_with_every_curve_and_hash() {
        for curve in [Curve::P256, Curve::P384, Curve::P521] {
            let private = curve.generate();
            let point = curve.public_key(&private).expect("a public key");
            for hash in [Hash::Sha1, Hash::Sha256, Hash::Sha384, Hash::Sha512] {
                let digest = hash.digest(b"text");
                let signature = curve.sign(&private, &digest).expect("a signature");
                assert!(curve.verify(&point, &signature, &digest));
                assert!(!curve.verify(&point, &signature, &hash.digest(b"other")));
            }
        }
    }
}
