//! The calls that earlier renders of a component made in sequence.
//!
//! A component that calls a function only after another call is complete delays the page. The next render starts
//! these calls at its beginning, with inputs from its own props. Values of inputs are never stored, because they may
//! be data of another user.

use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;

use super::PlannedCall;
use super::input::{self, Members};

/// The maximum number of calls that are remembered for a component.
const MAX_CALLS: usize = 16;

/// The maximum length of the names of such a call in total.
const MAX_NAME_BYTES: usize = 1024;

/// The calls that the last render of a component made after another call was complete.
#[derive(Default)]
pub(crate) struct ObservedCalls {
    calls: Mutex<Arc<[CallTemplate]>>,
}

/// A call whose input consists of props.
#[derive(PartialEq)]
struct CallTemplate {
    name: String,
    /// The names of the input's members, each with the name of a prop. `None` for a call without input.
    members: Option<Vec<(String, String)>>,
}

impl ObservedCalls {
    /// Replaces the calls by those of a render with `props`.
    pub(crate) fn record(&self, calls: &[PlannedCall], props: &str) {
        if calls.is_empty() && self.calls.lock().is_empty() {
            return;
        }
        let props = input::members(props.as_bytes()).unwrap_or_default();
        let templates: Vec<_> = calls
            .iter()
            .filter_map(|call| CallTemplate::of(call, &props))
            .take(MAX_CALLS)
            .collect();
        let mut known = self.calls.lock();
        if **known != *templates {
            *known = templates.into();
        }
    }

    /// Returns the calls that a render with `props` is expected to make.
    pub(crate) fn plan(&self, props: &str) -> Vec<PlannedCall> {
        let calls = Arc::clone(&self.calls.lock());
        if calls.is_empty() {
            return Vec::new();
        }
        let props = input::members(props.as_bytes()).unwrap_or_default();
        calls
            .iter()
            .filter_map(|call| call.with_props(&props))
            .collect()
    }
}

impl CallTemplate {
    /// Returns `None` if a member of the input is not a prop.
    fn of(call: &PlannedCall, props: &Members<'_>) -> Option<Self> {
        let members = if call.input.is_empty() {
            None
        } else {
            let mut members = Vec::new();
            for (name, value) in input::members(&call.input)? {
                members.push((name.to_owned(), find_prop(props, name, value)?.to_owned()));
            }
            Some(members)
        };
        let names = members.iter().flatten();
        let name_bytes: usize = names.map(|(name, prop)| name.len() + prop.len()).sum();
        (call.name.len() + name_bytes <= MAX_NAME_BYTES).then(|| Self {
            name: call.name.clone(),
            members,
        })
    }

    fn with_props(&self, props: &Members<'_>) -> Option<PlannedCall> {
        let mut input = String::new();
        if let Some(members) = &self.members {
            input.push('{');
            for (name, prop) in members {
                if input.len() > 1 {
                    input.push(',');
                }
                let value = props.get(&**prop).filter(|value| is_parameter(value))?;
                // The name contains no characters that JSON escapes.
                input.push_str(&format!("\"{name}\":{value}"));
            }
            input.push('}');
        }
        Some(PlannedCall {
            name: self.name.clone(),
            input: Bytes::from(input),
        })
    }
}

/// Returns the prop from which the member `name` has its value: the prop with the same name, or the only one with
/// this value.
fn find_prop<'a>(props: &Members<'a>, name: &str, value: &str) -> Option<&'a str> {
    if !is_parameter(value) {
        return None;
    }
    if let Some((prop, known)) = props.get_key_value(name)
        && *known == value
    {
        return Some(prop);
    }
    let mut same = props.iter().filter(|(_, known)| **known == value);
    match (same.next(), same.next()) {
        (Some((prop, _)), None) => Some(prop),
        _ => None,
    }
}

/// Returns whether a value can be a parameter of a path: a string or a number.
fn is_parameter(value: &str) -> bool {
    value.starts_with(|first: char| first == '"' || first == '-' || first.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::{MAX_CALLS, ObservedCalls, PlannedCall};

    fn call(name: &str, input: &str) -> PlannedCall {
        PlannedCall {
            name: name.into(),
            input: input.to_owned().into(),
        }
    }

    /// Returns the calls planned for `next`, after a render with `props` made `calls`.
    fn plan(calls: &[PlannedCall], props: &str, next: &str) -> Vec<String> {
        let observed = ObservedCalls::default();
        observed.record(calls, props);
        let planned = observed.plan(next).into_iter();
        let text =
            |call: PlannedCall| format!("{} {}", call.name, String::from_utf8_lossy(&call.input));
        planned.map(text).collect()
    }

    #[test]
    fn plans_calls_with_the_props_of_the_next_render() {
        let calls = [
            call("me?contract=0badcafe", ""),
            call("post", r#"{"id":7}"#),
            call("by_author", r#"{"author":"ada","id":7}"#),
        ];
        assert_eq!(
            plan(
                &calls,
                r#"{"id":7,"name":"ada","tags":[]}"#,
                r#"{"tags":["x"],"name":"bob","id":8}"#
            ),
            [
                "me?contract=0badcafe ",
                r#"post {"id":8}"#,
                r#"by_author {"author":"bob","id":8}"#
            ]
        );
    }

    #[test]
    fn stores_no_value_that_is_not_a_prop() {
        let calls = [
            call("orders", r#"{"account":"a-17"}"#),
            call("posts", r#"{"id":7,"limit":20}"#),
            call("flags", r#"{"draft":true}"#),
            call("one_of_two", r#"{"number":5}"#),
            call("list", "[7]"),
        ];
        let props = r#"{"id":7,"draft":true,"a":5,"b":5}"#;
        assert_eq!(plan(&calls, props, props), [""; 0]);
    }

    #[test]
    fn plans_no_call_without_its_props() {
        let calls = [call("post", r#"{"id":7}"#)];
        for next in ["{}", r#"{"id":null}"#, r#"{"id":{"a":1}}"#, "[]", ""] {
            assert_eq!(plan(&calls, r#"{"id":7}"#, next), [""; 0], "{next}");
        }
    }

    #[test]
    fn remembers_only_the_last_render() {
        let observed = ObservedCalls::default();
        observed.record(&[call("me", "")], "{}");
        observed.record(&[], "{}");
        assert!(observed.plan("{}").is_empty());
    }

    #[test]
    fn bounds_memory() {
        let many: Vec<_> = (0..100)
            .map(|index| call(&format!("f{index}"), ""))
            .collect();
        assert_eq!(plan(&many, "{}", "{}").len(), MAX_CALLS);
        assert_eq!(plan(&[call(&"x".repeat(2000), "")], "{}", "{}"), [""; 0]);
    }
}
