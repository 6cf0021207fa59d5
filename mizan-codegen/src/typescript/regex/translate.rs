//! Regular expressions of the `regex` crate as JavaScript has them.

use std::iter::Peekable;
use std::str::Chars;

use super::linear_time::is_linear;

/// The literal that matches in JavaScript what `pattern` matches in Rust.
///
/// Nothing for what JavaScript lacks or means otherwise, such as `(?i)`, `\A` or `[a-z&&[^aeiou]]`, and
/// for what would keep a browser busy, as `^(\w+)+$` does: the server checks those alone.
pub(crate) fn to_javascript(pattern: &str) -> Option<String> {
    let mut translation = Translation {
        input: pattern.chars().peekable(),
        output: String::new(),
    };
    translation.expression()?;
    if translation.output.is_empty() || !is_linear(pattern) {
        return None;
    }
    Some(format!("/{}/u", translation.output))
}

struct Translation<'p> {
    input: Peekable<Chars<'p>>,
    output: String,
}

impl Translation<'_> {
    fn expression(&mut self) -> Option<()> {
        while let Some(letter) = self.input.next() {
            match letter {
                '\\' => self.escape(false)?,
                '[' => self.class()?,
                '(' => self.group()?,
                '{' => self.repetition()?,
                // The dot of JavaScript stops at more than line feeds.
                '.' => self.output.push_str("[^\\n]"),
                '/' => self.output.push_str("\\/"),
                ']' | '}' => self.output.extend(['\\', letter]),
                letter => self.literal(letter),
            }
        }
        Some(())
    }

    fn group(&mut self) -> Option<()> {
        self.output.push('(');
        if self.input.next_if_eq(&'?').is_none() {
            return Some(());
        }
        self.output.push('?');
        match self.input.next()? {
            ':' => self.output.push(':'),
            'P' => {
                self.input.next_if_eq(&'<')?;
                self.output.push('<');
            }
            '<' => self.output.push('<'),
            _ => return None,
        }
        Some(())
    }

    fn repetition(&mut self) -> Option<()> {
        self.output.push('{');
        loop {
            match self.input.next()? {
                '}' => break,
                letter if letter.is_ascii_digit() || letter == ',' => self.output.push(letter),
                _ => return None,
            }
        }
        self.output.push('}');
        Some(())
    }

    fn class(&mut self) -> Option<()> {
        self.output.push('[');
        if self.input.next_if_eq(&'^').is_some() {
            self.output.push('^');
        }
        if self.input.next_if_eq(&']').is_some() {
            self.output.push_str("\\]");
        }
        loop {
            match self.input.next()? {
                ']' => break,
                '\\' => self.escape(true)?,
                // A class in a class, or two of the same: an operation on sets.
                '[' => return None,
                letter @ ('&' | '~' | '-') if self.input.peek() == Some(&letter) => return None,
                letter @ ('(' | ')' | '{' | '}' | '/' | '|') => self.output.extend(['\\', letter]),
                letter => self.literal(letter),
            }
        }
        self.output.push(']');
        Some(())
    }

    /// What follows a backslash. The classes of Rust know all of Unicode, those of JavaScript do not.
    fn escape(&mut self, in_class: bool) -> Option<()> {
        let letter = self.input.next()?;
        match letter {
            'n' | 'r' | 't' | 'f' | 'v' => self.output.extend(['\\', letter]),
            'd' => self.output.push_str("\\p{Nd}"),
            'D' => self.output.push_str("\\P{Nd}"),
            's' => self.output.push_str("\\p{White_Space}"),
            'S' => self.output.push_str("\\P{White_Space}"),
            'w' if in_class => self.output.push_str(WORD),
            'w' => self.output.extend(["[", WORD, "]"]),
            'W' if !in_class => self.output.extend(["[^", WORD, "]"]),
            '-' if in_class => self.output.push_str("\\-"),
            '^' | '$' | '\\' | '.' | '*' | '+' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '|'
            | '/' => self.output.extend(['\\', letter]),
            punctuation if punctuation.is_ascii_punctuation() && !"<>".contains(punctuation) => {
                self.output.push(punctuation);
            }
            _ => return None,
        }
        Some(())
    }

    fn literal(&mut self, letter: char) {
        match letter {
            '\n' => self.output.push_str("\\n"),
            '\r' => self.output.push_str("\\r"),
            '\u{2028}' => self.output.push_str("\\u2028"),
            '\u{2029}' => self.output.push_str("\\u2029"),
            letter => self.output.push(letter),
        }
    }
}

/// Unicode's word characters (UTS 18, annex C), as `\w` in Rust.
const WORD: &str = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}";

#[cfg(test)]
mod tests {
    use super::to_javascript;

    #[test]
    fn what_both_have_is_translated() {
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
        ] {
            assert_eq!(to_javascript(rust).as_deref(), Some(expected), "{rust}");
        }
    }

    #[test]
    fn what_javascript_lacks_is_left_to_the_server() {
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
            "",
        ] {
            assert_eq!(to_javascript(rust), None, "{rust}");
        }
    }
}
