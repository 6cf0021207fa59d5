//! Printing of the files of a client.

pub(crate) mod channels;
mod client;
mod codecs;
mod forms;
pub(crate) mod index;
mod mock;
mod navigation;
mod package_json;
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

/// The lines after the header of files that TypeScript does not check.
const NO_CHECKS: &str = "/* eslint-disable @typescript-eslint/ban-ts-comment -- \
                         generated code is checked by the tests of its generator */\n// @ts-nocheck";

/// Excludes the files with code from the checks of TypeScript. The types of their exports are declared, so
/// that checking the application needs no bodies.
pub(crate) fn disable_type_checks(files: &mut GeneratedFiles) {
    let is_code = |path: &str| {
        let is_module = path.ends_with(".ts") || path.ends_with(".tsx");
        is_module && !path.ends_with(".d.ts") && !["types.ts", "index.ts"].contains(&path)
    };
    let paths: Vec<_> = files.iter().map(|(path, _)| path.to_owned()).collect();
    for path in paths.into_iter().filter(|path| is_code(path)) {
        if let Some(contents) = files.remove(&path) {
            let marked = contents.replacen(HEADER, &format!("{HEADER}\n{NO_CHECKS}"), 1);
            files.insert(path, marked);
        }
    }
}

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
    if plan
        .all_functions()
        .any(|function| function.manifest.is_redirect())
    {
        index.push_str(index::REDIRECTS);
    }
    if plan
        .functions
        .iter()
        .any(|function| function.manifest.stream.is_some())
    {
        index.push_str(index::STREAMS);
    }
    if !plan.channels.is_empty() {
        add("channels.ts", &channels::print(plan, &codecs));
        add("channelHooks.ts", &channels::print_hooks(plan));
        index.push_str(channels::INDEX);
    }
    if plan.has_live_queries() {
        index.push_str(index::LIVE);
        for (path, contents) in runtime::LIVE_FILES {
            add(path, contents);
        }
    }
    if !plan.channels.is_empty() || plan.has_live_queries() {
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
    files.insert("package.json", package_json::print());
    files
}
