//! The constraints of a field in its documentation.

use serde_json::Number as JsonNumber;

use crate::schema::{Checks, Docs, Type};

/// The documentation of a field, extended by the constraints that its TypeScript type does not
/// express. Constraints that the documentation mentions are not repeated.
pub(super) fn with_constraints(docs: &Docs, ty: &Type) -> Docs {
    let written = docs.text.as_deref().unwrap_or_default();
    let lowercase = written.to_lowercase();
    let sentences: Vec<_> = constraints(ty)
        .into_iter()
        .filter(|constraint| !lowercase.contains(&constraint.to_lowercase()))
        .map(|constraint| format!("{constraint}."))
        .collect();
    let mut docs = docs.clone();
    if !sentences.is_empty() {
        let sentences = sentences.join(" ");
        docs.text = Some(match written.trim() {
            "" => sentences,
            written => format!("{written}\n\n{sentences}"),
        });
    }
    docs
}

fn constraints(ty: &Type) -> Vec<String> {
    let mut found = Vec::new();
    match ty {
        Type::Text(text) => {
            found.extend(count(text.min_length, text.max_length, "character"));
            if text.format.as_deref() == Some("email") {
                found.push("An email address".to_owned());
            }
            found.extend(
                text.pattern
                    .iter()
                    .map(|pattern| format!("Matches {}", code(pattern))),
            );
            found.extend(of_checks(&text.checks));
        }
        Type::Number(number) => {
            let limits = number.width.limits();
            found.extend(range(
                number.minimum.as_ref().filter(|minimum| {
                    !is_limit(minimum, limits.map(|(minimum, _)| i128::from(minimum)))
                }),
                number.maximum.as_ref().filter(|maximum| {
                    !is_limit(maximum, limits.map(|(_, maximum)| i128::from(maximum)))
                }),
            ));
            found.extend(bounds(
                number.exclusive_minimum.as_ref(),
                number.exclusive_maximum.as_ref(),
                number.multiple_of.as_ref(),
                number.excluded.as_ref(),
            ));
            found.extend(of_checks(&number.checks));
        }
        Type::BigInt(number) => {
            let (minimum, maximum) = number.width.limits();
            found.extend(range(
                number
                    .minimum
                    .as_ref()
                    .filter(|value| !is_limit(value, Some(minimum))),
                number
                    .maximum
                    .as_ref()
                    .filter(|value| !is_limit(value, i128::try_from(maximum).ok())),
            ));
            found.extend(bounds(
                number.exclusive_minimum.as_ref(),
                number.exclusive_maximum.as_ref(),
                number.multiple_of.as_ref(),
                number.excluded.as_ref(),
            ));
            found.extend(of_checks(&number.checks));
        }
        Type::List(list) => {
            found.extend(count(list.min_items, list.max_items, "item"));
            if list.unique {
                found.push("Without duplicates".to_owned());
            }
            found.extend(of_checks(&list.checks));
        }
        Type::Bytes(checks) | Type::File(checks) => found.extend(of_checks(checks)),
        Type::Union(members) => {
            let mut others = members.iter().filter(|member| member.ty != Type::Null);
            if let (Some(only), None) = (others.next(), others.next()) {
                found.extend(constraints(&only.ty));
            }
        }
        _ => {}
    }
    found
}

fn count(minimum: Option<u64>, maximum: Option<u64>, unit: &str) -> Option<String> {
    let units = |count: u64| {
        let plural = if count == 1 { "" } else { "s" };
        format!("{count} {unit}{plural}")
    };
    match (minimum.filter(|minimum| *minimum > 0), maximum) {
        (None, None) => None,
        (Some(minimum), None) => Some(format!("At least {}", units(minimum))),
        (None, Some(maximum)) => Some(format!("At most {}", units(maximum))),
        (Some(minimum), Some(maximum)) if minimum == maximum => {
            Some(format!("Exactly {}", units(maximum)))
        }
        (Some(minimum), Some(maximum)) => Some(format!("{minimum} to {}", units(maximum))),
    }
}

fn range(minimum: Option<&JsonNumber>, maximum: Option<&JsonNumber>) -> Option<String> {
    match (minimum, maximum) {
        (None, None) => None,
        (Some(minimum), None) => Some(format!("At least {minimum}")),
        (None, Some(maximum)) => Some(format!("At most {maximum}")),
        (Some(minimum), Some(maximum)) => Some(format!("{minimum} to {maximum}")),
    }
}

fn bounds(
    greater: Option<&JsonNumber>,
    less: Option<&JsonNumber>,
    multiple: Option<&JsonNumber>,
    excluded: Option<&JsonNumber>,
) -> Vec<String> {
    [
        ("Greater than", greater),
        ("Less than", less),
        ("A multiple of", multiple),
        ("Not", excluded),
    ]
    .into_iter()
    .filter_map(|(words, number)| Some(format!("{words} {}", number?)))
    .collect()
}

/// Returns whether a bound is that of the Rust type, or of integers that JavaScript represents
/// exactly.
fn is_limit(bound: &JsonNumber, limit: Option<i128>) -> bool {
    const MAX_SAFE_INTEGER: i128 = 9_007_199_254_740_991;
    let value = bound.as_i128().or_else(|| {
        let float = bound.as_f64()?;
        (float.fract() == 0.0).then_some(float as i128)
    });
    value.is_some_and(|value| Some(value) == limit || value.abs() == MAX_SAFE_INTEGER)
}

fn of_checks(checks: &Checks) -> Vec<String> {
    let mut found = Vec::new();
    if checks.not_blank {
        found.push("Not blank".to_owned());
    }
    if checks.single_line {
        found.push("One line".to_owned());
    }
    found.extend(count(None, checks.max_bytes, "byte"));
    if !checks.accept.is_empty() {
        found.push(format!("Of type {}", checks.accept.join(", ")));
    }
    let texts = [
        ("Contains", &checks.contains),
        ("Does not contain", &checks.does_not_contain),
        ("Equal to", &checks.must_match),
    ];
    found.extend(
        texts
            .into_iter()
            .filter_map(|(words, text)| Some(format!("{words} {}", code(text.as_ref()?)))),
    );
    found
}

/// A text as Markdown code. The fence is longer than every run of backticks in the text.
fn code(text: &str) -> String {
    if text.contains('`') {
        let fence = "`".repeat(text.matches('`').count() + 1);
        format!("{fence} {text} {fence}")
    } else {
        format!("`{text}`")
    }
}

#[cfg(test)]
mod tests {
    use super::{code, with_constraints};
    use crate::schema::{Docs, Member, Text, Type};

    fn title() -> Type {
        Type::Text(Text {
            min_length: Some(1),
            max_length: Some(80),
            ..Text::default()
        })
    }

    #[test]
    fn adds_constraints_to_docs() {
        for (docs, expected) in [
            ("", "1 to 80 characters."),
            ("The title.", "The title.\n\n1 to 80 characters."),
            (
                "The title, 1 to 80 characters.",
                "The title, 1 to 80 characters.",
            ),
        ] {
            let docs = with_constraints(&Docs::from(docs), &title());
            assert_eq!(docs.text.as_deref(), Some(expected));
        }
    }

    #[test]
    fn adds_constraints_of_optional_values() {
        let members = [title(), Type::Null].map(|ty| Member {
            docs: Docs::default(),
            ty,
        });
        let docs = with_constraints(&Docs::default(), &Type::Union(members.into()));
        assert_eq!(docs.text.as_deref(), Some("1 to 80 characters."));
    }

    #[test]
    fn fences_backticks() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("`"), "`` ` ``");
    }
}
