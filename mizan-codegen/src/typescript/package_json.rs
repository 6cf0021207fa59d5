//! `package.json`: tells bundlers that the files of the client are ES modules without side effects.
//!
//! Without it, a bundler puts the modules of `index.ts` into every page that imports one of them.

use crate::output::DESCRIPTION;

pub(super) fn print() -> String {
    format!(
        "{{\n  \"description\": \"{DESCRIPTION}\",\n  \"private\": true,\n  \"sideEffects\": false,\n  \"type\": \"module\"\n}}\n"
    )
}
