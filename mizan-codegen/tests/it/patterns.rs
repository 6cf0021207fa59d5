//! Patterns that are translated to JavaScript, and the verdicts of the `regex` crate.
//!
//! `runtime/tests/validation/patterns.json` contains the patterns with texts that they match or do not
//! match, and `patterns.test.ts` compares the schemas of the golden case `patterns` with it. The
//! manifest of that case has a field for each pattern. `UPDATE_EXPECT=1` generates new patterns.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::string::string_regex;
use proptest::test_runner::TestRunner;
use regex::Regex;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Patterns of applications, and syntax that JavaScript reads differently or not at all.
const PATTERNS: [&str; 50] = [
    "^[a-z]++$",
    "^a{2}{2}$",
    "^a**$",
    "^*a",
    "^?a$",
    "^(?P<a.b>[a-z])$",
    "^(?<year>[0-9]{4})-(?<month>[0-9]{2})$",
    "^[a-z0-9_-]{3,16}$",
    "^[a-z0-9]+(?:-[a-z0-9]+)*$",
    r"^-?\d+(\.\d+)?$",
    "^#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$",
    r"^[\w.+-]+@[\w-]+\.[a-z]{2,}$",
    "^https?://[^ ]+$",
    "(?i)^abc$",
    "(?i)^straße$",
    "^(?i:k)$",
    "(?i)^[a-f0-9]{8}$",
    "(?x)^ a b # comment\n$",
    "(?s)^a.b$",
    "(?m)^a$",
    "(?U)^a+$",
    r"\Aabc\z",
    r"\babc\b",
    r"^\x41\u{e9}\u0042$",
    r"^\p{Lu}\p{Ll}+$",
    r"^\p{Greek}+$",
    r"^\P{L}$",
    "^[[:alpha:]][[:digit:]]$",
    "^[[:^alpha:]]$",
    "^[a-z&&[^aeiou]]+$",
    "^[a-z--[aeiou]]$",
    "^[a-g~~b-h]$",
    "^[a[b-c]d]$",
    r"^[\W]$",
    r"^[^\w]$",
    r"^[\d-]+$",
    "^[]a]$",
    "^[^]a]$",
    "^[a-]$",
    "^[-a]$",
    r"^]\{}$",
    r"^a/b\/c$",
    r"^\#\&\-\~\ \%$",
    "^(a|b|)$",
    "^(|a)$",
    "^()$",
    "$^",
    "a|^b|c$",
    "^👩‍👩‍👧$",
    "^[👩é]{2}$",
];

/// A pattern with texts, by the verdict of the `regex` crate.
#[derive(Serialize, Deserialize)]
struct Case {
    pattern: String,
    matching: Vec<String>,
    other: Vec<String>,
}

impl Case {
    fn new(pattern: String, texts: impl IntoIterator<Item = String>) -> Self {
        let regex = Regex::new(&pattern).unwrap();
        let texts: BTreeSet<String> = texts.into_iter().collect();
        let (matching, other) = texts.into_iter().partition(|text| regex.is_match(text));
        Self {
            pattern,
            matching,
            other,
        }
    }
}

/// A part of a pattern. Repetitions are not grouped, so that repetitions of repetitions appear.
fn part() -> impl Strategy<Value = String> {
    let literals = select(vec![
        "a", "b", "c", "z", "K", "0", "7", "-", "_", "é", "ß", "@", "/", r"\/", r"\.", r"\-", "]",
        "}", ",", r"\t", "\n", r"\x41", r"\u{e9}", "😀", "~", "&", "#", " ",
    ]);
    let classes = select(vec![
        "[a-z]",
        "[^a-c]",
        "[a-z0-9_-]",
        "[A-Z]",
        r"\d",
        r"\D",
        r"\w",
        r"\s",
        r"\S",
        r"\W",
        ".",
        "[[:digit:]]",
        "[a-z&&[^b]]",
        "[a-c[x-z]]",
        r"[\w.-]",
        r"[^\s@]",
        "[^\n]",
        "[é-ü]",
        "(?i:ab)",
        "(?i:[k-s])",
        r"\p{Lu}",
        r"\pN",
        "[-a]",
        "[a-]",
        "[]b]",
        r"[\]\\^]",
        "[/]",
        "[$^.*+?(){}|]",
    ]);
    let assertions = select(vec!["^", "$", r"\A", r"\z", r"\b"]);
    let leaf = prop_oneof![
        6 => literals,
        6 => classes,
        1 => assertions
    ]
    .prop_map(str::to_owned);
    let repetition = select(vec![
        "*", "+", "?", "{2}", "{1,3}", "{2,}", "*?", "+?", "??", "{0}", "{0,1}",
    ]);
    leaf.prop_recursive(4, 12, 3, move |inner| {
        prop_oneof![
            4 => vec(inner.clone(), 1..4).prop_map(|parts| parts.concat()),
            2 => vec(inner.clone(), 2..4).prop_map(|parts| format!("(?:{})", parts.join("|"))),
            1 => inner.clone().prop_map(|part| format!("({part})")),
            1 => inner.clone().prop_map(|part| format!("(?P<a[0].b>{part})")),
            4 => (inner, repetition.clone()).prop_map(|(part, times)| part + times),
        ]
    })
}

