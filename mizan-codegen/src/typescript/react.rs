//! `react.tsx`: the provider, and a hook for each function.

use super::client::{docs, error_type, input_type, output_type};
use super::printing::{Document, TypeImports, assignment, comment, literal, text, type_arguments};
use crate::manifest::{FunctionKind, Pages};
use crate::plan::{Function, Plan};
use crate::schema::Docs;

pub(super) fn print(plan: &Plan<'_>) -> String {
    let mut file = imports(plan);
    file.push_str(&provider(plan));
    for function in &plan.functions {
        let hook = match function.manifest.kind {
            _ if function.manifest.stream.is_some() => stream_hook(function),
            FunctionKind::Mutation => mutation_hook(function),
            // A file or a redirect is not kept in a cache.
            FunctionKind::Query
                if function.manifest.is_download() || function.manifest.is_redirect() =>
            {
                mutation_hook(function)
            }
            FunctionKind::Query => query_hook(function),
            FunctionKind::GlobalContext => global_context_hook(function),
            FunctionKind::LocalContext => local_context(function),
        };
        file.push_str(&hook.print());
        if let Some(pages) = &function.manifest.pages {
            file.push_str(&infinite_query_hook(function, pages).print());
        }
    }
    file
}

/// Imports modules as namespaces, so that no hook conflicts with an imported name.
fn imports(plan: &Plan<'_>) -> String {
    let uses_tanstack = plan.functions.iter().any(|function| {
        let kind = function.manifest.kind;
        matches!(kind, FunctionKind::Query | FunctionKind::Mutation)
            && function.manifest.stream.is_none()
    });
    let mut imports = String::new();
    if uses_tanstack {
        imports.push_str("import type * as tanstack from \"@tanstack/react-query\";\n");
    }
    imports.push_str(
        "import * as React from \"react\";\n\
         import { api, type Api } from \"./client\";\n",
    );
    if plan.has_live_queries() {
        imports.push_str("import * as live from \"./runtime/live\";\n");
    }
    imports.push_str("import * as runtime from \"./runtime/react\";\n");
    let outputs = plan.functions.iter().map(|function| &function.output);
    imports.push_str(&TypeImports::of(outputs).statements(plan.dates));
    if !plan.functions.is_empty() {
        imports.push_str("import type * as types from \"./types\";\n");
    }
    imports
}

fn provider(plan: &Plan<'_>) -> String {
    let global_contexts = plan
        .functions
        .iter()
        .filter(|function| function.manifest.kind == FunctionKind::GlobalContext)
        .map(|function| text(format!("api.{}", function.name)))
        .collect::<Vec<_>>();
    let parameter = if global_contexts.is_empty() {
        "()"
    } else {
        "(api: Api)"
    };
    let global_contexts = Document::concat(vec![
        text(format!("const globalContexts = {parameter} => ")),
        Document::list("[", global_contexts, "]"),
        text(";"),
    ])
    .print();
    let follow = if plan.has_live_queries() {
        "\n      follow={live.followLiveQueries}"
    } else {
        ""
    };
    format!(
        r"
const ApiContext = React.createContext<Api>(api);

{global_contexts}

/** Provides the api, the query cache and the global contexts to its children. */
export function MizanProvider(
  props: runtime.ProviderProps<Api>,
): React.ReactNode {{
  return (
    <runtime.ApiProvider
      {{...props}}
      context={{ApiContext}}
      globalContexts={{globalContexts}}{follow}
    />
  );
}}

/** Returns the api of the nearest `MizanProvider`. */
export function useApi(): Api {{
  return React.useContext(ApiContext);
}}
"
    )
}

fn mutation_hook(function: &Function<'_>) -> Document {
    let generics = |name| {
        type_arguments(
            name,
            [
                if function.manifest.is_download() {
                    text("runtime.Download")
                } else if function.manifest.is_redirect() {
                    text("runtime.Redirect")
                } else {
                    output_type(function)
                },
                error_type(function),
                input_type(function),
            ],
        )
    };
    hook(
        function,
        vec![Document::concat(vec![
            text("options?: "),
            generics("runtime.MutationHookOptions<"),
        ])],
        generics("tanstack.UseMutationResult<"),
        Document::list(
            "runtime.useMutationOf(",
            [member(function), text("options")],
            ")",
        ),
    )
}

fn query_hook(function: &Function<'_>) -> Document {
    let generics = |name| type_arguments(name, [output_type(function), error_type(function)]);
    let mut parameters = Vec::new();
    if function.input.is_some() {
        parameters.push(Document::concat(vec![
            text("input: "),
            input_type(function),
        ]));
    }
    parameters.push(Document::concat(vec![
        text("options?: "),
        generics("runtime.QueryHookOptions<"),
    ]));
    hook(
        function,
        parameters,
        generics("tanstack.UseQueryResult<"),
        Document::list(
            "runtime.useQueryOf(",
            [
                member(function),
                text(if function.input.is_some() {
                    "input"
                } else {
                    "undefined"
                }),
                text("options"),
            ],
            ")",
        ),
    )
}

