//! Conditional requests for a file (RFC 9110, section 13).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{HeaderMap, HeaderName, HeaderValue, header};
use mizan_core::{Download, Error};

use crate::response::reply;

/// The first second that a date of HTTP cannot express: the beginning of the year 10000.
const END_OF_DATES: Duration = Duration::from_secs(253_402_300_800);

/// The validators of a file: its entity tag, and the time of its last modification.
pub(super) struct Validators {
    etag: Option<HeaderValue>,
    last_modified: Option<SystemTime>,
}

impl Validators {
    /// # Errors
    ///
    /// Returns an internal error if the entity tag has characters that a tag cannot contain.
    pub(super) fn of(download: &Download) -> Result<Self, Error> {
        let etag = download.etag().map(|etag| {
            let is_opaque = |byte| matches!(byte, b'!' | b'#'..=b'~');
            let tag = HeaderValue::try_from(format!("\"{etag}\"")).ok();
            tag.filter(|_| etag.bytes().all(is_opaque)).ok_or_else(|| {
                Error::internal(format!(
                    "`{}` is not an entity tag: use ASCII characters without spaces and quotes in \
                     `with_etag` of the download `{}`",
                    etag.escape_debug(),
                    download.name()
                ))
            })
        });
        Ok(Self {
            etag: etag.transpose()?,
            last_modified: download.last_modified().and_then(whole_seconds),
        })
    }

    pub(super) fn headers(&self) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
        let etag = self.etag.clone();
        let last_modified = self.last_modified.map(|time| {
            HeaderValue::try_from(httpdate::fmt_http_date(time)).expect("a date is ASCII text")
        });
        let etag = etag.map(|etag| (header::ETAG, etag));
        etag.into_iter()
            .chain(last_modified.map(|time| (header::LAST_MODIFIED, time)))
    }

    /// Returns `true` if the copy of the client is current, so that the response is 304.
    pub(super) fn are_current(&self, headers: &HeaderMap) -> bool {
        if headers.contains_key(header::IF_NONE_MATCH) {
            let etag = self.etag.as_ref();
            return etag.is_some_and(|etag| reply::matches_tag(headers, etag));
        }
        let since = headers.get(header::IF_MODIFIED_SINCE).and_then(date);
        self.last_modified
            .zip(since)
            .is_some_and(|(modified, since)| modified <= since)
    }

    /// Returns `true` unless `If-Range` names another version of the file than the current one.
    pub(super) fn allow_range(&self, headers: &HeaderMap) -> bool {
        let Some(condition) = headers.get(header::IF_RANGE) else {
            return true;
        };
        // A weak entity tag never matches, because the parts of two versions would be combined.
        self.etag.as_ref() == Some(condition)
            || self.last_modified.is_some() && self.last_modified == date(condition)
    }
}

fn date(value: &HeaderValue) -> Option<SystemTime> {
    httpdate::parse_http_date(value.to_str().ok()?).ok()
}

/// Returns a time without fractions of seconds, which dates of HTTP do not have.
fn whole_seconds(time: SystemTime) -> Option<SystemTime> {
    let since_epoch = time.duration_since(UNIX_EPOCH).ok()?;
    (since_epoch < END_OF_DATES).then(|| UNIX_EPOCH + Duration::from_secs(since_epoch.as_secs()))
}
