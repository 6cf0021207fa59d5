//! The binary form of transformed modules, in the disk cache and in bundles.

use std::borrow::Cow;

use super::source_map::SourceMap;
use super::transform::{ModuleFormat, ModuleRecord, TransformedModule};

/// Set in the first byte of a module whose code is the content of its file.
const UNCHANGED: u8 = 0x80;

/// Appends everything of a module except its code.
pub(crate) fn put_module(out: &mut Vec<u8>, transformed: &TransformedModule) {
    let format = match transformed.format {
        // The loader distinguishes the two by the path.
        ModuleFormat::CommonJs | ModuleFormat::ReactServer => 0,
        ModuleFormat::EsModule { awaits: false } => 1,
        ModuleFormat::EsModule { awaits: true } => 2,
    };
    out.push(if transformed.unchanged {
        format | UNCHANGED
    } else {
        format
    });
    put_number(out, transformed.imports.len() as u64);
    for import in &transformed.imports {
        put_bytes(out, import.as_bytes());
    }
    if matches!(transformed.format, ModuleFormat::EsModule { .. }) {
        // Serializing names and numbers to memory does not fail.
        put_bytes(
            out,
            &serde_json::to_vec(&transformed.record).unwrap_or_default(),
        );
    }
    match &transformed.map {
        None => out.push(0),
        Some(map) => {
            out.push(1);
            let numbers: Vec<i64> = map.deltas().collect();
            put_number(out, numbers.len() as u64);
            for number in numbers {
                put_number(out, ((number << 1) ^ (number >> 63)).cast_unsigned());
            }
        }
    }
}

pub(crate) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_number(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Appends `number` with seven bits per byte, lowest first (LEB128).
pub(crate) fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        out.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    out.push(number.to_le_bytes()[0]);
}

/// Reads values from the beginning of a byte slice. Each method returns `None` if the bytes are damaged.
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    /// Reads a module written by [`put_module`]. `code` receives whether the code is the content of the file.
    pub(crate) fn module(
        &mut self,
        code: impl FnOnce(&mut Self, bool) -> Option<Cow<'static, str>>,
    ) -> Option<TransformedModule> {
        let flags = self.byte()?;
        let format = match flags & !UNCHANGED {
            0 => ModuleFormat::CommonJs,
            1 => ModuleFormat::EsModule { awaits: false },
            2 => ModuleFormat::EsModule { awaits: true },
            _ => return None,
        };
        let unchanged = flags & UNCHANGED != 0;
        let imports = (0..self.number()?)
            .map(|_| self.text())
            .collect::<Option<_>>()?;
        let record = match format {
            ModuleFormat::EsModule { .. } => serde_json::from_slice(self.bytes()?).ok()?,
            _ => ModuleRecord::default(),
        };
        let map = if self.byte()? == 0 {
            None
        } else {
            let deltas = (0..self.number()?)
                .map(|_| {
                    let number = self.number()?;
                    Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
                })
                .collect::<Option<Vec<_>>>()?;
            Some(SourceMap::from_deltas(&deltas)?)
        };
        Some(TransformedModule {
            code: code(self, unchanged)?,
            unchanged,
            format,
            imports,
            record,
            map,
        })
    }

    pub(crate) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        Some(self.take(1)?[0])
    }

    pub(crate) fn number(&mut self) -> Option<u64> {
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

    pub(crate) fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = self.number()?.try_into().ok()?;
        self.take(length)
    }

    pub(crate) fn text(&mut self) -> Option<String> {
        String::from_utf8(self.bytes()?.into()).ok()
    }
}
