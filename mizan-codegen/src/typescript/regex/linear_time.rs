//! Decides which regular expressions a matcher that backtracks reads in linear time.
//!
//! The `regex` crate matches every pattern in linear time. JavaScript tries one way to read a text after
//! another, and `^(\w+)+$` has exponentially many. So the ways are counted here: all paths through the
//! pattern by which some text can be read, whether or not they lead to a match.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use regex_syntax::ast::{Ast, RepetitionKind, RepetitionRange, parse::Parser};
use regex_syntax::hir::translate::Translator;
use regex_syntax::hir::{Class, HirKind, Look};

/// In how many ways a pattern may read the same text.
const MOST_WAYS: u64 = 16;
/// The maximum number of letters in a pattern once its repetitions are written out.
const MOST_LETTERS: usize = 1_000;
/// The maximum number of repetitions that are written out; more are treated as any number.
const MOST_COPIES: u32 = 32;
/// The maximum number of combinations of ways that are examined.
const MOST_STATES: usize = 2_000;

/// Returns whether a matcher that backtracks reads any text in time that grows with its length alone.
///
/// Errs on the side of `false`: a pattern that it cannot judge is not linear.
pub(super) fn is_linear(pattern: &str) -> bool {
    count(pattern).is_some()
}

/// Nothing where there are too many ways.
fn count(pattern: &str) -> Option<()> {
    let ast = Parser::new().parse(pattern).ok()?;
    let hir = Translator::new().translate(pattern, &ast).ok()?;
    let is_anchored = hir.properties().look_set_prefix().contains(Look::Start);
    let mut automaton = Automaton {
        pattern,
        classes: Vec::new(),
        letters: Vec::new(),
        next: Vec::new(),
    };
    // The tree as it is written: the `Hir` merges what is the same, `(a|a)` for example, and with it
    // the ways to read it.
    let part = automaton.part(&ast)?;
    automaton.walk(&part.first, is_anchored)
}

/// Ranges of characters, both ends included.
type Ranges = Vec<(u32, u32)>;
/// Letters, with the number of ways to come to each.
type Ways = BTreeMap<usize, u64>;

/// A pattern's letters, and which may follow which (Glushkov's construction).
struct Automaton<'p> {
    pattern: &'p str,
    classes: Vec<Ranges>,
    /// The class of each letter.
    letters: Vec<usize>,
    /// The letters that may follow each letter.
    next: Vec<Ways>,
}

/// The properties of a part of a pattern that are needed to concatenate it with others.
struct Part {
    /// In how many ways it matches the empty text.
    empty: u64,
    first: Ways,
    last: Ways,
}

impl Part {
    fn empty() -> Self {
        Self {
            empty: 1,
            first: Ways::new(),
            last: Ways::new(),
        }
    }
}

