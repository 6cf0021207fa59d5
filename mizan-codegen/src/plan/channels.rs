use serde_json::Value;

use super::{Definitions, Planner};
use crate::manifest;
use crate::problem::{Origin, Problem};
use crate::schema::{Reader, Type};
use crate::typescript::names;

/// A channel. Nothing stands for what it does not have.
pub(crate) struct Channel<'m> {
    pub(crate) manifest: &'m manifest::Channel,
    /// How its definition (before `Channel`) begins.
    pub(crate) name: String,
    /// How its type and its hook (after `use`, and before `Channel`) begin.
    pub(crate) component: String,
    pub(crate) params: Option<Type>,
    pub(crate) message: Option<Type>,
    pub(crate) send: Option<Type>,
    pub(crate) reply: Option<Type>,
    pub(crate) snapshot: Option<Type>,
    pub(crate) member: Option<Type>,
}

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
            let origin = Origin::channel_part(channel, part);
            let schema = schema.as_ref()?;
            Some(Reader::new(&self.type_names, &mut self.problems, origin).read(schema))
        };
        let planned = Channel {
            params: part("params", &channel.params),
            message: part("server message", &channel.server_message),
            send: part("client message", &channel.client_message),
            reply: part("reply", &channel.reply),
            snapshot: part("snapshot", &channel.snapshot),
            member: part("member", &channel.member),
            component: names::component_name(&channel.name),
            name,
            manifest: channel,
        };
        let params = planned.params.as_ref();
        if params.is_some_and(|params| types.properties(params).is_none()) {
            self.problems.push(Problem::ParamsNotObject {
                channel: Origin::channel(channel),
            });
        }
        planned
    }

    fn channel_name(&mut self, channel: &manifest::Channel) -> String {
        let origin = Origin::channel(channel);
        let Some(name) = names::function_name(&channel.name) else {
            self.problems.push(Problem::NoName { origin });
            return channel.name.clone();
        };
        let component = names::component_name(&channel.name);
        let exports = [
            format!("{name}Channel"),
            format!("{component}Channel"),
            format!("use{component}Channel"),
        ];
        // One clash is enough to say: another would be about the same two names.
        let problem = exports
            .iter()
            .find_map(|export| self.claims.export(export, origin.clone()));
        self.problems.extend(problem);
        name
    }
}
