//! Parsing and encoding of the frames of `mizan.v1.json`, which PROTOCOL.md describes.

use std::borrow::Cow;
use std::fmt::Write as _;

use bytes::Bytes;
use mizan_core::channel::Position;
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

use super::refusal::Refusal;
use crate::transport::{Close, CloseCode};

/// The largest integer that JavaScript represents exactly: 2^53 - 1.
const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

/// The maximum length of `mid` and `client`, in characters.
const MAX_ID_CHARS: usize = 64;

/// The default and the maximum number of messages in a page of history.
const DEFAULT_HISTORY_LIMIT: u32 = 50;
const MAX_HISTORY_LIMIT: u32 = 200;

/// A frame of a client.
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
        limit: u32,
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
    pub(crate) contract: Option<String>,
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
    contract: Option<String>,
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

/// Parses a frame of a client.
pub(crate) fn parse_frame(text: &Bytes) -> Result<ClientFrame, Close> {
    let Typed { t } = parse(text)?;
    Ok(match &*t {
        "hello" => {
            let HelloFrame { client, token } = parse(text)?;
            let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
            if !(8..=MAX_ID_CHARS).contains(&client.len()) || !client.bytes().all(is_word) {
                return Err(malformed(
                    "`client` must have 8 to 64 characters of A-Z, a-z, 0-9, _ and -",
                ));
            }
            ClientFrame::Hello { client, token }
        }
        "sub" => {
            let frame: SubFrame<'_> = parse(text)?;
            check_offset(frame.since.as_ref().map(|since| since.offset))?;
            ClientFrame::Sub(Sub {
                sub: frame.sub,
                channel: frame.channel,
                contract: frame.contract,
                params: frame
                    .params
                    .map_or_else(Bytes::new, |raw| slice_of(text, raw)),
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
                mid: check_mid(mid)?,
                data: slice_of(text, data),
            }
        }
        "history" => {
            let HistoryFrame {
                sub,
                mid,
                before,
                limit,
            } = parse(text)?;
            check_offset(before)?;
            ClientFrame::History {
                sub,
                mid: check_mid(mid)?,
                before,
                limit: limit
                    .unwrap_or(DEFAULT_HISTORY_LIMIT)
                    .min(MAX_HISTORY_LIMIT),
            }
        }
        "auth" => {
            let AuthFrame { token } = parse(text)?;
            ClientFrame::Auth { token }
        }
        "pong" => ClientFrame::Pong,
        _ => return Err(malformed("unknown frame type")),
    })
}

fn parse<'a, T: Deserialize<'a>>(text: &'a Bytes) -> Result<T, Close> {
    serde_json::from_slice(text)
        .map_err(|error| Close::new(CloseCode::Malformed, format!("invalid frame: {error}")))
}

fn slice_of(text: &Bytes, raw: &RawValue) -> Bytes {
    text.slice_ref(raw.get().as_bytes())
}

fn check_mid(mid: String) -> Result<String, Close> {
    if (1..=MAX_ID_CHARS).contains(&mid.chars().count()) {
        Ok(mid)
    } else {
        Err(malformed("`mid` must have 1 to 64 characters"))
    }
}

fn check_offset(offset: Option<u64>) -> Result<(), Close> {
    if offset.is_some_and(|offset| offset > MAX_SAFE_INTEGER) {
        return Err(malformed("offsets must not exceed 2^53 - 1"));
    }
    Ok(())
}

pub(crate) fn malformed(reason: &'static str) -> Close {
    Close::new(CloseCode::Malformed, reason)
}

pub(crate) fn publication(sub: u32, offset: u64, prev: u64, data: &[u8]) -> Bytes {
    let mut frame = Vec::with_capacity(data.len() + 80);
    write_text(
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
    write_text(
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
    from: &Position,
    to: (&str, u64),
    snapshot: Option<&[u8]>,
) -> Bytes {
    let mut frame = Vec::with_capacity(160 + snapshot.map_or(0, <[u8]>::len));
    write_text(
        &mut frame,
        format_args!(
            r#"{{"t":"gap","sub":{sub},"reason":"{reason}","from":{{"epoch":{},"offset":{}}},"epoch":{},"offset":{}"#,
            json!(from.epoch),
            from.offset,
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

/// Encodes a presence change: the members of the object `change` become members of the frame.
pub(crate) fn presence(sub: u32, change: &[u8]) -> Bytes {
    with_members(format!(r#"{{"t":"presence","sub":{sub}"#), change)
}

pub(crate) fn unsubscribed_with_error(sub: u32, refusal: &Refusal) -> Bytes {
    with_members(format!(r#"{{"t":"unsub","sub":{sub}"#), refusal.as_json())
}

fn with_members(head: String, object: &[u8]) -> Bytes {
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
        Err(refusal) => ("error", &refusal.as_json()[..]),
    };
    let mut frame = Vec::with_capacity(48 + mid.len() + body.len());
    write_text(
        &mut frame,
        format_args!(r#"{{"t":"reply","mid":{},"{member}":"#, json!(mid)),
    );
    frame.extend_from_slice(body);
    frame.push(b'}');
    frame.into()
}

pub(crate) const PING: Bytes = Bytes::from_static(br#"{"t":"ping"}"#);

/// A ping that lets the client request refused subscriptions again. Clients that do not know the member ignore it.
pub(crate) const RETRY_REFUSED: Bytes = Bytes::from_static(br#"{"t":"ping","permissions":true}"#);

pub(crate) fn reauth(within: u128) -> Bytes {
    format!(r#"{{"t":"reauth","within":{within}}}"#).into()
}

pub(crate) fn drain(after: u128) -> Bytes {
    format!(r#"{{"t":"drain","after":{after}}}"#).into()
}

fn write_text(frame: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    struct Utf8<'a>(&'a mut Vec<u8>);
    impl std::fmt::Write for Utf8<'_> {
        fn write_str(&mut self, text: &str) -> std::fmt::Result {
            self.0.extend_from_slice(text.as_bytes());
            Ok(())
        }
    }
    Utf8(frame)
        .write_fmt(text)
        .expect("writing to a vector cannot fail");
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn frame(text: &str) -> Result<ClientFrame, u16> {
        parse_frame(&Bytes::copy_from_slice(text.as_bytes())).map_err(|close| close.code().number())
    }

    #[test]
    fn parses_frames() {
        assert_eq!(
            frame(
                r#"{"t":"sub","sub":1,"channel":"chat","contract":"3f2a9c1b","since":{"epoch":"e","offset":2}}"#
            ),
            Ok(ClientFrame::Sub(Sub {
                sub: 1,
                channel: "chat".to_owned(),
                contract: Some("3f2a9c1b".to_owned()),
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
    fn ignores_unknown_members_and_rejects_malformed_frames() {
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
    fn encodes_frames_as_json() {
        let error = Refusal::from(&mizan_core::Error::invalid("text", "is \"long\""));
        let from = Position {
            epoch: "a".to_owned(),
            offset: 1,
        };
        for written in [
            publication(1, 2, 1, b"{}"),
            subok(1, "e\"", 2, true, Some(b"[1]")),
            gap(1, "slow", &from, ("b\\", 2), None),
            presence(1, br#"{"leave":["1"]}"#),
            presence(1, b"{}"),
            unsubscribed_with_error(1, &error),
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
        let refused: Value = serde_json::from_slice(&unsubscribed_with_error(7, &error)).unwrap();
        assert_eq!(refused["sub"], 7);
        assert_eq!(refused["fields"]["text"][0], "is \"long\"");
    }
}
