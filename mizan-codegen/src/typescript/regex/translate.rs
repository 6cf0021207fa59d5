//! Translation of the syntax tree of a pattern.

use std::fmt::Write;

use regex_syntax::ast::parse::Parser;
use regex_syntax::ast::{
    AssertionKind, Ast, ClassPerl, ClassPerlKind, ClassSet, ClassSetItem, GroupKind, Literal,
    LiteralKind, RepetitionKind, RepetitionRange, SpecialLiteralKind,
};

use super::linear_time::is_linear;
use crate::naming::is_identifier;

/// The word characters of Unicode (UTS 18, annex C), like `\w` in Rust.
const WORD: &str = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}";

/// Returns a JavaScript regular expression literal that matches the same strings as `pattern` in
/// Rust.
///
/// Returns `None` if JavaScript has no equivalent, for example for `(?i)`, `\A` or
/// `[a-z&&[^aeiou]]`, or if matching could take longer than linear time, as with `^(\w+)+$`. Only
/// the server checks such a pattern.
pub(crate) fn to_javascript(pattern: &str) -> Option<String> {
    let ast = Parser::new().parse(pattern).ok()?;
    let mut output = String::new();
    translate(&ast, &mut output)?;
    if output.is_empty() || !is_linear(pattern, &ast) {
        return None;
    }
    Some(format!("/{output}/u"))
}

fn translate(ast: &Ast, output: &mut String) -> Option<()> {
    match ast {
        Ast::Empty(_) => {}
        Ast::Flags(_) | Ast::ClassUnicode(_) => return None,
        Ast::Literal(literal) => output.push_str(&translate_literal(literal, false)?),
        // In JavaScript, the dot also excludes other line terminators than the line feed.
        Ast::Dot(_) => output.push_str("[^\\n]"),
        Ast::Assertion(assertion) => output.push(match assertion.kind {
            AssertionKind::StartLine => '^',
            AssertionKind::EndLine => '$',
            _ => return None,
        }),
        Ast::ClassPerl(class) => match (&class.kind, class.negated) {
            (ClassPerlKind::Word, false) => output.extend(["[", WORD, "]"]),
            (ClassPerlKind::Word, true) => output.extend(["[^", WORD, "]"]),
            _ => output.push_str(translate_perl_class(class)?),
        },
        Ast::ClassBracketed(class) => {
            let ClassSet::Item(item) = &class.kind else {
                return None;
            };
            output.push_str(if class.negated { "[^" } else { "[" });
            translate_class_item(item, output)?;
            output.push(']');
        }
        Ast::Repetition(repetition) => {
            translate(&repetition.ast, output)?;
            output.push_str(&quantifier(&repetition.op.kind));
            if !repetition.greedy {
                output.push('?');
            }
        }
        Ast::Group(group) => {
            output.push_str(&group_start(&group.kind)?);
            translate(&group.ast, output)?;
            output.push(')');
        }
        Ast::Alternation(alternation) => {
            for (index, ast) in alternation.asts.iter().enumerate() {
                if index > 0 {
                    output.push('|');
                }
                translate(ast, output)?;
            }
        }
        Ast::Concat(concat) => {
            for ast in &concat.asts {
                translate(ast, output)?;
            }
        }
    }
    Some(())
}

fn quantifier(kind: &RepetitionKind) -> String {
    match kind {
        RepetitionKind::ZeroOrOne => "?".to_owned(),
        RepetitionKind::ZeroOrMore => "*".to_owned(),
        RepetitionKind::OneOrMore => "+".to_owned(),
        RepetitionKind::Range(RepetitionRange::Exactly(count)) => format!("{{{count}}}"),
        RepetitionKind::Range(RepetitionRange::AtLeast(min)) => format!("{{{min},}}"),
        RepetitionKind::Range(RepetitionRange::Bounded(min, max)) => format!("{{{min},{max}}}"),
    }
}

fn group_start(kind: &GroupKind) -> Option<String> {
    match kind {
        GroupKind::CaptureIndex(_) => Some("(".to_owned()),
        GroupKind::CaptureName { name, .. } => {
            is_identifier(&name.name).then(|| format!("(?<{}>", name.name))
        }
        GroupKind::NonCapturing(flags) if flags.items.is_empty() => Some("(?:".to_owned()),
        GroupKind::NonCapturing(_) => None,
    }
}

