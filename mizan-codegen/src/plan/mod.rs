//! What to print: every name decided, every schema read, everything without TypeScript refused.

mod channels;
mod claims;
mod definitions;
mod forms;

use std::collections::{BTreeMap, BTreeSet};

pub(crate) use channels::Channel;
use claims::Claims;
pub(crate) use definitions::Definitions;
pub(crate) use forms::{Field, Form, Rows, Value};

use crate::error::GenerateError;
use crate::manifest::{self, ErrorType, Kind, Manifest};
use crate::problem::{Origin, Problem};
use crate::schema::{Docs, Reader, Type, TypeNames, docs_of};
use crate::typescript::names;
use crate::typescript::runtime::{CLIENT_CODES, ERROR_MEMBERS};

/// The error type of a function without failures of its own.
pub(crate) const COMMON_ERROR: &str = "CommonError";

/// Props of a provider that React, or the provider itself, takes.
const PROVIDER_PROPS: [&str; 4] = ["children", "fallback", "key", "ref"];

/// A client, ready to be printed.
pub(crate) struct Plan<'m> {
    pub(crate) contract: &'m str,
    pub(crate) codes: &'m [String],
    /// In the order of their names on the wire.
    pub(crate) functions: Vec<Function<'m>>,
    /// In the order of their names on the wire.
    pub(crate) forms: Vec<Form<'m>>,
    pub(crate) channels: Vec<Channel<'m>>,
    pub(crate) types: Definitions,
    pub(crate) errors: Vec<ErrorUnion<'m>>,
}

/// A function, a query or a context.
pub(crate) struct Function<'m> {
    pub(crate) manifest: &'m manifest::Function,
    /// The member of the api.
    pub(crate) name: String,
    /// How its hook (after `use`) and its components begin.
    pub(crate) component: String,
    pub(crate) input: Option<Definition>,
    pub(crate) output: Type,
    /// The name of its error type.
    pub(crate) error: String,
    /// Its input may be secret, and is kept out of addresses.
    pub(crate) is_posted: bool,
}

/// A type with a name.
pub(crate) struct Definition {
    pub(crate) name: String,
    /// The name of its Zod schema.
    pub(crate) schema_name: String,
    pub(crate) docs: Docs,
    pub(crate) ty: Type,
}

/// The failures of the functions that share an error type.
pub(crate) struct ErrorUnion<'m> {
    pub(crate) name: String,
    pub(crate) docs: Docs,
    pub(crate) variants: Vec<Variant<'m>>,
}

/// One failure.
pub(crate) struct Variant<'m> {
    pub(crate) code: &'m str,
    pub(crate) docs: Docs,
    pub(crate) data: Option<Type>,
}

/// Decides everything about the client of a manifest.
pub(crate) fn plan(manifest: &Manifest) -> Result<Plan<'_>, GenerateError> {
    let mut planner = Planner::new(manifest);
    let types = planner.types();
    let errors = planner.errors(&types);
    let mut functions = planner.functions(&types);
    let forms = planner.forms(&mut functions, &types);
    let channels = planner.channels(&types);
    if !planner.problems.is_empty() {
        return Err(GenerateError::new(planner.problems));
    }
    Ok(Plan {
        contract: &manifest.contract,
        codes: &manifest.codes,
        functions,
        forms,
        channels,
        types,
        errors,
    })
}

struct Planner<'m> {
    manifest: &'m Manifest,
    type_names: TypeNames,
    error_names: BTreeMap<&'m str, String>,
    claims: Claims,
    problems: Vec<Problem>,
}

