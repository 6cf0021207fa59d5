//! The declarations of a generated file.
//!
//! Generated files are formatted by one printer: blank lines separate top-level items and are nowhere else,
//! and only the first and the last line of an item begin at the first column.

use crate::output::HEADER;

/// Splits `client.ts` into its rest and `api.d.ts`, which declares `Api`.
pub(super) fn client(client: &str) -> (String, String) {
    let mut rest = Vec::new();
    let mut api = String::new();
    for item in items(client) {
        if declaration(item).1.starts_with("export interface Api ")
            || declaration(item).1.starts_with("export type Api ")
        {
            api = item.to_owned();
        } else {
            rest.push(item);
        }
    }
    let (imports, body) = rest.split_first().unwrap_or((&"", &[]));
    let body = body.join("\n\n");
    let client_imports = with_used_names(imports, &body);
    let api_imports = with_used_names(imports, &api);
    let client = format!(
        "{HEADER}\n\nimport type {{ Api }} from \"./api\";\n{client_imports}\n\n\
         export type {{ Api }} from \"./api\";\n\n{body}\n"
    );
    (client, format!("{HEADER}\n\n{api_imports}\n\n{api}\n"))
}

/// Returns the declarations of a file as the text of a `.d.ts` file.
pub(super) fn declarations(file: &str) -> String {
    let mut text = HEADER.to_owned();
    for item in items(file) {
        let (docs, code) = declaration(item);
        let declared = if let Some(code) = code.strip_prefix("export function ") {
            format!("export declare function {};", head_of_function(code))
        } else if let Some(code) = code.strip_prefix("export const ") {
            format!("export declare const {};", head_of_constant(code))
        } else if code.starts_with("const ") || code.starts_with("function ") {
            continue;
        } else {
            code.to_owned()
        };
        text.push_str(&format!("\n\n{docs}{declared}"));
    }
    text.push('\n');
    text
}

/// Iterates over the top-level items of a generated file, without the header.
fn items(file: &str) -> impl Iterator<Item = &str> {
    file.trim_end().split("\n\n").filter(|item| *item != HEADER)
}

/// Splits an item into its doc comment and its code.
fn declaration(item: &str) -> (&str, &str) {
    match item.find("*/\n") {
        Some(end) if item.starts_with("/**") => item.split_at(end + "*/\n".len()),
        _ => ("", item),
    }
}

/// Returns a function's name, parameters and type, without its body.
fn head_of_function(code: &str) -> &str {
    let mut end = 0;
    for line in code.split_inclusive('\n') {
        let is_first = end == 0;
        end += line.len();
        let opens_body = line.trim_end().ends_with(" {");
        if opens_body && (is_first || !line.starts_with(' ')) {
            break;
        }
    }
    code[..end].trim_end().trim_end_matches(" {")
}

/// Returns a constant's name and type, without its value.
fn head_of_constant(code: &str) -> &str {
    let value = code
        .match_indices(" =")
        .find(|(at, _)| !code[at + 2..].starts_with('>'));
    value.map_or(code, |(at, _)| &code[..at])
}

/// Returns import statements with only the names that `code` uses.
fn with_used_names(imports: &str, code: &str) -> String {
    let is_used = |name: &str| {
        let name = name.trim_start_matches("type ");
        code.match_indices(name).any(|(at, _)| {
            let is_part = |c: char| c.is_alphanumeric() || "_$".contains(c);
            !code[..at].ends_with(is_part) && !code[at + name.len()..].starts_with(is_part)
        })
    };
    let mut kept = Vec::new();
    for statement in imports.split_inclusive(";\n") {
        let statement = statement.trim_end();
        if let Some((names, from)) = statement
            .strip_prefix("import {\n")
            .and_then(|rest| rest.split_once("\n} from "))
        {
            let used: Vec<_> = names
                .lines()
                .map(|name| name.trim().trim_end_matches(','))
                .filter(|name| is_used(name))
                .collect();
            kept.extend(import(&used, from));
        } else if let Some((_, name)) = statement
            .split_once(" as ")
            .and_then(|(start, rest)| Some((start, rest.split_once(" from ")?.0)))
        {
            kept.extend(is_used(name).then(|| statement.to_owned()));
        } else {
            kept.push(statement.to_owned());
        }
    }
    kept.join("\n")
}

/// Returns an import statement. An import of types only has no effect at run time.
fn import(names: &[&str], from: &str) -> Option<String> {
    const WIDTH: usize = 80;
    if names.is_empty() {
        return None;
    }
    let are_types = names.iter().all(|name| name.starts_with("type "));
    let (keyword, names) = if are_types {
        let names = names.iter().map(|name| &name["type ".len()..]).collect();
        ("import type", names)
    } else {
        ("import", names.to_vec())
    };
    let line = format!("{keyword} {{ {} }} from {from}", names.join(", "));
    Some(if line.len() <= WIDTH {
        line
    } else {
        format!("{keyword} {{\n  {},\n}} from {from}", names.join(",\n  "))
    })
}
