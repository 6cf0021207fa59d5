//! `client.ts`: the functions, without React.

use super::docs::comment;
use super::document::{Document, text};
use super::expression::{FROM_OTHER_FILES, arguments};
use super::{literal, names};
use crate::manifest::{self, Kind};
use crate::plan::{Function, Plan};
use crate::schema::Docs;

pub(super) fn print(plan: &Plan<'_>) -> String {
    let imports = imports(plan).print();
    let contract = literal::string(plan.contract);
    let members = inside(&plan.functions, 1, member);
    let api = if members.is_empty() {
        "export type Api = Connected;".to_owned()
    } else {
        format!("export interface Api extends Connected {{{members}\n}}")
    };
    let constructions = inside(&plan.functions, 2, construction);
    format!(
        r"{imports}
/** What this client was generated from; the server is told with each call. */
export const contract = {contract};

/** The server's functions. */
{api}

/** Connects the functions to a server. */
export function createApi(options?: ApiOptions): Api {{
  const transport = createTransport(contract, options);
  return {{
    [transportOf]: transport,{constructions}
  }};
}}

/** The functions of the server that this page came from. */
export const api: Api = createApi();
"
    )
}

/// Something about each function on lines of its own, `depth` steps further to the right.
fn inside(
    functions: &[Function<'_>],
    depth: usize,
    print: impl Fn(&Function<'_>) -> Document,
) -> String {
    functions
        .iter()
        .map(|function| {
            let line = Document::All(vec![Document::HardLine, print(function)]);
            (0..depth)
                .fold(line, |inner, _| Document::Indent(vec![inner]))
                .print()
        })
        .collect()
}

/// Only what is used: projects with `noUnusedLocals` check generated files as well.
fn imports(plan: &Plan<'_>) -> Document {
    let has = |is_wanted: fn(Kind) -> bool| {
        plan.functions
            .iter()
            .any(|function| is_wanted(function.manifest.kind))
    };
    let has_mutations = has(|kind| kind == Kind::Mutation);
    let has_queries = has(|kind| kind != Kind::Mutation);
    let names = [
        ("createTransport", true),
        ("mutation", has_mutations),
        ("query", has_queries),
        ("transportOf", true),
        ("type ApiOptions", true),
        ("type Connected", true),
        ("type Mutation", has_mutations),
        ("type Query", has_queries),
    ];
    let names = names
        .into_iter()
        .filter(|(_, is_used)| *is_used)
        .map(|(name, _)| line(format!("{name},")));
    let mut imports = vec![
        text("import {"),
        Document::Indent(names.collect()),
        Document::HardLine,
        text(r#"} from "./runtime/transport";"#),
        Document::HardLine,
    ];
    if !plan.functions.is_empty() {
        imports.extend([
            text(r#"import type * as types from "./types";"#),
            Document::HardLine,
        ]);
    }
    Document::All(imports)
}

fn member(function: &Function<'_>) -> Document {
    let open = match function.manifest.kind {
        Kind::Mutation => "Mutation<",
        Kind::Query | Kind::GlobalContext | Kind::LocalContext => "Query<",
    };
    Document::All(vec![
        comment(&docs(function.manifest)),
        text(format!("readonly {}: ", function.name)),
        arguments(
            open,
            [
                input_type(function),
                output_type(function),
                error_type(function),
            ],
        ),
        text(";"),
    ])
}

fn construction(function: &Function<'_>) -> Document {
    let (open, options) = match function.manifest.kind {
        Kind::Mutation => ("mutation(", None),
        Kind::Query | Kind::LocalContext if function.is_posted => {
            ("query(", Some(text("{ post: true }")))
        }
        Kind::Query | Kind::LocalContext => ("query(", None),
        // Contexts of the whole page are asked for together.
        Kind::GlobalContext => ("query(", Some(text("{ batch: true }"))),
    };
    let name = text(literal::string(&function.manifest.name));
    let arguments = [text("transport"), name].into_iter().chain(options);
    Document::All(vec![
        text(format!("{}: ", function.name)),
        Document::list(open, arguments, ")"),
        text(","),
    ])
}

/// What a function takes, as the type arguments of hooks and functions want it.
pub(super) fn input_type(function: &Function<'_>) -> Document {
    match &function.input {
        Some(input) => text(format!("types.{}", input.name)),
        None => text("void"),
    }
}

pub(super) fn output_type(function: &Function<'_>) -> Document {
    FROM_OTHER_FILES.ty(&function.output)
}

pub(super) fn error_type(function: &Function<'_>) -> Document {
    text(format!("types.{}", function.error))
}

/// The function's own docs, and what a caller should know besides.
pub(super) fn docs(function: &manifest::Function) -> Docs {
    let mut paragraphs: Vec<String> = function.docs.iter().cloned().collect();
    if let Some(policy) = function
        .policy
        .as_deref()
        .filter(|policy| *policy != "anyone")
    {
        paragraphs.push(format!("Policy: {policy}."));
    }
    if function.affects.iter().any(|affected| affected == "*") {
        paragraphs.push("Makes every query stale.".to_owned());
    } else if !function.affects.is_empty() {
        let affected: Vec<_> = function
            .affects
            .iter()
            .map(|affected| {
                let name = names::function_name(affected).unwrap_or_else(|| affected.clone());
                format!("`{name}`")
            })
            .collect();
        paragraphs.push(format!("Makes stale: {}.", affected.join(", ")));
    }
    Docs {
        text: (!paragraphs.is_empty()).then(|| paragraphs.join("\n\n")),
        deprecated: false,
    }
}

fn line(content: String) -> Document {
    Document::All(vec![Document::HardLine, text(content)])
}
