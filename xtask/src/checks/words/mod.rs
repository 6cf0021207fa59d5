//! A check for rejected words in comments, docs, messages and names.

mod table;

use std::fs;
use std::ops::Range;
use std::path::Path;
use std::process::Command;

use anyhow::Context as _;
use regex::Regex;

use crate::project;
use table::{EXCEPTIONS, Exception, RULES, Rule, SUMMARY};

/// Extensions of the files that are read.
const EXTENSIONS: [&str; 14] = [
    "css", "html", "j2", "js", "lua", "md", "mjs", "rs", "sql", "stderr", "toml", "ts", "tsx",
    "txt",
];

/// The file that lists the words.
const TABLE: &str = "xtask/src/checks/words/table.rs";

/// Prints the rejected words in the project's files, and unused exceptions. Returns whether there are none.
pub(crate) fn run() -> anyhow::Result<bool> {
    let checker = Checker::new()?;
    let mut used = vec![false; EXCEPTIONS.len()];
    let mut is_clean = true;
    for name in files()? {
        let text = fs::read_to_string(project::root().join(&name))
            .with_context(|| format!("cannot read {name}"))?;
        for finding in checker.check(&name, &text) {
            match EXCEPTIONS
                .iter()
                .position(|it| applies(it, &name, &finding.line))
            {
                Some(exception) => used[exception] = true,
                None => {
                    is_clean = false;
                    println!(
                        "{name}:{}: `{}`: {}",
                        finding.number, finding.found, finding.instead
                    );
                }
            }
        }
    }
    for (exception, _) in EXCEPTIONS.iter().zip(used).filter(|(_, used)| !used) {
        is_clean = false;
        println!(
            "{TABLE}: the exception for {} (`{}`) is not needed",
            exception.file, exception.line
        );
    }
    Ok(is_clean)
}

/// Fails if a file contains a rejected word or an exception is unused.
pub(crate) fn check() -> anyhow::Result<()> {
    anyhow::ensure!(
        run()?,
        "rejected words; {TABLE} lists them with alternatives"
    );
    Ok(())
}

fn applies(exception: &Exception, file: &str, line: &str) -> bool {
    !exception.reason.is_empty()
        && file.starts_with(exception.file)
        && line.contains(exception.line)
}

/// Returns the tracked and the new files with prose, except ignored ones.
fn files() -> anyhow::Result<Vec<String>> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(project::root())
        .output()
        .context("cannot run git")?;
    anyhow::ensure!(output.status.success(), "git ls-files failed");
    let names = String::from_utf8(output.stdout).context("a file name is not UTF-8")?;
    let is_prose = |name: &&str| {
        let extension = Path::new(name).extension().and_then(|it| it.to_str());
        extension.is_some_and(|it| EXTENSIONS.contains(&it))
            && *name != TABLE
            && project::root().join(name).is_file()
    };
    Ok(names.lines().filter(is_prose).map(str::to_owned).collect())
}

struct Finding {
    number: usize,
    line: String,
    found: String,
    instead: &'static str,
}

struct Checker {
    rules: Vec<(Regex, &'static str)>,
    summary: Regex,
}

impl Checker {
    fn new() -> anyhow::Result<Self> {
        // A space also matches the end of a line of a comment.
        let spaced = |rule: &Rule| rule.pattern.replace(' ', r"(?:\s|//[/!]?|\*|#)+");
        let compile = |rule: &Rule| {
            let pattern = format!(r"(?i)(?:\b|_)({})(?:\b|_)", spaced(rule));
            Ok((Regex::new(&pattern)?, rule.instead))
        };
        Ok(Self {
            rules: RULES.iter().map(compile).collect::<anyhow::Result<_>>()?,
            summary: Regex::new(&format!(r"(?i)^({})\b", SUMMARY.pattern))?,
        })
    }

    fn check(&self, name: &str, text: &str) -> Vec<Finding> {
        let finding = |found: Range<usize>, instead| {
            let begin = text[..found.start].rfind('\n').map_or(0, |it| it + 1);
            Finding {
                number: text[..found.start].matches('\n').count() + 1,
                line: text[begin..].lines().next().unwrap_or_default().to_owned(),
                found: text[found].to_owned(),
                instead,
            }
        };
        let words = self.rules.iter().flat_map(|(rule, instead)| {
            rule.captures_iter(text)
                .filter_map(|it| it.get(1))
                .map(|it| finding(it.range(), *instead))
        });
        let summaries = summaries(text)
            .filter(|_| !name.ends_with(".md"))
            .filter_map(|begin| {
                self.summary
                    .find(&text[begin..])
                    .map(|it| begin + it.start()..begin + it.end())
            })
            .map(|it| finding(it, SUMMARY.instead));
        words.chain(summaries).collect()
    }
}

/// Returns the offsets of the first words of the doc comments in `text`.
fn summaries(text: &str) -> impl Iterator<Item = usize> {
    let mut previous = "";
    let mut end = 0;
    text.split_inclusive('\n').filter_map(move |line| {
        end += line.len();
        let code = line.trim_start();
        let above = std::mem::replace(&mut previous, code);
        let marker = ["///", "//!", "/**"]
            .into_iter()
            .find(|marker| code.starts_with(marker))?;
        let continues = marker != "/**" && above.starts_with(marker);
        let comment = &text[end - code.len() + marker.len()..];
        let words = comment.trim_start_matches([' ', '\t', '\n', '*']);
        (!continues).then(|| text.len() - words.len())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, text: &str) -> Vec<(usize, String)> {
        let checker = Checker::new().expect("the rules compile");
        let findings = checker.check(name, text).into_iter();
        findings.map(|it| (it.number, it.found)).collect()
    }

    fn at(line: usize, word: &str) -> (usize, String) {
        (line, word.to_owned())
    }

    #[test]
    fn rejects_words_in_comments_strings_names_and_markdown() {
        assert_eq!(found("a.rs", "//\n// Nobody knows."), [at(2, "Nobody")]);
        assert_eq!(found("a.rs", "panic!(\"whoever\")"), [at(1, "whoever")]);
        assert_eq!(found("a.rs", "fn of_nobody_else() {}"), [at(1, "nobody")]);
        assert_eq!(found("a.md", "Begins anew."), [at(1, "anew")]);
        assert_eq!(found("a.ts", "// somebody"), [at(1, "somebody")]);
    }

    #[test]
    fn rejects_a_phrase_across_the_lines_of_a_comment() {
        let text = "/// Replies that are had\n    /// again.";
        assert_eq!(found("a.rs", text).len(), 1);
    }

    #[test]
    fn rejects_summaries_that_are_questions() {
        assert_eq!(found("a.rs", "//! What it is."), [at(1, "What")]);
        assert_eq!(
            found("a.rs", "fn f() {}\n\n/// Whether it is."),
            [at(3, "Whether")]
        );
        assert_eq!(
            found("a.rs", "struct A {\n    /// Who asks.\n"),
            [at(2, "Who")]
        );
        assert_eq!(found("a.ts", "/**\n * How it ends."), [at(2, "How")]);
        assert_eq!(found("a.ts", "/** Why. */"), [at(1, "Why")]);
    }

    #[test]
    fn accepts_plain_docs() {
        let text = "/// Returns the id.\n///\n/// Where the id is absent, a new one is made.\nfn whereas() {}";
        assert_eq!(found("a.rs", text), []);
        assert_eq!(found("a.rs", "// How rustc does it."), []);
    }
}
