//! Checks of a registry before the application is built.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::panic::Location;

use crate::channel::ChannelEntry;
use crate::form_entry::FormEntry;
use crate::function::{AddedLimit, FunctionEntry};
use crate::limits::LimitBy;
use crate::manifest::Manifest;
use crate::policy::Policy;
use crate::problem::{LimitProblem, Problem};
use crate::state::{StateKey, StateMap};
use crate::version::{Retired, is_contract};

/// Reports state that functions require and the registry lacks.
pub(super) fn check_state(
    functions: &[FunctionEntry],
    channels: &[ChannelEntry],
    required: &[(StateKey, &Location<'_>)],
    state: &StateMap,
    built_at: &Location<'_>,
    problems: &mut Vec<Problem>,
) {
    let missing = required.iter().filter(|(key, _)| !state.contains(*key));
    problems.extend(
        missing.map(|(key, required_at)| Problem::MissingRequiredState {
            type_name: key.type_name(),
            required_at: required_at.to_string(),
            built_at: built_at.to_string(),
        }),
    );
    let functions = functions
        .iter()
        .map(|function| (function.name, function.location(), function.required_state));
    let channels = channels
        .iter()
        .map(|channel| (channel.name, channel.location(), channel.required_state));
    for (name, location, required_state) in functions.chain(channels) {
        let required: BTreeMap<_, _> = required_state()
            .into_iter()
            .map(|key| (key.type_name(), key))
            .collect();
        let missing = required
            .into_iter()
            .filter(|(_, key)| !state.contains(*key));
        problems.extend(missing.map(|(type_name, _)| Problem::MissingState {
            name,
            required_at: location.clone(),
            type_name,
            built_at: built_at.to_string(),
        }));
    }
}

/// Reports cached functions that are not queries for every caller.
pub(super) fn check_caches(functions: &[FunctionEntry], problems: &mut Vec<Problem>) {
    for function in functions {
        let is_open = matches!(function.policy, Policy::Anyone | Policy::Unspecified);
        if function.cache.is_some() && !(is_open && function.kind.is_safe()) {
            problems.push(Problem::Cache {
                function: function.name,
                at: function.location(),
            });
        }
    }
}

/// Reports invalid and duplicate names of functions.
pub(super) fn check_function_names(functions: &[FunctionEntry], problems: &mut Vec<Problem>) {
    let mut seen = HashMap::<_, &FunctionEntry>::new();
    for function in functions {
        if !is_valid_name(function.name) {
            problems.push(Problem::InvalidFunctionName {
                name: function.name,
                at: function.location(),
            });
        }
        if let Some(first) = seen.insert(function.name, function) {
            let [first, second] = distinct_locations(first, function);
            problems.push(Problem::DuplicateFunction {
                name: function.name,
                first,
                second,
            });
        }
    }
}

/// Reports invalid and duplicate names of channels.
pub(super) fn check_channel_names(channels: &[ChannelEntry], problems: &mut Vec<Problem>) {
    let mut seen = HashMap::<_, &ChannelEntry>::new();
    for channel in channels {
        if !is_valid_name(channel.name) {
            problems.push(Problem::InvalidChannelName {
                name: channel.name,
                at: channel.location(),
            });
        }
        if let Some(first) = seen.insert(channel.name, channel) {
            problems.push(Problem::DuplicateChannel {
                name: channel.name,
                first: first.registered_at.to_string(),
                second: channel.registered_at.to_string(),
            });
        }
    }
}

/// Reports limits of unknown functions, and limits that only the function itself can declare.
pub(super) fn check_limits(
    functions: &[FunctionEntry],
    limits: &[AddedLimit],
    problems: &mut Vec<Problem>,
) {
    for AddedLimit {
        function,
        limit,
        at,
    } in limits
    {
        let problem = if !functions.iter().any(|entry| entry.name == *function) {
            LimitProblem::UnknownFunction
        } else if matches!(limit.by(), LimitBy::Input(_)) {
            LimitProblem::ByInput
        } else {
            continue;
        };
        problems.push(Problem::Limit {
            function,
            problem,
            at: at.to_string(),
        });
    }
}

/// Reports functions without a policy.
///
/// A form declares its policy once, on the mutation that submits it, so its queries are exempt.
pub(super) fn check_policies(
    functions: &[FunctionEntry],
    forms: &[FormEntry],
    problems: &mut Vec<Problem>,
) {
    let is_query_of_form = |name| {
        forms.iter().any(|form| {
            form.schema == name || form.state == Some(name) || form.validate == Some(name)
        })
    };
    for function in functions {
        if matches!(function.policy, Policy::Unspecified) && !is_query_of_form(function.name) {
            problems.push(Problem::MissingPolicy {
                function: function.name,
                at: function.location(),
            });
        }
    }
}

/// Reports earlier versions of functions that no call can reach.
pub(super) fn check_previous(
    functions: &[FunctionEntry],
    previous: &[FunctionEntry],
    manifest: &Manifest,
    problems: &mut Vec<Problem>,
) {
    let current = manifest.function_contracts();
    let mut seen = HashSet::new();
    for version in previous {
        let name = version.name;
        let at = version.registered_at.to_string();
        if !functions
            .iter()
            .any(|function| function.name == version.runs)
        {
            problems.push(Problem::PreviousWithoutFunction {
                name,
                function: version.runs,
                at: at.clone(),
            });
        }
        let is_current = current.get(name) == Some(&version.contract.as_str());
        if is_current || !seen.insert((name, &version.contract)) {
            problems.push(Problem::PreviousWithoutDifference {
                name,
                is_current,
                at,
            });
        }
    }
}

/// Reports retired versions that do not exist or that the registry supports.
pub(super) fn check_retired(
    retired: &[Retired],
    previous: &[FunctionEntry],
    manifest: &Manifest,
    problems: &mut Vec<Problem>,
) {
    let previous = previous
        .iter()
        .map(|version| (version.name, version.contract.as_str()));
    let supported: HashSet<_> = manifest
        .function_contracts()
        .into_iter()
        .chain(manifest.channel_contracts())
        .chain(previous)
        .collect();
    for Retired { name, contract, at } in retired {
        if !is_contract(contract) {
            problems.push(Problem::InvalidContract {
                name: name.clone(),
                contract: contract.clone(),
                at: at.to_string(),
            });
        } else if supported.contains(&(name.as_str(), contract.as_str())) {
            problems.push(Problem::RetiredButSupported {
                name: name.clone(),
                contract: contract.clone(),
                at: at.to_string(),
            });
        }
    }
}

/// Returns the source locations of two functions, or of their registrations if the source is the
/// same.
fn distinct_locations(first: &FunctionEntry, second: &FunctionEntry) -> [String; 2] {
    let locations = [first, second].map(FunctionEntry::location);
    if locations[0] == locations[1] {
        [first, second].map(|function| function.registered_at.to_string())
    } else {
        locations
    }
}

/// Returns `true` for words of ASCII letters, digits and `_`, separated by `.`.
///
/// Such a name is a valid path segment and a valid identifier in the generated client.
fn is_valid_name(name: &str) -> bool {
    name.split('.').all(|word| {
        word.starts_with(|c: char| c.is_ascii_alphabetic())
            && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}
