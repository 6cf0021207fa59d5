//! The encoding of server-sent events (HTML Standard, section 9.2).

use std::time::Duration;

use bytes::{BufMut as _, Bytes, BytesMut};

/// A comment, which clients ignore. It keeps proxies and clients from ending an idle connection.
pub(super) const HEARTBEAT: Bytes = Bytes::from_static(b":\n\n");

/// The kinds of events.
#[derive(Clone, Copy)]
pub(super) enum Event {
    /// A part, as an event without a name.
    Part,
    /// The problem document of the error that ends the stream.
    Problem,
    /// The end of a complete stream.
    End,
}

impl Event {
    fn prefix(self) -> &'static [u8] {
        match self {
            Self::Part => b"data: ",
            Self::Problem => b"event: problem\ndata: ",
            Self::End => b"event: end\ndata: ",
        }
    }

    /// Encodes an event with JSON as its data.
    pub(super) fn encode(self, json: &[u8]) -> Bytes {
        let prefix = self.prefix();
        let mut event = BytesMut::with_capacity(prefix.len() + json.len() + 2);
        event.put_slice(prefix);
        event.put_slice(json);
        // A type with its own serializer may write JSON with line breaks, which would end the data. Strings in
        // JSON contain none.
        for byte in &mut event[prefix.len()..] {
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
        assert_eq!(Event::End.encode(b"{}"), "event: end\ndata: {}\n\n");
        assert_eq!(Event::Problem.encode(b"{}"), "event: problem\ndata: {}\n\n");
    }
}
