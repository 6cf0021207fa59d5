//! The imports that the types of a file need.

use crate::schema::{TemporalClass, Type};

use super::type_expression::brand_of;
use crate::options::Dates;

/// The modules that type expressions refer to.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct TypeImports {
    /// The branded strings of `runtime/codecs/brands.ts`.
    pub(crate) brands: bool,
    /// The classes of `Temporal`.
    pub(crate) temporal: bool,
}

impl TypeImports {
    /// Returns the imports of type expressions, without those of the named types in them.
    pub(crate) fn of<'t>(types: impl IntoIterator<Item = &'t Type>) -> Self {
        let mut imports = Self::default();
        for ty in types {
            imports.add(ty);
        }
        imports
    }

    fn add(&mut self, ty: &Type) {
        match ty {
            Type::Temporal(value) => match value.class {
                TemporalClass::Text => self.brands = true,
                TemporalClass::Date => {}
                TemporalClass::Temporal => self.temporal = true,
            },
            Type::Text(value) => self.brands |= brand_of(value).is_some(),
            Type::List(list) => self.add(&list.item),
            Type::Tuple(types) | Type::Intersection(types) => {
                types.iter().for_each(|ty| self.add(ty));
            }
            Type::Union(members) => members.iter().for_each(|member| self.add(&member.ty)),
            Type::Object(object) => {
                object
                    .properties
                    .iter()
                    .for_each(|property| self.add(&property.ty));
                if let Some(additional) = &object.additional {
                    self.add(&additional.value);
                }
            }
            Type::Unknown
            | Type::Never
            | Type::Null
            | Type::Boolean
            | Type::Number(_)
            | Type::BigInt(_)
            | Type::Bytes(_)
            | Type::File(_)
            | Type::Literal(_)
            | Type::Named(_) => {}
        }
    }

    /// The import statements, each with a line break.
    pub(crate) fn statements(self, dates: Dates) -> String {
        let mut statements = String::new();
        if self.brands {
            statements.push_str("import type * as brands from \"./runtime/codecs/brands\";\n");
        }
        if self.temporal && dates == Dates::TemporalPolyfill {
            statements.push_str("import type { Temporal } from \"temporal-polyfill\";\n");
        }
        statements
    }
}
