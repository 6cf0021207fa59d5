//! The statements that convert a value between JSON and JavaScript.

use std::borrow::Cow;

use crate::plan::{Alternative, Conversions, Definitions, Kind, Test, alternatives};
use crate::schema::{BigIntWidth, Member, Object, Property, TemporalClass, TemporalKind, Type};
use crate::typescript::printing::{Document, literal, text};

/// The direction of a conversion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Direction {
    /// From parsed JSON, in place.
    Decode,
    /// To values that `JSON.stringify` accepts. Copies the objects that change.
    Encode,
}

/// The place of a value, to which the converted value is assigned.
#[derive(Debug, Clone)]
pub(super) enum Place<'p> {
    /// The result of the function, with its type.
    Result(&'p str),
    /// A member of the object in a variable.
    Member {
        /// The expression that is assigned: `object.name`, or `list[index]`.
        target: String,
        /// The variable with the original object, for errors.
        holder: String,
        /// The name of the member, or the variable with it, as an expression.
        key: String,
    },
    /// The value is the object in a variable, and is converted in place.
    Object {
        variable: String,
        /// The variable with the original object, for errors.
        original: String,
    },
}

/// Writes the statements of one function.
pub(super) struct Statements<'p> {
    pub(super) types: &'p Definitions,
    pub(super) conversions: &'p Conversions,
    pub(super) direction: Direction,
    /// Values of any type contain marked integers, because the JSON was parsed exactly.
    pub(super) has_marks: bool,
    variables: usize,
}

impl<'p> Statements<'p> {
    pub(super) fn new(
        types: &'p Definitions,
        conversions: &'p Conversions,
        direction: Direction,
        has_marks: bool,
    ) -> Self {
        Self {
            types,
            conversions,
            direction,
            has_marks: has_marks && direction == Direction::Decode,
            variables: 0,
        }
    }

    /// Returns whether the values of a type are converted.
    pub(super) fn converts(&self, ty: &Type) -> bool {
        self.conversions.converts(ty) || self.has_marks && self.conversions.has_unknown(ty)
    }

    /// Returns the statements that convert the value in a variable.
    pub(super) fn convert(&mut self, ty: &Type, value: &str, place: &Place<'_>) -> Vec<Document> {
        if !self.converts(ty) {
            return Vec::new();
        }
        match ty {
            Type::Object(object) => self.object(object, value, place),
            Type::Intersection(parts) => self.intersection(parts, value, place),
            Type::Union(members) => self.union(members, value, place),
            Type::List(list) => self.list(&list.item, value, place),
            Type::Tuple(items) => self.tuple(items, value, place),
            _ => match (self.call(ty, value, place), place) {
                (call, Place::Object { variable, .. }) if self.direction == Direction::Encode => {
                    let arguments = [text(variable.clone()), without_unknown(call)];
                    vec![statement(vec![Document::list(
                        "Object.assign(",
                        arguments,
                        ")",
                    )])]
                }
                (call, Place::Object { .. }) => vec![statement(vec![call])],
                // Only values of any type need the type of the result.
                (call, Place::Result(_)) if *self.types.resolve(ty) != Type::Unknown => {
                    vec![assign(&Place::Result(""), call)]
                }
                (call, place) => vec![assign(place, call)],
            },
        }
    }

    /// Returns whether the statements of a type return a result in every case.
    pub(super) fn always_returns(&self, ty: &Type) -> bool {
        match ty {
            Type::Object(_) | Type::Intersection(_) | Type::List(_) | Type::Tuple(_) => {
                self.direction == Direction::Encode && self.converts(ty)
            }
            Type::Union(_) => false,
            _ => self.converts(ty),
        }
    }

