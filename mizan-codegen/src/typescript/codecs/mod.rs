//! `codecs.ts`: the conversions between JSON and the types of the client.
//!
//! There is a function only for a type that needs one: it contains an integer of 64 or more bits, a
//! moment or bytes.

mod statements;

use std::collections::BTreeMap;

use self::statements::{Direction, Place, Statements};
use super::printing::{Document, Expression, TypeImports, text};
use crate::plan::{Channel, Definition, ErrorUnion, Function, Plan};
use crate::schema::Type;

/// The conversions of a client.
pub(super) struct Codecs<'p> {
    plan: &'p Plan<'p>,
    /// The types and inputs that are converted, by their names.
    definitions: BTreeMap<&'p str, &'p Definition>,
    /// The functions of types, by direction. Values of any type contain marked integers if the flag is
    /// set.
    named: BTreeMap<(Direction, &'p str), bool>,
}

impl<'p> Codecs<'p> {
    pub(super) fn new(plan: &'p Plan<'p>) -> Self {
        let inputs = plan
            .all_functions()
            .filter_map(|function| function.input.as_ref());
        let definitions = inputs
            .chain(plan.types.iter())
            .map(|definition| (definition.name.as_str(), definition))
            .collect();
        let mut codecs = Self {
            plan,
            definitions,
            named: BTreeMap::new(),
        };
        for function in plan.all_functions() {
            let is_exact = codecs.is_exact(function);
            if let Some(input) = &function.input {
                codecs.reach_name(Direction::Encode, &input.name, false);
                // Only the mocks in `mock.ts` convert inputs from JSON.
                codecs.reach_name(Direction::Decode, &input.name, false);
            }
            codecs.reach(Direction::Decode, output_of(function), is_exact);
            for data in codecs.data_of(function) {
                codecs.reach(Direction::Decode, data, is_exact);
            }
        }
        for channel in &plan.channels {
            let is_exact = codecs.is_channel_exact(channel);
            for (_, ty) in received(channel) {
                codecs.reach(Direction::Decode, ty, is_exact);
            }
            for (_, ty) in sent(channel) {
                codecs.reach(Direction::Encode, ty, false);
            }
        }
        codecs
    }

    /// Returns whether the client converts anything.
    pub(super) fn is_empty(&self) -> bool {
        let functions = self.plan.all_functions();
        let channels = &self.plan.channels;
        functions
            .map(|function| self.of_function(function))
            .all(|codec| codec.is_empty())
            && channels
                .iter()
                .all(|channel| self.of_channel(channel).is_empty())
    }

    /// The members of a function's options in `client.ts`.
    pub(super) fn of_function(&self, function: &Function<'_>) -> Vec<(String, Expression)> {
        let is_exact = self.is_exact(function);
        let mut members = Vec::new();
        if let Some(input) = &function.input
            && self.converts(&input.ty, Direction::Encode, false)
        {
            members.push(member("encode", &format!("encode{}", input.name)));
        }
        if self.converts(output_of(function), Direction::Decode, is_exact) {
            let root = format!("outputOf{}", function.component);
            let name = self.root_name(Direction::Decode, output_of(function), root);
            members.push(member("decode", &name));
        }
        let errors = function.errors().filter(|error| {
            let data = &mut self.data_of_error(error);
            data.any(|data| self.converts(data, Direction::Decode, is_exact))
        });
        match errors.collect::<Vec<_>>()[..] {
            [] => {}
            [error] => members.push(member("decodeError", &format!("decode{error}"))),
            [ref errors @ ..] => {
                let calls = errors.iter();
                let calls: Vec<_> = calls
                    .map(|error| format!("codecs.decode{error}(code, data)"))
                    .collect();
                let decode = format!("(code, data) => ({})", calls.join(", "));
                members.push(("decodeError".to_owned(), Expression::atom(decode)));
            }
        }
        if is_exact {
            members.push(("exact".to_owned(), Expression::atom("true")));
        }
        members
    }

