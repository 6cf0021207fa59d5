//! Planning of the error types.

use std::collections::BTreeSet;

use super::definitions::Definitions;
use super::model::{ErrorUnion, Variant};
use super::planner::{Planner, docs};
use crate::diagnostic::{Diagnostic, ItemRef};
use crate::manifest::ErrorType;
use crate::naming;
use crate::schema::Type;
use crate::typescript::runtime::{CLIENT_CODES, ERROR_MEMBERS};

impl<'m> Planner<'m> {
    pub(super) fn errors(&mut self, types: &Definitions) -> Vec<ErrorUnion<'m>> {
        let manifest = self.manifest;
        manifest
            .errors
            .iter()
            .map(|(key, error)| ErrorUnion {
                name: self.error_names[key.as_str()].clone(),
                docs: docs(error.docs.as_ref()),
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
            let item = ItemRef::Variant {
                error: key.to_owned(),
                code: code.to_owned(),
            };
            if !codes.insert(code) {
                self.diagnostics.push(Diagnostic::DuplicateCode {
                    error: key.to_owned(),
                    code: code.to_owned(),
                });
            }
            if CLIENT_CODES.contains(&code) || self.manifest.codes.contains(&variant.code) {
                self.diagnostics
                    .push(Diagnostic::ReservedCode { item: item.clone() });
            }
            let data = variant.data.as_ref().map(|schema| {
                let ty = self.read_schema(item.clone(), schema);
                self.check_data(&item, &ty, types);
                ty
            });
            variants.push(Variant {
                code,
                docs: docs(variant.docs.as_ref()),
                data,
            });
        }
        variants
    }

    fn check_data(&mut self, item: &ItemRef, data: &Type, types: &Definitions) {
        let Some(members) = types.properties(data) else {
            self.diagnostics
                .push(Diagnostic::DataNotObject { item: item.clone() });
            return;
        };
        for member in members {
            if ERROR_MEMBERS.contains(&member) || naming::is_reserved_in_javascript(member) {
                self.diagnostics.push(Diagnostic::ReservedDataField {
                    item: item.clone(),
                    member: member.to_owned(),
                });
            }
        }
    }
}
