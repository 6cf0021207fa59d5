//! Bodies that consist of fields and files.

use std::collections::HashMap;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;

use http::HeaderMap;
use http_body::Body;
use mizan_core::error::FieldErrors;
use mizan_core::upload::UploadField;
use mizan_core::{Error, ErrorCode};

use super::body_budget::BodyShare;
use super::multipart::MultipartReader;
use super::read::{check_encoding, has_content_type, read_bytes};
use super::upload::{ReceivedFile, UploadOutcome, UploadReceiver};
use super::urlencoded;
use crate::service::limits::HttpLimits;

/// The maximum length of a field name in an error, in characters.
const MAX_ERROR_PATH_CHARS: usize = 200;

/// The fields that accept files, and the directory that the files are written to.
#[derive(Clone, Copy)]
pub(crate) struct UploadTarget<'a> {
    pub(crate) fields: &'a [UploadField],
    pub(crate) dir: &'a Arc<Path>,
    /// Discards all files, because the call is already rejected.
    pub(crate) discard: bool,
}

/// The content of a body with fields and files.
#[derive(Default)]
pub(crate) struct FormData {
    /// The text fields, in the order of the body.
    pub(crate) text: Vec<(String, String)>,
    pub(super) files: Vec<(String, ReceivedFile)>,
    /// The paths of file fields for which the user chose no file.
    pub(super) empty_paths: Vec<String>,
    /// The reasons why files were rejected, by path.
    pub(crate) errors: FieldErrors,
    /// The number of files that the body contains under each name.
    files_by_name: HashMap<String, usize>,
}

impl FormData {
    /// Reads the body of an HTML form.
    pub(crate) async fn read<B: Body>(
        headers: &HeaderMap,
        body: B,
        limits: &HttpLimits,
        target: UploadTarget<'_>,
        share: &mut BodyShare,
    ) -> Result<Self, Error> {
        if has_content_type(headers, b"application/x-www-form-urlencoded") {
            let body = read_bytes(headers, body, limits, share).await?;
            Ok(Self {
                text: urlencoded::pairs(&body, limits.max_form_parts)?,
                ..Self::default()
            })
        } else if is_multipart(headers) {
            Self::read_multipart(headers, body, limits, target, share).await
        } else {
            Err(Error::new(
                ErrorCode::UnsupportedMediaType,
                "send the form as `application/x-www-form-urlencoded` or `multipart/form-data`",
            ))
        }
    }

    /// Reads a multipart body. A part with a file name is a file, any other part is a text field.
    pub(crate) async fn read_multipart<B: Body>(
        headers: &HeaderMap,
        body: B,
        limits: &HttpLimits,
        target: UploadTarget<'_>,
        share: &mut BodyShare,
    ) -> Result<Self, Error> {
        check_encoding(headers)?;
        let body = pin!(body);
        let mut reader = MultipartReader::new(headers, body, limits)?;
        let mut text_bytes_left = limits.max_body_bytes;
        let mut receiver = UploadReceiver {
            dir: Arc::clone(target.dir),
            max_bytes: limits.max_upload_bytes,
            bytes_left: limits.max_upload_bytes,
            share,
        };
        let mut data = Self::default();
        while let Some(mut part) = reader.next().await? {
            receiver.share.take_memory(part.name().len())?;
            let Some(file_name) = part.file_name() else {
                let name = part.name().to_owned();
                text_bytes_left = text_bytes_left.saturating_sub(name.len());
                let text = reader
                    .text(&mut part, &mut text_bytes_left, receiver.share)
                    .await?;
                data.text.push((name, text));
                continue;
            };
            let has_file_name = !file_name.is_empty();
            if target.discard {
                receiver.discard(&mut reader, &mut part).await?;
                continue;
            }
            let (path, field) = match data.find_field(part.name(), target.fields) {
                Ok(found) => found,
                Err(message) => {
                    let path = part.name().chars().take(MAX_ERROR_PATH_CHARS).collect();
                    receiver.discard(&mut reader, &mut part).await?;
                    data.add_error(path, message);
                    continue;
                }
            };
            match receiver.receive(&mut reader, &mut part, field).await? {
                UploadOutcome::Received(file) => data.files.push((path, file)),
                UploadOutcome::Empty if has_file_name => data.add_error(path, "The file is empty."),
                // Browsers send this if the user chose no file.
                UploadOutcome::Empty => data.empty_paths.push(path),
                UploadOutcome::Rejected(message) => data.add_error(path, message),
            }
        }
        Ok(data)
    }

    /// Returns the path and the field of a file. Several files for a list may have the same name.
    fn find_field<'f>(
        &mut self,
        name: &str,
        fields: &'f [UploadField],
    ) -> Result<(String, &'f UploadField), &'static str> {
        let find = |path: &str| fields.iter().find(|field| field.matches(path));
        let count = self.files_by_name.get(name).copied().unwrap_or_default();
        let found = match find(name) {
            Some(_) if count > 0 => return Err("was sent twice"),
            Some(field) => (name.to_owned(), field),
            None => {
                let path = format!("{name}.{count}");
                let field = find(&path).ok_or("Unknown field.")?;
                (path, field)
            }
        };
        self.files_by_name.insert(name.to_owned(), count + 1);
        Ok(found)
    }

    fn add_error(&mut self, path: String, message: impl Into<String>) {
        self.errors.entry(path).or_default().push(message.into());
    }
}

pub(crate) fn is_multipart(headers: &HeaderMap) -> bool {
    has_content_type(headers, b"multipart/form-data")
}
