//! The comparison of all functions, channels and forms.

use std::collections::BTreeMap;

use serde_json::json;

use super::change::{Change, ChangeKind, Handled, Item, ItemKind};
use super::difference::Differ;
use super::effect::{Direction, Effect};
use super::model::{Channel, Function, Model};
use crate::manifest::{Affected, Field, FunctionKind, Manifest, Pages};
use crate::schema::Type;

/// Returns all changes, in the order of the names of the items.
pub(super) fn changes<'a>(old: &'a Model<'a>, new: &'a Model<'a>) -> Vec<Change> {
    let mut comparer = Comparer {
        old,
        new,
        to_server: Differ::new(&old.types, &new.types, Direction::ToServer),
        to_client: Differ::new(&old.types, &new.types, Direction::ToClient),
        item: Item::new(ItemKind::App, "", None, None),
        changes: Vec::new(),
    };
    comparer.codes("", &old.manifest.codes, &new.manifest.codes);
    comparer.functions();
    comparer.channels();
    comparer.forms();
    comparer.changes
}

struct Comparer<'a> {
    old: &'a Model<'a>,
    new: &'a Model<'a>,
    to_server: Differ<'a>,
    to_client: Differ<'a>,
    item: Item,
    changes: Vec<Change>,
}

impl<'a> Comparer<'a> {
    fn functions(&mut self) {
        for (name, old) in &self.old.functions {
            let new = self.new.functions.get(name);
            let source = new.map_or(&old.manifest.source, |new| &new.manifest.source);
            let contract = old.manifest.contract.as_ref();
            self.item = Item::new(ItemKind::Function, name, contract, source.as_ref());
            match new {
                Some(new) => self.function(old, new),
                None => self.push(ChangeKind::Removed, Effect::BreakingForWriters, None, None),
            }
        }
        for (name, new) in &self.new.functions {
            if !self.old.functions.contains_key(name) {
                let source = new.manifest.source.as_ref();
                self.item = Item::new(ItemKind::Function, name, None, source);
                self.push(ChangeKind::Added, Effect::Compatible, None, None);
            }
        }
    }

    fn function(&mut self, old: &'a Function<'a>, new: &'a Function<'a>) {
        let (before, after) = (old.manifest, new.manifest);
        if before.kind != after.kind {
            // Queries and contexts are the same on the wire. The server accepts a `POST` for each kind,
            // but no `GET` for a mutation.
            let is_breaking = after.kind == FunctionKind::Mutation;
            let texts = [before.kind, after.kind].map(|kind| kind_name(kind).to_owned());
            let effect = if is_breaking {
                Effect::BreakingForWriters
            } else {
                Effect::Compatible
            };
            self.push_changed(ChangeKind::Kind, effect, texts);
        }
        if before.stream.is_some() != after.stream.is_some() {
            let texts = [before, after].map(|function| match function.stream {
                Some(_) => "stream".to_owned(),
                None => "one reply".to_owned(),
            });
            self.push_changed(ChangeKind::Kind, Effect::BreakingForReaders, texts);
        }
        self.types(Direction::ToServer, "input", &old.input, &new.input);
        self.types(Direction::ToClient, "output", &old.output, &new.output);
        self.errors(old, new);
        if before.affects != after.affects {
            let texts = [&before.affects, &after.affects].map(|affects| affected_names(affects));
            self.push_changed(ChangeKind::Affects, Effect::Compatible, texts);
        }
        if before.pages != after.pages {
            let texts = [&before.pages, &after.pages].map(|pages| cursor_names(pages.as_ref()));
            self.push_changed(ChangeKind::Pages, Effect::Compatible, texts);
        }
        if before.policy != after.policy {
            let texts = [&before.policy, &after.policy].map(|policy| {
                policy
                    .as_ref()
                    .map_or("none".to_owned(), |text| format!("`{text}`"))
            });
            self.push_changed(ChangeKind::Policy, Effect::Note, texts);
        }
    }

