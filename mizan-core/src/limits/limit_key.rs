//! The text by which a limit counts the values of an argument.

/// Returns the text by which a limit counts calls with this value of an argument: its text in lower case
/// and without surrounding spaces, or its JSON.
///
/// Values that differ only in letter case or spaces have one count, so that a caller does not get a new
/// allowance by writing an email address differently.
///
/// ```
/// use mizan_core::limits::limit_key;
///
/// assert_eq!(limit_key(&" Ada@Example.com "), "ada@example.com");
/// assert_eq!(limit_key(&Some(7)), "7");
/// ```
#[must_use]
pub fn limit_key(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text.trim().to_lowercase(),
        Ok(value) => value.to_string(),
        // Such values cannot be told apart, and share one count.
        Err(_) => String::new(),
    }
}
