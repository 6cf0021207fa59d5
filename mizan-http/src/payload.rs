//! What a request brings to a function: its input, and files.

use std::collections::HashMap;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use http_body::Body;
use mizan_core::adapter::Uploads;
use mizan_core::error::FieldErrors;
use mizan_core::upload::UploadField;
use mizan_core::{Error, ErrorCode};
use serde_json::{Map, Value};

use crate::body::{self, check_encoding};
use crate::body_budget::{BodyShare, HeldShare};
use crate::config::Limits;
use crate::multipart::Parts;
use crate::upload::{Outcome, Received, Store};
use crate::urlencoded;

/// The input of a call, and the files that it refers to.
#[derive(Default)]
pub(crate) struct Payload {
    pub(crate) input: Bytes,
    pub(crate) uploads: Option<Uploads>,
    /// What the client sent, which the references in the input are not.
    sent: Vec<Vec<u8>>,
    /// The share of the budgets for bodies that the payload holds until its call has ended.
    pub(crate) held: Option<HeldShare>,
}

impl Payload {
    pub(crate) fn json(input: Bytes) -> Self {
        Self {
            input,
            ..Self::default()
        }
    }

    /// Keeps what the body takes of the budgets until the call has ended.
    pub(crate) fn holding(mut self, held: HeldShare) -> Self {
        self.held = Some(held);
        self
    }

    /// An input of values into which the files of a request are put.
    ///
    /// # Errors
    ///
    /// The files that were refused, and those whose row is missing, by path.
    pub(crate) fn with_files(mut values: Value, data: FormData) -> Result<Self, Error> {
        let FormData {
            files,
            mut refused,
            rows,
            ..
        } = data;
        if !refused.is_empty() {
            return Err(Error::invalid_fields(refused));
        }
        let mut sent = vec![values.to_string().into_bytes()];
        let mut uploads = Uploads::default();
        for path in rows {
            // The row is there though the person has put no file into it.
            if let Some((row, _)) = path.rsplit_once('.')
                && row.ends_with(|c: char| c.is_ascii_digit())
                && let Some(row @ Value::Null) = place(&mut values, row)
            {
                *row = Value::Object(Map::new());
            }
        }
        for (path, Received { upload, hash }) in files {
            match place(&mut values, &path) {
                Some(place) => *place = Value::String(uploads.add(upload)),
                None => blame(
                    &mut refused,
                    path.clone(),
                    "belongs to a row that is missing",
                ),
            }
            sent.extend([path.into_bytes(), hash.to_vec()]);
        }
        if refused.is_empty() {
            Ok(Self {
                input: values.to_string().into(),
                uploads: Some(uploads),
                sent,
                held: None,
            })
        } else {
            Err(Error::invalid_fields(refused))
        }
    }

    /// All that makes this the same as another payload, or not.
    pub(crate) fn identity(&self) -> impl Iterator<Item = &[u8]> {
        let input = self.sent.is_empty().then_some(&self.input[..]);
        input.into_iter().chain(self.sent.iter().map(Vec::as_slice))
    }
}

/// The place at `path` in the values, made if it is missing: a member of an object, or the next row
/// of a list.
fn place<'v>(values: &'v mut Value, path: &str) -> Option<&'v mut Value> {
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

fn blame(refused: &mut FieldErrors, path: String, message: impl Into<String>) {
    refused.entry(path).or_default().push(message.into());
}

/// What came as fields and files rather than as JSON.
#[derive(Default)]
pub(crate) struct FormData {
    /// The fields of text, in their order.
    pub(crate) text: Vec<(String, String)>,
    files: Vec<(String, Received)>,
    /// Where there is a field for a file without a file.
    rows: Vec<String>,
    /// The files that were refused, by path.
    pub(crate) refused: FieldErrors,
    /// How many files came under a name.
    seen: HashMap<String, usize>,
}

