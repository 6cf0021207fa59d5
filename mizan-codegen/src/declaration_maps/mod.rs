//! Declaration maps, with which editors open the Rust source of a function.
//!
//! TypeScript follows source maps only from declaration files. So the exported declarations of a file such
//! as `react.tsx` move to `react.d.ts`, which has a map to the Rust sources. `react.js` re-exports the
//! implementation, `react.impl.tsx`, to bundlers. Files that contain only types need no implementation.

mod mapping;
mod split;

use crate::manifest::SourceLocation;
use crate::output::{GeneratedFiles, HEADER};
use crate::plan::{Function, Plan};
use mapping::Mapping;

/// Replaces the files that declare functions, forms and channels by declarations with maps.
///
/// `root` is the path from the output folder to the folder that the paths of Rust sources are relative to.
pub(crate) fn add(files: &mut GeneratedFiles, plan: &Plan<'_>, root: &str) {
    let mapped = MappedNames::of(plan);
    if let Some(types) = files.remove("types.ts") {
        insert(files, "types", types, &mapped.types, root);
    }
    if let Some(client) = files.remove("client.ts") {
        let (client, api) = split::client(&client);
        files.insert("client.ts", client);
        insert(files, "api", api, &mapped.api, root);
    }
    for (module, extension, names) in [
        ("react", "tsx", &mapped.react),
        ("forms", "tsx", &mapped.forms),
        ("channels", "ts", &mapped.channels),
        ("channelHooks", "ts", &mapped.channel_hooks),
    ] {
        let Some(implementation) = files.remove(&format!("{module}.{extension}")) else {
            continue;
        };
        let declarations = split::declarations(&implementation);
        insert(files, module, declarations, names, root);
        let reexport = format!("{HEADER}\n\nexport * from \"./{module}.impl\";\n");
        files.insert(format!("{module}.js"), reexport);
        files.insert(format!("{module}.impl.{extension}"), implementation);
    }
}

fn insert(
    files: &mut GeneratedFiles,
    module: &str,
    mut declarations: String,
    names: &[Mapping<'_>],
    root: &str,
) {
    let file = format!("{module}.d.ts");
    let map = mapping::source_map(&file, &declarations, names, root);
    declarations.push_str(&format!("//# sourceMappingURL={file}.map\n"));
    files.insert(format!("{file}.map"), map);
    files.insert(file, declarations);
}

/// The declared names with their Rust sources, by file.
#[derive(Default)]
struct MappedNames<'m> {
    types: Vec<Mapping<'m>>,
    api: Vec<Mapping<'m>>,
    react: Vec<Mapping<'m>>,
    forms: Vec<Mapping<'m>>,
    channels: Vec<Mapping<'m>>,
    channel_hooks: Vec<Mapping<'m>>,
}

impl<'m> MappedNames<'m> {
    fn of(plan: &Plan<'m>) -> Self {
        let mut names = Self::default();
        for function in &plan.functions {
            names.add_function(function);
        }
        for form in &plan.forms {
            let Some(source) = &form.manifest.source else {
                continue;
            };
            names.api.push(Mapping::member(&form.name, source));
            names.add_inputs([&form.state, &form.submit, &form.validate], source);
            let hook = format!("use{}", form.component);
            for name in [&form.constant, &hook, &format!("{}Types", form.component)] {
                names.forms.push(Mapping::export(name, source));
            }
        }
        for channel in &plan.channels {
            let Some(source) = &channel.manifest.source else {
                continue;
            };
            let component = &channel.component;
            for name in [
                format!("{}Channel", channel.name),
                format!("{component}Channel"),
            ] {
                names.channels.push(Mapping::export(&name, source));
            }
            let hook = format!("use{component}Channel");
            names.channel_hooks.push(Mapping::export(&hook, source));
        }
        names
    }

    fn add_function(&mut self, function: &Function<'m>) {
        let Some(source) = &function.manifest.source else {
            return;
        };
        self.api.push(Mapping::member(&function.name, source));
        self.add_inputs([function], source);
        let component = &function.component;
        for name in [
            format!("use{component}"),
            format!("useInfinite{component}"),
            format!("{component}Provider"),
        ] {
            self.react.push(Mapping::export(&name, source));
        }
    }

    fn add_inputs<'f>(
        &mut self,
        functions: impl IntoIterator<Item = &'f Function<'m>>,
        source: &'m SourceLocation,
    ) where
        'm: 'f,
    {
        let inputs = functions.into_iter().filter_map(|it| it.input.as_ref());
        self.types
            .extend(inputs.map(|input| Mapping::export(&input.name, source)));
    }
}
