//! A pretty-printer that produces the same layout as Prettier.
//!
//! The algorithm is Wadler's ("A prettier printer", 2003), with Prettier's extensions.

use std::borrow::Cow;
use std::rc::Rc;

/// The maximum width of a line, Prettier's default `printWidth`.
pub(crate) const LINE_WIDTH: usize = 80;
const INDENT_WIDTH: usize = 2;

/// A piece of text with several possible layouts.
///
/// Clones share their parts, because alternatives of a [choice](Document::choice) contain the same parts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Document {
    Text(Cow<'static, str>),
    /// A space, or a line break in a broken group.
    Line,
    /// Nothing, or a line break in a broken group.
    SoftLine,
    /// A line break. It breaks all enclosing groups.
    HardLine,
    /// Text that is printed only in a broken group.
    IfBroken(&'static str),
    Concat(Rc<[Document]>),
    /// Increases the indentation of lines that start inside.
    Indent(Rc<[Document]>),
    /// Printed on one line if it fits; otherwise, its own lines are broken. Created by
    /// [`Document::group`].
    Group(Rc<[Document]>),
    /// A group that is always broken.
    BrokenGroup(Rc<[Document]>),
    /// Printed as the first alternative that fits up to its first line break, otherwise as the last
    /// alternative.
    Choice(Rc<[Document]>),
}

impl Document {
    /// Creates a group. If the contents have a line break in every layout, the group is broken.
    pub(crate) fn group(documents: Vec<Document>) -> Document {
        if documents.iter().any(Document::will_break) {
            Document::broken_group(documents)
        } else {
            Document::Group(documents.into())
        }
    }

    /// Creates a [`Document::BrokenGroup`].
    pub(crate) fn broken_group(documents: Vec<Document>) -> Document {
        Document::BrokenGroup(documents.into())
    }

    /// Creates a [`Document::Concat`].
    pub(crate) fn concat(documents: Vec<Document>) -> Document {
        Document::Concat(documents.into())
    }

    /// Creates a [`Document::Indent`].
    pub(crate) fn indent(documents: Vec<Document>) -> Document {
        Document::Indent(documents.into())
    }

    /// Creates a [`Document::Choice`].
    pub(crate) fn choice(alternatives: Vec<Document>) -> Document {
        Document::Choice(alternatives.into())
    }

    /// Joins documents with a separator.
    pub(crate) fn join(
        documents: impl IntoIterator<Item = Document>,
        separator: &[Document],
    ) -> Vec<Document> {
        let mut joined = Vec::new();
        for document in documents {
            if !joined.is_empty() {
                joined.extend_from_slice(separator);
            }
            joined.push(document);
        }
        joined
    }

    /// A list with delimiters, separated by commas: on one line, or one item per line.
    pub(crate) fn list(
        open: &'static str,
        items: impl IntoIterator<Item = Document>,
        close: &'static str,
    ) -> Document {
        Document::group(list_contents(Document::SoftLine, open, items, close))
    }

    /// A [list](Document::list) with spaces inside the delimiters: `{ a, b }`.
    pub(crate) fn list_with_spaces(
        open: &'static str,
        items: impl IntoIterator<Item = Document>,
        close: &'static str,
    ) -> Document {
        Document::group(list_contents(Document::Line, open, items, close))
    }

    /// A [list](Document::list) with one item per line.
    pub(crate) fn broken_list(
        open: &'static str,
        items: impl IntoIterator<Item = Document>,
        close: &'static str,
    ) -> Document {
        Document::broken_group(list_contents(Document::SoftLine, open, items, close))
    }

    /// Returns whether the document contains a line break in every layout.
    pub(crate) fn will_break(&self) -> bool {
        match self {
            Document::HardLine | Document::BrokenGroup(_) => true,
            Document::Text(_)
            | Document::Line
            | Document::SoftLine
            | Document::IfBroken(_)
            | Document::Group(_) => false,
            Document::Concat(documents) | Document::Indent(documents) => {
                documents.iter().any(Document::will_break)
            }
            Document::Choice(alternatives) => {
                alternatives.first().is_some_and(Document::will_break)
            }
        }
    }

    /// Prints the document. Lines exceed [`LINE_WIDTH`] only if they cannot be broken.
    pub(crate) fn print(&self) -> String {
        let mut output = String::new();
        let mut column = 0;
        let mut pending = vec![Pending {
            indent: 0,
            broken: true,
            document: self,
        }];
        while let Some(next) = pending.pop() {
            match next.document {
                Document::Text(text) => {
                    output.push_str(text);
                    column = match text.rsplit_once('\n') {
                        Some((_, last_line)) => last_line.chars().count(),
                        None => column + text.chars().count(),
                    };
                }
                Document::Line | Document::SoftLine | Document::HardLine if next.breaks() => {
                    output.truncate(output.trim_end_matches(' ').len());
                    output.push('\n');
                    output.extend(std::iter::repeat_n(' ', next.indent));
                    column = next.indent;
                }
                Document::Line => {
                    output.push(' ');
                    column += 1;
                }
                Document::SoftLine | Document::HardLine => {}
                Document::IfBroken(text) => {
                    if next.broken {
                        output.push_str(text);
                        column += text.len();
                    }
                }
                Document::Concat(documents) => pending.extend(next.children(documents)),
                Document::Indent(documents) => {
                    let indented = Pending {
                        indent: next.indent + INDENT_WIDTH,
                        ..next
                    };
                    pending.extend(indented.children(documents));
                }
                Document::Group(documents) => {
                    let width = LINE_WIDTH.saturating_sub(column);
                    let flat = next.with_broken(false);
                    let broken = !fits(flat.children(documents).collect(), &pending, width);
                    pending.extend(next.with_broken(broken).children(documents));
                }
                Document::BrokenGroup(documents) => {
                    pending.extend(next.with_broken(true).children(documents));
                }
                Document::Choice(alternatives) => {
                    let width = LINE_WIDTH.saturating_sub(column);
                    let flat = next.with_broken(false);
                    let fitting = alternatives
                        .iter()
                        .map(|document| Pending { document, ..flat })
                        .find(|alternative| fits(vec![*alternative], &pending, width));
                    let last = alternatives.last().map(|document| Pending {
                        document,
                        ..next.with_broken(true)
                    });
                    pending.extend(fitting.or(last));
                }
            }
        }
        output
    }
}

fn list_contents(
    space: Document,
    open: &'static str,
    items: impl IntoIterator<Item = Document>,
    close: &'static str,
) -> Vec<Document> {
    let mut inside = vec![space.clone()];
    inside.extend(Document::join(items, &[text(","), Document::Line]));
    inside.push(Document::IfBroken(","));
    vec![text(open), Document::indent(inside), space, text(close)]
}

/// Creates a document from text.
pub(crate) fn text(text: impl Into<Cow<'static, str>>) -> Document {
    Document::Text(text.into())
}

/// A document that is not printed yet.
#[derive(Clone, Copy)]
struct Pending<'a> {
    indent: usize,
    /// True inside a broken group.
    broken: bool,
    document: &'a Document,
}

