//! Generated values for every constraint: the same verdict and messages from `validate`, `submit`, a posted HTML
//! form, and a function with the same constraints.

mod constrained;
mod values;
mod verdict;

use std::collections::{BTreeMap, BTreeSet};
use std::thread;

use mizan_core::App;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::json;

pub(crate) use self::constrained::registry;
use self::constrained::{BYTES, base};
use self::verdict::{Sender, Verdict};

/// The number of attempts to generate a value that is new.
const ATTEMPTS: usize = 50;

/// Returns a table of `count` different values for each field with the verdicts, as JSON.
///
/// The generators of some fields have fewer values. The table also contains the values of `base`, which are valid.
///
/// # Panics
///
/// Panics if two ways to send a value have different verdicts, or if all values of a field have the same.
pub(crate) fn verdicts(count: usize) -> String {
    let app = registry().build().unwrap();
    let base = base();
    let fields: Vec<&str> = base
        .keys()
        .map(String::as_str)
        .filter(|field| *field != "secret")
        .chain([BYTES])
        .collect();
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let rows: BTreeMap<&str, Vec<Verdict>> = thread::scope(|scope| {
        let parts: Vec<_> = (0..threads)
            .map(|first| {
                let (app, fields) = (&app, &fields);
                scope.spawn(move || {
                    let own = fields.iter().skip(first).step_by(threads);
                    own.map(|field| (*field, verdicts_of(app, field, count)))
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        let parts = parts.into_iter();
        parts.flat_map(|part| part.join().unwrap()).collect()
    });
    let rows: Vec<String> = rows
        .iter()
        .map(|(field, verdicts)| {
            let verdicts = serde_json::to_string(verdicts).unwrap();
            format!("\"{field}\": {verdicts}")
        })
        .collect();
    format!("{{\"base\": {},\n{}}}", json!(base), rows.join(",\n"))
}

fn verdicts_of(app: &App, field: &str, count: usize) -> Vec<Verdict> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let mut runner = TestRunner::deterministic();
    let strategy = values::values(field);
    let generated = (0..count * ATTEMPTS).map(|_| {
        let value = strategy.new_tree(&mut runner).unwrap().current();
        value.to_string()
    });
    let sender = Sender::new(app, field);
    let mut known = BTreeSet::new();
    let verdicts: Vec<Verdict> = values::other_values(field)
        .into_iter()
        .chain(generated)
        .filter(|json| known.insert(json.clone()))
        .take(count)
        .map(|json| runtime.block_on(sender.verdict(&json)))
        .collect();
    let rejected = verdicts.iter().filter(|one| one.is_rejected()).count();
    assert!(rejected > 0 && rejected < verdicts.len(), "{field}");
    verdicts
}