impl<'m> Planner<'m> {
    fn new(manifest: &'m Manifest) -> Self {
        let mut planner = Self {
            manifest,
            type_names: TypeNames::new(),
            error_names: BTreeMap::new(),
            claims: Claims::with_the_clients_own(!manifest.channels.is_empty()),
            problems: Vec::new(),
        };
        for key in manifest.defs.keys() {
            let origin = Origin::Type(key.clone());
            let name = planner.type_name(key, &origin);
            let schema_name = names::schema_name(&name);
            let problem = planner.claims.schema(&name, &schema_name, origin);
            planner.problems.extend(problem);
            planner.type_names.insert(key.clone(), name);
        }
        for key in manifest.errors.keys() {
            let origin = Origin::Error(key.clone());
            let name = planner.type_name(key, &origin);
            let problem = planner.claims.export(&name, origin);
            planner.problems.extend(problem);
            planner.error_names.insert(key, name);
        }
        planner
    }

    /// The type for a key; the key itself where a problem keeps it from being printed.
    fn type_name(&mut self, key: &str, origin: &Origin) -> String {
        names::type_name(key).unwrap_or_else(|| {
            self.problems.push(Problem::NoName {
                origin: origin.clone(),
            });
            key.to_owned()
        })
    }

    fn types(&mut self) -> Definitions {
        let manifest = self.manifest;
        let definitions = manifest.defs.iter().map(|(key, schema)| {
            let origin = Origin::Type(key.clone());
            let name = self.type_names[key].clone();
            Definition {
                schema_name: names::schema_name(&name),
                name,
                docs: docs_of(schema),
                ty: Reader::new(&self.type_names, &mut self.problems, origin).read(schema),
            }
        });
        let types = Definitions::new(definitions.collect());
        for name in types.endless() {
            self.problems.push(Problem::EndlessType { name });
        }
        types
    }

