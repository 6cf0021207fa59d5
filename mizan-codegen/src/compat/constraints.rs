//! Comparison of numbers and strings with their constraints.

use std::cmp::Ordering;

use serde_json::Number as JsonNumber;

use super::effect::Direction;
use crate::schema::{Checks, List, Literal, Number, NumberWidth, Text, Type};

/// The largest integer that JavaScript numbers represent exactly.
const MAX_SAFE_INTEGER: i128 = 9_007_199_254_740_991;

/// The formats of strings that are types in many languages. Other formats, such as `email`, are
/// constraints.
const TYPE_FORMATS: [&str; 8] = [
    "uuid", "uri", "ipv4", "ipv6", "ip", "decimal", "semver", "binary",
];

/// Returns whether every number of `sent` is one of `accepted`.
pub(super) fn accepts_number(sent: &Type, accepted: &Type, direction: Direction) -> bool {
    match (Range::of(sent, direction), Range::of(accepted, direction)) {
        (Some(sent), Some(accepted)) => accepted.contains(&sent),
        _ => false,
    }
}

/// Returns whether every string of `sent` is one of `accepted`.
pub(super) fn accepts_text(sent: &Text, accepted: &Text, direction: Direction) -> bool {
    let format = accepted.format.as_deref();
    if format != sent.format.as_deref() && format.is_some_and(|name| is_checked(name, direction)) {
        return false;
    }
    direction == Direction::ToClient
        || (accepts_length(
            (sent.min_length, sent.max_length),
            (accepted.min_length, accepted.max_length),
        ) && (accepted.pattern.is_none() || accepted.pattern == sent.pattern)
            && accepts_checks(&sent.checks, &accepted.checks, direction))
}

/// Returns whether a string is one of `accepted`.
fn accepts_text_literal(sent: &str, accepted: &Text, direction: Direction) -> bool {
    let format = accepted.format.as_deref();
    if format.is_some_and(|name| is_checked(name, direction)) {
        return false;
    }
    let length = sent.chars().count() as u64;
    direction == Direction::ToClient
        || (accepts_length(
            (Some(length), Some(length)),
            (accepted.min_length, accepted.max_length),
        ) && accepted.pattern.is_none()
            && accepts_checks(&Checks::default(), &accepted.checks, direction))
}

/// Returns whether a literal is one of `accepted`.
pub(super) fn accepts_literal(sent: &Literal, accepted: &Type, direction: Direction) -> bool {
    match (sent, accepted) {
        (sent, Type::Literal(accepted)) => sent == accepted,
        (Literal::Boolean(_), Type::Boolean) => true,
        (Literal::Text(sent), Type::Text(accepted)) => {
            accepts_text_literal(sent, accepted, direction)
        }
        (Literal::Number(sent), Type::Number(_) | Type::BigInt(_)) => {
            Range::of(accepted, direction)
                .is_some_and(|accepted| accepted.contains(&Range::only(sent)))
        }
        _ => false,
    }
}

/// Returns whether `accepted` allows the lengths and duplicates of `sent`.
pub(super) fn accepts_items(sent: &List, accepted: &List, direction: Direction) -> bool {
    // A fixed length belongs to the type, such as `[u8; 16]`.
    let is_fixed = accepted.min_items.is_some() && accepted.min_items == accepted.max_items;
    if direction == Direction::ToClient && !is_fixed {
        return true;
    }
    let lengths = (sent.min_items, sent.max_items);
    accepts_length(lengths, (accepted.min_items, accepted.max_items))
        && (direction == Direction::ToClient
            || ((sent.unique || !accepted.unique)
                && accepts_checks(&sent.checks, &accepted.checks, direction)))
}

