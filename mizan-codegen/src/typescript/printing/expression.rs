//! JavaScript expressions, in the layout that Prettier gives them.

use super::layout::{Document, LINE_WIDTH, text};
use super::literal;

/// The maximum length of a regular expression that Prettier treats as a simple argument, in
/// characters.
const SIMPLE_REGEX_LENGTH: usize = 5;
/// The maximum width of a single argument that Prettier keeps on the line of the call, in columns.
const SHORT_ARGUMENT_WIDTH: usize = LINE_WIDTH / 4;
/// The depth to which Prettier looks for complex parts of an argument.
const SIMPLE_DEPTH: usize = 2;

/// The kinds of expressions that schemas and forms contain.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expression {
    /// An identifier, a number or a keyword.
    Atom(String),
    String(String),
    /// A regular expression, as a literal with its flags.
    Regex(String),
    /// An arrow function, printed on one line.
    Arrow(String),
    Array(Vec<Expression>),
    /// An object literal, on one line if it fits.
    Object(Vec<(String, Expression)>),
    /// An object literal with one property per line.
    ObjectLines(Vec<Property>),
    /// Method calls on an identifier: `z.string().nullable()`.
    Chain(String, Vec<Call>),
    /// A function call: `range({ min: 1 })`.
    Call(Call),
}

/// A property of an object literal, with a line comment before it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Property {
    pub(crate) comment: Option<&'static str>,
    pub(crate) name: String,
    pub(crate) value: Expression,
}

/// A call: the name of the function or method, and the arguments.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Call {
    name: String,
    arguments: Vec<Expression>,
}

impl Expression {
    pub(crate) fn atom(atom: impl Into<String>) -> Self {
        Self::Atom(atom.into())
    }

    pub(crate) fn call(
        name: impl Into<String>,
        arguments: impl IntoIterator<Item = Expression>,
    ) -> Self {
        Self::Call(Call::new(name, arguments))
    }

    /// Calls a method of this expression.
    pub(crate) fn method(
        self,
        name: impl Into<String>,
        arguments: impl IntoIterator<Item = Expression>,
    ) -> Self {
        let call = Call::new(name, arguments);
        match self {
            Self::Chain(root, mut calls) => {
                calls.push(call);
                Self::Chain(root, calls)
            }
            Self::Atom(root) => Self::Chain(root, vec![call]),
            other => unreachable!("`{other:?}` is neither an identifier nor a chain of calls"),
        }
    }

    pub(crate) fn print(&self) -> Document {
        match self {
            Self::Atom(source) | Self::Regex(source) | Self::Arrow(source) => text(source.clone()),
            Self::String(value) => text(literal::string(value)),
            Self::Array(items) if items.is_empty() => text("[]"),
            Self::Array(items) => array(items),
            Self::Object(properties) if properties.is_empty() => text("{}"),
            Self::Object(properties) => {
                let properties = properties.iter().map(|(name, value)| property(name, value));
                Document::list_with_spaces("{", properties, "}")
            }
            Self::ObjectLines(properties) => object_lines(properties),
            Self::Chain(root, calls) => chain(root, calls),
            Self::Call(call) => {
                Document::concat(vec![text(call.name.clone()), arguments(&call.arguments)])
            }
        }
    }

    /// Visits all calls in this expression.
    pub(crate) fn visit_calls<'e>(&'e self, visit: &mut impl FnMut(&'e Call)) {
        match self {
            Self::Atom(_) | Self::String(_) | Self::Regex(_) | Self::Arrow(_) => {}
            Self::Array(items) => items.iter().for_each(|item| item.visit_calls(visit)),
            Self::Object(properties) => properties
                .iter()
                .for_each(|(_, value)| value.visit_calls(visit)),
            Self::ObjectLines(properties) => properties
                .iter()
                .for_each(|property| property.value.visit_calls(visit)),
            Self::Chain(_, calls) => calls.iter().for_each(|call| call.visit(visit)),
            Self::Call(call) => call.visit(visit),
        }
    }

