//! The text formats of HTML's date, time, color and number inputs.

use mizan_core::validation::messages::{NOT_VALID, format_message};

/// A format that the text of a field must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextFormat {
    Date,
    Time,
    Datetime,
    /// An instant with its offset from UTC (RFC 3339).
    Instant,
    Color,
    Decimal,
}

impl TextFormat {
    /// Returns the name of the format in `x-checks`, or `None` if JSON Schema has a `format` for it.
    pub(crate) const fn as_str(self) -> Option<&'static str> {
        match self {
            Self::Date => Some("date"),
            Self::Time => Some("time"),
            Self::Datetime => Some("datetime"),
            Self::Instant => None,
            Self::Color => Some("color"),
            Self::Decimal => Some("decimal"),
        }
    }

    /// Returns the error message for text that does not have the format.
    pub(crate) fn message(self) -> &'static str {
        let format = match self {
            Self::Date => "date",
            Self::Time => "time",
            Self::Datetime => "partial-date-time",
            Self::Instant => "date-time",
            Self::Color => return "Enter a colour, such as #1e90ff.",
            Self::Decimal => "decimal",
        };
        format_message(format).unwrap_or(NOT_VALID)
    }

    pub(crate) fn matches(self, text: &str) -> bool {
        let text = text.as_bytes();
        match self {
            Self::Date => is_date(text),
            Self::Time => is_time(text),
            Self::Datetime => is_datetime(text),
            Self::Instant => is_instant(text),
            Self::Color => {
                matches!(text, [b'#', digits @ ..] if digits.len() == 6
                    && digits.iter().all(u8::is_ascii_hexdigit))
            }
            Self::Decimal => is_decimal(text),
        }
    }
}

/// Returns the text with seconds: `18:30:00` for `18:30`, with or without a date.
pub(crate) fn with_seconds(text: &str) -> String {
    if text.matches(':').count() == 1 {
        format!("{text}:00")
    } else {
        text.to_owned()
    }
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |number, digit| {
        digit
            .is_ascii_digit()
            .then(|| number * 10 + u32::from(digit - b'0'))
    })
}

fn is_date(text: &[u8]) -> bool {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text else {
        return false;
    };
    let parts = [&[*y1, *y2, *y3, *y4][..], &[*m1, *m2], &[*d1, *d2]].map(number);
    let [Some(year), Some(month), Some(day)] = parts else {
        return false;
    };
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    year > 0 && (1..=days).contains(&day)
}

fn is_below(digits: [u8; 2], end: u32) -> bool {
    number(&digits).is_some_and(|number| number < end)
}

fn is_time(text: &[u8]) -> bool {
    match *text {
        [h1, h2, b':', m1, m2] => is_below([h1, h2], 24) && is_below([m1, m2], 60),
        [h1, h2, b':', m1, m2, b':', s1, s2] => {
            is_below([h1, h2], 24) && is_below([m1, m2], 60) && is_below([s1, s2], 60)
        }
        _ => false,
    }
}

fn is_datetime(text: &[u8]) -> bool {
    matches!(text.split_at_checked(10), Some((date, [b'T', time @ ..])) if is_date(date) && is_time(time))
}

fn is_instant(text: &[u8]) -> bool {
    let (local, fraction_and_offset) = match text.split_at_checked(19) {
        Some(parts) => parts,
        None => return false,
    };
    let digits = match fraction_and_offset {
        [b'.', rest @ ..] => rest.iter().take_while(|byte| byte.is_ascii_digit()).count(),
        _ => 0,
    };
    let offset = match (fraction_and_offset.first(), digits) {
        (Some(b'.'), 0) => return false,
        (Some(b'.'), digits) => &fraction_and_offset[1 + digits..],
        _ => fraction_and_offset,
    };
    let is_offset = match *offset {
        [b'Z'] => true,
        [b'+' | b'-', h1, h2, b':', m1, m2] => is_below([h1, h2], 24) && is_below([m1, m2], 60),
        _ => false,
    };
    is_datetime(local) && is_offset
}

fn is_decimal(text: &[u8]) -> bool {
    let digits = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    let unsigned = text.strip_prefix(b"-").unwrap_or(text);
    match unsigned.iter().position(|byte| *byte == b'.') {
        Some(dot) => digits(&unsigned[..dot]) && digits(&unsigned[dot + 1..]),
        None => digits(unsigned),
    }
}
