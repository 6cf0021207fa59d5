//! Printing of TypeScript syntax.

mod constraints;
mod expression;
mod jsdoc;
mod layout;
pub(super) mod literal;
mod type_expression;
mod type_imports;

pub(super) use expression::{Expression, Property, assignment, lazy_assignment};
pub(super) use jsdoc::comment;
pub(super) use layout::{Document, text};
pub(super) use type_expression::{
    IN_OTHER_FILES, Scope, type_arguments, union_after_operator, without_docs,
};
pub(super) use type_imports::TypeImports;
