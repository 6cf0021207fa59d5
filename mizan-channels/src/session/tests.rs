//! Transitions of a session.

use std::sync::Arc;
use std::time::Duration;

use mizan_core::channel::SlowConsumer;
use serde_json::{Value, json};

use super::{
    ChannelSession, Refusal, SessionInput, SessionOutput, SessionSettings, SubscriptionConfig,
    SubscriptionRequest,
};
use crate::broker::log::{Log, Message};
use crate::broker::{BrokerEvent, LogKind, SubscriptionId};
use crate::limits::ConnectionLimits;

fn step(session: &mut ChannelSession, input: SessionInput) -> Vec<SessionOutput> {
    let mut out = Vec::new();
    session.step(input, &mut out);
    out
}

fn receive(session: &mut ChannelSession, frame: &Value) -> Vec<SessionOutput> {
    step(session, SessionInput::Frame(frame.to_string().into()))
}

fn frames(out: &[SessionOutput]) -> Vec<Value> {
    let frames = out.iter().filter_map(|output| match output {
        SessionOutput::Frame(frame) => Some(serde_json::from_slice(frame).unwrap()),
        _ => None,
    });
    frames.collect()
}

/// Returns a session with a subscription that has read all of `log`.
fn subscribed(log: &Log, slow_consumer: SlowConsumer) -> (ChannelSession, SubscriptionId) {
    let sub = json!({ "t": "sub", "sub": 1, "channel": "c" });
    let (mut session, id, attached) = attached(log, slow_consumer, &sub);
    read_all(&mut session, attached, log);
    (session, id)
}

/// Returns a session that has just subscribed to `log` with the frame `sub`, and the outputs of the attachment.
fn attached(
    log: &Log,
    slow_consumer: SlowConsumer,
    sub: &Value,
) -> (ChannelSession, SubscriptionId, Vec<SessionOutput>) {
    let settings = SessionSettings::new(ConnectionLimits::default());
    let mut session = ChannelSession::new(Arc::new(settings), "c", &mut Vec::new());
    receive(&mut session, &json!({ "t": "hello", "client": "abcdefgh" }));
    let authenticated = SessionInput::Authenticated {
        ticket: 1,
        result: Ok(None),
    };
    step(&mut session, authenticated);
    let out = receive(&mut session, sub);
    let [
        SessionOutput::Subscription {
            id,
            request: SubscriptionRequest::Join { ticket, .. },
        },
    ] = out[..]
    else {
        panic!("{out:?}");
    };
    let interval = Duration::from_secs(60);
    let result = Ok(SubscriptionConfig::new(slow_consumer, interval));
    step(
        &mut session,
        SessionInput::Authorized { id, ticket, result },
    );
    let log = log.state();
    let start = log.top;
    let attached = step(&mut session, SessionInput::Attached { id, log, start });
    assert_eq!(frames(&attached)[0]["t"], "subok");
    (session, id, attached)
}

/// Answers reads until there are none. Returns all frames.
fn read_all(session: &mut ChannelSession, mut out: Vec<SessionOutput>, log: &Log) -> Vec<Value> {
    let mut all = frames(&out);
    while let Some(SessionOutput::Read {
        id,
        log: kind,
        after,
        max_messages,
    }) = out.pop()
    {
        let reply = log.read(&after, max_messages as usize, usize::MAX);
        let read = SessionInput::Read {
            id,
            log: kind,
            reply,
        };
        out = step(session, read);
        all.extend(frames(&out));
    }
    all
}

#[test]
fn latest_policy_sends_only_the_newest_message_after_a_gap() {
    let mut log = Log::new("e".into(), 0);
    let (mut session, id) = subscribed(&log, SlowConsumer::Latest);
    for offset in 1..=9 {
        let data = json!(offset).to_string().into();
        let prev = offset - 1;
        assert!(log.push(0, Message { offset, prev, data }));
    }
    log.trim(4, 0);
    let event = BrokerEvent::LogChanged(LogKind::Messages);
    let out = step(&mut session, SessionInput::Broker { id, event });
    assert_eq!(
        read_all(&mut session, out, &log),
        [
            json!({
                "t": "gap", "sub": 1, "reason": "latest", "from": { "epoch": "e", "offset": 0 },
                "epoch": "e", "offset": 8,
            }),
            json!({ "t": "pub", "sub": 1, "offset": 9, "prev": 8, "data": 9 }),
        ]
    );
}

