//! A parser of `application/x-www-form-urlencoded`
//! (<https://url.spec.whatwg.org/#application/x-www-form-urlencoded>) that rejects invalid UTF-8 instead
//! of replacing it.

use mizan_core::{Error, ErrorCode};

/// Returns the names and values of a body in their order.
///
/// # Errors
///
/// Returns an error if there are more than `max` pairs, or if one is not valid UTF-8.
pub(super) fn pairs(body: &[u8], max: usize) -> Result<Vec<(String, String)>, Error> {
    let pairs: Vec<_> = body
        .split(|&byte| byte == b'&')
        .filter(|pair| !pair.is_empty())
        .take(max.saturating_add(1))
        .collect();
    if pairs.len() > max {
        return Err(Error::new(
            ErrorCode::TooLarge,
            format!("the form has more than {max} fields"),
        ));
    }
    pairs
        .into_iter()
        .map(|pair| {
            let equals = pair.iter().position(|&byte| byte == b'=');
            let (name, value) = pair.split_at(equals.unwrap_or(pair.len()));
            Ok((text(name)?, text(value.get(1..).unwrap_or_default())?))
        })
        .collect()
}

fn text(encoded: &[u8]) -> Result<String, Error> {
    String::from_utf8(decode(encoded))
        .map_err(|_| Error::new(ErrorCode::Malformed, "the form is not valid UTF-8"))
}

/// Decodes a name or a value, which may contain any bytes.
pub(crate) fn decode(encoded: &[u8]) -> Vec<u8> {
    let with_spaces: Vec<_> = encoded
        .iter()
        .map(|&byte| if byte == b'+' { b' ' } else { byte })
        .collect();
    percent_encoding::percent_decode(&with_spaces).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_pairs_and_enforces_limits() {
        let body = b"&a=1&b=x+y%2Bz&&c&=d&a=%C3%A9=%0D%0A";
        let expected = [
            ("a", "1"),
            ("b", "x y+z"),
            ("c", ""),
            ("", "d"),
            ("a", "é=\r\n"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(pairs(body, 5).unwrap(), expected);
        assert_eq!(pairs(body, 4).unwrap_err().code(), "too_large");
        assert_eq!(pairs(b"a=%ff", 5).unwrap_err().code(), "malformed");
        assert_eq!(pairs(b"\xff=a", 5).unwrap_err().code(), "malformed");
        assert!(pairs(b"", 5).unwrap().is_empty());
    }
}
