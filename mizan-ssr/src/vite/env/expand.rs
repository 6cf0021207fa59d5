//! References to other variables in `.env` files, as in the version of dotenv-expand that Vite contains.

use std::collections::{BTreeMap, HashSet};

/// A reference such as `$NAME` or `${NAME:-default}`.
struct Reference<'a> {
    /// The text with the dollar sign.
    template: &'a str,
    expression: &'a str,
}

/// Replaces references in the values of `parsed`, in order. Variables of the process have precedence.
pub(super) fn expand(parsed: &mut [(String, String)], process: &BTreeMap<String, String>) {
    for at in 0..parsed.len() {
        let (name, value) = &parsed[at];
        let of_process = process.get(name).filter(|other| !other.is_empty());
        let expanded = match of_process {
            Some(other) if other != value => other.clone(),
            _ => expand_value(value, parsed, process),
        };
        parsed[at].1 = expanded.replace("\\$", "$");
    }
}

fn expand_value(
    value: &str,
    parsed: &[(String, String)],
    process: &BTreeMap<String, String>,
) -> String {
    let parsed_value = |name: &str| {
        let known = parsed.iter().find(|(known, _)| known == name);
        known.map(|(_, value)| value.as_str())
    };
    let variable = |name: &str| {
        let value = process.get(name).map(String::as_str);
        value
            .or_else(|| parsed_value(name))
            .filter(|value| !value.is_empty())
    };
    let mut result = value.to_owned();
    let mut seen = HashSet::new();
    while let Some(reference) = find_reference(&result) {
        // Values that refer to each other could otherwise grow without end.
        const MAX_BYTES: usize = 1 << 20;
        if !seen.insert(result.clone()) || result.len() > MAX_BYTES {
            break;
        }
        let (name, operator, default) = split_expression(reference.expression);
        let value = if operator.ends_with('+') {
            None
        } else {
            variable(name)
        };
        let default = if operator.ends_with('+') && variable(name).is_none() {
            ""
        } else {
            default
        };
        let replacement = match value {
            Some(value) if !seen.contains(value) => value,
            _ => default,
        };
        let replaced = replace_first(&result, reference.template, replacement);
        let is_stable = parsed_value(name) == Some(&replaced);
        result = replaced;
        if is_stable {
            break;
        }
    }
    result
}

/// Returns the first reference that no backslash precedes.
fn find_reference(text: &str) -> Option<Reference<'_>> {
    let starts = text.match_indices('$');
    let mut references = starts.filter_map(|(start, _)| {
        if text[..start].ends_with('\\') {
            return None;
        }
        let rest = &text[start + 1..];
        if let Some(braced) = rest.strip_prefix('{')
            && let Some(length) = braced.find(['{', '}'])
            && length > 0
            && braced[length..].starts_with('}')
        {
            return Some(Reference {
                template: &text[start..start + length + 3],
                expression: &braced[..length],
            });
        }
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let length = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
        let starts_name = rest.starts_with(|c: char| is_name(c) && !c.is_ascii_digit());
        starts_name.then(|| Reference {
            template: &text[start..=start + length],
            expression: &rest[..length],
        })
    });
    references.next()
}

/// Splits an expression into the name, the operator, and the value after the operator.
fn split_expression(expression: &str) -> (&str, &str, &str) {
    let Some(at) = expression.find(['+', '-']) else {
        return (expression, "", "");
    };
    let start = if expression[..at].ends_with(':') {
        at - 1
    } else {
        at
    };
    (
        &expression[..start],
        &expression[start..=at],
        &expression[at + 1..],
    )
}

/// Replaces the first `template`, with the patterns of JavaScript's `String.prototype.replace`.
fn replace_first(text: &str, template: &str, replacement: &str) -> String {
    let Some((before, after)) = text.split_once(template) else {
        return text.into();
    };
    let mut result = before.to_owned();
    let mut rest = replacement;
    while let Some((plain, pattern)) = rest.split_once('$') {
        result.push_str(plain);
        let (inserted, length) = match pattern.chars().next() {
            Some('$') => ("$", 1),
            Some('&') => (template, 1),
            Some('`') => (before, 1),
            Some('\'') => (after, 1),
            _ => ("$", 0),
        };
        result.push_str(inserted);
        rest = &pattern[length..];
    }
    result + rest + after
}
