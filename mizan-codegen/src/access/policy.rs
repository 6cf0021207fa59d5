//! Policies as the manifest writes them, and the callers whom they allow.

use std::fmt;

/// The kinds of callers that the table distinguishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caller {
    Anonymous,
    SignedIn,
    Staff,
    Superuser,
}

impl Caller {
    pub(super) const ALL: [Self; 4] = [
        Self::Anonymous,
        Self::SignedIn,
        Self::Staff,
        Self::Superuser,
    ];
}

/// The answer to a caller: known, or dependent on something that the kind of caller does not determine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Access {
    Yes,
    No,
    /// Something that the caller needs, such as a permission.
    Needs(String),
    /// Needs all of these.
    All(Vec<Access>),
    /// Needs one of these.
    Any(Vec<Access>),
    /// Must not have this.
    Without(Box<Access>),
}

impl Access {
    /// Returns the access of callers who also need the consent of a check.
    pub(super) fn and_check(self, name: &str) -> Self {
        Self::all([self, Self::Needs(format!("code: {name}"))])
    }

    fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut open = Vec::new();
        for part in parts {
            match part {
                Self::Yes => {}
                Self::No => return Self::No,
                part if open.contains(&part) => {}
                part => open.push(part),
            }
        }
        match open.len() {
            0 => Self::Yes,
            1 => open.remove(0),
            _ => Self::All(open),
        }
    }

    fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut open = Vec::new();
        for part in parts {
            match part {
                Self::Yes => return Self::Yes,
                Self::No => {}
                part if open.contains(&part) => {}
                part => open.push(part),
            }
        }
        match open.len() {
            0 => Self::No,
            1 => open.remove(0),
            _ => Self::Any(open),
        }
    }

    fn negate(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Without(part) => *part,
            part => Self::Without(Box::new(part)),
        }
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (parts, separator) = match self {
            Self::Yes => return f.write_str("yes"),
            Self::No => return f.write_str("no"),
            Self::Needs(what) => return f.write_str(what),
            Self::Without(part) => {
                f.write_str("not ")?;
                return part.fmt_operand(f);
            }
            Self::All(parts) => (parts, " and "),
            Self::Any(parts) => (parts, " or "),
        };
        for (i, part) in parts.iter().enumerate() {
            if i > 0 {
                f.write_str(separator)?;
            }
            part.fmt_operand(f)?;
        }
        Ok(())
    }
}

impl Access {
    fn fmt_operand(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All(_) | Self::Any(_) => write!(f, "({self})"),
            _ => write!(f, "{self}"),
        }
    }
}

/// A policy of the manifest, such as `or(staff, permission posts.rename)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Policy {
    Anyone,
    SignedIn,
    Staff,
    Superuser,
    Recent,
    Permission(String),
    Group(String),
    Check(String),
    All(Vec<Policy>),
    Any(Vec<Policy>),
    Not(Box<Policy>),
}

impl Policy {
    /// Parses a policy. A text of another program that mizan does not write counts as the name of a check,
    /// because nothing is known about the callers whom it allows.
    pub(super) fn parse(text: &str) -> Self {
        let mut rest = text;
        match parse(&mut rest) {
            Some(policy) if rest.is_empty() => policy,
            _ => Self::Check(text.to_owned()),
        }
    }

    /// Decides about a caller of this kind, as `mizan_core::Policy::decide` does.
    pub(super) fn access(&self, caller: Caller) -> Access {
        let known = |allowed| if allowed { Access::Yes } else { Access::No };
        let needs = |what: String| match caller {
            Caller::Anonymous => Access::No,
            _ => Access::Needs(what),
        };
        match self {
            Self::Anyone => Access::Yes,
            Self::SignedIn => known(caller != Caller::Anonymous),
            Self::Staff => known(matches!(caller, Caller::Staff | Caller::Superuser)),
            Self::Superuser => known(caller == Caller::Superuser),
            Self::Recent => needs("recent".to_owned()),
            Self::Permission(_) if caller == Caller::Superuser => Access::Yes,
            Self::Permission(name) => needs(format!("permission {name}")),
            Self::Group(name) => needs(format!("group {name}")),
            Self::Check(name) => Access::Needs(format!("code: {name}")),
            Self::All(policies) => Access::all(policies.iter().map(|it| it.access(caller))),
            Self::Any(policies) => Access::any(policies.iter().map(|it| it.access(caller))),
            Self::Not(policy) => policy.access(caller).negate(),
        }
    }
}

