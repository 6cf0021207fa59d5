//! Planning of the forms.

use super::definitions::Definitions;
use super::model::{Field, FieldValue, Form, FormList, Function};
use super::planner::Planner;
use crate::diagnostic::{Diagnostic, ItemRef};
use crate::manifest::{self, FunctionKind, Widget};
use crate::naming;
use crate::schema::{Docs, Literal, Object, Property, TemporalClass, Type};

/// The functions of each form in the client, as the parts of their wire names after the form's
/// name.
///
/// `schema` is not among them, because the client already contains the definition of the form.
pub(super) const FUNCTIONS: [&str; 3] = ["state", "validate", "submit"];

impl<'m> Planner<'m> {
    /// Plans the forms, and moves their functions out of `functions`.
    pub(super) fn forms(
        &mut self,
        functions: &mut Vec<Function<'m>>,
        types: &Definitions,
    ) -> Vec<Form<'m>> {
        let mut forms: Vec<_> = self.manifest.forms.iter().collect();
        forms.sort_by_key(|form| &form.name);
        forms
            .into_iter()
            .filter_map(|form| self.form(form, functions, types))
            .collect()
    }

    fn form(
        &mut self,
        form: &'m manifest::Form,
        functions: &mut Vec<Function<'m>>,
        types: &Definitions,
    ) -> Option<Form<'m>> {
        let item = ItemRef::form(form);
        let name = self.form_name(form, &item)?;
        let component = format!("{}Form", naming::component_name(&form.name));
        let constant = format!("{name}Form");
        for name in [
            constant.clone(),
            format!("use{component}"),
            format!("{component}Types"),
        ] {
            let conflict = self.registry.export(&name, item.clone());
            self.diagnostics.extend(conflict);
        }
        let mut take = |kind, part| self.take_function(form, kind, part, functions);
        let state = take(FunctionKind::Query, "state");
        let validate = take(FunctionKind::Query, "validate");
        let submit = take(FunctionKind::Mutation, "submit");
        let (mut state, mut validate, submit) = (state?, validate?, submit?);
        validate.uses_post = true;
        // `FormState` is the same for all forms. The initial values are as partial as those of live
        // validation.
        let values = validate.input.as_ref();
        let values = values.and_then(|input| types.property(&input.ty, "values"));
        state.converted = values.map(|values| {
            Type::Object(Object {
                properties: vec![Property {
                    name: "values".to_owned(),
                    docs: Docs::default(),
                    required: true,
                    ty: values.clone(),
                }],
                ..Object::default()
            })
        });
        let Some(input) = &submit.input else {
            self.diagnostics.push(Diagnostic::MissingFormInput {
                form: item,
                function: submit.manifest.name.clone(),
            });
            return None;
        };
        let mut reader = FieldReader {
            form: item,
            function: &submit.manifest.name,
            types,
            diagnostics: Vec::new(),
            paths: Vec::new(),
            lists: Vec::new(),
        };
        let fields = reader.fields(&form.fields, Some(&input.ty), "");
        self.diagnostics.append(&mut reader.diagnostics);
        Some(Form {
            manifest: form,
            name,
            constant,
            component,
            fields,
            paths: reader.paths,
            lists: reader.lists,
            state,
            submit,
            validate,
        })
    }

    fn form_name(&mut self, form: &manifest::Form, item: &ItemRef) -> Option<String> {
        let Some(name) = naming::function_name(&form.name) else {
            let item = item.clone();
            self.diagnostics.push(Diagnostic::InvalidName { item });
            return None;
        };
        if naming::is_reserved_in_javascript(&name) {
            self.diagnostics.push(Diagnostic::ReservedName {
                name: name.clone(),
                item: item.clone(),
            });
        }
        Some(name)
    }

    /// Removes a form's function from `functions`.
    fn take_function(
        &mut self,
        form: &manifest::Form,
        kind: FunctionKind,
        part: &str,
        functions: &mut Vec<Function<'m>>,
    ) -> Option<Function<'m>> {
        let name = format!("{}.{part}", form.name);
        let position = functions
            .iter()
            .position(|function| function.manifest.name == name && function.manifest.kind == kind);
        let Some(position) = position else {
            self.diagnostics.push(Diagnostic::MissingFormFunction {
                form: ItemRef::form(form),
                kind: match kind {
                    FunctionKind::Mutation => "mutation",
                    _ => "query",
                },
                function: name,
            });
            return None;
        };
        Some(functions.remove(position))
    }
}