    /// The function that converts a function's input from JSON, for `mock.ts`.
    pub(super) fn of_mock(&self, function: &Function<'_>) -> Option<(String, Expression)> {
        let input = function.input.as_ref()?;
        self.converts(&input.ty, Direction::Decode, false)
            .then(|| member("decode", &format!("decode{}", input.name)))
    }

    /// The members of a channel's codec in `channels.ts`.
    pub(super) fn of_channel(&self, channel: &Channel<'_>) -> Vec<(String, Expression)> {
        let is_exact = self.is_channel_exact(channel);
        let mut members = Vec::new();
        for (part, ty) in received(channel) {
            if self.converts(ty, Direction::Decode, is_exact) {
                let root = format!("decode{part}Of{}", channel.component);
                let name = self.root_name(Direction::Decode, ty, root);
                members.push(member(&format!("decode{part}"), &name));
            }
        }
        for (part, ty) in sent(channel) {
            if self.converts(ty, Direction::Encode, false) {
                let root = format!("encode{part}Of{}", channel.component);
                let name = self.root_name(Direction::Encode, ty, root);
                members.push(member(&format!("encode{part}"), &name));
            }
        }
        if is_exact {
            members.push(("exact".to_owned(), Expression::atom("true")));
        }
        members
    }

    pub(super) fn print(&self) -> String {
        let mut functions = Vec::new();
        for ((direction, name), has_marks) in &self.named {
            functions.push(self.named_function(*direction, self.definitions[name], *has_marks));
        }
        for function in self.plan.all_functions() {
            let is_exact = self.is_exact(function);
            let name = format!("outputOf{}", function.component);
            functions.extend(self.root(Direction::Decode, output_of(function), name, is_exact));
        }
        for error in &self.plan.errors {
            functions.extend(self.error(error));
        }
        for channel in &self.plan.channels {
            let is_exact = self.is_channel_exact(channel);
            for (part, ty) in received(channel) {
                let name = format!("decode{part}Of{}", channel.component);
                functions.extend(self.root(Direction::Decode, ty, name, is_exact));
            }
            for (part, ty) in sent(channel) {
                let name = format!("encode{part}Of{}", channel.component);
                functions.extend(self.root(Direction::Encode, ty, name, false));
            }
        }
        let body: String = functions.iter().map(Document::print).collect();
        let mut file = String::new();
        if body.contains("runtime.") {
            file.push_str("import * as runtime from \"./runtime/codecs\";\n");
        }
        if body.contains("temporal.") {
            file.push_str("import * as temporal from \"./runtime/codecs/temporal\";\n");
        }
        if !self.named.is_empty() {
            file.push_str("import type * as types from \"./types\";\n");
        }
        file + &body
    }

    /// Returns whether the client uses the classes of `Temporal`.
    pub(super) fn uses_temporal(&self) -> bool {
        let types = self.definitions.values().map(|definition| &definition.ty);
        let outputs = self
            .plan
            .all_functions()
            .map(|function| output_of(function));
        let errors = self.plan.errors.iter().flat_map(|error| &error.variants);
        let channels = self.plan.channels.iter();
        TypeImports::of(
            types
                .chain(outputs)
                .chain(errors.filter_map(|variant| variant.data.as_ref()))
                .chain(
                    channels.flat_map(|channel| {
                        received(channel).chain(sent(channel)).map(|(_, ty)| ty)
                    }),
                ),
        )
        .temporal
    }

    fn named_function(
        &self,
        direction: Direction,
        definition: &Definition,
        has_marks: bool,
    ) -> Document {
        let ty = format!("types.{}", definition.name);
        match direction {
            Direction::Decode => self.function(
                direction,
                &definition.ty,
                (format!("decode{}", definition.name), "unknown", &ty, &ty),
                has_marks,
            ),
            Direction::Encode => self.function(
                direction,
                &definition.ty,
                (format!("encode{}", definition.name), &ty, "unknown", ""),
                has_marks,
            ),
        }
    }