impl FormData {
    /// Reads the body of an HTML form.
    pub(crate) async fn read<B: Body>(
        headers: &HeaderMap,
        body: B,
        limits: &Limits,
        files: Files<'_>,
        share: &mut BodyShare,
    ) -> Result<Self, Error> {
        if body::is_type(headers, b"application/x-www-form-urlencoded") {
            let body = body::read_any(headers, body, limits, share).await?;
            Ok(Self {
                text: urlencoded::pairs(&body, limits.parts)?,
                ..Self::default()
            })
        } else if is_multipart(headers) {
            Self::read_multipart(headers, body, limits, files, share).await
        } else {
            Err(Error::new(
                ErrorCode::UnsupportedMediaType,
                "send a form, as `application/x-www-form-urlencoded` or `multipart/form-data`",
            ))
        }
    }

    /// Reads a body of several parts: those with a file name are files, the others are text.
    pub(crate) async fn read_multipart<B: Body>(
        headers: &HeaderMap,
        body: B,
        limits: &Limits,
        files: Files<'_>,
        share: &mut BodyShare,
    ) -> Result<Self, Error> {
        check_encoding(headers)?;
        let body = pin!(body);
        let mut parts = Parts::new(headers, body, limits)?;
        let mut text_left = limits.body_bytes;
        let mut store = Store {
            dir: Arc::clone(files.dir),
            most: limits.upload_bytes,
            left: limits.upload_bytes,
            share,
        };
        let mut read = Self::default();
        while let Some(mut part) = parts.next().await? {
            store.share.take_memory(part.name().len())?;
            let Some(file_name) = part.file_name() else {
                let name = part.name().to_owned();
                text_left = text_left.saturating_sub(name.len());
                let text = parts.text(&mut part, &mut text_left, store.share).await?;
                read.text.push((name, text));
                continue;
            };
            let has_name = !file_name.is_empty();
            if files.are_unwanted {
                store.skip(&mut parts, &mut part).await?;
                continue;
            }
            let (path, field) = match read.field(part.name(), files.fields) {
                Ok(found) => found,
                Err(refusal) => {
                    let path = part.name().chars().take(200).collect();
                    store.skip(&mut parts, &mut part).await?;
                    blame(&mut read.refused, path, refusal);
                    continue;
                }
            };
            match store.receive(&mut parts, &mut part, field).await? {
                Outcome::Taken(file) => read.files.push((path, file)),
                Outcome::Empty if has_name => blame(&mut read.refused, path, "The file is empty."),
                // What browsers send where no file was chosen.
                Outcome::Empty => read.rows.push(path),
                Outcome::Refused(refusal) => blame(&mut read.refused, path, refusal),
            }
        }
        Ok(read)
    }

    /// The field that a file is for, and the file's path in it. Several files for a list of files
    /// come under one name.
    fn field<'f>(
        &mut self,
        name: &str,
        fields: &'f [UploadField],
    ) -> Result<(String, &'f UploadField), &'static str> {
        let find = |path: &str| fields.iter().find(|field| field.matches(path));
        let seen = self.seen.get(name).copied().unwrap_or_default();
        let found = match find(name) {
            Some(_) if seen > 0 => return Err("came twice"),
            Some(field) => (name.to_owned(), field),
            None => {
                let path = format!("{name}.{seen}");
                let field = find(&path).ok_or("Unknown field.")?;
                (path, field)
            }
        };
        self.seen.insert(name.to_owned(), seen + 1);
        Ok(found)
    }
}

/// The files that a function takes, and where they go.
#[derive(Clone, Copy)]
pub(crate) struct Files<'a> {
    pub(crate) fields: &'a [UploadField],
    pub(crate) dir: &'a Arc<Path>,
    /// Whether all are thrown away, because the call is refused already.
    pub(crate) are_unwanted: bool,
}

pub(crate) fn is_multipart(headers: &HeaderMap) -> bool {
    body::is_type(headers, b"multipart/form-data")
}