    /// The call that converts a value without statements of its own.
    fn call(&self, ty: &Type, value: &str, place: &Place<'_>) -> Document {
        let decodes = self.direction == Direction::Decode;
        // A newtype of a scalar needs no call of its own, and its errors have a path.
        let ty = match self.types.resolve(ty) {
            scalar @ (Type::BigInt(_) | Type::Temporal(_) | Type::Bytes(_)) => scalar,
            _ => ty,
        };
        let name: Cow<'static, str> = match ty {
            Type::Named(name) => {
                let cast = match self.direction {
                    Direction::Decode => value.to_owned(),
                    Direction::Encode => format!("{value} as types.{name}"),
                };
                let verb = if decodes { "decode" } else { "encode" };
                let call = format!("{verb}{name}(");
                return Document::concat(vec![text(call), Document::list("", [text(cast)], ")")]);
            }
            Type::BigInt(_) if decodes => "decodeBigInt".into(),
            Type::BigInt(integer) => match integer.width {
                BigIntWidth::Int64 => "encodeInt64",
                BigIntWidth::UInt64 => "encodeUint64",
                BigIntWidth::Int128 => "encodeInt128",
                BigIntWidth::UInt128 => "encodeUint128",
            }
            .into(),
            Type::Temporal(temporal) => match temporal.class {
                TemporalClass::Temporal => {
                    return self.temporal(temporal.kind, value, place);
                }
                _ if decodes => "decodeDate".into(),
                _ => "encodeDate".into(),
            },
            Type::Bytes(_) if decodes => "decodeBytes".into(),
            Type::Bytes(_) => "encodeBytes".into(),
            _ => "decodeUnknown".into(),
        };
        let mut arguments = vec![text(value.to_owned())];
        let takes_place = !matches!(name.as_ref(), "decodeUnknown" | "encodeBytes");
        if let Place::Member { holder, key, .. } = place
            && takes_place
        {
            arguments.extend([text(holder.clone()), text(key.clone())]);
        }
        Document::concat(vec![
            text(format!("runtime.{name}")),
            Document::list("(", arguments, ")"),
        ])
    }

    fn temporal(&self, kind: TemporalKind, value: &str, place: &Place<'_>) -> Document {
        let verb = match self.direction {
            Direction::Decode => "decode",
            Direction::Encode => "encode",
        };
        let mut arguments = vec![text(value.to_owned())];
        if self.direction == Direction::Decode
            && let Place::Member { holder, key, .. } = place
        {
            arguments.extend([text(holder.clone()), text(key.clone())]);
        }
        let name = match self.direction {
            Direction::Decode => kind.name(),
            Direction::Encode => "Temporal",
        };
        Document::concat(vec![
            text(format!("temporal.{verb}{name}")),
            Document::list("(", arguments, ")"),
        ])
    }

    fn object(&mut self, object: &Object, value: &str, place: &Place<'_>) -> Vec<Document> {
        let mut copy = Copy {
            // The object that is changed, once there is one.
            variable: match (place, self.direction) {
                (Place::Object { variable, .. }, _) => Some(variable.clone()),
                (_, Direction::Decode) => Some(value.to_owned()),
                (_, Direction::Encode) => None,
            },
            statements: Vec::new(),
        };
        let holder = match place {
            Place::Object { original, .. } => original,
            _ => value,
        };
        let properties: Vec<_> = object
            .properties
            .iter()
            .filter(|property| self.converts(&property.ty))
            .collect();
        if !properties.is_empty() {
            let members = properties.iter().map(|property| {
                let optional = if property.required { "" } else { "?" };
                format!("{}{optional}: unknown", literal::member(&property.name))
            });
            let variable = copy.declare(self.variable("object"), value, members);
            for property in properties {
                let statements = self.property(property, &variable, holder);
                copy.statements.extend(statements);
            }
        }
        if let Some(additional) = &object.additional
            && self.converts(&additional.value)
        {
            let names: Vec<_> = object
                .properties
                .iter()
                .map(|property| property.name.as_str())
                .collect();
            let members = ["[key: string]: unknown".to_owned()].into_iter();
            let map = copy.declare(self.variable("map"), value, members);
            let statements = self.entries(&additional.value, &map, holder, &names);
            copy.statements.extend(statements);
        }
        let assigned = copy
            .variable
            .and_then(|variable| self.assign_copy(place, &variable));
        copy.statements.extend(assigned);
        copy.statements
    }

    fn property(&mut self, property: &Property, object: &str, holder: &str) -> Vec<Document> {
        let target = member_access(object, &property.name);
        let place = Place::Member {
            target: target.clone(),
            holder: holder.to_owned(),
            key: literal::string(&property.name),
        };
        if property.required && is_single_call(&property.ty) {
            return self.convert(&property.ty, &target, &place);
        }
        let value = self.variable("value");
        let inner = self.convert(&property.ty, &value, &place);
        let mut statements = vec![declare_value(&value, &target)];
        if property.required {
            statements.extend(inner);
        } else {
            statements.push(block(format!("if ({value} !== undefined) {{"), inner));
        }
        statements
    }

    /// The loop that converts the values of a map, except for the members with `names`.
    fn entries(&mut self, ty: &Type, map: &str, holder: &str, names: &[&str]) -> Vec<Document> {
        let key = self.variable("key");
        let place = Place::Member {
            target: format!("{map}[{key}]"),
            holder: holder.to_owned(),
            key: key.clone(),
        };
        let mut statements = Vec::new();
        let mut inside = Vec::new();
        if !names.is_empty() {
            let known = self.variable("known");
            let items = names.iter().map(|name| text(literal::string(name)));
            statements.push(statement(vec![
                text(format!("const {known} = new Set(")),
                Document::list("[", items, "]"),
                text(")"),
            ]));
            inside.push(statement(vec![text(format!(
                "if ({known}.has({key})) continue"
            ))]));
        }
        let value = self.variable("value");
        inside.push(declare_value(&value, &format!("{map}[{key}]")));
        inside.extend(self.convert(ty, &value, &place));
        statements.push(block(
            format!("for (const {key} of Object.keys({map})) {{"),
            inside,
        ));
        statements
    }

    fn list(&mut self, item: &Type, value: &str, place: &Place<'_>) -> Vec<Document> {
        let list = self.variable("list");
        let index = self.variable("index");
        let item_place = Place::Member {
            target: format!("{list}[{index}]"),
            holder: self.holder(&list, value),
            key: index.clone(),
        };
        let mut inside = Vec::new();
        if is_single_call(item) {
            inside.extend(self.convert(item, &format!("{list}[{index}]"), &item_place));
        } else {
            let inner = self.variable("value");
            inside.push(declare_value(&inner, &format!("{list}[{index}]")));
            inside.extend(self.convert(item, &inner, &item_place));
        }
        let mut statements = vec![
            self.declare_list(&list, value),
            block(
                format!("for (let {index} = 0; {index} < {list}.length; {index} += 1) {{"),
                inside,
            ),
        ];
        statements.extend(self.assign_copy(place, &list));
        statements
    }

    fn tuple(&mut self, items: &[Type], value: &str, place: &Place<'_>) -> Vec<Document> {
        let list = self.variable("list");
        let mut statements = vec![self.declare_list(&list, value)];
        for (index, item) in items.iter().enumerate() {
            if !self.converts(item) {
                continue;
            }
            let target = format!("{list}[{index}]");
            let item_place = Place::Member {
                target: target.clone(),
                holder: self.holder(&list, value),
                key: index.to_string(),
            };
            if is_single_call(item) {
                statements.extend(self.convert(item, &target, &item_place));
            } else {
                let inner = self.variable("value");
                statements.push(declare_value(&inner, &target));
                statements.extend(self.convert(item, &inner, &item_place));
            }
        }
        statements.extend(self.assign_copy(place, &list));
        statements
    }

    fn intersection(&mut self, parts: &[Type], value: &str, place: &Place<'_>) -> Vec<Document> {
        let mut statements = Vec::new();
        let original = match place {
            Place::Object { original, .. } => original.clone(),
            _ => value.to_owned(),
        };
        let variable = match (place, self.direction) {
            (Place::Object { variable, .. }, _) => variable.clone(),
            (_, Direction::Decode) => {
                let variable = self.variable("object");
                statements.push(statement(vec![text(format!(
                    "const {variable} = {value} as object"
                ))]));
                variable
            }
            (_, Direction::Encode) => {
                let variable = self.variable("object");
                statements.push(statement(vec![text(format!(
                    "const {variable}: object = {{ ...({value} as object) }}"
                ))]));
                variable
            }
        };
        for part in parts {
            let part = self.without_other_members(part, parts);
            let in_place = Place::Object {
                variable: variable.clone(),
                original: original.clone(),
            };
            statements.extend(self.convert(&part, &variable, &in_place));
        }
        statements.extend(self.assign_copy(place, &variable));
        statements
    }

    /// Adds the members of the other parts of an intersection to a part with a map, because the map
    /// does not contain them.
    fn without_other_members(&self, part: &Type, parts: &[Type]) -> Type {
        let mut part = part.clone();
        if let Type::Object(object) = &mut part
            && object.additional.is_some()
        {
            for other in parts {
                for name in self.types.properties(other).unwrap_or_default() {
                    if object
                        .properties
                        .iter()
                        .all(|property| property.name != name)
                    {
                        object.properties.push(Property {
                            name: name.to_owned(),
                            docs: crate::schema::Docs::default(),
                            required: false,
                            ty: Type::Null,
                        });
                    }
                }
            }
        }
        part
    }

    fn union(&mut self, members: &[Member], value: &str, place: &Place<'_>) -> Vec<Document> {
        let types = self.types;
        let (alternatives, has_rest) = match alternatives(types, members, |ty| self.converts(ty)) {
            Some(alternatives) => (alternatives, false),
            // Values of any type look the same as others, and need no test.
            None => {
                let conversions = self.conversions;
                let known = alternatives(types, members, |ty| conversions.converts(ty));
                let known =
                    known.expect("the plan rejects unions whose alternatives cannot be told apart");
                (known, true)
            }
        };
        let is_nullable = members
            .iter()
            .any(|member| *types.resolve(&member.ty) == Type::Null);
        let mut documents = Vec::new();
        for Alternative { test, ty, is_only } in alternatives {
            let statements = self.convert(ty, value, place);
            if is_only && !is_nullable {
                return statements;
            }
            let condition = if is_only {
                vec![text(format!("{value} !== null"))]
            } else {
                self.condition(&test, value, ty)
            };
            documents.extend([
                if documents.is_empty() {
                    Document::HardLine
                } else {
                    text(" else ")
                },
                Document::group(vec![
                    text("if ("),
                    Document::indent([vec![Document::SoftLine], condition].concat()),
                    Document::SoftLine,
                    text(") {"),
                ]),
                Document::indent(statements),
                Document::HardLine,
                text("}"),
            ]);
        }
        if has_rest {
            let rest = self.convert(&Type::Unknown, value, place);
            if documents.is_empty() {
                return rest;
            }
            documents.extend([
                text(" else {"),
                Document::indent(rest),
                Document::HardLine,
                text("}"),
            ]);
        }
        documents
    }

    /// The parts of a condition, with the places where its line may break.
    fn condition(&self, test: &Test<'_>, value: &str, ty: &Type) -> Vec<Document> {
        match test {
            Test::Tag(name, tag) => vec![
                text(format!(
                    "runtime.tagOf({value}, {}) ===",
                    literal::string(name)
                )),
                Document::Line,
                text(literal::literal(tag)),
            ],
            Test::Member(name) => vec![text(format!(
                "runtime.hasMember({value}, {})",
                literal::string(name)
            ))],
            Test::Kinds(kinds) => {
                let conditions = kinds
                    .iter()
                    .map(|kind| text(self.kind_condition(*kind, value, ty)));
                Document::join(conditions, &[text(" ||"), Document::Line])
            }
        }
    }

    fn kind_condition(&self, kind: Kind, value: &str, ty: &Type) -> String {
        let resolved = self.types.resolve(ty);
        match (kind, self.direction, resolved) {
            (Kind::Boolean, ..) => format!("typeof {value} === \"boolean\""),
            (Kind::Number, Direction::Encode, Type::BigInt(_)) => {
                format!("typeof {value} === \"bigint\"")
            }
            (Kind::Number, ..) => format!("runtime.isNumber({value})"),
            (Kind::Text, Direction::Encode, Type::Bytes(_)) => {
                format!("{value} instanceof Uint8Array")
            }
            (Kind::Text, Direction::Encode, Type::Temporal(temporal)) => match temporal.class {
                TemporalClass::Temporal => {
                    format!("temporal.isTemporal({value})")
                }
                _ => format!("{value} instanceof Date"),
            },
            (Kind::Text, ..) => {
                format!("typeof {value} === \"string\" && !runtime.isNumber({value})")
            }
            (Kind::Array, ..) => format!("runtime.isList({value})"),
            (Kind::Object, ..) => format!("runtime.isObject({value})"),
        }
    }

    fn declare_list(&self, variable: &str, value: &str) -> Document {
        let source = match self.direction {
            Direction::Decode => format!("{value} as unknown[]"),
            Direction::Encode => format!("[...({value} as unknown[])]"),
        };
        statement(vec![text(format!("const {variable} = {source}"))])
    }

    fn assign_copy(&self, place: &Place<'_>, variable: &str) -> Option<Document> {
        match (place, self.direction) {
            (Place::Object { .. }, _) | (_, Direction::Decode) => None,
            (place, Direction::Encode) => Some(assign(place, text(variable.to_owned()))),
        }
    }

    fn holder(&self, copy: &str, original: &str) -> String {
        match self.direction {
            Direction::Decode => copy.to_owned(),
            Direction::Encode => original.to_owned(),
        }
    }

    fn variable(&mut self, name: &str) -> String {
        self.variables += 1;
        format!("{name}{}", self.variables)
    }
}

