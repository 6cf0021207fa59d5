//! Text that knows where it may break: the layout algorithm of Wadler ("A prettier printer",
//! 2003), which Prettier uses as well.

use std::borrow::Cow;

const WIDTH: usize = 80;
const INDENT: usize = 2;

/// A piece of text that may be laid out on one line or on several.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Document {
    Text(Cow<'static, str>),
    /// A space, or a line break where the group is broken.
    Line,
    /// Nothing, or a line break where the group is broken.
    SoftLine,
    /// A line break. Every group around it is broken.
    HardLine,
    /// Text for a broken group alone.
    IfBroken(&'static str),
    Concat(Vec<Document>),
    /// Lines in it start further to the right.
    Indent(Vec<Document>),
    /// On one line where that fits, otherwise broken at each of its own lines.
    Group(Vec<Document>),
}

impl Document {
    /// The documents with `separator` between them.
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

    /// `open`, the items separated by commas, `close`: on one line, or each item on its own.
    pub(crate) fn list(
        open: &'static str,
        items: impl IntoIterator<Item = Document>,
        close: &'static str,
    ) -> Document {
        Self::list_within(Document::SoftLine, open, items, close)
    }

    /// As [`Document::list`], with spaces inside: `{ a, b }`.
    pub(crate) fn list_with_spaces(
        open: &'static str,
        items: impl IntoIterator<Item = Document>,
        close: &'static str,
    ) -> Document {
        Self::list_within(Document::Line, open, items, close)
    }

    fn list_within(
        space: Document,
        open: &'static str,
        items: impl IntoIterator<Item = Document>,
        close: &'static str,
    ) -> Document {
        let mut inside = vec![space.clone()];
        inside.extend(Document::join(items, &[text(","), Document::Line]));
        inside.push(Document::IfBroken(","));
        Document::Group(vec![
            text(open),
            Document::Indent(inside),
            space,
            text(close),
        ])
    }

    /// Lays the document out in lines of at most 80 columns where that is possible.
    pub(crate) fn print(&self) -> String {
        let mut output = String::new();
        let mut column = 0;
        let mut open = vec![Open {
            indent: 0,
            broken: true,
            document: self,
        }];
        while let Some(next) = open.pop() {
            match next.document {
                Document::Text(text) => {
                    output.push_str(text);
                    column += text.chars().count();
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
                Document::Concat(documents) => open.extend(next.around(documents)),
                Document::Indent(documents) => {
                    let inner = Open {
                        indent: next.indent + INDENT,
                        ..next
                    };
                    open.extend(inner.around(documents));
                }
                Document::Group(documents) => {
                    let flat = Open {
                        broken: false,
                        ..next
                    };
                    let broken = !fits(flat, documents, &open, WIDTH.saturating_sub(column));
                    open.extend(Open { broken, ..next }.around(documents));
                }
            }
        }
        output
    }
}

pub(crate) fn text(text: impl Into<Cow<'static, str>>) -> Document {
    Document::Text(text.into())
}

/// A document that is still to be printed.
#[derive(Clone, Copy)]
struct Open<'a> {
    indent: usize,
    broken: bool,
    document: &'a Document,
}

impl<'a> Open<'a> {
    fn breaks(&self) -> bool {
        self.broken || *self.document == Document::HardLine
    }

    /// The documents in it, the last one first, as a stack wants them.
    fn around(self, documents: &'a [Document]) -> impl Iterator<Item = Open<'a>> {
        documents
            .iter()
            .rev()
            .map(move |document| Open { document, ..self })
    }
}

/// Whether `documents` and what follows them up to the next line break fit into `width` columns.
fn fits(group: Open<'_>, documents: &[Document], rest: &[Open<'_>], width: usize) -> bool {
    let mut left = width;
    let mut inside: Vec<_> = group.around(documents).collect();
    let mut rest = rest.iter().rev();
    loop {
        let Some(next) = inside.pop().or_else(|| rest.next().copied()) else {
            return true;
        };
        let used = match next.document {
            Document::Text(text) => text.chars().count(),
            Document::HardLine => return next.broken,
            Document::Line | Document::SoftLine if next.broken => return true,
            Document::Line => 1,
            Document::SoftLine => 0,
            Document::IfBroken(text) if next.broken => text.len(),
            Document::IfBroken(_) => 0,
            Document::Concat(documents) | Document::Indent(documents) => {
                inside.extend(next.around(documents));
                0
            }
            Document::Group(documents) => {
                let flat = Open {
                    broken: false,
                    ..next
                };
                inside.extend(flat.around(documents));
                0
            }
        };
        match left.checked_sub(used) {
            Some(remaining) => left = remaining,
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
    fn what_fits_stays_on_one_line() {
        assert_eq!(call(&["a", "b"]), "f(a, b)");
    }

    #[test]
    fn what_does_not_fit_breaks_everywhere() {
        let long = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz";
        assert_eq!(call(&[long, long]), format!("f(\n  {long},\n  {long},\n)"));
    }

    #[test]
    fn what_follows_counts() {
        let word = "x".repeat(76);
        let group = Document::list("(", [text(word.clone())], ")");
        let fitting = Document::Concat(vec![group.clone(), text(";")]).print();
        assert_eq!(fitting, format!("({word});"));
        let breaking = Document::Concat(vec![group, text(";;;")]).print();
        assert_eq!(breaking, format!("(\n  {word},\n);;;"));
    }

    #[test]
    fn a_hard_line_breaks_its_groups() {
        let group = Document::Group(vec![
            text("a"),
            Document::Line,
            text("b"),
            Document::HardLine,
        ]);
        assert_eq!(group.print(), "a\nb\n");
    }
}
