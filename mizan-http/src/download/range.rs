//! Requests for a part of a file (RFC 9110, section 14).

use std::ops::Range;

use http::{HeaderMap, HeaderValue, header};
use http_range_header::{
    EndPosition, StartPosition, SyntacticallyCorrectRange, parse_range_header,
};

/// The part of a file that a request asks for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Selection {
    All,
    Part(Range<u64>),
    /// The file has no byte of the range.
    Unsatisfiable,
}

impl Selection {
    /// Returns the header `Content-Range` for a file of this size.
    pub(super) fn content_range(&self, size: u64) -> Option<HeaderValue> {
        let value = match self {
            Self::All => return None,
            Self::Part(Range { start, end }) => format!("bytes {start}-{}/{size}", end - 1),
            Self::Unsatisfiable => format!("bytes */{size}"),
        };
        Some(HeaderValue::try_from(value).expect("numbers are ASCII text"))
    }
}

/// Returns the part of a file of this size that the header `Range` selects.
///
/// An invalid header is ignored, and so is one with several ranges: the client then receives the whole
/// file, which the RFC allows.
pub(super) fn select(headers: &HeaderMap, size: u64) -> Selection {
    let mut values = headers.get_all(header::RANGE).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Selection::All;
    };
    let Ok(ranges) = value.to_str().map(parse_range_header) else {
        return Selection::All;
    };
    let Ok([SyntacticallyCorrectRange { start, end }]) = ranges.as_ref().map(|it| &it.ranges[..])
    else {
        return Selection::All;
    };
    let (start, end) = match (start, end) {
        (StartPosition::FromLast(count), _) => (size.saturating_sub(*count), size),
        (StartPosition::Index(start), EndPosition::LastByte) => (*start, size),
        (StartPosition::Index(start), EndPosition::Index(last)) if start > last => {
            return Selection::All;
        }
        (StartPosition::Index(start), EndPosition::Index(last)) => {
            (*start, last.saturating_add(1).min(size))
        }
    };
    if start < end {
        Selection::Part(start..end)
    } else {
        Selection::Unsatisfiable
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn select_in(size: u64, range: &str) -> Selection {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, range.parse().unwrap());
        select(&headers, size)
    }

    #[test]
    fn selects_ranges() {
        for (range, expected) in [
            ("bytes=0-0", 0..1),
            ("bytes=2-4", 2..5),
            ("bytes=2-", 2..10),
            ("bytes=-3", 7..10),
            ("bytes=-30", 0..10),
            ("bytes=8-99999999999999", 8..10),
            ("bytes=0-18446744073709551615", 0..10),
        ] {
            assert_eq!(select_in(10, range), Selection::Part(expected), "{range}");
        }
    }

    #[test]
    fn ignores_invalid_and_several_ranges() {
        for range in [
            "bytes=4-2",
            "bytes=0-1,3-4",
            "bytes=",
            "bytes=-",
            "bytes=a-b",
            "bytes=0-99999999999999999999999",
            "lines=0-1",
            "0-1",
        ] {
            assert_eq!(select_in(10, range), Selection::All, "{range}");
        }
        let mut twice = HeaderMap::new();
        twice.append(header::RANGE, HeaderValue::from_static("bytes=0-1"));
        twice.append(header::RANGE, HeaderValue::from_static("bytes=0-1"));
        assert_eq!(select(&twice, 10), Selection::All);
    }

    #[test]
    fn refuses_ranges_outside_of_the_file() {
        for (size, range) in [
            (10, "bytes=10-"),
            (10, "bytes=10-12"),
            (0, "bytes=0-"),
            (0, "bytes=-1"),
        ] {
            let selection = select_in(size, range);
            assert_eq!(selection, Selection::Unsatisfiable, "{range}");
            assert_eq!(
                selection.content_range(size).unwrap(),
                format!("bytes */{size}")
            );
        }
    }
}