impl Automaton<'_> {
    fn part(&mut self, ast: &Ast) -> Option<Part> {
        match ast {
            Ast::Empty(_) | Ast::Assertion(_) => Some(Part::empty()),
            Ast::Flags(_) => None,
            Ast::Group(group) => self.part(&group.ast),
            Ast::Concat(concat) => self.sequence(&concat.asts),
            Ast::Alternation(alternation) => {
                let mut all = Part {
                    empty: 0,
                    ..Part::empty()
                };
                for ast in &alternation.asts {
                    let part = self.part(ast)?;
                    all.empty = all.empty.saturating_add(part.empty);
                    add(&mut all.first, &part.first, 1);
                    add(&mut all.last, &part.last, 1);
                }
                Some(all)
            }
            Ast::Repetition(repetition) => {
                let (min, max) = match repetition.op.kind {
                    RepetitionKind::ZeroOrOne => (0, Some(1)),
                    RepetitionKind::ZeroOrMore => (0, None),
                    RepetitionKind::OneOrMore => (1, None),
                    RepetitionKind::Range(RepetitionRange::Exactly(n)) => (n, Some(n)),
                    RepetitionKind::Range(RepetitionRange::AtLeast(n)) => (n, None),
                    RepetitionKind::Range(RepetitionRange::Bounded(min, max)) => (min, Some(max)),
                };
                self.repeated(&repetition.ast, min, max)
            }
            Ast::Literal(_)
            | Ast::Dot(_)
            | Ast::ClassUnicode(_)
            | Ast::ClassPerl(_)
            | Ast::ClassBracketed(_) => self.letter(ast),
        }
    }

    fn letter(&mut self, ast: &Ast) -> Option<Part> {
        let hir = Translator::new().translate(self.pattern, ast).ok()?;
        let ranges = match hir.kind() {
            HirKind::Literal(literal) => {
                let mut chars = std::str::from_utf8(&literal.0).ok()?.chars();
                let letter = u32::from(chars.next()?);
                vec![(letter, letter)]
            }
            HirKind::Class(Class::Unicode(class)) => class
                .iter()
                .map(|range| (u32::from(range.start()), u32::from(range.end())))
                .collect(),
            _ => return None,
        };
        if self.letters.len() == MOST_LETTERS {
            return None;
        }
        let known = self.classes.iter().position(|class| *class == ranges);
        let class = known.unwrap_or_else(|| {
            self.classes.push(ranges);
            self.classes.len() - 1
        });
        let letter = self.letters.len();
        self.letters.push(class);
        self.next.push(Ways::new());
        Some(Part {
            empty: 0,
            first: Ways::from([(letter, 1)]),
            last: Ways::from([(letter, 1)]),
        })
    }

    fn sequence(&mut self, asts: &[Ast]) -> Option<Part> {
        let mut all = Part::empty();
        for ast in asts {
            let part = self.part(ast)?;
            all = self.concat(all, &part);
        }
        Some(all)
    }

    fn repeated(&mut self, ast: &Ast, min: u32, max: Option<u32>) -> Option<Part> {
        let copies = max.unwrap_or(min);
        if copies > MOST_COPIES {
            return self.any_number(ast, min.min(1));
        }
        let mut optional = match max {
            None => Some(self.any_number(ast, 0)?),
            Some(_) => None,
        };
        // From the end: each optional copy holds those behind it.
        for _ in min..copies {
            let mut copy = self.part(ast)?;
            if copy.empty > 0 && copies > 1 {
                return None;
            }
            if let Some(rest) = &optional {
                copy = self.concat(copy, rest);
            }
            copy.empty = copy.empty.saturating_add(1);
            optional = Some(copy);
        }
        let mut all = Part::empty();
        for _ in 0..min {
            let copy = self.part(ast)?;
            if copy.empty > 0 && (copies > 1 || max.is_none()) {
                return None;
            }
            all = self.concat(all, &copy);
        }
        Some(match optional {
            Some(optional) => self.concat(all, &optional),
            None => all,
        })
    }

    /// A repetition without an end. Of what may be empty, it would hide ways.
    fn any_number(&mut self, ast: &Ast, min: u32) -> Option<Part> {
        let mut part = self.part(ast)?;
        if part.empty > 0 {
            return None;
        }
        self.follow(&part.last, &part.first);
        part.empty = u64::from(min == 0);
        Some(part)
    }

    fn concat(&mut self, one: Part, other: &Part) -> Part {
        self.follow(&one.last, &other.first);
        let mut first = one.first;
        add(&mut first, &other.first, one.empty);
        let mut last = other.last.clone();
        add(&mut last, &one.last, other.empty);
        Part {
            empty: one.empty.saturating_mul(other.empty),
            first,
            last,
        }
    }

    fn follow(&mut self, last: &Ways, first: &Ways) {
        for (letter, ways) in last {
            add(&mut self.next[*letter], first, *ways);
        }
    }

    /// Reads every text there is, until the numbers of ways repeat.
    fn walk(&self, first: &Ways, is_anchored: bool) -> Option<()> {
        let alphabet = self.alphabet();
        let mut seen = HashSet::new();
        let mut open = vec![None::<Ways>];
        while let Some(state) = open.pop() {
            for character in &alphabet {
                let mut read = Ways::new();
                for (letter, ways) in state.iter().flatten() {
                    add(&mut read, &self.next[*letter], *ways);
                }
                // Without an anchor a match is looked for from every place on.
                if state.is_none() || !is_anchored {
                    add(&mut read, first, 1);
                }
                read.retain(|letter, _| character.contains(&self.letters[*letter]));
                let sum = read
                    .values()
                    .fold(0u64, |sum, ways| sum.saturating_add(*ways));
                if sum > MOST_WAYS || seen.len() > MOST_STATES {
                    return None;
                }
                if seen.insert(read.clone()) {
                    open.push(Some(read));
                }
            }
        }
        Some(())
    }

    /// The kinds of characters that the pattern tells apart, each by the classes that it is in.
    fn alphabet(&self) -> BTreeSet<BTreeSet<usize>> {
        let bounds: BTreeSet<u32> = self
            .classes
            .iter()
            .flatten()
            .flat_map(|&(start, end)| [start, end + 1])
            .collect();
        let is_in = |ranges: &Ranges, character: u32| {
            let after = ranges.partition_point(|&(start, _)| start <= character);
            after > 0 && ranges[after - 1].1 >= character
        };
        bounds
            .into_iter()
            .map(|character| {
                (0..self.classes.len())
                    .filter(|class| is_in(&self.classes[*class], character))
                    .collect()
            })
            .collect()
    }
}

