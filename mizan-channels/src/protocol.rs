//! The frames of `mizan.v1.json`, read and written. PROTOCOL.md says what they mean.

use std::borrow::Cow;
use std::fmt::Write as _;

use bytes::Bytes;
use mizan_core::Error;
use mizan_core::channel::Position;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::close::{Close, CloseCode};

/// The WebSocket subprotocol.
pub const SUBPROTOCOL: &str = "mizan.v1.json";

/// The largest integer, which JavaScript can still tell from the next: 2^53 - 1.
const MAX_INTEGER: u64 = (1 << 53) - 1;

/// The longest `mid`, and the longest `client`.
const MAX_NAME: usize = 64;

/// What a client sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ClientFrame {
    Hello {
        client: String,
        token: Option<String>,
    },
    Sub(Sub),
    Unsub {
        sub: u32,
    },
    Msg {
        sub: u32,
        mid: String,
        data: Bytes,
    },
    History {
        sub: u32,
        mid: String,
        before: Option<u64>,
        limit: Option<u32>,
    },
    Auth {
        token: Option<String>,
    },
    Pong,
}

/// A `sub` frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sub {
    pub(crate) sub: u32,
    pub(crate) channel: String,
    pub(crate) params: Bytes,
    pub(crate) since: Option<Position>,
    pub(crate) recent: u32,
}

#[derive(Deserialize)]
struct Typed<'a> {
    #[serde(borrow)]
    t: Cow<'a, str>,
}

#[derive(Deserialize)]
struct HelloFrame {
    client: String,
    token: Option<String>,
}

#[derive(Deserialize)]
struct SubFrame<'a> {
    sub: u32,
    channel: String,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
    since: Option<Position>,
    recent: Option<u32>,
}

#[derive(Deserialize)]
struct UnsubFrame {
    sub: u32,
}

#[derive(Deserialize)]
struct MsgFrame<'a> {
    sub: u32,
    mid: String,
    #[serde(borrow)]
    data: &'a RawValue,
}

#[derive(Deserialize)]
struct HistoryFrame {
    sub: u32,
    mid: String,
    before: Option<u64>,
    limit: Option<u32>,
}

#[derive(Deserialize)]
struct AuthFrame {
    token: Option<String>,
}

/// Reads a client's frame.
pub(crate) fn read(text: &Bytes) -> Result<ClientFrame, Close> {
    let Typed { t } = parse(text)?;
    Ok(match &*t {
        "hello" => {
            let HelloFrame { client, token } = parse(text)?;
            let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
            if !(8..=MAX_NAME).contains(&client.len()) || !client.bytes().all(is_word) {
                return Err(refuse(
                    "`client` is 8 to 64 characters of A-Z, a-z, 0-9, _ and -",
                ));
            }
            ClientFrame::Hello { client, token }
        }
        "sub" => {
            let frame: SubFrame<'_> = parse(text)?;
            checked_offset(frame.since.as_ref().map(|since| since.offset))?;
            ClientFrame::Sub(Sub {
                sub: frame.sub,
                channel: frame.channel,
                params: frame.params.map_or_else(Bytes::new, |raw| part(text, raw)),
                since: frame.since,
                recent: frame.recent.unwrap_or(0),
            })
        }
        "unsub" => {
            let UnsubFrame { sub } = parse(text)?;
            ClientFrame::Unsub { sub }
        }
        "msg" => {
            let MsgFrame { sub, mid, data } = parse(text)?;
            ClientFrame::Msg {
                sub,
                mid: checked(mid)?,
                data: part(text, data),
            }
        }
        "history" => {
            let HistoryFrame {
                sub,
                mid,
                before,
                limit,
            } = parse(text)?;
            checked_offset(before)?;
            ClientFrame::History {
                sub,
                mid: checked(mid)?,
                before,
                limit,
            }
        }
        "auth" => {
            let AuthFrame { token } = parse(text)?;
            ClientFrame::Auth { token }
        }
        "pong" => ClientFrame::Pong,
        _ => return Err(refuse("there is no frame of this type")),
    })
}

fn parse<'a, T: Deserialize<'a>>(text: &'a Bytes) -> Result<T, Close> {
    serde_json::from_slice(text)
        .map_err(|error| Close::new(CloseCode::Malformed, format!("not a frame: {error}")))
}

fn part(text: &Bytes, raw: &RawValue) -> Bytes {
    text.slice_ref(raw.get().as_bytes())
}

fn checked(mid: String) -> Result<String, Close> {
    if (1..=MAX_NAME).contains(&mid.chars().count()) {
        Ok(mid)
    } else {
        Err(refuse("`mid` is 1 to 64 characters"))
    }
}

