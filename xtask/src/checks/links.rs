//! A check for broken links and anchors in the guide and in the other Markdown files.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use crate::project;

/// The folder of the guide's pages. mdBook copies only this folder.
const GUIDE: &str = "docs/src";

/// The crate whose doc tests are the Rust examples of the guide.
const EXAMPLES: &str = "docs/examples/src/lib.rs";

/// The links and anchors of a file.
struct Document {
    links: Vec<(usize, String)>,
    anchors: HashSet<String>,
    has_rust: bool,
}

/// Fails if a link leads nowhere, or if a page is missing in the guide's table of contents or in the crate of its
/// examples.
pub(crate) fn check() -> anyhow::Result<()> {
    let problems = find_problems(project::root())?;
    anyhow::ensure!(problems.is_empty(), "{}", problems.join("\n        "));
    Ok(())
}

/// Prints the broken links. Returns whether there are none.
pub(crate) fn run() -> anyhow::Result<bool> {
    let problems = find_problems(project::root())?;
    for problem in &problems {
        println!("{problem}");
    }
    Ok(problems.is_empty())
}

fn find_problems(root: &Path) -> anyhow::Result<Vec<String>> {
    let output = Command::new("git")
        .args([
            "ls-files",
            "--cached",
            "--others",
            "--exclude-standard",
            "*.md",
        ])
        .current_dir(root)
        .output()
        .context("cannot run git")?;
    let names = String::from_utf8(output.stdout)?;
    let mut documents = HashMap::new();
    for name in names.lines() {
        // A deleted file is listed until the deletion is committed.
        if let Ok(text) = fs::read_to_string(root.join(name)) {
            documents.insert(PathBuf::from(name), parse(&text));
        }
    }
    let mut problems = Vec::new();
    let mut contents = HashSet::new();
    for (file, document) in &documents {
        for (line, link) in &document.links {
            let at = format!("{}:{line}", file.display());
            match target(file, link) {
                None => {}
                Some((path, _)) if file.starts_with(GUIDE) && !path.starts_with(GUIDE) => {
                    problems.push(format!(
                        "{at}: `{link}` leads out of the guide: link to the repository by its URL"
                    ));
                }
                Some((path, anchor)) => {
                    problems.extend(
                        broken(root, &documents, &path, anchor)
                            .map(|reason| format!("{at}: `{link}`: {reason}")),
                    );
                    if file.ends_with("SUMMARY.md") {
                        contents.insert(path);
                    }
                }
            }
        }
    }
    let examples = fs::read_to_string(root.join(EXAMPLES)).unwrap_or_default();
    for (file, document) in &documents {
        let is_page = file.starts_with(GUIDE) && !file.ends_with("SUMMARY.md");
        if is_page && !contents.contains(file) {
            problems.push(format!("{}: missing in SUMMARY.md", file.display()));
        }
        let name = file.strip_prefix(GUIDE).unwrap_or(file);
        if is_page && document.has_rust && !examples.contains(&format!("src/{}", name.display())) {
            problems.push(format!(
                "{}: its Rust examples are missing in {EXAMPLES}",
                file.display()
            ));
        }
    }
    problems.sort();
    Ok(problems)
}

/// Returns why there is nothing at `path` or no heading with this anchor.
fn broken(
    root: &Path,
    documents: &HashMap<PathBuf, Document>,
    path: &Path,
    anchor: Option<&str>,
) -> Option<String> {
    if !root.join(path).exists() {
        return Some(format!("there is no {}", path.display()));
    }
    let (anchor, document) = (anchor?, documents.get(path)?);
    (!document.anchors.contains(anchor))
        .then(|| format!("{} has no heading `#{anchor}`", path.display()))
}

/// Returns the file and anchor of a link, or `None` for URLs and for names of items, which rustdoc checks.
fn target<'a>(file: &Path, link: &'a str) -> Option<(PathBuf, Option<&'a str>)> {
    let is_path = link.contains(['/', '#']) || link.contains(".md");
    if !is_path || link.contains("://") || link.contains("::") || link.starts_with("mailto:") {
        return None;
    }
    let (path, anchor) = link
        .split_once('#')
        .map_or((link, None), |(path, anchor)| (path, Some(anchor)));
    if path.is_empty() {
        return Some((file.to_owned(), anchor));
    }
    let mut target = file.parent().unwrap_or(Path::new("")).to_owned();
    for component in Path::new(path).components() {
        match component {
            Component::ParentDir => {
                target.pop();
            }
            Component::CurDir => {}
            other => target.push(other),
        }
    }
    Some((target, anchor))
}

fn parse(text: &str) -> Document {
    let mut document = Document {
        links: Vec::new(),
        anchors: HashSet::new(),
        has_rust: false,
    };
    let mut heading = None;
    for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
        match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                let line = text[..range.start].matches('\n').count() + 1;
                document.links.push((line, dest_url.into_string()));
            }
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) => {
                document.has_rust |= language.starts_with("rust");
            }
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => {
                let id = anchor(&heading.take().unwrap_or_default());
                let mut unique = id.clone();
                let mut number = 0;
                while !document.anchors.insert(unique.clone()) {
                    number += 1;
                    unique = format!("{id}-{number}");
                }
            }
            Event::Text(part) | Event::Code(part) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&part);
                }
            }
            _ => {}
        }
    }
    document
}

/// Returns the id that mdBook, rustdoc and GitHub give to a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter_map(|c| match c {
        ' ' => Some('-'),
        c if c.is_alphanumeric() || matches!(c, '-' | '_') => Some(c),
        _ => None,
    });
    kept.collect::<String>().to_lowercase()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failing unwrap fails the test")]
mod tests {
    use std::fs;
    use std::process::Command;

    use super::{anchor, find_problems};

    #[test]
    fn ids_of_headings_are_those_of_mdbook() {
        assert_eq!(anchor("The `Cx` of a call"), "the-cx-of-a-call");
        assert_eq!(anchor("Stop, and start"), "stop-and-start");
    }

    #[test]
    fn reports_broken_links_and_missing_pages() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("docs/src")).unwrap();
        for (name, text) in [
            (
                "README.md",
                "[ok](docs/src/a.md#one-two) [item](crate::Item) [url](https://example.com/x)",
            ),
            ("docs/src/SUMMARY.md", "[A](a.md)"),
            (
                "docs/src/a.md",
                "# One two\n[here](#one-two) [no](#two) [gone](c.md) [out](../../README.md)",
            ),
            (
                "docs/src/b.md",
                "```md\n[in code](nothing.md)\n```\n```rust\n```",
            ),
        ] {
            fs::write(root.join(name), text).unwrap();
        }
        let git = Command::new("git")
            .args(["init", "-q"])
            .current_dir(root)
            .status();
        assert!(git.unwrap().success());
        assert_eq!(
            find_problems(root).unwrap(),
            [
                "docs/src/a.md:2: `#two`: docs/src/a.md has no heading `#two`",
                "docs/src/a.md:2: `../../README.md` leads out of the guide: link to the repository by its URL",
                "docs/src/a.md:2: `c.md`: there is no docs/src/c.md",
                "docs/src/b.md: its Rust examples are missing in docs/examples/src/lib.rs",
                "docs/src/b.md: missing in SUMMARY.md",
            ]
        );
    }
}
