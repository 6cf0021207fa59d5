//! The arguments of a call: its input as JSON, and uploaded files.

use bytes::Bytes;
use mizan_core::Error;
use mizan_core::adapter::Uploads;
use mizan_core::error::FieldErrors;
use serde_json::{Map, Value};

use super::body_budget::RetainedShare;
use super::form_data::FormData;
use super::upload::ReceivedFile;

/// The input of a call, and the files that it refers to.
#[derive(Default)]
pub(crate) struct Payload {
    pub(crate) input: Bytes,
    pub(crate) uploads: Option<Uploads>,
    /// The content that the client sent, if it differs from `input`, which then contains references to
    /// files.
    sent: Vec<Vec<u8>>,
    /// The share of the body budgets that the payload holds until its call ends.
    pub(crate) share: Option<RetainedShare>,
}

impl Payload {
    pub(crate) fn json(input: Bytes) -> Self {
        Self {
            input,
            ..Self::default()
        }
    }

    /// Keeps the share of the body budgets until the call ends.
    pub(crate) fn with_share(mut self, share: RetainedShare) -> Self {
        self.share = Some(share);
        self
    }

    /// Inserts the files of a request into its values.
    ///
    /// # Errors
    ///
    /// Returns `invalid` with an error at the path of each rejected file and of each file of a missing row.
    pub(crate) fn with_files(mut values: Value, data: FormData) -> Result<Self, Error> {
        let FormData {
            files,
            mut errors,
            empty_paths,
            ..
        } = data;
        if !errors.is_empty() {
            return Err(Error::invalid_fields(errors));
        }
        let mut sent = vec![values.to_string().into_bytes()];
        let mut uploads = Uploads::default();
        for path in empty_paths {
            // A row exists even if the user chose no file for its only field.
            if let Some((row, _)) = path.rsplit_once('.')
                && row.ends_with(|c: char| c.is_ascii_digit())
                && let Some(row @ Value::Null) = value_at(&mut values, row)
            {
                *row = Value::Object(Map::new());
            }
        }
        for (path, ReceivedFile { upload, hash }) in files {
            match value_at(&mut values, &path) {
                Some(value) => *value = Value::String(uploads.add(upload)),
                None => add_error(
                    &mut errors,
                    path.clone(),
                    "belongs to a row that does not exist",
                ),
            }
            sent.extend([path.into_bytes(), hash.to_vec()]);
        }
        if errors.is_empty() {
            Ok(Self {
                input: values.to_string().into(),
                uploads: Some(uploads),
                sent,
                share: None,
            })
        } else {
            Err(Error::invalid_fields(errors))
        }
    }

    /// Returns the parts by which two payloads are compared.
    pub(crate) fn fingerprint_parts(&self) -> impl Iterator<Item = &[u8]> {
        let input = self.sent.is_empty().then_some(&self.input[..]);
        input.into_iter().chain(self.sent.iter().map(Vec::as_slice))
    }
}

/// Returns the value at `path`, which is created if it is missing: as a member of an object, or as the
/// next row of a list.
fn value_at<'v>(values: &'v mut Value, path: &str) -> Option<&'v mut Value> {
    path.split('.').try_fold(values, |values, name| {
        let index = name.parse::<usize>();
        if values.is_null() {
            *values = if index.is_ok() {
                Value::Array(Vec::new())
            } else {
                Value::Object(Map::new())
            };
        }
        match values {
            Value::Object(members) => Some(members.entry(name).or_insert(Value::Null)),
            Value::Array(rows) => {
                let index = index.ok()?;
                if index == rows.len() {
                    rows.push(Value::Null);
                }
                rows.get_mut(index)
            }
            _ => None,
        }
    })
}

fn add_error(errors: &mut FieldErrors, path: String, message: &str) {
    errors.entry(path).or_default().push(message.to_owned());
}