    fn errors(&mut self, types: &Definitions) -> Vec<ErrorUnion<'m>> {
        let manifest = self.manifest;
        manifest
            .errors
            .iter()
            .map(|(key, error)| ErrorUnion {
                name: self.error_names[key.as_str()].clone(),
                docs: docs(&error.docs),
                variants: self.variants(key, error, types),
            })
            .collect()
    }

    fn variants(
        &mut self,
        key: &str,
        error: &'m ErrorType,
        types: &Definitions,
    ) -> Vec<Variant<'m>> {
        let mut codes = BTreeSet::new();
        let mut variants = Vec::new();
        for variant in &error.variants {
            let code = variant.code.as_str();
            let origin = Origin::Variant {
                error: key.to_owned(),
                code: code.to_owned(),
            };
            if !codes.insert(code) {
                self.problems.push(Problem::SameCode {
                    error: key.to_owned(),
                    code: code.to_owned(),
                });
            }
            if CLIENT_CODES.contains(&code) || self.manifest.codes.contains(&variant.code) {
                self.problems.push(Problem::TakenCode {
                    origin: origin.clone(),
                });
            }
            let data = variant.data.as_ref().map(|schema| {
                let mut reader = Reader::new(&self.type_names, &mut self.problems, origin.clone());
                let ty = reader.read(schema);
                self.check_data(&origin, &ty, types);
                ty
            });
            variants.push(Variant {
                code,
                docs: docs(&variant.docs),
                data,
            });
        }
        variants
    }

    fn check_data(&mut self, origin: &Origin, data: &Type, types: &Definitions) {
        let Some(members) = types.properties(data) else {
            self.problems.push(Problem::DataNotObject {
                origin: origin.clone(),
            });
            return;
        };
        for member in members {
            if ERROR_MEMBERS.contains(&member) || names::has_meaning_in_javascript(member) {
                self.problems.push(Problem::DataMember {
                    origin: origin.clone(),
                    member: member.to_owned(),
                });
            }
        }
    }

    fn functions(&mut self, types: &Definitions) -> Vec<Function<'m>> {
        let mut functions: Vec<_> = self.manifest.functions.iter().collect();
        functions.sort_by_key(|function| &function.name);
        for pair in functions.windows(2) {
            if pair[0].name == pair[1].name {
                self.problems.push(Problem::SameFunction {
                    name: pair[0].name.clone(),
                    first: pair[0].source.clone(),
                    second: pair[1].source.clone(),
                });
            }
        }
        functions.dedup_by_key(|function| &function.name);
        functions
            .into_iter()
            .map(|function| {
                self.check_affects(function);
                let name = self.function_name(function);
                let component = names::component_name(&function.name);
                Function {
                    input: self.input(function, &component, types),
                    output: Reader::new(
                        &self.type_names,
                        &mut self.problems,
                        Origin::output(function),
                    )
                    .read(&function.output),
                    error: self.error_of(function),
                    manifest: function,
                    name,
                    component,
                    is_posted: false,
                }
            })
            .collect()
    }

    fn function_name(&mut self, function: &manifest::Function) -> String {
        let origin = Origin::function(function);
        let Some(name) = names::function_name(&function.name) else {
            self.problems.push(Problem::NoName { origin });
            return function.name.clone();
        };
        for name in [&name, &function.name] {
            if names::has_meaning_in_javascript(name) {
                self.problems.push(Problem::MeaningfulName {
                    name: name.clone(),
                    origin,
                });
                return name.clone();
            }
        }
        let component = names::component_name(&function.name);
        let problem = self
            .claims
            .member(&name, origin.clone())
            .or_else(|| {
                self.claims
                    .export(&format!("use{component}"), origin.clone())
            })
            .or_else(|| match function.kind {
                Kind::LocalContext => self.claims.export(&format!("{component}Provider"), origin),
                Kind::Query | Kind::Mutation | Kind::GlobalContext => None,
            });
        self.problems.extend(problem);
        name
    }

    fn input(
        &mut self,
        function: &manifest::Function,
        component: &str,
        types: &Definitions,
    ) -> Option<Definition> {
        let schema = function.input.as_ref()?;
        let origin = Origin::input(function);
        if function.kind == Kind::GlobalContext {
            self.problems.push(Problem::GlobalContextInput {
                function: Origin::function(function),
            });
        }
        let name = format!("{component}Input");
        let schema_name = names::schema_name(&name);
        let problem = self.claims.schema(&name, &schema_name, origin.clone());
        self.problems.extend(problem);
        let ty = Reader::new(&self.type_names, &mut self.problems, origin).read(schema);
        self.check_input(function, &ty, types);
        Some(Definition {
            name,
            schema_name,
            docs: Docs::from(format!("What `{}` takes.", function.name).as_str()),
            ty,
        })
    }

    fn check_input(&mut self, function: &manifest::Function, input: &Type, types: &Definitions) {
        let Some(arguments) = types.properties(input) else {
            self.problems.push(Problem::InputNotObject {
                function: Origin::function(function),
            });
            return;
        };
        if function.kind == Kind::LocalContext {
            for argument in arguments {
                if PROVIDER_PROPS.contains(&argument) {
                    self.problems.push(Problem::ProviderArgument {
                        function: Origin::function(function),
                        argument: argument.to_owned(),
                    });
                }
            }
        }
    }

    fn error_of(&mut self, function: &manifest::Function) -> String {
        let Some(key) = &function.error else {
            return COMMON_ERROR.to_owned();
        };
        match self.error_names.get(key.as_str()) {
            Some(name) => name.clone(),
            None => {
                self.problems.push(Problem::UnknownError {
                    function: Origin::function(function),
                    name: key.clone(),
                });
                COMMON_ERROR.to_owned()
            }
        }
    }

    fn check_affects(&mut self, function: &manifest::Function) {
        for affected in &function.affects {
            let is_query = |other: &manifest::Function| {
                other.name == *affected && other.kind != Kind::Mutation
            };
            if affected != "*" && !self.manifest.functions.iter().any(is_query) {
                self.problems.push(Problem::UnknownAffected {
                    function: Origin::function(function),
                    name: affected.clone(),
                });
            }
        }
    }
}

fn docs(text: &Option<String>) -> Docs {
    Docs {
        text: text.clone(),
        deprecated: false,
    }
}
