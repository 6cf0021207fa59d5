//! Translation of the syntax tree of a pattern.

use std::fmt::Write;

use regex_syntax::ast::parse::Parser;
use regex_syntax::ast::{
    AssertionKind, Ast, ClassPerl, ClassPerlKind, ClassSet, ClassSetItem, GroupKind, Literal,
    LiteralKind, RepetitionKind, RepetitionRange, SpecialLiteralKind,
};
use regex_syntax::hir::HirKind;

use super::linear_time::is_linear;

/// The word characters of Unicode (UTS 18, annex C), like `\w` in Rust.
const WORD: &str = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}";

/// The maximum length of a pattern that is simplified, in characters. The simplified form lists the
/// characters of classes such as `\p{L}`, which has hundreds of ranges.
const MAX_SIMPLIFIED_LENGTH: usize = 500;

/// Returns a JavaScript regular expression literal that matches the same strings as `pattern` in
/// Rust.
///
/// Syntax without an equivalent in JavaScript, such as `(?i)abc` or `[a-z&&[^aeiou]]`, is simplified
/// by `regex_syntax` first. Returns `None` if that is not enough, as with `\b`, or if matching could
/// take longer than linear time, as with `^(\w+)+$`. Only the server checks such a pattern.
///
/// The pattern is what `Regex::as_str` returns, so options of `RegexBuilder` are unknown here.
pub(crate) fn to_javascript(pattern: &str) -> Option<String> {
    translate_pattern(pattern).or_else(|| {
        let hir = regex_syntax::parse(pattern).ok()?;
        let simplified = hir.to_string();
        let is_short = simplified.chars().count() <= MAX_SIMPLIFIED_LENGTH;
        if *hir.kind() == HirKind::Empty || !is_short {
            return None;
        }
        translate_pattern(&simplified)
    })
}

/// Returns the text that a pattern without special characters and without anchors finds.
///
/// schemars describes the constraint `contains` by such a pattern.
pub(crate) fn literal_text(pattern: &str) -> Option<String> {
    match regex_syntax::parse(pattern).ok()?.into_kind() {
        HirKind::Literal(literal) => String::from_utf8(literal.0.into_vec()).ok(),
        _ => None,
    }
}

