//! `types.ts`: the types of the wire format, the inputs and the errors.

use super::printing::{
    Document, Scope, TypeImports, comment, literal, text, type_arguments, union_after_operator,
    without_docs,
};
use crate::naming::COMMON_ERROR;
use crate::plan::{Definition, ErrorUnion, Plan, Variant};
use crate::schema::{Docs, Type};

const HEAD: &str = r#"// Fields keep the names of the server's types, such as `created_at`. To get
// camelCase names, use `#[serde(rename_all = "camelCase")]` on the server.

"#;

const ERROR_IMPORT: &str =
    "import type { ClientCode, Failure } from \"./runtime/transport/error\";\n";

pub(super) fn print(plan: &Plan<'_>) -> String {
    let inputs = plan
        .all_functions()
        .filter_map(|function| function.input.as_ref());
    let definitions: Vec<_> = inputs.chain(plan.types.iter()).collect();
    let variants = plan.errors.iter().flat_map(|error| &error.variants);
    let mut imports = TypeImports::of(
        definitions
            .iter()
            .map(|definition| &definition.ty)
            .chain(variants.filter_map(|variant| variant.data.as_ref())),
    );
    imports.brands |= definitions
        .iter()
        .any(|definition| newtype_of(definition).is_some());
    let names = definitions.iter().map(|definition| &*definition.name);
    let declared = names
        .chain(plan.errors.iter().map(|error| &*error.name))
        .collect();
    let scope = Scope::types_file(&declared);
    let definitions = definitions
        .into_iter()
        .map(|definition| print_definition(definition, scope));
    let errors = plan.errors.iter().map(|error| print_error(error, scope));

    let mut file = format!("{HEAD}{}{ERROR_IMPORT}", imports.statements(plan.dates));
    for declaration in [common_errors(plan.codes)]
        .into_iter()
        .chain(definitions)
        .chain(errors)
    {
        file.push('\n');
        file.push_str(&declaration.print());
    }
    file
}

fn common_errors(codes: &[String]) -> Document {
    let codes = codes.iter().map(|code| text(literal::string(code)));
    let codes = codes.chain([text("ClientCode")]).map(without_docs);
    Document::concat(vec![
        comment(&Docs::from(
            "The error codes that a call of any function can have.",
        )),
        text("export type CommonCode ="),
        union_after_operator(codes),
        text(";"),
        Document::HardLine,
        Document::HardLine,
        comment(&Docs::from(
            "The errors that a call of any function can have.",
        )),
        text(format!("export type {COMMON_ERROR} = Failure<CommonCode>;")),
        Document::HardLine,
    ])
}

fn print_definition(definition: &Definition, scope: Scope<'_>) -> Document {
    if let Some(primitive) = newtype_of(definition) {
        let arguments = [text(primitive), text(literal::string(&definition.name))];
        return Document::concat(vec![
            comment(&definition.docs),
            text(format!("export type {} = ", definition.name)),
            type_arguments("brands.Brand<", arguments),
            text(";"),
            Document::HardLine,
        ]);
    }
    let declared = match &definition.ty {
        Type::Object(object) if !object.is_empty() => {
            let mut inside = Vec::new();
            for member in scope.members(object) {
                inside.extend([Document::HardLine, member, text(";")]);
            }
            Document::concat(vec![
                text(format!("export interface {} {{", definition.name)),
                Document::indent(inside),
                Document::HardLine,
                text("}"),
            ])
        }
        ty => Document::concat(vec![
            text(format!("export type {} =", definition.name)),
            scope.type_after_operator(ty),
            text(";"),
        ]),
    };
    Document::concat(vec![
        comment(&definition.docs),
        declared,
        Document::HardLine,
    ])
}

/// The primitive type of a newtype, which gets its own brand: a `PostId` is not a `UserId`.
fn newtype_of(definition: &Definition) -> Option<&'static str> {
    match &definition.ty {
        Type::Text(_) => Some("string"),
        Type::Number(_) => Some("number"),
        Type::BigInt(_) => Some("bigint"),
        _ => None,
    }
}

fn print_error(error: &ErrorUnion<'_>, scope: Scope<'_>) -> Document {
    let variants = error.variants.iter().map(|variant| failure(variant, scope));
    Document::concat(vec![
        comment(&error.docs),
        text(format!("export type {} =", error.name)),
        union_after_operator(variants.chain([without_docs(text(COMMON_ERROR))])),
        text(";"),
        Document::HardLine,
    ])
}

fn failure(variant: &Variant<'_>, scope: Scope<'_>) -> (Document, Document) {
    let code = text(literal::string(variant.code));
    let data = variant.data.as_ref().map(|data| scope.ty(data));
    let failure = type_arguments("Failure<", [code].into_iter().chain(data));
    (comment(&variant.docs), failure)
}
