//! `mock.ts`: a client without a server, for tests.

use std::collections::BTreeMap;

use super::client::{block, error_type, input_type, output_type};
use super::codecs::Codecs;
use super::printing::{Document, Expression, Property, TypeImports, text, type_arguments};
use crate::manifest::Affected;
use crate::plan::{Form, Function, Plan};

pub(super) fn print(plan: &Plan<'_>, codecs: &Codecs<'_>) -> String {
    let outputs = plan.all_functions().map(|function| &function.output);
    let mut imports = TypeImports::of(outputs).statements(plan.dates);
    if plan
        .all_functions()
        .any(|function| codecs.of_mock(function).is_some())
    {
        imports.insert_str(0, "import * as codecs from \"./codecs\";\n");
    }
    let types = if plan.all_functions().next().is_some() {
        "import type * as types from \"./types\";\n"
    } else {
        ""
    };
    Document::concat(vec![
        text(format!(
            r#"import {{ createApi, type Api }} from "./client";
{imports}import * as runtime from "./runtime/mock/mock";
{types}
export {{ mockError }} from "./runtime/mock/mock";

/** Mocks of the server's functions: outputs, errors from `mockError`, or functions that return them. */
"#
        )),
        mocks(plan),
        text("\n\n"),
        functions(plan, codecs),
        text(
            r"

/** Creates an api whose functions reply with mocks, without a network. */
export function createMockApi(mocks: MockFunctions = {}): Api {
  return createApi(runtime.mockOptions(functions, mocks));
}

/** Creates a resolver for MSW, which replies to all requests below `/api/mizan` like the server. */
export function mockResolver(mocks: MockFunctions): runtime.MockResolver {
  return runtime.createResolver(functions, mocks);
}
",
        ),
    ])
    .print()
}

/// The type of the mocks.
fn mocks(plan: &Plan<'_>) -> Document {
    let mut members: Vec<_> = plan
        .functions
        .iter()
        .map(|function| mock(&function.name, function))
        .collect();
    if !plan.forms.is_empty() {
        let forms = plan.forms.iter().map(|form| {
            let members = functions_of(form)
                .map(|(name, function)| mock(name, function))
                .to_vec();
            block(format!("readonly {}?: {{", form.name), members, "};")
        });
        members.push(block("readonly forms?: {", forms.collect(), "};"));
    }
    if members.is_empty() {
        return text("export type MockFunctions = Readonly<Record<string, never>>;");
    }
    block("export interface MockFunctions {", members, "}")
}

fn functions_of<'p>(form: &'p Form<'p>) -> [(&'static str, &'p Function<'p>); 3] {
    [
        ("state", &form.state),
        ("submit", &form.submit),
        ("validate", &form.validate),
    ]
}

fn mock(name: &str, function: &Function<'_>) -> Document {
    Document::concat(vec![
        text(format!("readonly {name}?: ")),
        type_arguments(
            match function.manifest.stream {
                Some(_) => "runtime.StreamMock<",
                None => "runtime.Mock<",
            },
            [
                input_type(function),
                output_type(function),
                error_type(function),
            ],
        ),
        text(";"),
    ])
}

/// The table of the functions.
fn functions(plan: &Plan<'_>, codecs: &Codecs<'_>) -> Document {
    let mut paths: BTreeMap<&str, (String, &Function<'_>)> = plan
        .functions
        .iter()
        .map(|function| (&*function.manifest.name, (function.name.clone(), function)))
        .collect();
    for form in &plan.forms {
        for (name, function) in functions_of(form) {
            let path = format!("forms.{}.{name}", form.name);
            paths.insert(&function.manifest.name, (path, function));
        }
    }
    let table = paths
        .into_iter()
        .map(|(wire, (path, function))| Property {
            comment: None,
            name: wire.to_owned(),
            value: described(path, function, codecs),
        })
        .collect();
    Document::concat(vec![
        text("const functions: runtime.MockedFunctions = "),
        Expression::ObjectLines(table).print(),
        text(";"),
    ])
}

fn described(path: String, function: &Function<'_>, codecs: &Codecs<'_>) -> Expression {
    let mut members = vec![("path".to_owned(), Expression::String(path))];
    if function.manifest.stream.is_some() {
        members.push(("stream".to_owned(), Expression::atom("true")));
    }
    members.extend(codecs.of_mock(function));
    let affects: Vec<_> = function.manifest.affects.iter().map(affected).collect();
    if !affects.is_empty() {
        members.push(("affects".to_owned(), Expression::Array(affects)));
    }
    Expression::Object(members)
}

fn affected(affected: &Affected) -> Expression {
    let query = Expression::String(affected.query().to_owned());
    let mut members = vec![("query".to_owned(), query)];
    if let Affected::Call(call) = affected {
        if !call.input.is_empty() {
            let input = call.input.iter();
            let input =
                input.map(|(name, argument)| (name.clone(), Expression::String(argument.clone())));
            members.push(("input".to_owned(), Expression::Object(input.collect())));
        }
        if call.returns {
            members.push(("returns".to_owned(), Expression::atom("true")));
        }
    }
    Expression::Object(members)
}