    /// The function of a type without a name.
    fn root(
        &self,
        direction: Direction,
        ty: &Type,
        name: String,
        has_marks: bool,
    ) -> Option<Document> {
        let is_needed = self.converts(ty, direction, has_marks) && !self.has_function(ty);
        is_needed.then(|| self.function(direction, ty, (name, "unknown", "unknown", ""), has_marks))
    }

    fn function(
        &self,
        direction: Direction,
        ty: &Type,
        (name, from, to, cast): (String, &str, &str, &str),
        has_marks: bool,
    ) -> Document {
        let value = match direction {
            Direction::Decode => "json",
            Direction::Encode => "value",
        };
        let mut statements = Statements::new(
            &self.plan.types,
            &self.plan.conversions,
            direction,
            has_marks,
        );
        let mut inside = statements.convert(ty, value, &Place::Result(cast));
        // A value that is not converted, such as null, or an object that was converted in place.
        if !statements.always_returns(ty) {
            let cast = if cast.is_empty() {
                String::new()
            } else {
                format!(" as {cast}")
            };
            inside.extend([Document::HardLine, text(format!("return {value}{cast};"))]);
        }
        Document::concat(vec![
            Document::HardLine,
            text(format!("export function {name}")),
            Document::list("(", [text(format!("{value}: {from}"))], ")"),
            text(format!(": {to} {{")),
            Document::indent(inside),
            Document::HardLine,
            text("}"),
            Document::HardLine,
        ])
    }

    /// The function that converts the data of an error's variants in place.
    fn error(&self, error: &ErrorUnion<'_>) -> Option<Document> {
        let has_marks = self.plan.all_functions().any(|function| {
            function.errors().any(|name| name == error.name) && self.is_exact(function)
        });
        let mut statements = Statements::new(
            &self.plan.types,
            &self.plan.conversions,
            Direction::Decode,
            has_marks,
        );
        let mut inside = Vec::new();
        for variant in &error.variants {
            let Some(data) = &variant.data else { continue };
            if !statements.converts(data) {
                continue;
            }
            let place = Place::Object {
                variable: "data".to_owned(),
                original: "data".to_owned(),
            };
            inside.extend([
                Document::HardLine,
                text(format!(
                    "if (code === {}) {{",
                    super::printing::literal::string(variant.code)
                )),
                Document::indent(statements.convert(data, "data", &place)),
                Document::HardLine,
                text("}"),
            ]);
        }
        if inside.is_empty() {
            return None;
        }
        let parameters = [text("code: string"), text("data: object")];
        Some(Document::concat(vec![
            Document::HardLine,
            text(format!("export function decode{}", error.name)),
            Document::list("(", parameters, ")"),
            text(": void {"),
            Document::indent(inside),
            Document::HardLine,
            text("}"),
            Document::HardLine,
        ]))
    }

    fn is_exact(&self, function: &Function<'_>) -> bool {
        let conversions = &self.plan.conversions;
        conversions.is_exact(output_of(function))
            || self
                .data_of(function)
                .any(|data| conversions.is_exact(data))
    }

    fn is_channel_exact(&self, channel: &Channel<'_>) -> bool {
        received(channel).any(|(_, ty)| self.plan.conversions.is_exact(ty))
    }

    fn data_of(&self, function: &Function<'_>) -> impl Iterator<Item = &'p Type> + use<'p> {
        let names: Vec<_> = function.errors().map(str::to_owned).collect();
        let data = names.into_iter().map(|name| self.data_of_error(&name));
        data.flatten().collect::<Vec<_>>().into_iter()
    }