/// The object that a conversion changes, and the statements that do so.
struct Copy {
    variable: Option<String>,
    statements: Vec<Document>,
}

impl Copy {
    /// Declares a variable with the object and the types of some members. Copies the object in
    /// `original` first, unless there is a copy.
    fn declare(
        &mut self,
        variable: String,
        original: &str,
        members: impl Iterator<Item = String>,
    ) -> String {
        let source = match &self.variable {
            Some(variable) => variable.clone(),
            None => format!("{{ ...({original} as object) }}"),
        };
        self.statements
            .push(declare_cast(&variable, &source, members));
        self.variable.get_or_insert_with(|| variable.clone());
        variable
    }
}

/// Returns whether a type is converted by a single call, without a test.
fn is_single_call(ty: &Type) -> bool {
    !matches!(
        ty,
        Type::Object(_) | Type::Intersection(_) | Type::Union(_) | Type::List(_) | Type::Tuple(_)
    )
}

fn assign(place: &Place<'_>, value: Document) -> Document {
    match place {
        Place::Result("") => statement(vec![text("return "), value]),
        Place::Result(ty) => statement(vec![text("return "), value, text(format!(" as {ty}"))]),
        Place::Member { target, .. } => statement(vec![text(format!("{target} = ")), value]),
        Place::Object { .. } => statement(vec![value]),
    }
}

