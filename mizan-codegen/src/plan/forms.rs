use super::{Definitions, Function, Planner};
use crate::manifest::{self, Kind, Widget};
use crate::problem::{Origin, Problem};
use crate::schema::{Literal, Type};
use crate::typescript::names;

/// A form, whose values are the input of its `submit` function.
pub(crate) struct Form<'m> {
    pub(crate) manifest: &'m manifest::Form,
    /// The constant with its definition: `contactForm`.
    pub(crate) constant: String,
    /// `ContactForm`: how its hook (after `use`) and its types begin.
    pub(crate) component: String,
    /// Where its `submit` function stands among the functions.
    pub(crate) submit: usize,
    pub(crate) fields: Vec<Field<'m>>,
    /// The paths of all fields, with `*` for the index of a row.
    pub(crate) paths: Vec<String>,
    pub(crate) lists: Vec<Rows>,
}

/// A field with what its type says.
pub(crate) struct Field<'m> {
    pub(crate) manifest: &'m manifest::Field,
    pub(crate) value: Value,
    pub(crate) is_nullable: bool,
    pub(crate) fields: Vec<Field<'m>>,
    /// The only field of each row.
    pub(crate) item: Option<Box<Field<'m>>>,
}

/// What a field holds on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value {
    Text,
    Number,
    Boolean,
}

/// The rows of a list.
pub(crate) struct Rows {
    /// The path of the list, with `*` for the index of a row.
    pub(crate) path: String,
    /// The paths of the fields from the row on.
    pub(crate) fields: Vec<String>,
}

impl<'m> Planner<'m> {
    pub(super) fn forms(
        &mut self,
        functions: &mut [Function<'m>],
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
        functions: &mut [Function<'m>],
        types: &Definitions,
    ) -> Option<Form<'m>> {
        let origin = Origin::form(form);
        let Some(name) = names::function_name(&form.name) else {
            self.problems.push(Problem::NoName { origin });
            return None;
        };
        let component = format!("{}Form", names::component_name(&form.name));
        let constant = format!("{name}Form");
        for name in [
            constant.clone(),
            format!("use{component}"),
            format!("{component}Types"),
        ] {
            let problem = self.claims.export(&name, origin.clone());
            self.problems.extend(problem);
        }
        let mut find = |kind: Kind, called: &'static str, part: &str| {
            let name = format!("{}.{part}", form.name);
            let position = functions.iter().position(|function| {
                function.manifest.name == name && function.manifest.kind == kind
            });
            if position.is_none() {
                self.problems.push(Problem::FormFunction {
                    form: origin.clone(),
                    kind: called,
                    function: name,
                });
            }
            position
        };
        find(Kind::Query, "query", "schema");
        let validate = find(Kind::Query, "query", "validate");
        let submit = find(Kind::Mutation, "mutation", "submit")?;
        if let Some(validate) = validate {
            functions[validate].is_posted = true;
        }
        let function = &functions[submit];
        let Some(input) = &function.input else {
            self.problems.push(Problem::FormInput {
                form: origin,
                function: function.manifest.name.clone(),
            });
            return None;
        };
        let mut reading = Reading {
            form: origin,
            function: &function.manifest.name,
            types,
            problems: Vec::new(),
            paths: Vec::new(),
            lists: Vec::new(),
        };
        let fields = reading.fields(&form.fields, Some(&input.ty), "");
        self.problems.append(&mut reading.problems);
        Some(Form {
            manifest: form,
            constant,
            component,
            submit,
            fields,
            paths: reading.paths,
            lists: reading.lists,
        })
    }
}

/// What is found while the fields of a form are read.
struct Reading<'a> {
    form: Origin,
    function: &'a str,
    types: &'a Definitions,
    problems: Vec<Problem>,
    paths: Vec<String>,
    lists: Vec<Rows>,
}

impl Reading<'_> {
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
        if names::has_meaning_in_forms(&field.name) {
            self.problems.push(Problem::FormFieldName {
                form: self.form.clone(),
                path: path.clone(),
            });
        }
        let ty = parent.and_then(|parent| types.property(parent, &field.name));
        // What is only shown is no part of what is submitted.
        if ty.is_none() && !field.disabled {
            self.problems.push(Problem::FormField {
                form: self.form.clone(),
                path: path.clone(),
                function: self.function.to_owned(),
            });
        }
        self.typed(field, ty, path)
    }

    fn typed<'m>(
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
                fields = self.inside(field, inner, &path, "group", &format!("{path}."));
            }
            (Widget::List, Some(single)) => {
                let row = self.typed(single, inner, format!("{path}.*"));
                item = Some(Box::new(row));
                self.lists.push(Rows {
                    path,
                    fields: Vec::new(),
                });
            }
            (Widget::List, None) => {
                let row = format!("{path}.*.");
                let first = self.paths.len();
                fields = self.inside(field, inner, &path, "list", &row);
                let inside = self.paths[first..]
                    .iter()
                    .filter_map(|path| path.strip_prefix(&row))
                    .map(str::to_owned)
                    .collect();
                self.lists.push(Rows {
                    path,
                    fields: inside,
                });
            }
            _ => {}
        }
        Field {
            manifest: field,
            value: inner.map_or(Value::Text, value_of),
            is_nullable,
            fields,
            item,
        }
    }

    fn inside<'m>(
        &mut self,
        field: &'m manifest::Field,
        ty: Option<&Type>,
        path: &str,
        widget: &'static str,
        prefix: &str,
    ) -> Vec<Field<'m>> {
        if field.fields.is_empty() {
            self.problems.push(Problem::FormGroup {
                form: self.form.clone(),
                widget,
                path: path.to_owned(),
            });
        }
        self.fields(&field.fields, ty, prefix)
    }
}

fn value_of(ty: &Type) -> Value {
    match ty {
        Type::Number(_) | Type::Literal(Literal::Number(_)) => Value::Number,
        Type::Boolean | Type::Literal(Literal::Boolean(_)) => Value::Boolean,
        Type::Union(members) => members
            .first()
            .map_or(Value::Text, |member| value_of(&member.ty)),
        _ => Value::Text,
    }
}