fn translate_pattern(pattern: &str) -> Option<String> {
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
        Ast::Literal(literal) => output.push_str(&translate_literal(literal, None)?),
        // In JavaScript, the dot also excludes other line terminators than the line feed.
        Ast::Dot(_) => output.push_str("[^\\n]"),
        Ast::Assertion(assertion) => output.push(match assertion.kind {
            AssertionKind::StartLine | AssertionKind::StartText => '^',
            AssertionKind::EndLine | AssertionKind::EndText => '$',
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
            let items = match item {
                ClassSetItem::Union(union) => &*union.items,
                item => std::slice::from_ref(item),
            };
            output.push_str(if class.negated { "[^" } else { "[" });
            for (index, item) in items.iter().enumerate() {
                let place = PlaceInClass {
                    is_after_bracket: index == 0 && !class.negated,
                    is_first: index == 0,
                    is_last: index + 1 == items.len(),
                };
                translate_class_item(item, place, output)?;
            }
            output.push(']');
        }
        Ast::Repetition(repetition) => {
            // JavaScript cannot repeat a repetition or an assertion.
            if matches!(
                *repetition.ast,
                Ast::Repetition(_) | Ast::Assertion(_) | Ast::Empty(_)
            ) {
                output.push_str("(?:");
                translate(&repetition.ast, output)?;
                output.push(')');
            } else {
                translate(&repetition.ast, output)?;
            }
            output.push_str(&quantifier(&repetition.op.kind));
            if !repetition.greedy {
                output.push('?');
            }
        }
        Ast::Group(group) => {
            output.push_str(group_start(&group.kind)?);
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

/// Returns the start of a group. Names are omitted, because no one reads the groups and JavaScript
/// allows fewer names.
fn group_start(kind: &GroupKind) -> Option<&'static str> {
    match kind {
        GroupKind::CaptureIndex(_) | GroupKind::CaptureName { .. } => Some("("),
        GroupKind::NonCapturing(flags) if flags.items.is_empty() => Some("(?:"),
        GroupKind::NonCapturing(_) => None,
    }
}

/// The place of an item in a bracketed class, which decides if `^` and `-` have a special meaning.
#[derive(Clone, Copy)]
struct PlaceInClass {
    is_after_bracket: bool,
    is_first: bool,
    is_last: bool,
}

/// Translates a part of a bracketed class. JavaScript has no nested classes without the `v` flag.
fn translate_class_item(
    item: &ClassSetItem,
    place: PlaceInClass,
    output: &mut String,
) -> Option<()> {
    match item {
        ClassSetItem::Empty(_) => {}
        ClassSetItem::Literal(literal) => {
            output.push_str(&translate_literal(literal, Some(place))?);
        }
        ClassSetItem::Range(range) => {
            let is_last = false;
            let start = translate_literal(&range.start, Some(PlaceInClass { is_last, ..place }))?;
            let is_after_bracket = false;
            let place = PlaceInClass {
                is_after_bracket,
                ..place
            };
            let end = translate_literal(&range.end, Some(place))?;
            write!(output, "{start}-{end}").ok()?;
        }
        ClassSetItem::Perl(class) => output.push_str(translate_perl_class(class)?),
        ClassSetItem::Union(_)
        | ClassSetItem::Ascii(_)
        | ClassSetItem::Unicode(_)
        | ClassSetItem::Bracketed(_) => return None,
    }
    Some(())
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

/// Escapes a character only if JavaScript requires it.
fn translate_literal(literal: &Literal, in_class: Option<PlaceInClass>) -> Option<String> {
    let character = literal.c;
    if let LiteralKind::Special(SpecialLiteralKind::Bell | SpecialLiteralKind::Space)
    | LiteralKind::Octal
    | LiteralKind::HexFixed(_)
    | LiteralKind::HexBrace(_) = literal.kind
    {
        return None;
    }
    let must_escape = match in_class {
        None => {
            "^$\\.*+?()[]{}|/".contains(character) && literal.kind != LiteralKind::Verbatim
                || "/]}".contains(character)
        }
        Some(place) => match character {
            '\\' | ']' => true,
            '^' => place.is_after_bracket,
            // Between two items, an unescaped dash is a range.
            '-' => !place.is_first && !place.is_last,
            _ => false,
        },
    };
    Some(match character {
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        '\x0C' => "\\f".to_owned(),
        '\x0B' => "\\v".to_owned(),
        character if must_escape => format!("\\{character}"),
        '\0'..' ' | '\x7F' => return None,
        ' '..='~' => character.to_string(),
        character if character.is_alphanumeric() => character.to_string(),
        character => format!("\\u{{{:x}}}", u32::from(character)),
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
            ("(?P<year>[0-9]{4})", "/([0-9]{4})/u"),
            ("^(?:a|b)+?", "/^(?:a|b)+?/u"),
            ("a.c", r"/a[^\n]c/u"),
            ("a/b\n", r"/a\/b\n/u"),
            (r"\@\-", "/@-/u"),
            (
                r"[\w.\-]",
                r"/[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}.-]/u",
            ),
            ("[]a]", r"/[\]a]/u"),
            ("]", r"/\]/u"),
            (r"a|\t|[\t\-\]]", r"/a|\t|[\t\-\]]/u"),
            ("(?<year>[0-9]{4})", "/([0-9]{4})/u"),
            ("[--a]", r"/[-\-a]/u"),
            (r"[\^\-/\]\[({|]", r"/[\^\-/\][({|]/u"),
            (r"[^\^a\--z]", r"/[^^a\--z]/u"),
            ("^a{2}b{2,}?c?", "/^a{2}b{2,}?c?/u"),
            ("(?<a.b>a)", "/(a)/u"),
            ("[\u{301}é\u{2028}]", r"/[\u{301}é\u{2028}]/u"),
        ] {
            assert_eq!(to_javascript(rust).as_deref(), Some(expected), "{rust}");
        }
    }

    #[test]
    fn simplifies_syntax_without_equivalent() {
        for (rust, expected) in [
            ("(?i)^ab$", "/(?:^[Aa][Bb]$)/u"),
            ("(?i:a)b", "/(?:[Aa]b)/u"),
            (r"\Aabc\z", "/^abc$/u"),
            ("^[a-z&&[^aeiou]]$", "/(?:^[b-df-hj-np-tv-z]$)/u"),
            ("^[[:alpha:]]+$", "/(?:^[A-Za-z]+$)/u"),
            ("^[a-f--b]$", "/(?:^[ac-f]$)/u"),
            (r"^\x41$", "/(?:^A$)/u"),
            ("^[a[b]]$", "/(?:^[ab]$)/u"),
            ("^(?:a|a)*$", "/(?:^a*$)/u"),
        ] {
            assert_eq!(to_javascript(rust).as_deref(), Some(expected), "{rust}");
        }
    }

    #[test]
    fn repeats_repetitions_and_assertions() {
        for (rust, expected) in [
            ("^a{2}{2}$", Some("/^(?:a{2}){2}$/u")),
            ("^a{2}?{2}$", Some("/^(?:a{2}?){2}$/u")),
            ("^[a-z]++$", None),
            ("^a**$", None),
            ("^*a", Some("/(?:(?:^)?a)/u")),
            ("^?a", Some("/(?:^)?a/u")),
            ("^a+?$", Some("/^a+?$/u")),
            ("^a??$", Some("/^a??$/u")),
        ] {
            assert_eq!(to_javascript(rust).as_deref(), expected, "{rust}");
        }
    }

    #[test]
    fn rejects_syntax_without_equivalent() {
        for rust in [
            r"\bword\b",
            r"^(\w+)+$",
            r"\a",
            r"\<word\>",
            "(?m)^a$",
            "(?-u)^\\w$",
            r"^[\W]$",
            r"^\p{L}$",
            "a\u{1}",
            "",
        ] {
            assert_eq!(to_javascript(rust), None, "{rust}");
        }
    }
}
