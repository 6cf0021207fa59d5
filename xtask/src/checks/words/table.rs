//! Rejected words and phrases, and the exceptions.

/// A rejected pattern.
pub(super) struct Rule {
    /// A case-insensitive regular expression. It matches whole words; `_` separates words, and a space matches a
    /// line break inside a comment.
    pub(super) pattern: &'static str,
    pub(super) instead: &'static str,
}

/// An exception: lines of a file that a rule does not apply to.
pub(super) struct Exception {
    /// A path, or the beginning of one.
    pub(super) file: &'static str,
    /// A part of the line.
    pub(super) line: &'static str,
    pub(super) reason: &'static str,
}

pub(super) const RULES: &[Rule] = &[
    Rule {
        pattern: "whoever|whosoever",
        instead: "name the actor: client, caller, user, subscriber",
    },
    Rule {
        pattern: "nobody|somebody",
        instead: "name the actor: no client, a user, another caller",
    },
    Rule {
        pattern: "anew",
        instead: "write `again`, or name the step that is repeated",
    },
    Rule {
        pattern: "(?:be|is|are|was|has|have|had) had(?: again)?|had again",
        instead: "use the verb: found, installed, built, replayed",
    },
    Rule {
        pattern: "hears? of",
        instead: "write `is notified of` or `receives`",
    },
    Rule {
        pattern: "(?:is|are) none that",
        instead: "write the positive statement",
    },
    Rule {
        pattern: "such as there (?:is|are)",
        instead: "write `if any`",
    },
    Rule {
        pattern: "ere|whence|thence|wherein|whereof|hitherto",
        instead: "use the modern word",
    },
];

/// Words that must not begin a doc comment, because the summary would be a question.
pub(super) const SUMMARY: Rule = Rule {
    pattern: "what|who|whom|whose|where|whether|when|how|why",
    instead: "begin with a noun phrase or a verb: `The ..`, `Returns ..`",
};

pub(super) const EXCEPTIONS: &[Exception] = &[
    Exception {
        file: "xtask/src/checks/words/mod.rs",
        line: "",
        reason: "the tests of this check contain the words",
    },
    Exception {
        file: "mizan-auth/tests/it/stores/postgres_server.rs",
        line: "nobody",
        reason: "the name of a Unix user",
    },
    Exception {
        file: "mizan-ssr/tests/wpt/",
        line: "",
        reason: "tests of the Web Platform Tests project",
    },
];