/// Texts for a pattern: some that match it, and some of its characters in random order.
fn texts(pattern: &str) -> BoxedStrategy<Vec<String>> {
    let mut characters: Vec<char> = pattern
        .chars()
        .chain("aA1_-. é\n\u{212a}ſ".chars())
        .collect();
    characters.sort_unstable();
    characters.dedup();
    let random = vec(vec(select(characters), 0..6), 8)
        .prop_map(|texts| texts.into_iter().map(String::from_iter).collect::<Vec<_>>());
    let body = pattern.trim_start_matches('^').trim_end_matches('$');
    match string_regex(body) {
        Ok(matching) => (random, vec(matching, 4))
            .prop_map(|(random, matching)| [random, matching].concat())
            .boxed(),
        Err(_) => random.boxed(),
    }
}

fn generated_cases() -> Vec<Case> {
    let mut runner = TestRunner::deterministic();
    let mut patterns: Vec<String> = PATTERNS.map(str::to_owned).into();
    let random =
        (part(), any::<bool>()).prop_map(
            |(part, is_whole)| {
                if is_whole { format!("^{part}$") } else { part }
            },
        );
    while patterns.len() < 400 {
        let pattern = random.new_tree(&mut runner).unwrap().current();
        let is_short = pattern.chars().count() < 40;
        if is_short && Regex::new(&pattern).is_ok() && !patterns.contains(&pattern) {
            patterns.push(pattern);
        }
    }
    patterns
        .into_iter()
        .map(|pattern| {
            let texts = texts(&pattern).new_tree(&mut runner).unwrap().current();
            let texts = texts.into_iter().filter(|text| text.chars().count() < 30);
            Case::new(pattern, texts)
        })
        .collect()
}

fn manifest(cases: &[Case], codes: &Value) -> Value {
    let properties: Map<String, Value> = cases
        .iter()
        .enumerate()
        .map(|(index, case)| {
            let schema = json!({ "type": "string", "pattern": case.pattern });
            (format!("p{index}"), schema)
        })
        .collect();
    json!({
        "mizan": 1,
        "contract": "0000000000000013",
        "codes": codes,
        "functions": [{
            "name": "patterns",
            "kind": "mutation",
            "policy": "anyone",
            "input": {
                "type": "object",
                "additionalProperties": false,
                "properties": properties,
            },
            "output": { "type": "null" },
            "source": { "file": "src/patterns.rs", "line": 4 },
        }],
        "errors": {},
        "$defs": {},
    })
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn read(name: &str) -> String {
    fs::read_to_string(path(name)).unwrap()
}

#[test]
fn verdicts_on_patterns_match_regex_crate() {
    const VERDICTS: &str = "runtime/tests/validation/patterns.json";
    const MANIFEST: &str = "tests/cases/patterns/manifest.json";

    if std::env::var_os("UPDATE_EXPECT").is_some() {
        let empty: Value = serde_json::from_str(&read("tests/cases/empty/manifest.json")).unwrap();
        let cases = generated_cases();
        let manifest = manifest(&cases, &empty["codes"]);
        fs::create_dir_all(path("tests/cases/patterns")).unwrap();
        fs::write(path(MANIFEST), format!("{manifest:#}\n")).unwrap();
        let lines: Vec<_> = cases
            .iter()
            .map(|case| serde_json::to_string(case).unwrap())
            .collect();
        fs::write(path(VERDICTS), format!("[\n{}\n]\n", lines.join(",\n"))).unwrap();
    }
    let cases: Vec<Case> = serde_json::from_str(&read(VERDICTS)).unwrap();
    let manifest: Value = serde_json::from_str(&read(MANIFEST)).unwrap();
    let properties = &manifest["functions"][0]["input"]["properties"];
    for (index, case) in cases.iter().enumerate() {
        assert_eq!(properties[format!("p{index}")]["pattern"], case.pattern);
        let regex = Regex::new(&case.pattern).unwrap();
        for (texts, is_match) in [(&case.matching, true), (&case.other, false)] {
            for text in texts {
                assert_eq!(regex.is_match(text), is_match, "{} {text:?}", case.pattern);
            }
        }
    }
}