/// Reads the fields of a form, and collects their paths.
struct FieldReader<'a> {
    form: ItemRef,
    function: &'a str,
    types: &'a Definitions,
    diagnostics: Vec<Diagnostic>,
    paths: Vec<String>,
    lists: Vec<FormList>,
}

impl FieldReader<'_> {
    fn fields<'m>(
        &mut self,
        fields: &'m [manifest::Field],
        ty: Option<&Type>,
        prefix: &str,
    ) -> Vec<Field<'m>> {
        fields
            .iter()
            .map(|field| self.field(field, ty, format!("{prefix}{}", field.name)))
            .collect()
    }

    fn field<'m>(
        &mut self,
        field: &'m manifest::Field,
        parent: Option<&Type>,
        path: String,
    ) -> Field<'m> {
        let types = self.types;
        if naming::is_reserved_in_forms(&field.name) {
            self.diagnostics.push(Diagnostic::ReservedFieldName {
                form: self.form.clone(),
                path: path.clone(),
            });
        }
        let ty = parent.and_then(|parent| types.property(parent, &field.name));
        // A disabled field is displayed, but not submitted.
        if ty.is_none() && !field.disabled {
            self.diagnostics.push(Diagnostic::UnknownFormField {
                form: self.form.clone(),
                path: path.clone(),
                function: self.function.to_owned(),
            });
        }
        self.field_of_type(field, ty, path)
    }

    fn field_of_type<'m>(
        &mut self,
        field: &'m manifest::Field,
        ty: Option<&Type>,
        path: String,
    ) -> Field<'m> {
        let types = self.types;
        let resolved = ty.map(|ty| types.without_null(ty));
        let is_nullable = resolved.is_some_and(|(_, is_nullable)| is_nullable);
        let inner = match resolved {
            Some((Type::List(list), _)) => Some(types.without_null(&list.item).0),
            resolved => resolved.map(|(ty, _)| ty),
        };
        self.paths.push(path.clone());
        let (mut fields, mut item) = (Vec::new(), None);
        match (field.widget, &field.item) {
            (Widget::Group, _) => {
                fields = self.nested(field, inner, &path, "group", &format!("{path}."));
            }
            (Widget::List, Some(single)) => {
                let row = self.field_of_type(single, inner, format!("{path}.*"));
                item = Some(Box::new(row));
                self.lists.push(FormList {
                    path,
                    fields: Vec::new(),
                });
            }
            (Widget::List, None) => {
                let row = format!("{path}.*.");
                let first = self.paths.len();
                fields = self.nested(field, inner, &path, "list", &row);
                let nested = self.paths[first..]
                    .iter()
                    .filter_map(|path| path.strip_prefix(&row))
                    .map(str::to_owned)
                    .collect();
                self.lists.push(FormList {
                    path,
                    fields: nested,
                });
            }
            _ => {}
        }
        Field {
            manifest: field,
            value: inner.map_or(FieldValue::Text, field_value),
            is_nullable,
            fields,
            item,
        }
    }

    fn nested<'m>(
        &mut self,
        field: &'m manifest::Field,
        ty: Option<&Type>,
        path: &str,
        widget: &'static str,
        prefix: &str,
    ) -> Vec<Field<'m>> {
        if field.fields.is_empty() {
            self.diagnostics.push(Diagnostic::EmptyFormGroup {
                form: self.form.clone(),
                widget,
                path: path.to_owned(),
            });
        }
        self.fields(&field.fields, ty, prefix)
    }
}

fn field_value(ty: &Type) -> FieldValue {
    match ty {
        Type::Number(_) | Type::Literal(Literal::Number(_)) => FieldValue::Number,
        Type::BigInt(_) => FieldValue::BigInt,
        Type::Temporal(value) => match value.class {
            TemporalClass::Text => FieldValue::Text,
            TemporalClass::Date => FieldValue::Date,
            TemporalClass::Temporal => FieldValue::Temporal(value.kind.name()),
        },
        Type::Boolean | Type::Literal(Literal::Boolean(_)) => FieldValue::Boolean,
        Type::Union(members) => members
            .first()
            .map_or(FieldValue::Text, |member| field_value(&member.ty)),
        _ => FieldValue::Text,
    }
}