/// Returns whether every value that passes the checks `sent` passes `accepted`.
pub(super) fn accepts_checks(sent: &Checks, accepted: &Checks, direction: Direction) -> bool {
    fn unchanged<T: PartialEq>(sent: &Option<T>, accepted: &Option<T>) -> bool {
        accepted.is_none() || sent == accepted
    }
    let accepts_types = accepted.accept.is_empty()
        || (!sent.accept.is_empty()
            && sent
                .accept
                .iter()
                .all(|content_type| accepted.accept.contains(content_type)));
    direction == Direction::ToClient
        || ((sent.not_blank || !accepted.not_blank)
            && (sent.single_line || !accepted.single_line)
            && accepts_length((None, sent.max_bytes), (None, accepted.max_bytes))
            && unchanged(&sent.format, &accepted.format)
            && accepts_types
            && unchanged(&sent.contains, &accepted.contains)
            && unchanged(&sent.does_not_contain, &accepted.does_not_contain)
            && unchanged(&sent.must_match, &accepted.must_match))
}

fn is_checked(format: &str, direction: Direction) -> bool {
    direction == Direction::ToServer || TYPE_FORMATS.contains(&format)
}

type Lengths = (Option<u64>, Option<u64>);

fn accepts_length((low, high): Lengths, (min, max): Lengths) -> bool {
    low.unwrap_or(0) >= min.unwrap_or(0)
        && max.is_none_or(|max| high.is_some_and(|high| high <= max))
}

/// The numbers of a type.
struct Range {
    is_integer: bool,
    low: Option<Bound>,
    high: Option<Bound>,
    multiple_of: Option<JsonNumber>,
    excluded: Option<JsonNumber>,
}

/// A limit of a range.
#[derive(Clone, Copy)]
struct Bound {
    value: Exact,
    is_exclusive: bool,
}

/// A number. Integers of up to 128 bits are exact.
#[derive(Clone, Copy)]
enum Exact {
    Integer(i128),
    Float(f64),
}

impl Exact {
    fn of(number: &JsonNumber) -> Self {
        match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(integer), _, _) => Self::Integer(integer.into()),
            (None, Some(integer), _) => Self::Integer(integer.into()),
            (None, None, float) => Self::Float(float.unwrap_or(f64::NAN)),
        }
    }

    fn to_f64(self) -> f64 {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "compared with another float")]
            Self::Integer(integer) => integer as f64,
            Self::Float(float) => float,
        }
    }

    fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Integer(first), Self::Integer(second)) => Some(first.cmp(&second)),
            _ => self.to_f64().partial_cmp(&other.to_f64()),
        }
    }
}

