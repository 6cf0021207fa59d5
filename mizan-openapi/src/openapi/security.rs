//! Security schemes, and the security of each operation.

use serde_json::{Map, Value, json};

use crate::json::member;
use crate::options::{Authentication, Options};

fn name(way: &Authentication) -> &'static str {
    match way {
        Authentication::Cookie(_) => "session",
        Authentication::Bearer => "bearer",
    }
}

pub(super) fn schemes(options: &Options) -> Value {
    let schemes: Map<_, _> = options
        .authentication
        .iter()
        .map(|way| {
            let scheme = match way {
                Authentication::Cookie(name) => {
                    json!({ "type": "apiKey", "in": "cookie", "name": name })
                }
                Authentication::Bearer => json!({ "type": "http", "scheme": "bearer" }),
            };
            (name(way).to_owned(), scheme)
        })
        .collect();
    Value::Object(schemes)
}

/// Returns the security of an operation with this policy.
///
/// Every policy other than `anyone` may require a signed-in caller. For `anyone`, authentication is
/// optional, because the function can return something else for a signed-in caller.
pub(super) fn requirements(policy: &str, options: &Options) -> Value {
    let anonymous = (policy == "anyone" || options.authentication.is_empty()).then(|| json!({}));
    let ways = options
        .authentication
        .iter()
        .map(|way| member(name(way), json!([])));
    anonymous.into_iter().chain(ways).collect()
}
