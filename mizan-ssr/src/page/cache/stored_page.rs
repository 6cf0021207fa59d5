//! A rendered document that is sent several times.

use std::fmt::Write;

use bytes::Bytes;
use http::HeaderValue;
use sha2::{Digest, Sha256};

use crate::page::csp::Nonce;

/// A complete document, cut at the positions of its nonce.
pub(super) struct StoredPage {
    /// The parts between the nonces. A document without nonces has one part.
    parts: Vec<Bytes>,
    /// The entity tag. A document with nonces has none, because each response differs.
    pub(super) etag: Option<HeaderValue>,
}

impl StoredPage {
    /// Cuts a document at each occurrence of `marker`, the random nonce with which it was rendered.
    pub(super) fn new(html: String, marker: Option<&Nonce>) -> Self {
        let html = Bytes::from(html);
        let Some(marker) = marker else {
            return Self {
                etag: Some(etag(&html)),
                parts: vec![html],
            };
        };
        let marker = marker.as_str().as_bytes();
        let mut parts = Vec::new();
        let mut rest = html;
        while let Some(at) = find(&rest, marker) {
            parts.push(rest.split_to(at));
            drop(rest.split_to(marker.len()));
        }
        parts.push(rest);
        Self { parts, etag: None }
    }

    /// Returns the document with a nonce.
    pub(super) fn document(&self, nonce: Option<&Nonce>) -> Bytes {
        match (&self.parts[..], nonce) {
            ([document], _) => document.clone(),
            (parts, nonce) => {
                let nonce = nonce.map(Nonce::as_str).unwrap_or_default();
                let length = self.bytes() + nonce.len() * parts.len();
                let mut document = Vec::with_capacity(length);
                for (at, part) in parts.iter().enumerate() {
                    if at > 0 {
                        document.extend_from_slice(nonce.as_bytes());
                    }
                    document.extend_from_slice(part);
                }
                document.into()
            }
        }
    }

    /// Returns the size of the document.
    pub(super) fn bytes(&self) -> usize {
        self.parts.iter().map(Bytes::len).sum()
    }
}

fn find(text: &[u8], pattern: &[u8]) -> Option<usize> {
    text.windows(pattern.len())
        .position(|window| window == pattern)
}

/// Returns a weak tag, because a layer may compress the document.
fn etag(html: &[u8]) -> HeaderValue {
    let mut tag = String::from("W/\"");
    for byte in &Sha256::digest(html)[..16] {
        // Writing to a string does not fail.
        let _ = write!(tag, "{byte:02x}");
    }
    tag.push('"');
    HeaderValue::from_str(&tag).unwrap_or_else(|_| HeaderValue::from_static("\"\""))
}