fn parse(rest: &mut &str) -> Option<Policy> {
    for (name, combine) in [
        ("and(", Policy::All as fn(Vec<Policy>) -> Policy),
        ("or(", Policy::Any),
    ] {
        if let Some(inner) = rest.strip_prefix(name) {
            *rest = inner;
            return Some(combine(parse_operands(rest)?));
        }
    }
    if let Some(inner) = rest.strip_prefix("not(") {
        *rest = inner;
        let mut operands = parse_operands(rest)?;
        return (operands.len() == 1).then(|| Policy::Not(Box::new(operands.remove(0))));
    }
    let end = rest.find([',', '(', ')']).unwrap_or(rest.len());
    let (word, after) = rest.split_at(end);
    *rest = after;
    Some(match word {
        "anyone" => Policy::Anyone,
        "signed in" => Policy::SignedIn,
        "staff" => Policy::Staff,
        "superuser" => Policy::Superuser,
        "recent" => Policy::Recent,
        _ => match word.split_once(' ')? {
            ("permission", name) => Policy::Permission(name.to_owned()),
            ("group", name) => Policy::Group(name.to_owned()),
            ("check", name) => Policy::Check(name.to_owned()),
            _ => return None,
        },
    })
}

/// Parses operands up to the closing parenthesis.
fn parse_operands(rest: &mut &str) -> Option<Vec<Policy>> {
    let mut operands = vec![parse(rest)?];
    while let Some(next) = rest.strip_prefix(", ") {
        *rest = next;
        operands.push(parse(rest)?);
    }
    *rest = rest.strip_prefix(')')?;
    Some(operands)
}

#[cfg(test)]
mod tests {
    use super::{Caller, Policy};

    fn access(policy: &str) -> [String; 4] {
        let policy = Policy::parse(policy);
        Caller::ALL.map(|caller| policy.access(caller).to_string())
    }

    #[test]
    fn decides_about_each_kind_of_caller() {
        assert_eq!(access("anyone"), ["yes", "yes", "yes", "yes"]);
        assert_eq!(access("signed in"), ["no", "yes", "yes", "yes"]);
        assert_eq!(access("staff"), ["no", "no", "yes", "yes"]);
        assert_eq!(access("superuser"), ["no", "no", "no", "yes"]);
        assert_eq!(access("recent"), ["no", "recent", "recent", "recent"]);
    }

    #[test]
    fn superusers_have_every_permission_but_no_group() {
        let rename = "permission posts.rename";
        assert_eq!(access(rename), ["no", rename, rename, "yes"]);
        let editors = "group editors";
        assert_eq!(access(editors), ["no", editors, editors, editors]);
    }

    #[test]
    fn checks_decide_about_every_caller() {
        let code = "code: has_early_access";
        assert_eq!(access("check has_early_access"), [code; 4]);
        // A check with the name of a policy is not that policy.
        assert_eq!(access("check staff"), ["code: staff"; 4]);
        assert_eq!(access("moderator"), ["code: moderator"; 4]);
        assert_eq!(access("and(staff"), ["code: and(staff"; 4]);
    }

    #[test]
    fn simplifies_combined_policies() {
        assert_eq!(
            access("or(staff, permission posts.rename)"),
            ["no", "permission posts.rename", "yes", "yes"]
        );
        assert_eq!(
            access("and(signed in, not(group banned))"),
            [
                "no",
                "not group banned",
                "not group banned",
                "not group banned"
            ]
        );
        assert_eq!(access("not(signed in)"), ["yes", "no", "no", "no"]);
        assert_eq!(
            access("and(recent, or(staff, group editors, check is_owner))"),
            [
                "no",
                "recent and (group editors or code: is_owner)",
                "recent",
                "recent"
            ]
        );
    }
}
