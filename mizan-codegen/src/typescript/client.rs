//! `client.ts`: the functions without React.

use std::collections::BTreeSet;

use super::codecs::Codecs;
use super::printing::{
    Document, Expression, IN_OTHER_FILES, TypeImports, assignment, comment, literal, text,
    type_arguments,
};
use crate::manifest::FunctionKind;
use crate::plan::{Form, Function, Plan};
use crate::schema::Docs;

pub(super) fn print(plan: &Plan<'_>, codecs: &Codecs<'_>) -> String {
    let contract = literal::string(plan.contract);
    Document::concat(vec![
        imports(plan, codecs),
        text(format!(
            r"
/** Identifies the version of the server's API that this client was generated from. */
export const contract = {contract};

"
        )),
        contracts(plan),
        text("\n/** The server's functions. */\n"),
        interface(plan),
        text(
            r"

/** Creates a client that calls a server's functions. */
export function createApi(options?: ApiOptions): Api {
  const transport = createTransport(contracts, options);
",
        ),
        Document::indent(vec![text("  return {"), constructions(plan, codecs)]),
        text(
            r"
  };
}

/** The functions of the server that served this page. */
export const api: Api = createApi();
",
        ),
    ])
    .print()
}

/// The interface of a function in `runtime/transport`, in alphabetical order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Interface {
    DownloadMutation,
    DownloadQuery,
    Mutation,
    PagedQuery,
    Query,
    RedirectMutation,
    RedirectQuery,
    Stream,
}

impl Interface {
    const ALL: [Self; 8] = [
        Self::DownloadMutation,
        Self::DownloadQuery,
        Self::Mutation,
        Self::PagedQuery,
        Self::Query,
        Self::RedirectMutation,
        Self::RedirectQuery,
        Self::Stream,
    ];

    fn of(function: &Function<'_>) -> Self {
        let manifest = function.manifest;
        if manifest.stream.is_some() {
            return Self::Stream;
        }
        let is_mutation = manifest.kind == FunctionKind::Mutation;
        match is_mutation {
            true if manifest.is_download() => Self::DownloadMutation,
            true if manifest.is_redirect() => Self::RedirectMutation,
            true => Self::Mutation,
            false if manifest.is_download() => Self::DownloadQuery,
            false if manifest.is_redirect() => Self::RedirectQuery,
            false if manifest.pages.is_some() => Self::PagedQuery,
            false => Self::Query,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::DownloadMutation => "DownloadMutation",
            Self::DownloadQuery => "DownloadQuery",
            Self::Mutation => "Mutation",
            Self::PagedQuery => "PagedQuery",
            Self::Query => "Query",
            Self::RedirectMutation => "RedirectMutation",
            Self::RedirectQuery => "RedirectQuery",
            Self::Stream => "StreamFunction",
        }
    }

    /// The function that creates it.
    fn constructor(self) -> &'static str {
        match self {
            Self::DownloadMutation => "downloadMutation",
            Self::DownloadQuery => "downloadQuery",
            Self::Mutation => "mutation",
            Self::PagedQuery => "pagedQuery",
            Self::Query => "query",
            Self::RedirectMutation => "redirectMutation",
            Self::RedirectQuery => "redirectQuery",
            Self::Stream => "stream",
        }
    }
}

/// Imports only names that are used, because `noUnusedLocals` also applies to generated files.
fn imports(plan: &Plan<'_>, codecs: &Codecs<'_>) -> Document {
    let used: BTreeSet<_> = plan.all_functions().map(Interface::of).collect();
    let is_used = |interface| used.contains(&interface);
    let interfaces = |name: fn(Interface) -> String| {
        Interface::ALL
            .into_iter()
            .map(move |interface| (name(interface), is_used(interface)))
    };
    let names = [("createTransport".to_owned(), true)]
        .into_iter()
        .chain(interfaces(|interface| interface.constructor().to_owned()))
        .chain(
            [
                "transportOf",
                "type ApiOptions",
                "type Connected",
                "type Contracts",
            ]
            .map(|name| (name.to_owned(), true)),
        )
        .chain(interfaces(|interface| format!("type {}", interface.name())));
    let names = names
        .filter(|(_, is_used)| *is_used)
        .flat_map(|(name, _)| [Document::HardLine, text(format!("{name},"))]);
    let outputs = plan.all_functions().map(|function| &function.output);
    let mut imports = Vec::new();
    if plan
        .all_functions()
        .any(|function| has_functions(&codecs.of_function(function)))
    {
        imports.extend([
            text("import * as codecs from \"./codecs\";"),
            Document::HardLine,
        ]);
    }
    imports.push(text(TypeImports::of(outputs).statements(plan.dates)));
    imports.extend([
        text("import {"),
        Document::indent(names.collect()),
        Document::HardLine,
        text("} from \"./runtime/transport\";"),
        Document::HardLine,
    ]);
    if plan.all_functions().next().is_some() {
        imports.extend([
            text("import type * as types from \"./types\";"),
            Document::HardLine,
        ]);
    }
    Document::concat(imports)
}

