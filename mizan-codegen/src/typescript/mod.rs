//! Printing of the files of a client.

pub(crate) mod channels;
mod client;
mod forms;
pub(crate) mod index;
mod mock;
mod page;
mod printing;
mod react;
mod regex;
pub(crate) mod runtime;
mod schemas;
mod types;

use crate::output::{GeneratedFiles, HEADER};
use crate::plan::Plan;

pub(crate) fn print(plan: &Plan<'_>) -> GeneratedFiles {
    let mut files = GeneratedFiles::default();
    let mut add = |path: &str, contents: &str| {
        files.insert(path, format!("{HEADER}\n\n{contents}"));
    };
    add("types.ts", &types::print(plan));
    add("schemas.ts", &schemas::print(plan));
    add("client.ts", &client::print(plan));
    add("react.tsx", &react::print(plan));
    if plan.channels.is_empty() {
        add("index.ts", index::FILE);
    } else {
        add("channels.ts", &channels::print(plan));
        add("channelHooks.ts", &channels::print_hooks(plan));
        add("index.ts", &format!("{}{}", index::FILE, channels::INDEX));
        for (path, contents) in runtime::CHANNEL_FILES {
            add(path, contents);
        }
    }
    add("page.ts", page::FILE);
    add("mock.ts", &mock::print(plan));
    for (path, contents) in runtime::COMMON_FILES {
        add(path, contents);
    }
    // Only apps with forms depend on react-hook-form.
    if !plan.forms.is_empty() {
        add("forms.tsx", &forms::print(plan));
        for (path, contents) in runtime::FORM_FILES {
            add(path, contents);
        }
    }
    files
}
