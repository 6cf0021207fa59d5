//! Patterns: which are portable, and which stand for the checks of forms.

use regex_syntax::ast::parse::Parser;
use regex_syntax::ast::{
    AssertionKind, Ast, ClassSet, ClassSetItem, GroupKind, HexLiteralKind, Literal, LiteralKind,
    SpecialLiteralKind,
};

/// A text that is not empty and does not consist of white space.
pub(super) const NOT_BLANK: &str = r"\S";

/// A text without control characters, such as line breaks.
pub(super) const SINGLE_LINE: &str = r"^[^\u0000-\u001f\u007f-\u009f]*$";

const TIME: &str = r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?$";
const DATE_TIME: &str = r"^\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?$";
const COLOR: &str = r"^#[0-9a-fA-F]{6}$";

/// Returns the pattern of a format in which HTML controls write a value.
pub(super) fn of_html_format(format: &str) -> Option<&'static str> {
    match format {
        "time" => Some(TIME),
        "datetime" => Some(DATE_TIME),
        "color" => Some(COLOR),
        _ => None,
    }
}

/// Returns an example that matches a pattern of this module, and that has the length of a word.
pub(super) fn example_of(pattern: &str) -> Option<&'static str> {
    match pattern {
        NOT_BLANK | SINGLE_LINE => Some("text"),
        TIME => Some("12:30"),
        DATE_TIME => Some("2026-01-31T12:30"),
        COLOR => Some("#336699"),
        _ => None,
    }
}

/// Returns whether a pattern has the same syntax in Rust, in ECMAScript with the flag `u`, which validators
/// of JSON Schema use, and in the languages of most clients.
pub(super) fn is_portable(pattern: &str) -> bool {
    Parser::new()
        .parse(pattern)
        .is_ok_and(|ast| is_portable_syntax(&ast))
}

fn is_portable_syntax(ast: &Ast) -> bool {
    match ast {
        Ast::Empty(_) | Ast::Dot(_) | Ast::ClassPerl(_) => true,
        Ast::Literal(literal) => is_portable_literal(literal, &['{', '}', ']']),
        Ast::Assertion(assertion) => matches!(
            assertion.kind,
            AssertionKind::StartLine
                | AssertionKind::EndLine
                | AssertionKind::WordBoundary
                | AssertionKind::NotWordBoundary
        ),
        Ast::ClassBracketed(class) => match &class.kind {
            ClassSet::Item(item) => is_portable_item(item),
            ClassSet::BinaryOp(_) => false,
        },
        Ast::Repetition(repetition) => {
            let is_atom = !matches!(
                *repetition.ast,
                Ast::Repetition(_) | Ast::Assertion(_) | Ast::Empty(_)
            );
            is_atom && is_portable_syntax(&repetition.ast)
        }
        Ast::Group(group) => {
            let is_plain = match &group.kind {
                GroupKind::CaptureIndex(_) => true,
                GroupKind::NonCapturing(flags) => flags.items.is_empty(),
                GroupKind::CaptureName { .. } => false,
            };
            is_plain && is_portable_syntax(&group.ast)
        }
        Ast::Alternation(alternation) => alternation.asts.iter().all(is_portable_syntax),
        Ast::Concat(concat) => concat.asts.iter().all(is_portable_syntax),
        Ast::Flags(_) | Ast::ClassUnicode(_) => false,
    }
}

/// Returns whether an item of a class is portable. Only Rust has nested and named classes.
fn is_portable_item(item: &ClassSetItem) -> bool {
    // A class of Rust can begin with a literal `]`.
    let is_literal = |literal| is_portable_literal(literal, &['[', ']']);
    match item {
        ClassSetItem::Empty(_) | ClassSetItem::Perl(_) => true,
        ClassSetItem::Literal(literal) => is_literal(literal),
        ClassSetItem::Range(range) => is_literal(&range.start) && is_literal(&range.end),
        ClassSetItem::Union(union) => union.items.iter().all(is_portable_item),
        ClassSetItem::Ascii(_) | ClassSetItem::Unicode(_) | ClassSetItem::Bracketed(_) => false,
    }
}

/// Returns whether a literal is portable. `reserved` characters have to be escaped.
fn is_portable_literal(literal: &Literal, reserved: &[char]) -> bool {
    match &literal.kind {
        LiteralKind::Verbatim => !reserved.contains(&literal.c),
        LiteralKind::Meta => r"^$\.*+?()[]{}|".contains(literal.c),
        LiteralKind::HexFixed(HexLiteralKind::X | HexLiteralKind::UnicodeShort) => true,
        LiteralKind::Special(special) => matches!(
            special,
            SpecialLiteralKind::FormFeed
                | SpecialLiteralKind::Tab
                | SpecialLiteralKind::LineFeed
                | SpecialLiteralKind::CarriageReturn
                | SpecialLiteralKind::VerticalTab
        ),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_portable;

    #[test]
    fn recognizes_portable_patterns() {
        for pattern in [
            "",
            "^[a-z]{2}-[0-9]{2}$",
            r"^\w+(?:\.\w+)*$",
            "ä|ö",
            r"\[\]",
        ] {
            assert!(is_portable(pattern), "{pattern}");
        }
        for pattern in [
            "(?i)^abc$",
            r"\p{L}",
            r"\A",
            r"\x{41}",
            "[[:alpha:]]",
            "[a-z&&b]",
            "[a[b]]",
            "[]a]",
            "^[a-z]++$",
            "a{2}{3}",
            "}",
            r"\@",
            "(?P<a>b)",
            "\\",
        ] {
            assert!(!is_portable(pattern), "{pattern}");
        }
    }
}
