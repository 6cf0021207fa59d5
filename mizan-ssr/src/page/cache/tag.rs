//! The tags of cached pages: the queries whose results they contain.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;
use url::form_urlencoded;

/// A query whose result a cached page contains, by its name and, optionally, its arguments.
///
/// ```
/// use mizan_ssr::page::CacheTag;
///
/// let tag = CacheTag::query("post").with("id", 7);
/// assert!(tag.is_affected_by("post"));
/// assert!(tag.is_affected_by("post?input=%7B%22id%22%3A7%7D"));
/// assert!(!tag.is_affected_by("post?input=%7B%22id%22%3A8%7D"));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct CacheTag {
    query: Cow<'static, str>,
    arguments: Vec<(Cow<'static, str>, Value)>,
}

impl CacheTag {
    /// Names a query with any arguments.
    pub fn query(name: impl Into<Cow<'static, str>>) -> Self {
        Self {
            query: name.into(),
            arguments: Vec::new(),
        }
    }

    /// Adds the value of an argument, which must have the JSON that clients send. If it cannot be serialized, the
    /// tag stands for all values of the argument.
    #[must_use]
    pub fn with(mut self, argument: impl Into<Cow<'static, str>>, value: impl Serialize) -> Self {
        if let Ok(value) = serde_json::to_value(value) {
            self.arguments.push((argument.into(), value));
        }
        self
    }

    /// Returns whether an invalidation affects the query.
    ///
    /// `invalidation` has the form of an entry of the header `mizan-affects`, which is also the `Display` output
    /// of `mizan_core::Invalidation`: the name of a query, or `*` for all queries, and arguments that must match.
    #[must_use]
    pub fn is_affected_by(&self, invalidation: &str) -> bool {
        self.is_affected(&Invalidation::parse(invalidation))
    }

    pub(super) fn is_affected(&self, invalidation: &Invalidation) -> bool {
        let matches = |(argument, value): &(Cow<'static, str>, Value)| {
            let other = invalidation.arguments.get(&**argument);
            other.is_none_or(|other| other == value)
        };
        invalidation.query == "*"
            || invalidation.query == self.query && self.arguments.iter().all(matches)
    }
}

impl<T: Into<Cow<'static, str>>> From<T> for CacheTag {
    fn from(query: T) -> Self {
        Self::query(query)
    }
}

/// An entry of the header `mizan-affects`.
pub(super) struct Invalidation {
    query: String,
    /// The arguments that must match. Empty if all do.
    arguments: serde_json::Map<String, Value>,
}

impl Invalidation {
    pub(super) fn parse(entry: &str) -> Self {
        let (name, parameters) = entry.split_once('?').unwrap_or((entry, ""));
        let input = form_urlencoded::parse(parameters.as_bytes()).find(|(name, _)| name == "input");
        // An input that is not an object affects all arguments.
        let arguments = input.and_then(|(_, json)| serde_json::from_str(&json).ok());
        let query = form_urlencoded::parse(name.as_bytes()).next();
        Self {
            query: query.map(|(name, _)| name.into_owned()).unwrap_or_default(),
            arguments: arguments.unwrap_or_default(),
        }
    }
}