    /// Returns whether Prettier keeps a chain of calls on one line despite this argument.
    fn is_simple(&self, depth: usize) -> bool {
        if depth == 0 {
            return false;
        }
        match self {
            Self::Atom(_) | Self::String(_) => true,
            Self::Regex(source) => {
                let pattern = source.trim_start_matches('/').rsplit_once('/');
                pattern.is_some_and(|(pattern, _)| pattern.chars().count() <= SIMPLE_REGEX_LENGTH)
            }
            Self::Arrow(_) => false,
            Self::Array(items) => items.iter().all(|item| item.is_simple(depth - 1)),
            Self::Object(properties) => properties
                .iter()
                .all(|(_, value)| value.is_simple(depth - 1)),
            Self::ObjectLines(properties) => properties
                .iter()
                .all(|property| property.value.is_simple(depth - 1)),
            Self::Chain(_, calls) => calls.iter().all(|call| call.is_simple(depth)),
            Self::Call(call) => call.is_simple(depth),
        }
    }

    /// Returns whether Prettier breaks the line before this value instead of inside it.
    fn is_poorly_breakable(&self) -> bool {
        match self {
            Self::Atom(_) | Self::String(_) | Self::Regex(_) => true,
            Self::Chain(_, calls) => match calls.as_slice() {
                [call] => call.has_at_most_one_short_argument(),
                _ => false,
            },
            Self::Call(call) => call.has_at_most_one_short_argument(),
            Self::Arrow(_) | Self::Array(_) | Self::Object(_) | Self::ObjectLines(_) => false,
        }
    }

    /// Returns whether Prettier keeps this argument on the line of the call's parenthesis.
    fn is_huggable(&self) -> bool {
        match self {
            Self::Array(items) => !items.is_empty(),
            Self::Object(properties) => !properties.is_empty(),
            Self::ObjectLines(properties) => !properties.is_empty(),
            _ => false,
        }
    }
}