fn checked_offset(offset: Option<u64>) -> Result<(), Close> {
    if offset.is_some_and(|offset| offset > MAX_INTEGER) {
        return Err(refuse("offsets are at most 2^53 - 1"));
    }
    Ok(())
}

pub(crate) fn refuse(reason: &'static str) -> Close {
    Close::new(CloseCode::Malformed, reason)
}

/// Why something was refused, as the members of a JSON object.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Refusal(Bytes);

impl Refusal {
    /// The refusal with this code, and a sentence for the client.
    #[must_use]
    pub fn new(code: &str, message: &str) -> Self {
        Self(
            json!({ "code": code, "message": message })
                .to_string()
                .into(),
        )
    }

    pub(crate) fn unavailable() -> Self {
        Self::new("unavailable", "the server is about to stop; connect anew")
    }

    /// What [`as_json`](Self::as_json) gave.
    pub(crate) fn from_json(object: Bytes) -> Self {
        Self(object)
    }

    /// The object.
    #[must_use]
    pub fn as_json(&self) -> &Bytes {
        &self.0
    }
}

/// What the client is told; sources stay in the log.
impl From<&Error> for Refusal {
    fn from(error: &Error) -> Self {
        let mut members = Map::new();
        members.insert("code".to_owned(), json!(error.code()));
        members.insert("message".to_owned(), json!(error.message()));
        if !error.fields().is_empty() {
            members.insert("fields".to_owned(), json!(error.fields()));
        }
        if !error.data().is_empty() {
            members.insert("data".to_owned(), json!(error.data()));
        }
        if let Some(id) = error.id() {
            members.insert("id".to_owned(), json!(id));
        }
        if let Some(wait) = error.retry_after() {
            let millis = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
            members.insert("retry_after".to_owned(), json!(millis));
        }
        Self(Value::Object(members).to_string().into())
    }
}