/// Translates a part of a bracketed class. JavaScript has no nested classes without the `v` flag.
fn translate_class_item(item: &ClassSetItem, output: &mut String) -> Option<()> {
    match item {
        ClassSetItem::Empty(_) => {}
        ClassSetItem::Literal(literal) => output.push_str(&translate_literal(literal, true)?),
        ClassSetItem::Range(range) => {
            let start = translate_literal(&range.start, true)?;
            let end = translate_literal(&range.end, true)?;
            write!(output, "{start}-{end}").ok()?;
        }
        ClassSetItem::Perl(class) => output.push_str(translate_perl_class(class)?),
        ClassSetItem::Union(union) => {
            for (index, item) in union.items.iter().enumerate() {
                let is_at_edge = index == 0 || index + 1 == union.items.len();
                if is_dash(item) && !is_at_edge {
                    // Between two items, JavaScript reads an unescaped dash as a range.
                    output.push('\\');
                }
                translate_class_item(item, output)?;
            }
        }
        ClassSetItem::Ascii(_) | ClassSetItem::Unicode(_) | ClassSetItem::Bracketed(_) => {
            return None;
        }
    }
    Some(())
}

fn is_dash(item: &ClassSetItem) -> bool {
    matches!(
        item,
        ClassSetItem::Literal(Literal {
            kind: LiteralKind::Verbatim,
            c: '-',
            ..
        })
    )
}

/// Returns the equivalent of a Perl class. The classes of Rust support Unicode, unlike `\d` in JavaScript.
fn translate_perl_class(class: &ClassPerl) -> Option<&'static str> {
    Some(match (&class.kind, class.negated) {
        (ClassPerlKind::Digit, false) => "\\p{Nd}",
        (ClassPerlKind::Digit, true) => "\\P{Nd}",
        (ClassPerlKind::Space, false) => "\\p{White_Space}",
        (ClassPerlKind::Space, true) => "\\P{White_Space}",
        (ClassPerlKind::Word, false) => WORD,
        (ClassPerlKind::Word, true) => return None,
    })
}

fn translate_literal(literal: &Literal, in_class: bool) -> Option<String> {
    let character = literal.c;
    let must_escape = match literal.kind {
        LiteralKind::Verbatim if in_class => "(){}/|[]\\".contains(character),
        LiteralKind::Verbatim => "/]}".contains(character),
        // A character that is escaped in Rust is escaped only if JavaScript allows the escape.
        LiteralKind::Meta | LiteralKind::Superfluous => {
            "^$\\.*+?()[]{}|/".contains(character) || (in_class && character == '-')
        }
        LiteralKind::Special(SpecialLiteralKind::Bell | SpecialLiteralKind::Space)
        | LiteralKind::Octal
        | LiteralKind::HexFixed(_)
        | LiteralKind::HexBrace(_) => return None,
        LiteralKind::Special(_) => false,
    };
    Some(match character {
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' if literal.kind != LiteralKind::Verbatim => "\\t".to_owned(),
        '\x0C' if literal.kind != LiteralKind::Verbatim => "\\f".to_owned(),
        '\x0B' if literal.kind != LiteralKind::Verbatim => "\\v".to_owned(),
        '\u{2028}' => "\\u2028".to_owned(),
        '\u{2029}' => "\\u2029".to_owned(),
        character if must_escape => format!("\\{character}"),
        character => character.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::to_javascript;

    #[test]
    fn translates_common_syntax() {
        for (rust, expected) in [
            ("^[a-z0-9_-]{3,16}$", "/^[a-z0-9_-]{3,16}$/u"),
            (r"x\.y", r"/x\.y/u"),
            (r"^\d+$", r"/^\p{Nd}+$/u"),
            (r"^-?\d+$", r"/^-?\p{Nd}+$/u"),
            ("(?P<year>[0-9]{4})", "/(?<year>[0-9]{4})/u"),
            ("^(?:a|b)+?", "/^(?:a|b)+?/u"),
            ("a.c", r"/a[^\n]c/u"),
            ("a/b\n", r"/a\/b\n/u"),
            (r"\@\-", "/@-/u"),
            (
                r"[\w.\-]",
                r"/[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}.\-]/u",
            ),
            ("[]a]", r"/[\]a]/u"),
            ("]", r"/\]/u"),
            (r"a|\t|[\t\-\]]", r"/a|\t|[\t\-\]]/u"),
            ("(?<year>[0-9]{4})", "/(?<year>[0-9]{4})/u"),
            ("[--a]", r"/[-\-a]/u"),
            ("^a{2}b{2,}?c?", "/^a{2}b{2,}?c?/u"),
        ] {
            assert_eq!(to_javascript(rust).as_deref(), Some(expected), "{rust}");
        }
    }

    #[test]
    fn rejects_syntax_without_equivalent() {
        for rust in [
            "(?i)abc",
            r"\Aabc\z",
            r"\bword\b",
            r"\p{Greek}",
            "[a-z&&[^aeiou]]",
            "[[:alpha:]]",
            "[a--b]",
            r"^(\w+)+$",
            r"\x41",
            r"\a",
            r"\<word\>",
            "(?<a.b>a)",
            r"[\W]",
            "(?i:a)",
            "[a[b]]",
            "",
        ] {
            assert_eq!(to_javascript(rust), None, "{rust}");
        }
    }
}
