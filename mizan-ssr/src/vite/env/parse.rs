//! The syntax of `.env` files, which equals that of `util.parseEnv` in Node.js.

use std::collections::BTreeMap;

/// Returns the variables of a file by their names, with quotes and comments removed.
///
/// A later value of the same name replaces an earlier one.
pub(super) fn parse(content: &str) -> BTreeMap<String, String> {
    let without_returns = content.replace('\r', "");
    let mut rest = trim(&without_returns);
    let mut variables = BTreeMap::new();
    while !rest.is_empty() {
        let line_end = rest.find('\n');
        if rest.starts_with(['\n', '#']) {
            let Some(line_end) = line_end else { break };
            rest = &rest[line_end + 1..];
            continue;
        }
        let equal = rest.find('=');
        let Some(equal) = equal.filter(|at| line_end.is_none_or(|end| *at < end)) else {
            let Some(line_end) = line_end else { break };
            rest = trim(&rest[line_end + 1..]);
            continue;
        };
        let name = trim(&rest[..equal]);
        rest = &rest[equal + 1..];
        if name.is_empty() {
            // Node.js ignores the rest of such a file.
            break;
        }
        let name = name.strip_prefix("export ").unwrap_or(name);
        let Some((value, after)) = value(rest) else {
            break;
        };
        variables.insert(name.to_owned(), value);
        rest = trim(after);
    }
    variables
}

/// Returns the value at the beginning of `rest`, and what follows it. Node.js ignores a quote without end in the
/// last line.
fn value(rest: &str) -> Option<(String, &str)> {
    let rest = rest.trim_start_matches([' ', '\t']);
    if rest.is_empty() || rest.starts_with('\n') {
        return Some((String::new(), rest));
    }
    let after_line = |rest: &'_ str, from: usize| {
        let end = rest[from..].find('\n');
        end.map_or(rest.len(), |end| from + end + 1)
    };
    let quote = rest
        .chars()
        .next()
        .filter(|c| matches!(c, '"' | '\'' | '`'));
    if let Some(quote) = quote
        && let Some(length) = rest[1..].find(quote)
    {
        let quoted = &rest[1..=length];
        let value = if quote == '"' {
            quoted.replace("\\n", "\n")
        } else {
            quoted.to_owned()
        };
        return Some((value, &rest[after_line(rest, length + 2)..]));
    }
    if quote.is_some() && !rest.contains('\n') {
        return None;
    }
    let line = &rest[..rest.find('\n').unwrap_or(rest.len())];
    let value = if quote.is_some() {
        line
    } else {
        line.split('#').next().unwrap_or_default()
    };
    let value = trim(value).to_owned();
    Some((value, &rest[line.len()..]))
}

fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\n'])
}
