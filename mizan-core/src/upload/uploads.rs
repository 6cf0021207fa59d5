//! The files of one call, and the references to them in the call's input.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use uuid::Uuid;

use super::Upload;

/// Decodes an upload from its reference. This works only inside [`Uploads::decoding`].
impl<'de> Deserialize<'de> for Upload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(ReferenceVisitor)
    }
}

struct ReferenceVisitor;

impl Visitor<'_> for ReferenceVisitor {
    type Value = Upload;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a file, sent as a part of multipart/form-data")
    }

    fn visit_str<E: Error>(self, reference: &str) -> Result<Upload, E> {
        CURRENT
            .with_borrow(|uploads| uploads.as_ref()?.find(reference).cloned())
            .ok_or_else(|| E::custom("Must be a file, sent as a part of multipart/form-data."))
    }
}

thread_local! {
    static CURRENT: RefCell<Option<Uploads>> = const { RefCell::new(None) };
}

/// The files that a client sent with one call, each with its reference in the input.
///
/// Cloning it is cheap, and a call without files allocates nothing for it.
#[derive(Clone, Debug, Default)]
pub struct Uploads(Option<Arc<Vec<(String, Upload)>>>);

impl Uploads {
    /// Adds a file and returns its reference, which replaces the file in the input.
    ///
    /// The reference is random, so that a client cannot refer to a file that the server rejected for
    /// this field.
    pub fn add(&mut self, upload: Upload) -> String {
        let reference = Uuid::new_v4().to_string();
        let uploads = self.0.get_or_insert_default();
        Arc::make_mut(uploads).push((reference.clone(), upload));
        reference
    }

    /// Runs `decode`. While it runs, an [`Upload`] can be decoded from its reference.
    pub fn decoding<T>(&self, decode: impl FnOnce() -> T) -> T {
        struct Restore(Option<Uploads>);
        impl Drop for Restore {
            fn drop(&mut self) {
                CURRENT.set(self.0.take());
            }
        }
        if self.0.is_none() {
            return decode();
        }
        let _restore = Restore(CURRENT.replace(Some(self.clone())));
        decode()
    }

    /// Returns the file with this reference.
    #[must_use]
    pub fn find(&self, reference: &str) -> Option<&Upload> {
        let mut uploads = self.0.as_ref()?.iter();
        let (_, upload) = uploads.find(|(known, _)| known == reference)?;
        Some(upload)
    }
}
