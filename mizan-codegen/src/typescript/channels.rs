//! `channels.ts` and `channelHooks.ts`: a definition and a React hook for each channel.

use super::codecs::Codecs;
use super::printing::{
    Document, Expression, IN_OTHER_FILES, TypeImports, assignment, comment, text,
};
use crate::plan::{Channel, Plan};
use crate::schema::{Docs, Type};

/// The additional exports of `index.ts` for a client with channels.
pub(super) const INDEX: &str = r#"export * from "./channelHooks";
export * from "./channels";
export {
  reconnect,
  subscribe,
  type ChannelCode,
  type ChannelDefinition,
  type ChannelGap,
  type ChannelMember,
  type ChannelMessage,
  type ChannelOptions,
  type ChannelPage,
  type ChannelState,
  type ChannelStatus,
  type ChannelSubscription,
} from "./runtime/channels";
export type {
  ChannelHookOptions,
  ChannelResult,
} from "./runtime/channels/hooks";
"#;

pub(super) fn print(plan: &Plan<'_>, codecs: &Codecs<'_>) -> String {
    let types = plan.channels.iter().flat_map(Channel::parts);
    let mut file = String::new();
    if plan
        .channels
        .iter()
        .any(|channel| !codecs.of_channel(channel).is_empty())
    {
        file.push_str("import * as codecs from \"./codecs\";\n");
    }
    file.push_str(&TypeImports::of(types.map(|(_, ty)| ty)).statements(plan.dates));
    file.push_str(
        r#"import type { ChannelCode, ChannelDefinition } from "./runtime/channels";
import type { Failure } from "./runtime/transport/error";
import type * as types from "./types";

/** An error of a subscription, or of a message to a channel. */
export type ChannelError = types.CommonError | Failure<ChannelCode>;
"#,
    );
    for channel in &plan.channels {
        file.push_str(&declaration(channel, codecs).print());
    }
    file
}

/// The types of a channel as one interface, and the constant that identifies the channel.
fn declaration(channel: &Channel<'_>, codecs: &Codecs<'_>) -> Document {
    let Channel {
        name, component, ..
    } = channel;
    let wire = Expression::String(channel.manifest.name.clone());
    let mut definition = vec![("name".to_owned(), wire)];
    if let Some(contract) = &channel.manifest.contract {
        definition.push(("contract".to_owned(), Expression::String(contract.clone())));
    }
    let codec = codecs.of_channel(channel);
    if !codec.is_empty() {
        definition.push(("codec".to_owned(), Expression::Object(codec)));
    }
    let members = [
        ("params", &channel.params),
        ("message", &channel.message),
        ("send", &channel.send),
        ("reply", &channel.reply),
        ("snapshot", &channel.snapshot),
        ("member", &channel.member),
    ];
    let mut inside: Vec<_> = members
        .into_iter()
        .flat_map(|(member, ty)| {
            let nothing = if member == "params" {
                " void"
            } else {
                " never"
            };
            let ty = ty
                .as_ref()
                .map(|ty: &Type| IN_OTHER_FILES.type_after_operator(ty));
            [
                Document::HardLine,
                text(format!("readonly {member}:")),
                ty.unwrap_or_else(|| text(nothing)),
                text(";"),
            ]
        })
        .collect();
    inside.extend([Document::HardLine, text("readonly error: ChannelError;")]);
    Document::concat(vec![
        Document::HardLine,
        comment(&Docs::from(
            format!("The types of the channel `{}`.", channel.manifest.name).as_str(),
        )),
        text(format!("export interface {component}Channel {{")),
        Document::indent(inside),
        Document::HardLine,
        text("}"),
        Document::HardLine,
        Document::HardLine,
        comment(&Docs {
            text: channel.manifest.docs.clone(),
            ..Docs::default()
        }),
        assignment(
            format!("export const {name}Channel: ChannelDefinition<{component}Channel> ="),
            "{",
            Expression::Object(definition).print(),
        ),
        text(";"),
        Document::HardLine,
    ])
}

pub(super) fn print_hooks(plan: &Plan<'_>) -> String {
    let mut file = r#"import * as channels from "./channels";
import { useApi } from "./react";
import * as runtime from "./runtime/channels/hooks";
"#
    .to_owned();
    for channel in &plan.channels {
        file.push_str(&hook(channel).print());
    }
    file
}

fn hook(channel: &Channel<'_>) -> Document {
    let Channel {
        name, component, ..
    } = channel;
    let summary = format!(
        "Subscribes to the channel `{}` while the component is mounted.",
        channel.manifest.name
    );
    let paragraphs = [Some(summary), channel.manifest.docs.clone()];
    let docs = paragraphs.into_iter().flatten().collect::<Vec<_>>();
    let mut parameters = vec![text("options?: runtime.ChannelHookOptions")];
    let mut params = "undefined";
    if channel.params.is_some() {
        parameters.insert(
            0,
            text(format!("params: channels.{component}Channel[\"params\"]")),
        );
        params = "params";
    }
    let arguments = [
        text("useApi()"),
        text(format!("channels.{name}Channel")),
        text(params),
        text("options"),
    ];
    Document::concat(vec![
        Document::HardLine,
        comment(&Docs::from(docs.join("\n\n").as_str())),
        text(format!("export function use{component}Channel")),
        Document::list("(", parameters, ")"),
        text(format!(
            ": runtime.ChannelResult<channels.{component}Channel> {{"
        )),
        Document::indent(vec![
            Document::HardLine,
            text("return "),
            Document::list("runtime.useChannel(", arguments, ")"),
            text(";"),
        ]),
        Document::HardLine,
        text("}"),
        Document::HardLine,
    ])
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failing unwrap fails the test")]
mod tests {
    use std::collections::BTreeSet;

    use super::INDEX;
    use crate::naming::CHANNEL_EXPORTS;

    #[test]
    fn reserved_names_match_exports() {
        let exported = INDEX
            .split("export ")
            .skip(1)
            .filter_map(|export| export.split_once(" from").unwrap().0.split_once('{'))
            .flat_map(|(_, names)| names.split([',', '\n', ' ', '}']))
            .filter(|word| !matches!(*word, "" | "type"));
        let expected: BTreeSet<_> = exported.chain(["ChannelError"]).collect();
        assert_eq!(expected, BTreeSet::from(CHANNEL_EXPORTS));
    }
}
