//! Planning of queries, mutations and contexts.

use super::definitions::{Definition, Definitions};
use super::model::Function;
use super::planner::Planner;
use crate::diagnostic::{Diagnostic, ItemRef};
use crate::manifest::{self, FunctionKind};
use crate::naming::{self, COMMON_ERROR, PROVIDER_PROPS};
use crate::schema::{Docs, Type};

impl<'m> Planner<'m> {
    /// Plans all functions, including the functions of forms except for `schema`.
    pub(super) fn functions(&mut self, types: &Definitions) -> Vec<Function<'m>> {
        let mut functions: Vec<_> = self.manifest.functions.iter().collect();
        functions.sort_by_key(|function| &function.name);
        for pair in functions.windows(2) {
            if pair[0].name == pair[1].name {
                self.diagnostics.push(Diagnostic::DuplicateFunction {
                    name: pair[0].name.clone(),
                    first: pair[0].source.clone(),
                    second: pair[1].source.clone(),
                });
            }
        }
        functions.dedup_by_key(|function| &function.name);
        functions.retain(|function| !self.is_form_schema(function));
        let functions: Vec<_> = functions
            .into_iter()
            .map(|function| self.function(function, types))
            .collect();
        self.check_affects(&functions, types);
        for function in &functions {
            self.check_pages(function, types);
            self.check_download(function.manifest);
            self.check_redirect(function.manifest);
            self.check_stream(function.manifest);
        }
        functions
    }

    fn function(&mut self, function: &'m manifest::Function, types: &Definitions) -> Function<'m> {
        let component = naming::component_name(&function.name);
        let error = self.error_name(function, function.error.as_ref());
        let part_error = function
            .stream
            .as_ref()
            .map(|stream| self.error_name(function, stream.error.as_ref()));
        Function {
            manifest: function,
            name: self.function_name(function),
            input: self.input(function, &component, types),
            output: self.read_schema(ItemRef::output(function), &function.output),
            converted: None,
            part_error: part_error.filter(|part_error| *part_error != error),
            error,
            affects: self.affects(function),
            component,
            uses_post: false,
        }
    }

    fn function_name(&mut self, function: &manifest::Function) -> String {
        let item = ItemRef::function(function);
        let Some(name) = naming::function_name(&function.name) else {
            self.diagnostics.push(Diagnostic::InvalidName { item });
            return function.name.clone();
        };
        if self.form_function(&function.name).is_some() {
            // The form registers its own name.
            return name;
        }
        for name in [&name, &function.name] {
            if naming::is_reserved_in_javascript(name) {
                self.diagnostics.push(Diagnostic::ReservedName {
                    name: name.clone(),
                    item,
                });
                return name.clone();
            }
        }
        let component = naming::component_name(&function.name);
        let conflict = self
            .registry
            .api_property(&name, item.clone())
            .or_else(|| {
                let suffix = match function.stream {
                    Some(_) => "Stream",
                    None => "",
                };
                self.registry
                    .export(&format!("use{component}{suffix}"), item.clone())
            })
            .or_else(|| {
                function.pages.as_ref()?;
                self.registry
                    .export(&format!("useInfinite{component}"), item.clone())
            })
            .or_else(|| match function.kind {
                FunctionKind::LocalContext => {
                    self.registry.export(&format!("{component}Provider"), item)
                }
                FunctionKind::Query | FunctionKind::Mutation | FunctionKind::GlobalContext => None,
            });
        self.diagnostics.extend(conflict);
        name
    }

    fn input(
        &mut self,
        function: &manifest::Function,
        component: &str,
        types: &Definitions,
    ) -> Option<Definition> {
        let schema = function.input.as_ref()?;
        let item = ItemRef::input(function);
        if function.kind == FunctionKind::GlobalContext {
            self.diagnostics.push(Diagnostic::GlobalContextInput {
                function: ItemRef::function(function),
            });
        }
        let name = format!("{component}Input");
        let schema_name = naming::schema_name(&name);
        let conflict = self
            .registry
            .type_and_schema(&name, &schema_name, item.clone());
        self.diagnostics.extend(conflict);
        let ty = self.read_schema(item, schema);
        self.check_input(function, &ty, types);
        Some(Definition {
            name,
            schema_name,
            docs: Docs::from(format!("The input of `{}`.", self.api_path(&function.name)).as_str()),
            ty,
        })
    }

    fn check_input(&mut self, function: &manifest::Function, input: &Type, types: &Definitions) {
        let Some(arguments) = types.properties(input) else {
            self.diagnostics.push(Diagnostic::InputNotObject {
                function: ItemRef::function(function),
            });
            return;
        };
        if function.kind == FunctionKind::LocalContext {
            for argument in arguments {
                if PROVIDER_PROPS.contains(&argument) {
                    self.diagnostics.push(Diagnostic::ProviderArgument {
                        function: ItemRef::function(function),
                        argument: argument.to_owned(),
                    });
                }
            }
        }
    }

    /// Reports cursors that are not members of the input and the output.
    fn check_pages(&mut self, function: &Function<'_>, types: &Definitions) {
        let Some(pages) = &function.manifest.pages else {
            return;
        };
        let input = function.input.as_ref();
        let has_cursor =
            input.is_some_and(|input| types.property(&input.ty, &pages.cursor).is_some());
        let has_next = types.property(&function.output, &pages.next).is_some();
        if function.manifest.kind != FunctionKind::Query || !has_cursor || !has_next {
            self.diagnostics.push(Diagnostic::Pages {
                function: ItemRef::function(function.manifest),
                cursor: pages.cursor.clone(),
                next: pages.next.clone(),
            });
        }
    }

    /// Reports files that the client loads as JSON.
    fn check_download(&mut self, function: &manifest::Function) {
        let is_context = !matches!(function.kind, FunctionKind::Query | FunctionKind::Mutation);
        if function.is_download() && (is_context || self.form_function(&function.name).is_some()) {
            self.diagnostics.push(Diagnostic::Download {
                function: ItemRef::function(function),
            });
        }
    }

    /// Reports redirects that no client follows.
    fn check_redirect(&mut self, function: &manifest::Function) {
        let is_context = !matches!(function.kind, FunctionKind::Query | FunctionKind::Mutation);
        if function.is_redirect() && is_context {
            self.diagnostics.push(Diagnostic::Redirect {
                function: ItemRef::function(function),
            });
        }
    }

    /// Reports streams that the client loads as one value.
    fn check_stream(&mut self, function: &manifest::Function) {
        let is_context = !matches!(function.kind, FunctionKind::Query | FunctionKind::Mutation);
        let is_value = is_context || function.pages.is_some() || function.is_download();
        if function.stream.is_some() && (is_value || self.form_function(&function.name).is_some()) {
            self.diagnostics.push(Diagnostic::Stream {
                function: ItemRef::function(function),
            });
        }
    }

    fn error_name(&mut self, function: &manifest::Function, key: Option<&String>) -> String {
        let Some(key) = key else {
            return COMMON_ERROR.to_owned();
        };
        match self.error_names.get(key.as_str()) {
            Some(name) => name.clone(),
            None => {
                self.diagnostics.push(Diagnostic::UnknownError {
                    function: ItemRef::function(function),
                    name: key.clone(),
                });
                COMMON_ERROR.to_owned()
            }
        }
    }

    /// Returns the path of a function in `Api`: `renamePost`, or `forms.contact.submit`.
    pub(super) fn api_path(&self, wire: &str) -> String {
        let camel_case =
            |name: &str| naming::function_name(name).unwrap_or_else(|| name.to_owned());
        match self.form_function(wire) {
            Some((form, member)) => format!("forms.{}.{member}", camel_case(form)),
            None => camel_case(wire),
        }
    }

    /// Splits the wire name of a form's function into the form's name and the name in `Api`.
    fn form_function<'n>(&self, wire: &'n str) -> Option<(&'n str, &'static str)> {
        let (form, part) = wire.rsplit_once('.')?;
        let part = super::forms::FUNCTIONS
            .into_iter()
            .find(|name| *name == part)?;
        self.is_form(form).then_some((form, part))
    }

    fn is_form_schema(&self, function: &manifest::Function) -> bool {
        let form = function.name.strip_suffix(".schema");
        form.is_some_and(|form| self.is_form(form))
    }

    fn is_form(&self, name: &str) -> bool {
        self.manifest.forms.iter().any(|form| form.name == name)
    }
}