impl<'a> Pending<'a> {
    fn breaks(&self) -> bool {
        self.broken || *self.document == Document::HardLine
    }

    fn with_broken(self, broken: bool) -> Self {
        Self { broken, ..self }
    }

    /// Returns the children in reverse order, to push them on a stack.
    fn children(self, documents: &'a [Document]) -> impl Iterator<Item = Pending<'a>> {
        documents
            .iter()
            .rev()
            .map(move |document| Pending { document, ..self })
    }
}

/// Returns whether the documents on the stack `inside`, and the text after them up to the next
/// possible line break, fit into `width` columns.
fn fits<'a>(mut inside: Vec<Pending<'a>>, following: &[Pending<'a>], width: usize) -> bool {
    let mut remaining = width;
    let mut following = following.iter().rev();
    loop {
        let Some(next) = inside.pop().or_else(|| following.next().copied()) else {
            return true;
        };
        let used = match next.document {
            Document::Text(text) => match text.split_once('\n') {
                Some((first_line, _)) => return first_line.chars().count() <= remaining,
                None => text.chars().count(),
            },
            Document::HardLine => return next.broken,
            Document::Line | Document::SoftLine if next.broken => return true,
            Document::Line => 1,
            Document::SoftLine => 0,
            Document::IfBroken(text) if next.broken => text.len(),
            Document::IfBroken(_) => 0,
            Document::Concat(documents)
            | Document::Indent(documents)
            | Document::Group(documents) => {
                inside.extend(next.children(documents));
                0
            }
            Document::BrokenGroup(documents) => {
                inside.extend(next.with_broken(true).children(documents));
                0
            }
            Document::Choice(alternatives) => {
                let alternative = if next.broken {
                    alternatives.last()
                } else {
                    alternatives.first()
                };
                inside.extend(alternative.map(|document| Pending { document, ..next }));
                0
            }
        };
        match remaining.checked_sub(used) {
            Some(left) => remaining = left,
            None => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Document, text};

    fn call(arguments: &[&'static str]) -> String {
        let arguments = arguments.iter().map(|argument| text(*argument));
        Document::list("f(", arguments, ")").print()
    }

    #[test]
    fn keeps_group_that_fits_on_one_line() {
        assert_eq!(call(&["a", "b"]), "f(a, b)");
    }

    #[test]
    fn breaks_all_lines_of_group_that_does_not_fit() {
        let long = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz";
        assert_eq!(call(&[long, long]), format!("f(\n  {long},\n  {long},\n)"));
    }

    #[test]
    fn counts_text_after_group() {
        let word = "x".repeat(76);
        let group = Document::list("(", [text(word.clone())], ")");
        let fitting = Document::concat(vec![group.clone(), text(";")]).print();
        assert_eq!(fitting, format!("({word});"));
        let breaking = Document::concat(vec![group, text(";;;")]).print();
        assert_eq!(breaking, format!("(\n  {word},\n);;;"));
    }

    #[test]
    fn counts_columns_from_last_line_of_text() {
        let group = Document::list("(", [text("a"), text("b")], ")");
        let line = "x".repeat(70);
        let printed = Document::concat(vec![text(format!("{line}\n{line}")), group]).print();
        assert_eq!(printed, format!("{line}\n{line}(a, b)"));
    }

    #[test]
    fn hard_line_breaks_enclosing_groups() {
        let group = Document::group(vec![
            text("a"),
            Document::Line,
            text("b"),
            Document::HardLine,
        ]);
        assert_eq!(group.print(), "a\nb\n");
    }

    #[test]
    fn chooses_first_alternative_that_fits() {
        let long = "x".repeat(81);
        let broken = |word: &str| {
            Document::broken_group(vec![
                text(word.to_owned()),
                Document::SoftLine,
                text(long.clone()),
            ])
        };
        let choice = Document::choice(vec![text(long.clone()), broken("a"), broken("b")]);
        assert_eq!(choice.print(), format!("a\n{long}"));
    }
}