impl Range {
    /// The range of a number type. A client reads every number of the Rust type, so the range of a
    /// value from the server has no other limits.
    fn of(ty: &Type, direction: Direction) -> Option<Self> {
        let mut lows = Vec::new();
        let mut highs = Vec::new();
        let (is_integer, limits) = match ty {
            Type::Number(number) => {
                lows.extend(number.width.limits().map(|(low, _)| i128::from(low)));
                highs.extend(number.width.limits().map(|(_, high)| i128::from(high)));
                if number.width == NumberWidth::Bounded {
                    lows.push(-MAX_SAFE_INTEGER);
                    highs.push(MAX_SAFE_INTEGER);
                }
                (number.width != NumberWidth::Float, number.clone())
            }
            Type::BigInt(number) => {
                let (low, high) = number.width.limits();
                lows.push(low);
                // `u128::MAX` is the only limit beyond `i128`.
                highs.extend(i128::try_from(high).ok());
                let limits = Number {
                    width: NumberWidth::Bounded,
                    minimum: number.minimum.clone(),
                    maximum: number.maximum.clone(),
                    exclusive_minimum: number.exclusive_minimum.clone(),
                    exclusive_maximum: number.exclusive_maximum.clone(),
                    multiple_of: number.multiple_of.clone(),
                    excluded: number.excluded.clone(),
                    checks: Checks::default(),
                };
                (true, limits)
            }
            _ => return None,
        };
        let inclusive = |value| Bound {
            value,
            is_exclusive: false,
        };
        let mut lows: Vec<_> = lows
            .into_iter()
            .map(Exact::Integer)
            .map(inclusive)
            .collect();
        let mut highs: Vec<_> = highs
            .into_iter()
            .map(Exact::Integer)
            .map(inclusive)
            .collect();
        if direction == Direction::ToClient {
            return Some(Self {
                is_integer,
                low: lows.pop(),
                high: highs.pop(),
                multiple_of: None,
                excluded: None,
            });
        }
        let exclusive = |number: &JsonNumber, step| match Exact::of(number) {
            Exact::Integer(integer) if is_integer => inclusive(Exact::Integer(integer + step)),
            value => Bound {
                value,
                is_exclusive: true,
            },
        };
        lows.extend(
            limits
                .minimum
                .iter()
                .map(|number| inclusive(Exact::of(number))),
        );
        lows.extend(
            limits
                .exclusive_minimum
                .iter()
                .map(|number| exclusive(number, 1)),
        );
        highs.extend(
            limits
                .maximum
                .iter()
                .map(|number| inclusive(Exact::of(number))),
        );
        highs.extend(
            limits
                .exclusive_maximum
                .iter()
                .map(|number| exclusive(number, -1)),
        );
        Some(Self {
            is_integer,
            low: tightest(&lows, Ordering::Greater),
            high: tightest(&highs, Ordering::Less),
            multiple_of: limits.multiple_of,
            excluded: limits.excluded,
        })
    }

    /// The range of a single number.
    fn only(number: &JsonNumber) -> Self {
        let bound = Some(Bound {
            value: Exact::of(number),
            is_exclusive: false,
        });
        Self {
            is_integer: !number.is_f64(),
            low: bound,
            high: bound,
            multiple_of: None,
            excluded: None,
        }
    }

    fn contains(&self, other: &Self) -> bool {
        // A float of JavaScript and Rust rounds integers beyond 2^53.
        let is_exact = self.is_integer
            || !other.is_integer
            || [other.low, other.high].iter().all(|bound| {
                bound.is_some_and(|bound| {
                    bound.value.to_f64().abs() <= Exact::Integer(MAX_SAFE_INTEGER).to_f64()
                })
            });
        let excluded = self.excluded.as_ref();
        is_exact
            && (other.is_integer || !self.is_integer)
            && within(other.low, self.low, Ordering::Greater)
            && within(other.high, self.high, Ordering::Less)
            && self.contains_multiples(other)
            && excluded.is_none_or(|number| {
                other.excluded.as_ref() == Some(number) || !other.includes(Exact::of(number))
            })
    }

    fn contains_multiples(&self, other: &Self) -> bool {
        let Some(step) = &self.multiple_of else {
            return true;
        };
        let Some(other_step) = &other.multiple_of else {
            return false;
        };
        step == other_step
            || match (other_step.as_u64(), step.as_u64()) {
                (Some(other), Some(step)) => step != 0 && other % step == 0,
                _ => false,
            }
    }

    fn includes(&self, value: Exact) -> bool {
        let point = Some(Bound {
            value,
            is_exclusive: false,
        });
        within(point, self.low, Ordering::Greater) && within(point, self.high, Ordering::Less)
    }
}

/// Returns whether `bound` is on the `side` of `limit`, or equal.
fn within(bound: Option<Bound>, limit: Option<Bound>, side: Ordering) -> bool {
    match (bound, limit) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(bound), Some(limit)) => match bound.value.compare(limit.value) {
            Some(Ordering::Equal) => bound.is_exclusive || !limit.is_exclusive,
            order => order == Some(side),
        },
    }
}

fn tightest(bounds: &[Bound], side: Ordering) -> Option<Bound> {
    bounds.iter().copied().reduce(|first, second| {
        if within(Some(second), Some(first), side) {
            second
        } else {
            first
        }
    })
}
