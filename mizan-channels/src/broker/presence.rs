use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use serde_json::json;

/// The group whose log tells who comes to and goes from `group`. No channel's group begins like it.
#[must_use]
pub fn presence_of(group: &str) -> String {
    format!("+{group}")
}

/// Who is there: people, each with one connection or several.
#[derive(Default)]
pub(crate) struct Present {
    connections: HashMap<String, String>,
    people: BTreeMap<String, Person>,
}

struct Person {
    info: Bytes,
    connections: usize,
}

impl Present {
    /// The change to announce, if there is one.
    pub(crate) fn enter(&mut self, connection: &str, id: &str, info: Bytes) -> Option<Bytes> {
        if self.connections.contains_key(connection) {
            return None;
        }
        self.connections
            .insert(connection.to_owned(), id.to_owned());
        if let Some(person) = self.people.get_mut(id) {
            person.connections += 1;
            return None;
        }
        let change = joined(id, &info);
        let connections = 1;
        self.people
            .insert(id.to_owned(), Person { info, connections });
        Some(change)
    }

    pub(crate) fn leave(&mut self, connection: &str) -> Option<Bytes> {
        let id = self.connections.remove(connection)?;
        let person = self.people.get_mut(&id)?;
        person.connections -= 1;
        if person.connections > 0 {
            return None;
        }
        self.people.remove(&id);
        Some(left(&id))
    }

    pub(crate) fn members(&self) -> Bytes {
        let people = self.people.iter();
        members(people.map(|(id, person)| (id.as_str(), &person.info[..])))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.people.is_empty()
    }
}

pub(crate) fn joined(id: &str, info: &[u8]) -> Bytes {
    let mut change = br#"{"join":["#.to_vec();
    write_member(&mut change, id, info);
    change.extend_from_slice(b"]}");
    change.into()
}

pub(crate) fn left(id: &str) -> Bytes {
    json!({ "leave": [id] }).to_string().into()
}

pub(crate) fn members<'a>(people: impl Iterator<Item = (&'a str, &'a [u8])>) -> Bytes {
    let mut members = br#"{"members":["#.to_vec();
    for (index, (id, info)) in people.enumerate() {
        if index > 0 {
            members.push(b',');
        }
        write_member(&mut members, id, info);
    }
    members.extend_from_slice(b"]}");
    members.into()
}

fn write_member(text: &mut Vec<u8>, id: &str, info: &[u8]) {
    text.extend_from_slice(br#"{"id":"#);
    text.extend_from_slice(json!(id).to_string().as_bytes());
    text.extend_from_slice(br#","info":"#);
    text.extend_from_slice(info);
    text.push(b'}');
}
