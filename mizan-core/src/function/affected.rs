//! The queries that a mutation affects, as it declares them.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::value::RawValue;

use crate::invalidation::Invalidation;

/// A query or context that a mutation affects.
///
/// `affects(post(id) = returns, posts)` in `#[client(..)]` declares these two:
///
/// ```
/// use mizan_core::function::Affected;
///
/// const AFFECTS: &[Affected] = &[
///     Affected::query("post").with_input(&[("id", "id")]).returns(),
///     Affected::query("posts"),
/// ];
/// assert_eq!(AFFECTS[0].to_string(), "post(id) = returns");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Affected {
    query: &'static str,
    input: &'static [(&'static str, &'static str)],
    returns: bool,
}

impl Affected {
    /// All queries and contexts.
    pub const ALL: Self = Self::query("*");

    /// Affects the query or context with this name, for every input.
    #[must_use]
    pub const fn query(name: &'static str) -> Self {
        Self {
            query: name,
            input: &[],
            returns: false,
        }
    }

    /// Affects the query only for some inputs.
    ///
    /// Each pair is an argument of the query and the argument of the mutation that has its value, both
    /// as clients send them. An argument that is absent or null in a call matches every value.
    #[must_use]
    pub const fn with_input(mut self, input: &'static [(&'static str, &'static str)]) -> Self {
        self.input = input;
        self
    }

    /// Declares that the output of the mutation is the new data of the query.
    ///
    /// [`with_input`](Self::with_input) must name all arguments of the query.
    #[must_use]
    pub const fn returns(mut self) -> Self {
        self.returns = true;
        self
    }

    /// Returns the name of the query; `*` means all.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.query
    }

    /// Returns pairs of an argument of the query and the argument of the mutation that has its value.
    #[must_use]
    pub const fn input(&self) -> &'static [(&'static str, &'static str)] {
        self.input
    }

    /// Returns `true` if the output of the mutation is the new data of the query.
    #[must_use]
    pub const fn is_returned(&self) -> bool {
        self.returns
    }

    /// Returns what a call with this input invalidates.
    fn for_input(&self, input: &BTreeMap<&str, &RawValue>) -> Invalidation {
        let mut invalidation = Invalidation::of(self.query);
        let mut returns = self.returns;
        for (name, argument) in self.input {
            match input.get(argument).map(|value| value.get()) {
                None | Some("null") => returns = false,
                Some(json) => invalidation.push(name, json),
            }
        }
        invalidation.set_returned(returns);
        invalidation
    }
}

/// Writes the declaration, as in `affects(..)`.
impl fmt::Display for Affected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.query)?;
        for (index, (name, argument)) in self.input.iter().enumerate() {
            f.write_str(if index == 0 { "(" } else { ", " })?;
            f.write_str(name)?;
            if name != argument {
                write!(f, " = {argument}")?;
            }
        }
        if !self.input.is_empty() {
            f.write_str(")")?;
        }
        if self.returns {
            f.write_str(" = returns")?;
        }
        Ok(())
    }
}

/// Returns what a successful call with `input`, a JSON object, invalidates.
pub(super) fn invalidations(affects: &[Affected], input: &[u8]) -> Vec<Invalidation> {
    let arguments = if affects.iter().all(|affected| affected.input.is_empty()) {
        BTreeMap::new()
    } else {
        serde_json::from_slice(input).unwrap_or_default()
    };
    affects
        .iter()
        .map(|affected| affected.for_input(&arguments))
        .collect()
}
