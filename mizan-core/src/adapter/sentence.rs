//! Formatting of messages as sentences.

/// Returns `text` with a capital first letter and a full stop, for display to users.
///
/// ```
/// use mizan_core::adapter::to_sentence;
///
/// assert_eq!(to_sentence("the server is busy"), "The server is busy.");
/// assert_eq!(to_sentence("Is it you?"), "Is it you?");
/// ```
#[must_use]
pub fn to_sentence(text: &str) -> String {
    let mut chars = text.trim().chars();
    let mut sentence: String = chars
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .collect();
    sentence.push_str(chars.as_str());
    if !sentence.is_empty() && !sentence.ends_with(['.', '!', '?', '\u{2026}', ':']) {
        sentence.push('.');
    }
    sentence
}
