//! Printing of the files of a client.

pub(crate) mod channels;
mod client;
mod codecs;
mod forms;
pub(crate) mod index;
mod mock;
mod navigation;
mod page;
mod printing;
mod react;
mod regex;
pub(crate) mod runtime;
mod schemas;
mod types;

use crate::options::Dates;
use crate::output::{GeneratedFiles, HEADER};
use crate::plan::Plan;
use codecs::Codecs;

pub(crate) fn print(plan: &Plan<'_>) -> GeneratedFiles {
    let mut files = GeneratedFiles::default();
    let mut add = |path: &str, contents: &str| {
        files.insert(path, format!("{HEADER}\n\n{contents}"));
    };
    add("types.ts", &types::print(plan));
    add("schemas.ts", &schemas::print(plan));
    let codecs = Codecs::new(plan);
    if !codecs.is_empty() {
        add("codecs.ts", &codecs.print());
        for (path, contents) in runtime::CODEC_FILES {
            add(path, contents);
        }
        if codecs.uses_temporal() {
            let (path, contents) = runtime::TEMPORAL_FILE;
            match plan.dates {
                Dates::TemporalPolyfill => add(path, contents),
                _ => add(path, &contents.replacen(runtime::POLYFILL_IMPORT, "", 1)),
            }
        }
    }
    add("client.ts", &client::print(plan, &codecs));
    add("react.tsx", &react::print(plan));
    let mut index = index::FILE.to_owned();
    if plan
        .functions
        .iter()
        .any(|function| function.manifest.is_download())
    {
        index.push_str(index::DOWNLOADS);
    }
    if !plan.channels.is_empty() {
        add("channels.ts", &channels::print(plan, &codecs));
        add("channelHooks.ts", &channels::print_hooks(plan));
        index.push_str(channels::INDEX);
        for (path, contents) in runtime::CHANNEL_FILES {
            add(path, contents);
        }
    }
    add("index.ts", &index);
    add("page.ts", page::FILE);
    add("navigation.ts", navigation::FILE);
    add("mock.ts", &mock::print(plan, &codecs));
    for (path, contents) in runtime::COMMON_FILES {
        add(path, contents);
    }
    // Only apps with forms depend on react-hook-form.
    if !plan.forms.is_empty() {
        add("forms.tsx", &forms::print(plan, &codecs));
        for (path, contents) in runtime::FORM_FILES {
            add(path, contents);
        }
    }
    files
}