    fn data_of_error(&self, name: &str) -> impl Iterator<Item = &'p Type> + use<'p> {
        let errors = &self.plan.errors;
        let error = errors.iter().find(|error| error.name == name);
        error
            .into_iter()
            .flat_map(|error| &error.variants)
            .filter_map(|variant| variant.data.as_ref())
    }

    fn converts(&self, ty: &Type, direction: Direction, has_marks: bool) -> bool {
        Statements::new(
            &self.plan.types,
            &self.plan.conversions,
            direction,
            has_marks,
        )
        .converts(ty)
    }

    /// The name of the function of a named type, or of `root`.
    fn root_name(&self, direction: Direction, ty: &Type, root: String) -> String {
        match (ty, direction) {
            _ if !self.has_function(ty) => root,
            (Type::Named(name), Direction::Decode) => format!("decode{name}"),
            (Type::Named(name), Direction::Encode) => format!("encode{name}"),
            _ => root,
        }
    }

    /// Returns whether a type is converted by a function of a named type.
    fn has_function(&self, ty: &Type) -> bool {
        matches!(ty, Type::Named(_)) && !is_scalar(self.plan.types.resolve(ty))
    }

    /// Adds the functions of the named types in a type.
    fn reach(&mut self, direction: Direction, ty: &'p Type, has_marks: bool) {
        match ty {
            // Newtypes of scalars are converted without a function of their own.
            Type::Named(_) if is_scalar(self.plan.types.resolve(ty)) => {}
            Type::Named(name) => self.reach_name(direction, name, has_marks),
            Type::List(list) => self.reach(direction, &list.item, has_marks),
            Type::Tuple(types) | Type::Intersection(types) => {
                for ty in types {
                    self.reach(direction, ty, has_marks);
                }
            }
            Type::Union(members) => {
                for member in members {
                    self.reach(direction, &member.ty, has_marks);
                }
            }
            Type::Object(object) => {
                for property in &object.properties {
                    self.reach(direction, &property.ty, has_marks);
                }
                if let Some(additional) = &object.additional {
                    self.reach(direction, &additional.value, has_marks);
                }
            }
            _ => {}
        }
    }

    fn reach_name(&mut self, direction: Direction, name: &'p str, has_marks: bool) {
        let Some(definition) = self.definitions.get(name).copied() else {
            return;
        };
        if !self.converts(&definition.ty, direction, has_marks) {
            return;
        }
        match self.named.get(&(direction, name)) {
            Some(known) if *known || !has_marks => return,
            _ => self.named.insert((direction, name), has_marks),
        };
        self.reach(direction, &definition.ty, has_marks);
    }
}

/// The type of a function's output, for its conversion.
fn output_of<'f>(function: &'f Function<'_>) -> &'f Type {
    function.converted.as_ref().unwrap_or(&function.output)
}

fn is_scalar(ty: &Type) -> bool {
    matches!(ty, Type::BigInt(_) | Type::Temporal(_) | Type::Bytes(_))
}

fn member(name: &str, function: &str) -> (String, Expression) {
    (
        name.to_owned(),
        Expression::atom(format!("codecs.{function}")),
    )
}

/// The parts of a channel that the client receives.
fn received<'c>(channel: &'c Channel<'_>) -> impl Iterator<Item = (&'static str, &'c Type)> {
    [
        ("Message", &channel.message),
        ("Reply", &channel.reply),
        ("Snapshot", &channel.snapshot),
        ("Member", &channel.member),
    ]
    .into_iter()
    .filter_map(|(part, ty)| Some((part, ty.as_ref()?)))
}

/// The parts of a channel that the client sends, or stores in the browser.
fn sent<'c>(channel: &'c Channel<'_>) -> impl Iterator<Item = (&'static str, &'c Type)> {
    [
        ("Params", &channel.params),
        ("Send", &channel.send),
        ("Message", &channel.message),
        ("Snapshot", &channel.snapshot),
    ]
    .into_iter()
    .filter_map(|(part, ty)| Some((part, ty.as_ref()?)))
}
