//! The file format of the disk cache.

use sha2::{Digest, Sha256};

use super::key::CacheKey;
use crate::modules::module::CompiledCode;
use crate::modules::source_map::SourceMap;
use crate::modules::transform::{ModuleFormat, TransformedModule};

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
    let format = match transformed.format {
        // The loader distinguishes the two by the path.
        ModuleFormat::CommonJs | ModuleFormat::ReactServer => 0,
        ModuleFormat::EsModule { awaits: false } => 1,
        ModuleFormat::EsModule { awaits: true } => 2,
    };
    out.push(format | (u8::from(transformed.unchanged) << 7));
    if !transformed.unchanged {
        put_bytes(&mut out, transformed.code.as_bytes());
    }
    put_number(&mut out, transformed.imports.len() as u64);
    for import in &transformed.imports {
        put_bytes(&mut out, import.as_bytes());
    }
    match &transformed.map {
        None => out.push(0),
        Some(map) => {
            out.push(1);
            let numbers: Vec<i64> = map.deltas().collect();
            put_number(&mut out, numbers.len() as u64);
            for number in numbers {
                put_number(&mut out, ((number << 1) ^ (number >> 63)).cast_unsigned());
            }
        }
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
    let flags = rest.byte()?;
    let format = match flags & 0x7f {
        0 => ModuleFormat::CommonJs,
        1 => ModuleFormat::EsModule { awaits: false },
        2 => ModuleFormat::EsModule { awaits: true },
        _ => return None,
    };
    let unchanged = flags & 0x80 != 0;
    let code = if unchanged {
        source.into()
    } else {
        rest.text()?
    };
    let imports = (0..rest.number()?)
        .map(|_| rest.text())
        .collect::<Option<_>>()?;
    let map = if rest.byte()? == 0 {
        None
    } else {
        let deltas = (0..rest.number()?)
            .map(|_| {
                let number = rest.number()?;
                Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
            })
            .collect::<Option<Vec<_>>>()?;
        Some(SourceMap::from_deltas(&deltas)?)
    };
    let compiled = if rest.byte()? == 0 {
        None
    } else {
        Some(CompiledCode {
            tag: rest.number()?.try_into().ok()?,
            bytes: rest.bytes()?.into(),
        })
    };
    let transformed = TransformedModule {
        code,
        unchanged,
        format,
        imports,
        map,
    };
    rest.0.is_empty().then_some((transformed, compiled))
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_number(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Appends `number` with seven bits per byte, lowest first (LEB128).
fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        out.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    out.push(number.to_le_bytes()[0]);
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        Some(self.take(1)?[0])
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = self.number()?.try_into().ok()?;
        self.take(length)
    }

    fn text(&mut self) -> Option<String> {
        String::from_utf8(self.bytes()?.into()).ok()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{CacheKey, CompiledCode, Digest, Sha256, TransformedModule, decode, encode};
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
            bytes: vec![1, 2, 3].into(),
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