/// The version of each function, for the server.
fn contracts(plan: &Plan<'_>) -> Document {
    let contracts = plan.all_functions().filter_map(|function| {
        let contract = function.manifest.contract.clone()?;
        let name = function.manifest.name.clone();
        Some((name, Expression::String(contract)))
    });
    Document::concat(vec![
        comment(&Docs::from(
            "Identifies the version of each function, by name on the wire.",
        )),
        assignment(
            "const contracts: Contracts =".to_owned(),
            "{",
            Expression::Object(contracts.collect()).print(),
        ),
        text(";\n"),
    ])
}

/// The type of the client.
fn interface(plan: &Plan<'_>) -> Document {
    let mut members: Vec<_> = plan
        .functions
        .iter()
        .map(|function| {
            let docs = docs(function, function.manifest.docs.as_deref());
            declaration(&function.name, &docs, function)
        })
        .collect();
    if !plan.forms.is_empty() {
        members.push(forms_declaration(&plan.forms));
    }
    if members.is_empty() {
        return text("export type Api = Connected;");
    }
    block("export interface Api extends Connected {", members, "}")
}

fn forms_declaration(forms: &[Form<'_>]) -> Document {
    let forms = forms.iter().map(|form| {
        let members = vec![
            declaration(
                "state",
                &docs(&form.state, Some("Loads the initial state of the form.")),
                &form.state,
            ),
            declaration(
                "submit",
                &docs(&form.submit, Some("Submits the form.")),
                &form.submit,
            ),
            declaration(
                "validate",
                &docs(
                    &form.validate,
                    Some("Validates values without submitting them."),
                ),
                &form.validate,
            ),
        ];
        Document::concat(vec![
            comment(&Docs::from(
                format!("The functions of the form `{}`.", form.manifest.name).as_str(),
            )),
            block(format!("readonly {}: {{", form.name), members, "};"),
        ])
    });
    Document::concat(vec![
        comment(&Docs::from("The functions of the forms.")),
        block("readonly forms: {", forms.collect(), "};"),
    ])
}

fn declaration(name: &str, docs: &Docs, function: &Function<'_>) -> Document {
    let interface = Interface::of(function);
    let mut arguments = vec![input_type(function)];
    if !function.manifest.is_download() && !function.manifest.is_redirect() {
        arguments.push(output_type(function));
    }
    arguments.push(error_type(function));
    if let Some(pages) = &function.manifest.pages {
        arguments.push(text(literal::string(&pages.cursor)));
    }
    Document::concat(vec![
        comment(docs),
        text(format!("readonly {name}: ")),
        type_arguments(format!("{}<", interface.name()), arguments),
        text(";"),
    ])
}

/// The members of the object that `createApi` returns.
fn constructions(plan: &Plan<'_>, codecs: &Codecs<'_>) -> Document {
    let mut members = vec![text("[transportOf]: transport,")];
    members.extend(
        plan.functions
            .iter()
            .map(|function| construction(&function.name, function, codecs)),
    );
    if !plan.forms.is_empty() {
        let forms = plan.forms.iter().map(|form| {
            let members = vec![
                construction("state", &form.state, codecs),
                construction("submit", &form.submit, codecs),
                construction("validate", &form.validate, codecs),
            ];
            block(format!("{}: {{", form.name), members, "},")
        });
        members.push(block("forms: {", forms.collect(), "},"));
    }
    Document::indent(
        members
            .into_iter()
            .flat_map(|member| [Document::HardLine, member])
            .collect(),
    )
}

fn construction(name: &str, function: &Function<'_>, codecs: &Codecs<'_>) -> Document {
    let is_true = |name: &str| (name.to_owned(), Expression::atom("true"));
    let mut options = Vec::new();
    if let Some(pages) = &function.manifest.pages {
        options.extend(
            [("cursor", &pages.cursor), ("next", &pages.next)]
                .map(|(name, value)| (name.to_owned(), Expression::String(value.clone()))),
        );
    } else if function.manifest.kind == FunctionKind::GlobalContext {
        // All global contexts are fetched in one request.
        options.push(is_true("batch"));
    } else if function.uses_post {
        options.push(is_true("post"));
    }
    if function.manifest.stream.is_some() && function.manifest.kind == FunctionKind::Query {
        options.push(is_true("query"));
    }
    if function.manifest.live {
        options.push(is_true("live"));
    }
    options.extend(codecs.of_function(function));
    let mut arguments = vec![
        Expression::atom("transport"),
        Expression::String(function.manifest.name.clone()),
    ];
    if !options.is_empty() {
        arguments.push(Expression::Object(options));
    }
    Document::concat(vec![
        text(format!("{name}: ")),
        Expression::call(Interface::of(function).constructor(), arguments).print(),
        text(","),
    ])
}

/// Returns whether a codec refers to functions of `codecs.ts`.
pub(super) fn has_functions(codec: &[(String, Expression)]) -> bool {
    codec.iter().any(|(name, _)| name != "exact")
}

/// A block with one member per line between `open` and `close`.
pub(super) fn block(
    open: impl Into<std::borrow::Cow<'static, str>>,
    members: Vec<Document>,
    close: &'static str,
) -> Document {
    let members = members
        .into_iter()
        .flat_map(|member| [Document::HardLine, member]);
    Document::concat(vec![
        text(open),
        Document::indent(members.collect()),
        Document::HardLine,
        text(close),
    ])
}

/// The type of a function's input, as a type argument.
pub(super) fn input_type(function: &Function<'_>) -> Document {
    match &function.input {
        Some(input) => text(format!("types.{}", input.name)),
        None => text("void"),
    }
}

/// The type of a function's output, as a type argument.
pub(super) fn output_type(function: &Function<'_>) -> Document {
    IN_OTHER_FILES.ty(&function.output)
}

/// The type of a function's error, as a type argument.
pub(super) fn error_type(function: &Function<'_>) -> Document {
    let names = function.errors().map(|name| format!("types.{name}"));
    text(names.collect::<Vec<_>>().join(" | "))
}

/// A function's documentation, extended by its policy, the queries that it invalidates, and its
/// source file.
pub(super) fn docs(function: &Function<'_>, summary: Option<&str>) -> Docs {
    let mut paragraphs: Vec<_> = summary.map(str::to_owned).into_iter().collect();
    if function.manifest.is_download() {
        let content_type = function.manifest.output.get("contentMediaType");
        let content_type = content_type.and_then(serde_json::Value::as_str);
        paragraphs.push(match content_type {
            Some(content_type) => format!("Returns a file of the type `{content_type}`."),
            None => "Returns a file.".to_owned(),
        });
    }
    if function.manifest.is_redirect() {
        paragraphs.push(
            "Returns a redirect, which hooks and forms open in place of the page.".to_owned(),
        );
    }
    if let Some(cache) = &function.manifest.cache {
        paragraphs.push(format!(
            "Runs without a user. Caches may keep the reply: `{cache}`."
        ));
    }
    if function.manifest.live {
        paragraphs.push("Live: an observed query is fetched again after each change.".to_owned());
    }
    if let Some(stream) = &function.manifest.stream {
        let resumable = match stream.resumable {
            true => {
                "Returns a stream of parts, which continues on the server when its client leaves."
            }
            false => "Returns a stream of parts.",
        };
        paragraphs.push(resumable.to_owned());
    }
    let policy = function.manifest.policy.as_deref();
    if let Some(policy) = policy.filter(|policy| *policy != "anyone") {
        paragraphs.push(format!("Policy: {policy}."));
    }
    if !function.manifest.limits.is_empty() {
        let limits = function.manifest.limits.join(", ");
        paragraphs.push(format!(
            "Rate limits: {limits}. Fails with the code `rate_limited` when one is exceeded."
        ));
    }
    let affects = &function.affects;
    let listed = |queries: &[String]| format!("`{}`", queries.join("`, `"));
    if affects.all {
        paragraphs.push("Invalidates all queries.".to_owned());
    } else if !affects.queries.is_empty() {
        paragraphs.push(format!("Invalidates {}.", listed(&affects.queries)));
    }
    if !affects.returned.is_empty() {
        paragraphs.push(format!(
            "Returns the new data of {}.",
            listed(&affects.returned)
        ));
    }
    // Without the line, so that a client changes only with its functions.
    if let Some(source) = &function.manifest.source {
        paragraphs.push(format!("Defined in `{}`.", source.file));
    }
    Docs {
        text: (!paragraphs.is_empty()).then(|| paragraphs.join("\n\n")),
        ..Docs::default()
    }
}
