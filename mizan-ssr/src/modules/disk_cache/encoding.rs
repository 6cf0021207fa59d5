//! The file format of the disk cache.

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::key::CacheKey;
use crate::modules::encoding::{Reader, put_bytes, put_module, put_number};
use crate::modules::module::CompiledCode;
use crate::modules::transform::TransformedModule;

const MAGIC: &[u8; 8] = b"mizanssr";

/// Encodes a module: [`MAGIC`], the digest of the rest, the key, the module.
pub(super) fn encode(
    key: CacheKey,
    transformed: &TransformedModule,
    compiled: Option<&CompiledCode>,
) -> Vec<u8> {
    let mut out = Vec::with_capacity(transformed.code.len() + 256);
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&[0; 32]);
    out.extend_from_slice(&key.0);
    put_module(&mut out, transformed);
    if !transformed.unchanged {
        put_bytes(&mut out, transformed.code.as_bytes());
    }
    match compiled {
        None => out.push(0),
        Some(compiled) => {
            out.push(1);
            put_number(&mut out, compiled.tag.into());
            put_bytes(&mut out, &compiled.bytes);
        }
    }
    let digest = Sha256::digest(&out[40..]);
    out[8..40].copy_from_slice(&digest);
    out
}

/// Decodes a module. Returns `None` if `bytes` are damaged or have another key.
///
/// `source` is the content of the module's file.
pub(super) fn decode(
    key: CacheKey,
    bytes: &[u8],
    source: &str,
) -> Option<(TransformedModule, Option<CompiledCode>)> {
    let mut rest = Reader(bytes);
    if rest.take(8)? != MAGIC {
        return None;
    }
    let digest = rest.take(32)?;
    // V8 does not validate stored code, so damaged code must not reach it.
    if digest != Sha256::digest(rest.0).as_slice() || rest.take(32)? != key.0 {
        return None;
    }
    let transformed = rest.module(|rest, unchanged| {
        if unchanged {
            return Some(source.to_owned().into());
        }
        rest.text().map(Into::into)
    })?;
    let compiled = if rest.byte()? == 0 {
        None
    } else {
        Some(CompiledCode {
            tag: rest.number()?.try_into().ok()?,
            bytes: Bytes::copy_from_slice(rest.bytes()?),
        })
    };
    rest.0.is_empty().then_some((transformed, compiled))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Bytes, CacheKey, CompiledCode, Digest, Sha256, TransformedModule, decode, encode};
    use crate::modules::transform::{SyntaxOptions, transform};

    fn key(content: &str) -> CacheKey {
        CacheKey::new(
            Path::new("/App.tsx"),
            &SyntaxOptions::default(),
            &Sha256::digest(content).into(),
        )
    }

    const SOURCE: &str = "import a from './a';\nexport default (p: string) => <b>{a}{p}ü</b>;\n";

    fn encoded() -> (CacheKey, Vec<u8>, TransformedModule, CompiledCode) {
        let transformed = transform(Path::new("/App.tsx"), SOURCE, &SyntaxOptions::default())
            .expect("valid source");
        let compiled = CompiledCode {
            tag: 7,
            bytes: Bytes::from_static(&[1, 2, 3]),
        };
        let key = key(SOURCE);
        let bytes = encode(key, &transformed, Some(&compiled));
        (key, bytes, transformed, compiled)
    }

    #[test]
    fn decodes_encoded_module() {
        let (key, bytes, transformed, compiled) = encoded();
        let (read, code) = decode(key, &bytes, SOURCE).expect("intact bytes");
        assert_eq!(read.code, transformed.code);
        assert_eq!(read.format, transformed.format);
        assert_eq!(read.imports, transformed.imports);
        let (read, written) = (
            read.map.expect("a source map"),
            transformed.map.expect("a source map"),
        );
        assert!(read.deltas().eq(written.deltas()) && read.deltas().count() > 8);
        assert_eq!(code, Some(compiled));
    }

    #[test]
    fn rejects_damaged_bytes() {
        let (key, bytes, ..) = encoded();
        for length in 0..bytes.len() {
            assert!(decode(key, &bytes[..length], SOURCE).is_none());
        }
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            assert!(decode(key, &damaged, SOURCE).is_none(), "byte {at}");
        }
        let mut longer = bytes.clone();
        longer.push(0);
        assert!(decode(key, &longer, SOURCE).is_none());
        assert!(decode(self::key("another"), &bytes, SOURCE).is_none());
    }

    #[test]
    fn survives_invalid_lengths() {
        let (key, bytes, ..) = encoded();
        // With a valid digest, so that decoding gets past it.
        for at in 72..bytes.len() {
            for byte in [0, 0x7f, 0xff] {
                let mut wrong = bytes.clone();
                wrong[at] = byte;
                let digest = Sha256::digest(&wrong[40..]);
                wrong[8..40].copy_from_slice(&digest);
                // Any result is valid; decoding must not panic or allocate without bound.
                let _ = decode(key, &wrong, SOURCE);
            }
        }
    }
}
