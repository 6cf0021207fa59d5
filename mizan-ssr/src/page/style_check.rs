//! The warning about styles that the content security policy blocks.

use std::collections::HashSet;

use parking_lot::Mutex;

/// The number of components that are reported, in case an application derives paths from requests.
const MAX_REPORTED: usize = 1000;

/// A log line for each component whose styles the policy blocks.
#[derive(Debug)]
pub(super) struct StyleCheck {
    blocks_attributes: bool,
    reported: Mutex<HashSet<Box<str>>>,
}

impl StyleCheck {
    /// Creates the check for a policy.
    pub(super) fn new(policy: &str) -> Self {
        Self {
            blocks_attributes: blocks_style_attributes(policy),
            reported: Mutex::default(),
        }
    }

    /// Logs a warning once for `component` if `markup` contains a style that the policy blocks.
    ///
    /// React escapes `<` and quotes in texts, so only elements and attributes match.
    pub(super) fn check(&self, component: &str, markup: &str) {
        let element = has_style_without_nonce(markup);
        let attribute = !element && self.blocks_attributes && markup.contains(" style=\"");
        if !(element || attribute) || !self.is_first(component) {
            return;
        }
        if element {
            tracing::warn!(
                component,
                "the content security policy blocks a <style> element of the page, because HTML that a component \
                 inserts has no nonce; render the styles with a <style> element of React, or import a style sheet"
            );
        } else {
            tracing::warn!(
                component,
                "the content security policy blocks the attribute `style` of an element of the page; add \
                 `style-src-attr 'unsafe-inline'` to the policy, as `STRICT_CSP` has, or use classes"
            );
        }
    }

    /// Returns whether `component` was not reported yet.
    fn is_first(&self, component: &str) -> bool {
        let mut reported = self.reported.lock();
        reported.len() < MAX_REPORTED && reported.insert(component.into())
    }
}

fn has_style_without_nonce(markup: &str) -> bool {
    markup.match_indices("<style").any(|(at, name)| {
        let attributes = &markup[at + name.len()..];
        let is_tag = attributes.starts_with([' ', '>', '\n', '\t']);
        let end = attributes.find('>').unwrap_or(attributes.len());
        is_tag && !attributes[..end].contains(" nonce=")
    })
}

/// Returns whether a policy blocks attributes: the most specific of its directives does not allow them.
fn blocks_style_attributes(policy: &str) -> bool {
    let sources = ["style-src-attr", "style-src", "default-src"].map(|name| {
        policy.split(';').find_map(|directive| {
            let (found, sources) = directive.trim().split_once(' ')?;
            found.eq_ignore_ascii_case(name).then_some(sources)
        })
    });
    let Some(sources) = sources.into_iter().flatten().next() else {
        return false;
    };
    // A nonce or a hash turns `'unsafe-inline'` off.
    let is_off = ["'nonce-", "'sha256-", "'sha384-", "'sha512-"]
        .iter()
        .any(|kind| sources.contains(kind));
    is_off || !sources.contains("'unsafe-inline'")
}

#[cfg(test)]
mod tests {
    use super::{blocks_style_attributes, has_style_without_nonce};
    use crate::page::STRICT_CSP;

    #[test]
    fn finds_style_elements_without_nonce() {
        for (markup, expected) in [
            ("<style>a{}</style>", true),
            ("<style data-x=\"\">a{}</style>", true),
            ("<style nonce=\"x\">a{}</style><style>b{}</style>", true),
            ("<style nonce=\"x\" data-x=\"\">a{}</style>", false),
            ("<styled-element></styled-element>", false),
            ("<p>&lt;style&gt;</p>", false),
        ] {
            assert_eq!(has_style_without_nonce(markup), expected, "{markup}");
        }
    }

    #[test]
    fn most_specific_directive_decides_about_attributes() {
        for (policy, expected) in [
            (STRICT_CSP, false),
            ("script-src 'self'", false),
            ("default-src 'self'", true),
            (
                "default-src 'self'; style-src 'self' 'unsafe-inline'",
                false,
            ),
            ("style-src 'unsafe-inline' 'nonce-x'", true),
            ("style-src 'nonce-x'; style-src-attr 'unsafe-inline'", false),
            ("style-src 'unsafe-inline'; style-src-attr 'none'", true),
        ] {
            assert_eq!(blocks_style_attributes(policy), expected, "{policy}");
        }
    }
}