pub(crate) fn publication(sub: u32, offset: u64, prev: u64, data: &[u8]) -> Bytes {
    let mut frame = Vec::with_capacity(data.len() + 80);
    write_all(
        &mut frame,
        format_args!(r#"{{"t":"pub","sub":{sub},"offset":{offset},"prev":{prev},"data":"#),
    );
    frame.extend_from_slice(data);
    frame.push(b'}');
    frame.into()
}

pub(crate) fn subok(
    sub: u32,
    epoch: &str,
    offset: u64,
    recovered: bool,
    snapshot: Option<&[u8]>,
) -> Bytes {
    let mut frame = Vec::with_capacity(96 + snapshot.map_or(0, <[u8]>::len));
    write_all(
        &mut frame,
        format_args!(
            r#"{{"t":"subok","sub":{sub},"epoch":{},"offset":{offset},"recovered":{recovered}"#,
            json!(epoch)
        ),
    );
    end_with_snapshot(frame, snapshot)
}

pub(crate) fn gap(
    sub: u32,
    reason: &str,
    from: (&str, u64),
    to: (&str, u64),
    snapshot: Option<&[u8]>,
) -> Bytes {
    let mut frame = Vec::with_capacity(160 + snapshot.map_or(0, <[u8]>::len));
    write_all(
        &mut frame,
        format_args!(
            r#"{{"t":"gap","sub":{sub},"reason":"{reason}","from":{{"epoch":{},"offset":{}}},"epoch":{},"offset":{}"#,
            json!(from.0),
            from.1,
            json!(to.0),
            to.1
        ),
    );
    end_with_snapshot(frame, snapshot)
}

fn end_with_snapshot(mut frame: Vec<u8>, snapshot: Option<&[u8]>) -> Bytes {
    if let Some(snapshot) = snapshot {
        frame.extend_from_slice(br#","snapshot":"#);
        frame.extend_from_slice(snapshot);
    }
    frame.push(b'}');
    frame.into()
}

/// `change` is an object, whose members become those of the frame.
pub(crate) fn presence(sub: u32, change: &[u8]) -> Bytes {
    spread(format!(r#"{{"t":"presence","sub":{sub}"#), change)
}

pub(crate) fn refused(sub: u32, refusal: &Refusal) -> Bytes {
    spread(format!(r#"{{"t":"unsub","sub":{sub}"#), &refusal.0)
}

fn spread(head: String, object: &[u8]) -> Bytes {
    let mut frame = head.into_bytes();
    if object.len() > 2 {
        frame.push(b',');
    }
    frame.extend_from_slice(&object[1..]);
    frame.into()
}

pub(crate) fn unsubscribed(sub: u32) -> Bytes {
    format!(r#"{{"t":"unsub","sub":{sub}}}"#).into()
}

pub(crate) fn state(sub: u32, state: &str) -> Bytes {
    format!(r#"{{"t":"state","sub":{sub},"state":"{state}"}}"#).into()
}

pub(crate) fn reply(mid: &str, result: Result<&[u8], &Refusal>) -> Bytes {
    let (member, body) = match result {
        Ok(data) => ("data", data),
        Err(refusal) => ("error", &refusal.0[..]),
    };
    let mut frame = Vec::with_capacity(48 + mid.len() + body.len());
    write_all(
        &mut frame,
        format_args!(r#"{{"t":"reply","mid":{},"{member}":"#, json!(mid)),
    );
    frame.extend_from_slice(body);
    frame.push(b'}');
    frame.into()
}

pub(crate) const PING: Bytes = Bytes::from_static(br#"{"t":"ping"}"#);

pub(crate) fn reauth(within: u128) -> Bytes {
    format!(r#"{{"t":"reauth","within":{within}}}"#).into()
}

pub(crate) fn drain(after: u128) -> Bytes {
    format!(r#"{{"t":"drain","after":{after}}}"#).into()
}

fn write_all(frame: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    struct Utf8<'a>(&'a mut Vec<u8>);
    impl std::fmt::Write for Utf8<'_> {
        fn write_str(&mut self, text: &str) -> std::fmt::Result {
            self.0.extend_from_slice(text.as_bytes());
            Ok(())
        }
    }
    Utf8(frame)
        .write_fmt(text)
        .expect("writing into memory does not fail");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(text: &str) -> Result<ClientFrame, u16> {
        read(&Bytes::copy_from_slice(text.as_bytes())).map_err(|close| close.code().number())
    }

    #[test]
    fn frames_are_read() {
        assert_eq!(
            frame(r#"{"t":"sub","sub":1,"channel":"chat","since":{"epoch":"e","offset":2}}"#),
            Ok(ClientFrame::Sub(Sub {
                sub: 1,
                channel: "chat".to_owned(),
                params: Bytes::new(),
                since: Some(Position {
                    epoch: "e".to_owned(),
                    offset: 2
                }),
                recent: 0,
            }))
        );
        assert_eq!(
            frame(r#"{"data": {"a" : 1} ,"t":"msg","mid":"m","sub":3}"#),
            Ok(ClientFrame::Msg {
                sub: 3,
                mid: "m".to_owned(),
                data: Bytes::from_static(br#"{"a" : 1}"#),
            })
        );
    }

    #[test]
    fn unknown_members_are_ignored_and_unknown_frames_refused() {
        let pong = r#"{"t":"pong","sub":"no number","x":[1]}"#;
        assert_eq!(frame(pong), Ok(ClientFrame::Pong));
        for refused in [
            r#"{"t":"welcome"}"#,
            r#"{"t":"pub","sub":1}"#,
            r#"{"t":"x"}"#,
            r#"{"t":1}"#,
            r#"{}"#,
            "[]",
            "",
            "{",
            r#"{"t":"pong"} x"#,
            r#"{"t":"pong","t":"pong"}"#,
            r#"{"t":"unsub"}"#,
            r#"{"t":"unsub","sub":-1}"#,
            r#"{"t":"unsub","sub":4294967296}"#,
            r#"{"t":"msg","sub":1,"mid":"","data":1}"#,
            r#"{"t":"msg","sub":1,"mid":"m"}"#,
            r#"{"t":"sub","sub":1,"channel":"c","since":{"epoch":"e","offset":9007199254740992}}"#,
            r#"{"t":"sub","sub":1,"channel":"c","since":{"epoch":"e","offset":18446744073709551615}}"#,
            r#"{"t":"history","sub":1,"mid":"m","before":9007199254740992}"#,
            r#"{"t":"hello","client":"short"}"#,
            r#"{"t":"hello","client":"with spaces"}"#,
        ] {
            assert_eq!(frame(refused), Err(4400), "{refused}");
        }
    }

    #[test]
    fn what_is_written_is_json() {
        let error = Refusal::from(&Error::invalid("text", "is \"long\""));
        for written in [
            publication(1, 2, 1, b"{}"),
            subok(1, "e\"", 2, true, Some(b"[1]")),
            gap(1, "slow", ("a", 1), ("b\\", 2), None),
            presence(1, br#"{"leave":["1"]}"#),
            presence(1, b"{}"),
            refused(1, &error),
            unsubscribed(1),
            state(1, "live"),
            reply("m\"1", Ok(b"null")),
            reply("m1", Err(&error)),
            PING,
            reauth(1),
            drain(2),
        ] {
            let value: Value = serde_json::from_slice(&written).unwrap();
            assert!(value["t"].is_string(), "{value}");
        }
        let refused: Value = serde_json::from_slice(&refused(7, &error)).unwrap();
        assert_eq!(refused["sub"], 7);
        assert_eq!(refused["fields"]["text"][0], "is \"long\"");
    }
}