#[test]
fn recovers_positions_that_the_log_keeps_and_reports_a_gap_for_others() {
    let mut log = Log::new("e".into(), 0);
    for offset in 1..=5 {
        let data = json!(offset).to_string().into();
        let prev = offset - 1;
        assert!(log.push(0, Message { offset, prev, data }));
    }
    log.trim(2, 0);
    let frames_since = |offset| {
        let since = json!({ "epoch": "e", "offset": offset });
        let sub = json!({ "t": "sub", "sub": 1, "channel": "c", "since": since });
        frames(&attached(&log, SlowConsumer::Gap, &sub).2)
    };
    let recovered = json!({
        "t": "subok", "sub": 1, "epoch": "e", "offset": 3, "recovered": true,
    });
    assert_eq!(frames_since(3), [recovered]);
    let past_top = json!({
        "t": "gap", "sub": 1, "reason": "epoch", "from": { "epoch": "e", "offset": 6 },
        "epoch": "e", "offset": 5,
    });
    let subok = json!({
        "t": "subok", "sub": 1, "epoch": "e", "offset": 5, "recovered": false,
    });
    assert_eq!(frames_since(6), [subok, past_top]);
    let lost = json!({
        "t": "gap", "sub": 1, "reason": "history", "from": { "epoch": "e", "offset": 2 },
        "epoch": "e", "offset": 3,
    });
    let subok = json!({
        "t": "subok", "sub": 1, "epoch": "e", "offset": 3, "recovered": false,
    });
    assert_eq!(frames_since(2), [subok, lost]);
}

#[test]
fn draining_session_rejects_messages_without_running_them() {
    let log = Log::new("e".into(), 0);
    let (mut session, _) = subscribed(&log, SlowConsumer::Gap);
    let (mut elsewhere, _) = subscribed(&log, SlowConsumer::Gap);
    step(&mut session, SessionInput::Drain(Duration::from_secs(1)));
    let message = json!({ "t": "msg", "sub": 1, "mid": "m", "data": 1 });
    let out = receive(&mut session, &message);
    assert_eq!(frames(&out)[0]["error"]["code"], "unavailable");
    assert_eq!(out.len(), 1, "the message is not passed on: {out:?}");
    let out = receive(&mut elsewhere, &message);
    let [SessionOutput::Subscription { request, .. }] = &out[..] else {
        panic!("{out:?}");
    };
    assert!(matches!(request, SubscriptionRequest::Receive { mid, .. } if mid == "m"));
}

#[test]
fn sends_the_reply_of_a_running_message_after_unsubscribing() {
    let log = Log::new("e".into(), 0);
    let (mut session, id) = subscribed(&log, SlowConsumer::Gap);
    for mid in ["runs", "waits"] {
        receive(
            &mut session,
            &json!({ "t": "msg", "sub": 1, "mid": mid, "data": 1 }),
        );
    }
    // The client has the first ticket, and the subscription the second.
    let refused = SessionInput::Authorized {
        id,
        ticket: 2,
        result: Err(Refusal::new("forbidden", "no")),
    };
    let ended = frames(&step(&mut session, refused));
    assert_eq!(ended[0]["mid"], "waits");
    assert_eq!(ended[0]["error"]["code"], "not_subscribed");
    assert_eq!(
        (&ended[1]["t"], &ended[1]["code"]),
        (&json!("unsub"), &json!("forbidden"))
    );
    let replied = SessionInput::MessageReply {
        id,
        mid: "runs".to_owned(),
        result: Ok("7".into()),
    };
    let reply = json!({ "t": "reply", "mid": "runs", "data": 7 });
    assert_eq!(frames(&step(&mut session, replied)), [reply]);
}
