//! The encodings of a file, and the choice among them by `Accept-Encoding` (RFC 9110, 12.5.3).

use headers::HeaderValue;
use http::HeaderMap;
use http::header::ACCEPT_ENCODING;

/// A compression that browsers decode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ContentEncoding {
    Brotli,
    Zstd,
    Gzip,
}

impl ContentEncoding {
    /// All encodings, those with the smallest files first.
    const ALL: [Self; 3] = [Self::Brotli, Self::Zstd, Self::Gzip];

    /// Returns the original's path and the encoding, if the path is that of a compressed file.
    pub(super) fn of_file(path: &str) -> Option<(&str, Self)> {
        let (original, extension) = path.rsplit_once('.')?;
        let encoding = match extension {
            "br" => Self::Brotli,
            "zst" => Self::Zstd,
            "gz" => Self::Gzip,
            _ => return None,
        };
        Some((original, encoding))
    }

    pub(super) fn header_value(self) -> HeaderValue {
        HeaderValue::from_static(self.name())
    }

    fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Zstd => "zstd",
            Self::Gzip => "gzip",
        }
    }
}

/// Returns the encodings that a client accepts and prefers to the file itself, the best first.
pub(super) fn accepted(headers: &HeaderMap) -> impl Iterator<Item = ContentEncoding> {
    let identity = quality(headers, "identity").unwrap_or(1);
    let mut accepted: Vec<_> = ContentEncoding::ALL
        .into_iter()
        .map(|encoding| {
            let explicit = quality(headers, encoding.name());
            let quality = explicit.or_else(|| quality(headers, "*")).unwrap_or(0);
            (encoding, quality)
        })
        .filter(|(_, quality)| *quality > 0 && *quality >= identity)
        .collect();
    // The sort is stable, so encodings of the same quality stay in the order of `ALL`.
    accepted.sort_by_key(|(_, quality)| std::cmp::Reverse(*quality));
    accepted.into_iter().map(|(encoding, _)| encoding)
}

/// Returns the quality of the encoding `name` in thousandths, if the header names it.
fn quality(headers: &HeaderMap, name: &str) -> Option<u16> {
    let values = headers.get_all(ACCEPT_ENCODING).iter();
    let mut items = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    items.find_map(|item| {
        let (encoding, parameters) = item.split_once(';').unwrap_or((item, ""));
        let is_named = encoding.trim().eq_ignore_ascii_case(name);
        is_named.then(|| parse_quality(parameters))
    })
}

/// Parses `q=0.5`. A malformed quality is zero, so that the encoding is not used.
fn parse_quality(parameters: &str) -> u16 {
    let parameters = parameters.trim();
    if parameters.is_empty() {
        return 1000;
    }
    let number = parameters
        .split_once('=')
        .filter(|(name, _)| name.trim().eq_ignore_ascii_case("q"))
        .and_then(|(_, number)| number.trim().parse::<f32>().ok());
    match number {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the product is between 0 and 1000"
        )]
        Some(number) if (0.0..=1.0).contains(&number) => (number * 1000.0) as u16,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use http::header::ACCEPT_ENCODING;
    use http::{HeaderMap, HeaderValue};

    use super::ContentEncoding::{self, Brotli, Gzip, Zstd};
    use super::accepted;

    fn accepted_by(header: &str) -> Vec<ContentEncoding> {
        let mut headers = HeaderMap::new();
        headers.insert(
            ACCEPT_ENCODING,
            HeaderValue::from_str(header).expect("a header"),
        );
        accepted(&headers).collect()
    }

    #[test]
    fn orders_encodings_by_quality_then_size() {
        for (header, expected) in [
            ("gzip, deflate, br, zstd", vec![Brotli, Zstd, Gzip]),
            ("gzip", vec![Gzip]),
            ("GZIP ; Q=1.0", vec![Gzip]),
            ("br;q=0.5, gzip;q=0.8", vec![Gzip, Brotli]),
            ("br;q=0, *", vec![Zstd, Gzip]),
            ("*;q=0", vec![]),
            ("identity, gzip;q=0.5", vec![]),
            ("identity;q=0.5, gzip", vec![Gzip]),
            ("gzip;q=2", vec![]),
            ("gzip;q=NaN", vec![]),
            ("gzip;x=1", vec![]),
            ("", vec![]),
            (",,;;=", vec![]),
            ("gzipx", vec![]),
        ] {
            assert_eq!(accepted_by(header), expected, "{header}");
        }
        assert_eq!(accepted(&HeaderMap::new()).count(), 0);
    }

    #[test]
    fn recognizes_compressed_files() {
        assert_eq!(
            ContentEncoding::of_file("a/main.js.br"),
            Some(("a/main.js", Brotli))
        );
        assert_eq!(
            ContentEncoding::of_file("main.js.zst"),
            Some(("main.js", Zstd))
        );
        assert_eq!(
            ContentEncoding::of_file("main.js.gz"),
            Some(("main.js", Gzip))
        );
        assert_eq!(ContentEncoding::of_file("main.js"), None);
    }
}