    fn errors(&mut self, old: &'a Function<'a>, new: &'a Function<'a>) {
        fn variants<'a>(
            model: &'a Model<'a>,
            function: &Function<'a>,
        ) -> BTreeMap<&'a str, &'a Type> {
            let stream = function.manifest.stream.as_ref();
            let errors = [
                function.manifest.error.as_ref(),
                stream.and_then(|stream| stream.error.as_ref()),
            ];
            let errors = errors.into_iter().flatten();
            let variants = errors.filter_map(|error| model.errors.get(error.as_str()));
            let variants = variants.flatten();
            variants.map(|(code, data)| (*code, data)).collect()
        }
        let (before, after) = (variants(self.old, old), variants(self.new, new));
        let names = |codes: &BTreeMap<&str, _>| {
            codes
                .keys()
                .map(|code| (*code).to_owned())
                .collect::<Vec<_>>()
        };
        self.codes("error", &names(&before), &names(&after));
        for (code, old) in before {
            if let Some(new) = after.get(code) {
                self.types(Direction::ToClient, &format!("error `{code}`"), old, new);
            }
        }
    }

    /// Reports codes that are new or gone. Clients handle unknown codes as any other error.
    fn codes(&mut self, part: &str, old: &[String], new: &[String]) {
        let quoted = |code: &String| Some(format!("`{code}`"));
        for code in old.iter().filter(|code| !new.contains(code)) {
            self.push_in(
                part,
                ChangeKind::CodeRemoved,
                Effect::Compatible,
                quoted(code),
                None,
            );
        }
        for code in new.iter().filter(|code| !old.contains(code)) {
            self.push_in(
                part,
                ChangeKind::CodeAdded,
                Effect::Compatible,
                None,
                quoted(code),
            );
        }
    }

    fn channels(&mut self) {
        for (name, old) in &self.old.channels {
            let new = self.new.channels.get(name);
            let source = new.map_or(&old.manifest.source, |new| &new.manifest.source);
            let contract = old.manifest.contract.as_ref();
            self.item = Item::new(ItemKind::Channel, name, contract, source.as_ref());
            match new {
                Some(new) => self.channel(old, new),
                None => self.push(ChangeKind::Removed, Effect::BreakingForWriters, None, None),
            }
        }
        for (name, new) in &self.new.channels {
            if !self.old.channels.contains_key(name) {
                let source = new.manifest.source.as_ref();
                self.item = Item::new(ItemKind::Channel, name, None, source);
                self.push(ChangeKind::Added, Effect::Compatible, None, None);
            }
        }
    }

    fn channel(&mut self, old: &'a Channel<'a>, new: &'a Channel<'a>) {
        self.types(Direction::ToServer, "params", &old.params, &new.params);
        let messages = (old.client_message.as_ref(), new.client_message.as_ref());
        self.part(Direction::ToServer, "client message", messages);
        for ((part, old), (_, new)) in old.sent.iter().zip(&new.sent) {
            self.part(Direction::ToClient, part, (old.as_ref(), new.as_ref()));
        }
    }

    /// Compares a part that may be new or gone. Clients do not depend on a new part, and wait in vain
    /// for a part that is gone.
    fn part(
        &mut self,
        direction: Direction,
        part: &str,
        (old, new): (Option<&'a Type>, Option<&'a Type>),
    ) {
        match (old, new) {
            (Some(old), Some(new)) => self.types(direction, part, old, new),
            (Some(_), None) => {
                self.push_in(part, ChangeKind::Removed, direction.breaking(), None, None);
            }
            (None, Some(_)) => {
                self.push_in(part, ChangeKind::Added, Effect::Compatible, None, None);
            }
            (None, None) => {}
        }
    }

    /// Compares the descriptions of forms. The values that a form accepts are the input of its `submit`
    /// function, so a description only decides how a form looks.
    fn forms(&mut self) {
        let forms = |manifest: &'a Manifest| -> BTreeMap<_, _> {
            let forms = manifest.forms.iter();
            forms.map(|form| (form.name.as_str(), form)).collect()
        };
        let (old, new) = (forms(self.old.manifest), forms(self.new.manifest));
        for (name, before) in &old {
            let after = new.get(name);
            let source = after.map_or(&before.source, |after| &after.source);
            self.item = Item::new(ItemKind::Form, name, None, source.as_ref());
            match after {
                Some(after) => self.fields("", &before.fields, &after.fields),
                // The functions of the form are gone too, and they are what clients call.
                None => self.push(ChangeKind::Removed, Effect::Note, None, None),
            }
        }
        for (name, after) in &new {
            if !old.contains_key(name) {
                self.item = Item::new(ItemKind::Form, name, None, after.source.as_ref());
                self.push(ChangeKind::Added, Effect::Compatible, None, None);
            }
        }
    }

    fn fields(&mut self, prefix: &str, old: &[Field], new: &[Field]) {
        for field in old {
            let path = format!("{prefix}{}", field.name);
            match new.iter().find(|other| other.name == field.name) {
                Some(other) => {
                    if json!(without_nested(field)) != json!(without_nested(other)) {
                        self.push_field(path.clone(), ChangeKind::Display);
                    }
                    self.fields(&format!("{path}."), &field.fields, &other.fields);
                }
                None => self.push_field(path, ChangeKind::Removed),
            }
        }
        for field in new {
            if !old.iter().any(|other| other.name == field.name) {
                self.push_field(format!("{prefix}{}", field.name), ChangeKind::Added);
            }
        }
    }

    fn types(&mut self, direction: Direction, part: &str, old: &'a Type, new: &'a Type) {
        let differ = match direction {
            Direction::ToServer => &mut self.to_server,
            Direction::ToClient => &mut self.to_client,
        };
        for difference in differ.compare(old, new) {
            let effect = if difference.is_breaking {
                direction.breaking()
            } else {
                Effect::Compatible
            };
            self.push_in(
                part,
                difference.change,
                effect,
                difference.old,
                difference.new,
            );
            if let Some(change) = self.changes.last_mut() {
                change.path = difference.path;
            }
        }
    }

    fn push_changed(&mut self, change: ChangeKind, effect: Effect, [old, new]: [String; 2]) {
        self.push(change, effect, Some(old), Some(new));
    }

    fn push_field(&mut self, path: String, change: ChangeKind) {
        self.push_in("field", change, Effect::Compatible, None, None);
        if let Some(change) = self.changes.last_mut() {
            change.path = path;
        }
    }

    fn push(
        &mut self,
        change: ChangeKind,
        effect: Effect,
        old: Option<String>,
        new: Option<String>,
    ) {
        self.push_in("", change, effect, old, new);
    }

    fn push_in(
        &mut self,
        part: &str,
        change: ChangeKind,
        effect: Effect,
        old: Option<String>,
        new: Option<String>,
    ) {
        let handled = self.handled().filter(|_| effect.is_breaking());
        self.changes.push(Change {
            item: self.item.clone(),
            part: part.to_owned(),
            path: String::new(),
            change,
            effect,
            old,
            new,
            handled,
        });
    }

    /// Returns how the new server handles the clients of the old version of the current item.
    fn handled(&self) -> Option<Handled> {
        let contract = self.item.contract.as_ref()?;
        let lists = |versions: &BTreeMap<String, Vec<String>>| {
            let contracts = versions.get(&self.item.name);
            contracts.is_some_and(|contracts| contracts.contains(contract))
        };
        let Manifest {
            previous, retired, ..
        } = self.new.manifest;
        if lists(retired) {
            Some(Handled::Retired)
        } else if self.item.kind == ItemKind::Function && lists(previous) {
            Some(Handled::Previous)
        } else {
            None
        }
    }
}

fn kind_name(kind: FunctionKind) -> &'static str {
    match kind {
        FunctionKind::Query => "query",
        FunctionKind::Mutation => "mutation",
        FunctionKind::GlobalContext => "global context",
        FunctionKind::LocalContext => "local context",
    }
}

fn affected_names(affects: &[Affected]) -> String {
    let names: Vec<_> = affects
        .iter()
        .map(|affected| match affected {
            Affected::Query(name) if name == "*" => "all queries".to_owned(),
            Affected::Query(name) => format!("`{name}`"),
            Affected::Call(call) => {
                let arguments: Vec<_> = call.input.keys().map(String::as_str).collect();
                let returns = if call.returns { " = returns" } else { "" };
                format!("`{}({}){returns}`", call.query, arguments.join(", "))
            }
        })
        .collect();
    if names.is_empty() {
        "nothing".to_owned()
    } else {
        names.join(", ")
    }
}

fn cursor_names(pages: Option<&Pages>) -> String {
    pages.map_or("none".to_owned(), |pages| {
        format!("`{} = {}`", pages.cursor, pages.next)
    })
}

fn without_nested(field: &Field) -> Field {
    Field {
        fields: Vec::new(),
        ..field.clone()
    }
}