fn add(ways: &mut Ways, more: &Ways, times: u64) {
    if times == 0 {
        return;
    }
    for (letter, count) in more {
        let sum = ways.entry(*letter).or_default();
        *sum = sum.saturating_add(count.saturating_mul(times));
    }
}

#[cfg(test)]
mod tests {
    use super::is_linear;

    #[test]
    fn what_is_read_in_few_ways_is_linear() {
        for pattern in [
            "^[a-z0-9_-]{3,16}$",
            r"^-?\d+(\.\d+)?([eE][+-]?\d+)?$",
            "^[a-z0-9]+(?:-[a-z0-9]+)*$",
            // One letter at the end is read in two ways at most.
            "^[a-z](?:[a-z0-9-]*[a-z0-9])?$",
            "^#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})$",
            r"^[\w.+-]+@[\w-]+\.[\w.-]+$",
            r"^\d{4}-\d{2}-\d{2}$",
            r"^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$",
            "^https?://[^ ]+$",
            "^(?:ab|ac)*$",
            "^(?:a|b)+?",
            r"a\.b",
            "[A-Z]",
            "^.{1,5000}$",
            "^(?:a{2}){2,}$",
            "^$",
            "",
        ] {
            assert!(is_linear(pattern), "{pattern}");
        }
    }

    #[test]
    fn what_is_read_in_more_ways_the_longer_it_is_is_not() {
        for pattern in [
            r"^(\w+)+$",
            "^(a+)+$",
            "^(a*)*$",
            "^(a|a)*$",
            "^(?:a|ab|b)*$",
            "^(?:a|[a-z])+$",
            r"^(\w+\s?)*$",
            "^(?:a?){30}$",
            "^(?:a{1,9}){1,9}$",
            "^(?:a{1,99}){1,99}$",
            "^a*a*$",
            r"^\s*.*\s*$",
            r"^[^@\s]+@[^@\s]+\.[^@\s]+$",
            "^(?:a|a)(?:a|a)(?:a|a)(?:a|a)(?:a|a)$",
            "^(?:|a)+$",
            "^(?:a||b)*$",
            "^(?:(?:a|b)*c?)*$",
            // From each place on.
            "a+b",
            r"\s+$",
            "(?:^|a)a*$",
            "^[a-z]{1000}[a-z]{1000}$",
            "(",
        ] {
            assert!(!is_linear(pattern), "{pattern}");
        }
    }
}
