//! JSDoc comments.

use super::layout::{Document, text};
use super::literal::{is_bidi_control, is_line_separator};
use crate::schema::Docs;

/// The JSDoc comment of the next item, followed by a line break. Empty if there are no docs.
pub(crate) fn comment(docs: &Docs) -> Document {
    let mut lines: Vec<String> = docs
        .text
        .iter()
        .flat_map(|text| sanitized_lines(text))
        .collect();
    let values = docs.default.iter().map(|value| ("@defaultValue", value));
    let examples = docs.examples.iter().map(|value| ("@example", value));
    for (tag, value) in values.chain(examples) {
        lines.extend(sanitized_lines(&format!("{tag} {value}")));
    }
    if docs.deprecated {
        lines.push("@deprecated".to_owned());
    }
    match lines.as_slice() {
        [] => Document::concat(Vec::new()),
        [line] => Document::concat(vec![text(format!("/** {line} */")), Document::HardLine]),
        lines => {
            let mut comment = vec![text("/**"), Document::HardLine];
            for line in lines {
                comment.push(text(if line.is_empty() {
                    " *".to_owned()
                } else {
                    format!(" * {line}")
                }));
                comment.push(Document::HardLine);
            }
            comment.extend([text(" */"), Document::HardLine]);
            Document::concat(comment)
        }
    }
}

/// The lines of a doc comment, without characters that would end the comment or the line, or reorder it.
fn sanitized_lines(docs: &str) -> impl Iterator<Item = String> {
    docs.trim().lines().map(|line| {
        let line: String = line
            .trim_end()
            .chars()
            .map(|letter| match letter {
                letter if letter.is_control() => ' ',
                letter if is_line_separator(letter) || is_bidi_control(letter) => ' ',
                letter => letter,
            })
            .collect();
        line.replace("*/", "*\\/")
    })
}

#[cfg(test)]
mod tests {
    use super::comment;
    use crate::schema::Docs;

    fn check(docs: &str, expected: &str) {
        assert_eq!(comment(&Docs::from(docs)).print(), expected);
    }

    #[test]
    fn prints_single_line() {
        check(" Renames a post. ", "/** Renames a post. */\n");
    }

    #[test]
    fn prints_several_lines() {
        check(
            "Renames a post.\r\n\r\nFor staff.",
            "/**\n * Renames a post.\n *\n * For staff.\n */\n",
        );
    }

    #[test]
    fn escapes_end_of_comment_and_line_breaks() {
        check("*/ alert(1) /*", "/** *\\/ alert(1) /* */\n");
        check("a\u{2028}b\rc\0d", "/** a b c d */\n");
        check("a\u{202e}b\u{2066}c", "/** a b c */\n");
    }

    #[test]
    fn prints_default_and_examples() {
        let docs = Docs {
            default: Some("0".to_owned()),
            examples: vec![r#""*/""#.to_owned()],
            ..Docs::from("The offset.")
        };
        assert_eq!(
            comment(&docs).print(),
            "/**\n * The offset.\n * @defaultValue 0\n * @example \"*\\/\"\n */\n"
        );
    }

    #[test]
    fn prints_nothing_without_docs() {
        check("", "");
        let deprecated = Docs {
            deprecated: true,
            ..Docs::default()
        };
        assert_eq!(comment(&deprecated).print(), "/** @deprecated */\n");
    }
}