fn stream_hook(function: &Function<'_>) -> Document {
    let mut parameters = Vec::new();
    if function.input.is_some() {
        parameters.push(Document::concat(vec![
            text("input: "),
            input_type(function),
        ]));
    }
    parameters.push(Document::concat(vec![
        text("options?: "),
        type_arguments(
            "runtime.StreamHookOptions<",
            [output_type(function), text("Data")],
        ),
    ]));
    let data = Document::concat(vec![
        text("Data = "),
        type_arguments("ReadonlyArray<", [output_type(function)]),
    ]);
    named_hook(
        &format!(
            "use{}Stream{}",
            function.component,
            type_arguments("<", [data]).print()
        ),
        function,
        parameters,
        type_arguments(
            "runtime.StreamResult<",
            [text("Data"), error_type(function)],
        ),
        Document::list(
            "runtime.useStreamOf(",
            [
                member(function),
                text(if function.input.is_some() {
                    "input"
                } else {
                    "undefined"
                }),
                text("options"),
            ],
            ")",
        ),
    )
}

fn infinite_query_hook(function: &Function<'_>, pages: &Pages) -> Document {
    let cursor = text(literal::string(&pages.cursor));
    let generics = |name| {
        type_arguments(
            name,
            [
                input_type(function),
                output_type(function),
                error_type(function),
                cursor.clone(),
            ],
        )
    };
    let parameters = vec![
        Document::concat(vec![
            text("input: "),
            type_arguments(
                "runtime.PagesInput<",
                [input_type(function), cursor.clone()],
            ),
        ]),
        Document::concat(vec![
            text("options?: "),
            generics("runtime.InfiniteHookOptions<"),
        ]),
    ];
    named_hook(
        &format!("useInfinite{}", function.component),
        function,
        parameters,
        generics("runtime.InfiniteHookResult<"),
        Document::list(
            "runtime.useInfiniteQueryOf(",
            [member(function), text("input"), text("options")],
            ")",
        ),
    )
}

fn global_context_hook(function: &Function<'_>) -> Document {
    hook(
        function,
        Vec::new(),
        output_type(function),
        Document::list(
            "runtime.useContextOf(",
            [member(function), text("undefined")],
            ")",
        ),
    )
}

fn local_context(function: &Function<'_>) -> Document {
    let component = &function.component;
    let props = match &function.input {
        Some(_) => input_type(function),
        None => text("object"),
    };
    let (rest, input) = match &function.input {
        Some(_) => (", ...input", "input"),
        None => ("", "undefined"),
    };
    let provider = Document::concat(vec![
        Document::HardLine,
        create_context(function),
        text(";"),
        Document::HardLine,
        Document::HardLine,
        comment(&Docs::from(
            format!(
                "Provides the data of `use{component}` to its children, for the input in its props."
            )
            .as_str(),
        )),
        text(format!("export function {component}Provider")),
        Document::list(
            "(",
            [Document::concat(vec![
                text("props: "),
                type_arguments("runtime.LocalProviderProps<", [props]),
            ])],
            ")",
        ),
        text(": React.ReactNode {"),
        Document::indent(lines(&format!(
            "const {{ children, fallback{rest} }} = props;
return (
  <runtime.LocalContextProvider
    context={{{component}Context}}
    query={{useApi().{name}}}
    input={{{input}}}
    fallback={{fallback}}
  >
    {{children}}
  </runtime.LocalContextProvider>
);",
            name = function.name,
        ))),
        Document::HardLine,
        text("}"),
        Document::HardLine,
    ]);
    let names = format!(
        "hook: {},\nprovider: {},",
        literal::string(&format!("use{component}")),
        literal::string(&format!("{component}Provider")),
    );
    let hook = hook(
        function,
        Vec::new(),
        output_type(function),
        Document::concat(vec![
            text("runtime.useLocalContextOf("),
            member(function),
            text(format!(", {component}Context, {{")),
            Document::indent(lines(&names)),
            Document::HardLine,
            text("})"),
        ]),
    );
    Document::concat(vec![provider, hook])
}

fn create_context(function: &Function<'_>) -> Document {
    let target = format!("const {}Context =", function.component);
    let call = Document::concat(vec![
        type_arguments("runtime.createLocalContext<", [input_type(function)]),
        text("()"),
    ]);
    let call = call.print();
    assignment(target, &format!("{call};"), text(call.clone()))
}

fn member(function: &Function<'_>) -> Document {
    text(format!("useApi().{}", function.name))
}

fn hook(
    function: &Function<'_>,
    parameters: Vec<Document>,
    returned: Document,
    call: Document,
) -> Document {
    let name = format!("use{}", function.component);
    named_hook(&name, function, parameters, returned, call)
}

fn named_hook(
    name: &str,
    function: &Function<'_>,
    parameters: Vec<Document>,
    returned: Document,
    call: Document,
) -> Document {
    Document::concat(vec![
        Document::HardLine,
        comment(&docs(function, function.manifest.docs.as_deref())),
        text(format!("export function {name}")),
        Document::list("(", parameters, ")"),
        text(": "),
        returned,
        text(" {"),
        Document::indent(vec![Document::HardLine, text("return "), call, text(";")]),
        Document::HardLine,
        text("}"),
        Document::HardLine,
    ])
}

/// Lines of text that are already formatted.
fn lines(content: &str) -> Vec<Document> {
    content
        .lines()
        .flat_map(|line| [Document::HardLine, text(line.to_owned())])
        .collect()
}
