//! The encoding of server-sent events (HTML Standard, section 9.2).

use std::time::Duration;

use bytes::{BufMut as _, Bytes, BytesMut};

/// A comment, which clients ignore. It keeps proxies and clients from ending an idle connection.
pub(crate) const HEARTBEAT: Bytes = Bytes::from_static(b":\n\n");

/// The kinds of events.
#[derive(Clone, Copy)]
pub(crate) enum Event {
    /// A part, as an event without a name.
    Part,
    /// The problem document of the error that ends the stream.
    Problem,
    /// The end of a complete stream.
    End,
    /// The start of a connection of channels.
    #[cfg(feature = "channels")]
    Open,
    /// The end of a connection of channels, with its code.
    #[cfg(feature = "channels")]
    Close,
}

impl Event {
    fn prefix(self) -> &'static [u8] {
        match self {
            Self::Part => b"data: ",
            Self::Problem => b"event: problem\ndata: ",
            Self::End => b"event: end\ndata: ",
            #[cfg(feature = "channels")]
            Self::Open => b"event: open\ndata: ",
            #[cfg(feature = "channels")]
            Self::Close => b"event: close\ndata: ",
        }
    }

    /// Encodes an event with JSON as its data.
    pub(crate) fn encode(self, json: &[u8]) -> Bytes {
        self.encode_with_id(None, json)
    }

    /// Encodes an event with an id, which is one line.
    pub(super) fn encode_with_id(self, id: Option<&str>, json: &[u8]) -> Bytes {
        let prefix = self.prefix();
        let id_len = id.map_or(0, |id| id.len() + 5);
        let mut event = BytesMut::with_capacity(id_len + prefix.len() + json.len() + 2);
        if let Some(id) = id {
            event.put_slice(b"id: ");
            event.put_slice(id.as_bytes());
            event.put_slice(b"\n");
        }
        event.put_slice(prefix);
        let data = event.len();
        event.put_slice(json);
        // A type with its own serializer may write JSON with line breaks, which would end the data. Strings in
        // JSON contain none.
        for byte in &mut event[data..] {
            if matches!(byte, b'\n' | b'\r') {
                *byte = b' ';
            }
        }
        event.put_slice(b"\n\n");
        event.freeze()
    }
}

/// Encodes the time after which a client may reconnect, as a field of the event that follows.
pub(super) fn retry(delay: Duration) -> Bytes {
    format!("retry: {}\n", delay.as_millis()).into()
}

#[cfg(test)]
mod tests {
    use super::Event;

    #[test]
    fn encodes_one_line_of_data() {
        assert_eq!(Event::Part.encode(b"{\"a\":1}"), "data: {\"a\":1}\n\n");
        assert_eq!(Event::Part.encode(b"[\r\n1\n]"), "data: [  1 ]\n\n");
        assert_eq!(
            Event::Part.encode_with_id(Some("a.1"), b"1\n"),
            "id: a.1\ndata: 1 \n\n"
        );
        assert_eq!(Event::End.encode(b"{}"), "event: end\ndata: {}\n\n");
        assert_eq!(Event::Problem.encode(b"{}"), "event: problem\ndata: {}\n\n");
    }
}
