//! Planning of the channels.

use serde_json::Value;

use super::definitions::Definitions;
use super::model::Channel;
use super::planner::Planner;
use crate::diagnostic::{Diagnostic, ItemRef};
use crate::manifest;
use crate::naming;

impl<'m> Planner<'m> {
    pub(super) fn channels(&mut self, types: &Definitions) -> Vec<Channel<'m>> {
        let mut channels: Vec<_> = self.manifest.channels.iter().collect();
        channels.sort_by_key(|channel| &channel.name);
        channels
            .into_iter()
            .map(|channel| self.channel(channel, types))
            .collect()
    }

    fn channel(&mut self, channel: &'m manifest::Channel, types: &Definitions) -> Channel<'m> {
        let name = self.channel_name(channel);
        let mut part = |part, schema: &Option<Value>| {
            let schema = schema.as_ref()?;
            Some(self.read_schema(ItemRef::channel_part(channel, part), schema))
        };
        let planned = Channel {
            params: part("params", &channel.params),
            message: part("server message", &channel.server_message),
            send: part("client message", &channel.client_message),
            reply: part("reply", &channel.reply),
            snapshot: part("snapshot", &channel.snapshot),
            member: part("member", &channel.member),
            component: naming::component_name(&channel.name),
            name,
            manifest: channel,
        };
        let params = planned.params.as_ref();
        if params.is_some_and(|params| types.properties(params).is_none()) {
            self.diagnostics.push(Diagnostic::ParamsNotObject {
                channel: ItemRef::channel(channel),
            });
        }
        planned
    }

    fn channel_name(&mut self, channel: &manifest::Channel) -> String {
        let item = ItemRef::channel(channel);
        let Some(name) = naming::function_name(&channel.name) else {
            self.diagnostics.push(Diagnostic::InvalidName { item });
            return channel.name.clone();
        };
        let component = naming::component_name(&channel.name);
        let exports = [
            format!("{name}Channel"),
            format!("{component}Channel"),
            format!("use{component}Channel"),
        ];
        // One diagnostic is enough: further conflicts would be between the same two items.
        let conflict = exports
            .iter()
            .find_map(|export| self.registry.export(export, item.clone()));
        self.diagnostics.extend(conflict);
        name
    }
}
