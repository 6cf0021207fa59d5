//! Detection of regular expressions that a backtracking matcher processes in linear time.
//!
//! The `regex` crate matches every pattern in linear time. JavaScript engines backtrack: they try
//! all paths through the pattern, and `^(\w+)+$` has exponentially many paths. This module counts
//! the paths by which a pattern can read a text, including paths that do not lead to a match.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use regex_syntax::ast::{Ast, RepetitionKind, RepetitionRange};
use regex_syntax::hir::translate::Translator;
use regex_syntax::hir::{Class, HirKind, Look};

/// The maximum number of paths by which a pattern may read the same text.
const MAX_PATHS: u64 = 16;
/// The maximum number of positions in a pattern after its repetitions are expanded.
const MAX_POSITIONS: usize = 1_000;
/// The maximum number of repetitions that are expanded. A higher number is treated as unlimited.
const MAX_EXPANDED_REPETITIONS: u32 = 32;
/// The maximum number of states that are examined.
const MAX_STATES: usize = 2_000;

/// Returns whether a backtracking matcher processes every text in linear time.
///
/// Returns `false` for a pattern that is too complex to decide.
pub(super) fn is_linear(pattern: &str, ast: &Ast) -> bool {
    count_paths(pattern, ast).is_some()
}

/// Returns `None` if there are too many paths.
fn count_paths(pattern: &str, ast: &Ast) -> Option<()> {
    let hir = Translator::new().translate(pattern, ast).ok()?;
    let is_anchored = hir.properties().look_set_prefix().contains(Look::Start);
    let mut automaton = Automaton {
        pattern,
        classes: Vec::new(),
        positions: Vec::new(),
        next: Vec::new(),
    };
    // Uses the `Ast`, because the `Hir` merges equal alternatives, such as `(a|a)`, and so has
    // fewer paths.
    let part = automaton.part(ast)?;
    automaton.explore(&part.first, is_anchored)
}

/// Inclusive ranges of characters.
type Ranges = Vec<(u32, u32)>;
/// The number of paths to each position.
type Paths = BTreeMap<usize, u64>;

/// The positions of a pattern, and the positions that may follow each (Glushkov's construction).
struct Automaton<'p> {
    pattern: &'p str,
    classes: Vec<Ranges>,
    /// The character class of each position.
    positions: Vec<usize>,
    /// The positions that may follow each position.
    next: Vec<Paths>,
}

/// The properties of a part of a pattern that are needed to concatenate it with others.
struct Part {
    /// The number of paths by which it matches the empty text.
    empty: u64,
    first: Paths,
    last: Paths,
}

impl Part {
    fn empty() -> Self {
        Self {
            empty: 1,
            first: Paths::new(),
            last: Paths::new(),
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
                    add_paths(&mut all.first, &part.first, 1);
                    add_paths(&mut all.last, &part.last, 1);
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
            | Ast::ClassBracketed(_) => self.position(ast),
        }
    }

    fn position(&mut self, ast: &Ast) -> Option<Part> {
        let hir = Translator::new().translate(self.pattern, ast).ok()?;
        let ranges = match hir.kind() {
            HirKind::Literal(literal) => {
                let mut chars = std::str::from_utf8(&literal.0).ok()?.chars();
                let character = u32::from(chars.next()?);
                vec![(character, character)]
            }
            HirKind::Class(Class::Unicode(class)) => class
                .iter()
                .map(|range| (u32::from(range.start()), u32::from(range.end())))
                .collect(),
            _ => return None,
        };
        if self.positions.len() == MAX_POSITIONS {
            return None;
        }
        let known = self.classes.iter().position(|class| *class == ranges);
        let class = known.unwrap_or_else(|| {
            self.classes.push(ranges);
            self.classes.len() - 1
        });
        let position = self.positions.len();
        self.positions.push(class);
        self.next.push(Paths::new());
        Some(Part {
            empty: 0,
            first: Paths::from([(position, 1)]),
            last: Paths::from([(position, 1)]),
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
        if copies > MAX_EXPANDED_REPETITIONS {
            return self.unlimited(ast, min.min(1));
        }
        let mut optional = match max {
            None => Some(self.unlimited(ast, 0)?),
            Some(_) => None,
        };
        // Starts with the last copy, because each optional copy contains the copies after it.
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

    /// Adds an unlimited repetition. A part that matches the empty text is rejected.
    fn unlimited(&mut self, ast: &Ast, min: u32) -> Option<Part> {
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
        add_paths(&mut first, &other.first, one.empty);
        let mut last = other.last.clone();
        add_paths(&mut last, &one.last, other.empty);
        Part {
            empty: one.empty.saturating_mul(other.empty),
            first,
            last,
        }
    }

    fn follow(&mut self, last: &Paths, first: &Paths) {
        for (position, paths) in last {
            add_paths(&mut self.next[*position], first, *paths);
        }
    }

    /// Explores all texts until the numbers of paths repeat.
    fn explore(&self, first: &Paths, is_anchored: bool) -> Option<()> {
        let alphabet = self.alphabet();
        let mut seen = HashSet::new();
        let mut pending = vec![None::<Paths>];
        while let Some(state) = pending.pop() {
            for character in &alphabet {
                let mut read = Paths::new();
                for (position, paths) in state.iter().flatten() {
                    add_paths(&mut read, &self.next[*position], *paths);
                }
                // Without an anchor, a match may start anywhere.
                if state.is_none() || !is_anchored {
                    add_paths(&mut read, first, 1);
                }
                read.retain(|position, _| character.contains(&self.positions[*position]));
                let sum = read
                    .values()
                    .fold(0u64, |sum, paths| sum.saturating_add(*paths));
                if sum > MAX_PATHS || seen.len() > MAX_STATES {
                    return None;
                }
                if seen.insert(read.clone()) {
                    pending.push(Some(read));
                }
            }
        }
        Some(())
    }

    /// Returns the sets of classes that characters can belong to.
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

/// Adds the paths in `more`, multiplied by `times`.
fn add_paths(paths: &mut Paths, more: &Paths, times: u64) {
    if times == 0 {
        return;
    }
    for (position, count) in more {
        let sum = paths.entry(*position).or_default();
        *sum = sum.saturating_add(count.saturating_mul(times));
    }
}

#[cfg(test)]
mod tests {
    use regex_syntax::ast::parse::Parser;

    fn is_linear(pattern: &str) -> bool {
        let ast = Parser::new().parse(pattern);
        ast.is_ok_and(|ast| super::is_linear(pattern, &ast))
    }

    #[test]
    fn accepts_patterns_with_few_paths() {
        for pattern in [
            "^[a-z0-9_-]{3,16}$",
            r"^-?\d+(\.\d+)?([eE][+-]?\d+)?$",
            "^[a-z0-9]+(?:-[a-z0-9]+)*$",
            // Two paths for the last character.
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
    fn rejects_patterns_with_growing_number_of_paths() {
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
            // A match may start anywhere.
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