impl Call {
    fn new(name: impl Into<String>, arguments: impl IntoIterator<Item = Expression>) -> Self {
        Self {
            name: name.into(),
            arguments: arguments.into_iter().collect(),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn arguments(&self) -> &[Expression] {
        &self.arguments
    }

    fn visit<'e>(&'e self, visit: &mut impl FnMut(&'e Call)) {
        visit(self);
        for argument in &self.arguments {
            argument.visit_calls(visit);
        }
    }

    fn is_simple(&self, depth: usize) -> bool {
        self.arguments.len() <= depth
            && self
                .arguments
                .iter()
                .all(|argument| argument.is_simple(depth - 1))
    }

    fn has_at_most_one_short_argument(&self) -> bool {
        match self.arguments.as_slice() {
            [] => true,
            [Expression::Atom(atom)] => atom.chars().count() <= SHORT_ARGUMENT_WIDTH,
            _ => false,
        }
    }
}

/// An assignment of a value that starts with `start`, such as a `{`, and breaks after it.
///
/// The value moves to the next line if `start` does not fit on the line of the target.
pub(crate) fn assignment(target: String, start: &str, value: Document) -> Document {
    let width = target.chars().count() + " ".len() + start.chars().count();
    if width <= LINE_WIDTH {
        Document::concat(vec![text(target), text(" "), value])
    } else {
        let line = vec![Document::HardLine, value];
        Document::concat(vec![text(target), Document::indent(line)])
    }
}

/// An assignment of `lazy(() => value)`, which bundlers may remove.
pub(crate) fn lazy_assignment(target: String, value: &Expression) -> Document {
    const START: &str = "/* @__PURE__ */ lazy";

    let body = value.print();
    let flat = Document::concat(vec![text("() => "), body.clone()]);
    let hugged = Document::broken_group(vec![
        text("() =>"),
        Document::indent(vec![Document::Line, body.clone(), Document::IfBroken(",")]),
        Document::SoftLine,
    ]);
    let alone = Document::group(vec![
        text("() =>"),
        Document::indent(vec![Document::Line, body]),
    ]);
    let arguments = match value {
        Expression::Atom(_) => Document::list("(", [alone], ")"),
        _ => hug_last_argument(Vec::new(), flat, hugged, [alone].into_iter()),
    };
    let call = Document::concat(vec![text(START), arguments]);
    assignment(target, &format!("{START}("), call)
}

/// A property of an object literal.
fn property(name: &str, value: &Expression) -> Document {
    let name = format!("{}:", literal::key(name));
    if value.is_poorly_breakable() {
        return Document::group(vec![
            text(name),
            Document::indent(vec![Document::Line, value.print()]),
        ]);
    }
    Document::concat(vec![text(name), text(" "), value.print()])
}

fn object_lines(properties: &[Property]) -> Document {
    if properties.is_empty() {
        return text("{}");
    }
    let inside = properties.iter().flat_map(|one| {
        let comment = one
            .comment
            .iter()
            .flat_map(|comment| [Document::HardLine, text(format!("// {comment}"))]);
        comment.chain([
            Document::HardLine,
            property(&one.name, &one.value),
            text(","),
        ])
    });
    Document::concat(vec![
        text("{"),
        Document::indent(inside.collect()),
        Document::HardLine,
        text("}"),
    ])
}

fn array(items: &[Expression]) -> Document {
    let has_entries = |item: &Expression| match item {
        Expression::Array(items) => items.len() > 1,
        Expression::Object(properties) => properties.len() > 1,
        Expression::ObjectLines(properties) => properties.len() > 1,
        _ => false,
    };
    let printed = items.iter().map(Expression::print);
    if items.len() > 1 && items.iter().all(has_entries) {
        return Document::broken_list("[", printed, "]");
    }
    Document::list("[", printed, "]")
}

fn chain(root: &str, calls: &[Call]) -> Document {
    let printed: Vec<_> = calls
        .iter()
        .map(|call| {
            let name = text(format!(".{}", call.name));
            Document::concat(vec![name, arguments(&call.arguments)])
        })
        .collect();
    let one_line: Vec<_> = [text(root.to_owned())]
        .into_iter()
        .chain(printed.iter().cloned())
        .collect();
    let [others @ .., _] = printed.as_slice() else {
        return Document::concat(one_line);
    };
    if others.is_empty() {
        return Document::concat(one_line);
    }
    let is_complex = calls.len() > 2
        && calls
            .iter()
            .flat_map(|call| &call.arguments)
            .any(|argument| !argument.is_simple(SIMPLE_DEPTH));
    let must_break = is_complex || others.iter().any(Document::will_break);
    let lines = printed
        .into_iter()
        .flat_map(|call| [Document::HardLine, call]);
    let lines = Document::concat(vec![
        text(root.to_owned()),
        Document::indent(lines.collect()),
    ]);
    if must_break {
        lines
    } else {
        Document::choice(vec![Document::concat(one_line), lines])
    }
}

/// The arguments of a call, with the parentheses.
fn arguments(arguments: &[Expression]) -> Document {
    let printed: Vec<_> = arguments.iter().map(Expression::print).collect();
    match printed.as_slice() {
        [] => text("()"),
        [others @ .., last] if hugs_last_argument(arguments) => hug_last_argument(
            others.to_vec(),
            last.clone(),
            break_group(last.clone()),
            printed.iter().cloned(),
        ),
        _ => Document::list("(", printed, ")"),
    }
}

/// Returns whether Prettier keeps the last argument on the line of the parenthesis.
fn hugs_last_argument(arguments: &[Expression]) -> bool {
    let [others @ .., last] = arguments else {
        return false;
    };
    let is_same_kind = others
        .last()
        .is_some_and(|one| std::mem::discriminant(one) == std::mem::discriminant(last));
    last.is_huggable() && !is_same_kind
}

/// Keeps the last argument on the line of the parenthesis if it fits, and breaks inside the
/// argument.
fn hug_last_argument(
    others: Vec<Document>,
    last: Document,
    last_broken: Document,
    all: impl Iterator<Item = Document>,
) -> Document {
    let others: Vec<_> = others
        .into_iter()
        .flat_map(|other| [other, text(", ")])
        .collect();
    let with_last = |last: Document| {
        let mut parts = vec![text("(")];
        parts.extend(others.iter().cloned());
        parts.extend([last, text(")")]);
        Document::concat(parts)
    };
    let must_break = last.will_break();
    let hugged = with_last(last_broken);
    let broken = Document::broken_list("(", all, ")");
    if must_break {
        Document::choice(vec![hugged, broken])
    } else {
        Document::choice(vec![with_last(last), hugged, broken])
    }
}

/// Forces the outermost group of a document to break.
fn break_group(document: Document) -> Document {
    match document {
        Document::Group(documents) => Document::BrokenGroup(documents),
        other => Document::broken_group(vec![other]),
    }
}
