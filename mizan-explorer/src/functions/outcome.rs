//! The outcome of a call that was tried.

use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::time::Duration;

use futures_util::StreamExt as _;
use mizan_core::adapter::{CallStream, StreamEnd};
use mizan_core::{Download, Error, ErrorCode};
use mizan_http::response::problem;
use schemars::JsonSchema;
use serde::Serialize;

/// The maximum number of bytes of an output that the page shows.
const MAX_OUTPUT_BYTES: usize = 1 << 20;
/// The maximum number of parts of a stream that the page shows.
const MAX_PARTS: usize = 200;

/// The outcome of a call.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// The function returned a value.
    Output {
        /// The value as JSON. Text, so that the page shows all digits.
        json: String,
        /// True if the text is only the beginning of the value.
        is_truncated: bool,
    },
    /// The function returned a file, whose content was not read.
    File {
        /// The content type.
        content_type: String,
        /// The size, if it is known.
        bytes: Option<f64>,
    },
    /// The function returned a stream.
    Stream {
        /// The first parts, as JSON.
        parts: Vec<String>,
        /// The reason why the stream ended or was dropped.
        end: String,
    },
    /// The call failed.
    Error(ErrorDetails),
}

/// The error of a call.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ErrorDetails {
    /// The code.
    code: String,
    /// The HTTP status of the reply.
    status: u16,
    /// The message for the client.
    message: String,
    /// The messages for fields of the input.
    fields: BTreeMap<String, Vec<String>>,
    /// The data of the error, as JSON; `null` if there is none.
    data: Option<String>,
    /// The causes, the direct one first. Clients do not receive them.
    causes: Vec<String>,
    /// The time in seconds after which a client may retry.
    retry_after: Option<f64>,
    /// The id of the entry in the log.
    id: Option<String>,
}

impl Outcome {
    pub(super) fn of_json(json: &[u8]) -> Self {
        let is_truncated = json.len() > MAX_OUTPUT_BYTES;
        let shown = &json[..json.len().min(MAX_OUTPUT_BYTES)];
        Self::Output {
            json: String::from_utf8_lossy(shown).into_owned(),
            is_truncated,
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a file of 8 PB may be shown with a rounded size"
    )]
    pub(super) fn of_download(download: &Download) -> Self {
        Self::File {
            content_type: download.content_type().to_owned(),
            bytes: download.size().map(|bytes| bytes as f64),
        }
    }

    pub(super) fn of_error(error: &Error) -> Self {
        let mut causes = Vec::new();
        let mut cause = error.source().map(|source| source as &dyn StdError);
        while let Some(source) = cause {
            causes.push(source.to_string());
            cause = source.source();
        }
        let data = error.data();
        Self::Error(ErrorDetails {
            code: error.code().to_owned(),
            status: problem(error).status().as_u16(),
            message: error.message().to_owned(),
            fields: error.fields().clone(),
            data: (!data.is_empty()).then(|| serde_json::to_string(data).unwrap_or_default()),
            causes,
            retry_after: error.retry_after().map(|wait| wait.as_secs_f64()),
            id: error.id().map(|id| id.to_string()),
        })
    }
}

/// Reads the parts of a stream, until one of the limits of the page.
pub(super) async fn collect_parts(
    mut stream: CallStream,
    time_left: Duration,
) -> (Outcome, StreamEnd) {
    let mut parts = Vec::new();
    let mut bytes = 0;
    let reading = async {
        while let Some(part) = stream.next().await {
            match part {
                Ok(part) => {
                    bytes += part.len();
                    parts.push(String::from_utf8_lossy(&part).into_owned());
                }
                Err(error) => return Some(error),
            }
            if parts.len() >= MAX_PARTS || bytes >= MAX_OUTPUT_BYTES {
                let message = "the explorer reads no further parts of the stream";
                return Some(Error::new(ErrorCode::TooLarge, message));
            }
        }
        None
    };
    let end = match tokio::time::timeout(time_left, reading).await {
        Ok(None) => "The stream ended.".to_owned(),
        Ok(Some(error)) => format!("{}: {}", error.code(), error.message()),
        Err(_) => "The explorer stopped reading after 20 seconds.".to_owned(),
    };
    let outcome = Outcome::Stream { parts, end };
    (outcome, stream.finish())
}