fn without_unknown(call: Document) -> Document {
    Document::concat(vec![call, text(" as object")])
}

fn member_access(object: &str, name: &str) -> String {
    let member = literal::member(name);
    if member.starts_with('"') || member.starts_with('\'') {
        format!("{object}[{member}]")
    } else {
        format!("{object}.{member}")
    }
}

/// `const variable = source as { .. };`, with one member per line.
fn declare_cast(variable: &str, source: &str, members: impl Iterator<Item = String>) -> Document {
    let members = members.flat_map(|member| [Document::HardLine, text(format!("{member};"))]);
    statement(vec![
        text(format!("const {variable} = {source} as {{")),
        Document::indent(members.collect()),
        Document::HardLine,
        text("}"),
    ])
}

fn declare_value(variable: &str, source: &str) -> Document {
    statement(vec![Document::group(vec![
        text(format!("const {variable} =")),
        Document::indent(vec![Document::Line, text(source.to_owned())]),
    ])])
}

fn statement(mut parts: Vec<Document>) -> Document {
    parts.insert(0, Document::HardLine);
    parts.push(text(";"));
    Document::concat(parts)
}

fn block(open: String, inside: Vec<Document>) -> Document {
    Document::concat(vec![
        Document::HardLine,
        text(open),
        Document::indent(inside),
        Document::HardLine,
        text("}"),
    ])
}
