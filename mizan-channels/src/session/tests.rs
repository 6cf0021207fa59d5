use std::sync::Arc;
use std::time::Duration;

use mizan_core::channel::SlowConsumer;
use serde_json::{Value, json};

use super::{BrokerEvent, Input, Limits, Output, Session, Settings, Stream, SubId};
use crate::log::{Log, Message};
use crate::subscription::Terms;

fn step(session: &mut Session, input: Input) -> Vec<Output> {
    let mut out = Vec::new();
    session.step(input, &mut out);
    out
}

fn say(session: &mut Session, frame: &Value) -> Vec<Output> {
    step(session, Input::Frame(frame.to_string().into()))
}

fn frames(out: &[Output]) -> Vec<Value> {
    let frames = out.iter().filter_map(|output| match output {
        Output::Frame(frame) => Some(serde_json::from_slice(frame).unwrap()),
        _ => None,
    });
    frames.collect()
}

/// A session that has a subscription to `log`, and has read all of it.
fn subscribed(log: &Log, slow_consumer: SlowConsumer) -> (Session, SubId) {
    let sub = json!({ "t": "sub", "sub": 1, "channel": "c" });
    let (mut session, id, attached) = attached(log, slow_consumer, &sub);
    read_all(&mut session, attached, log);
    (session, id)
}

/// A session that has just subscribed to `log` with the frame `sub`, and what it said then.
fn attached(log: &Log, slow_consumer: SlowConsumer, sub: &Value) -> (Session, SubId, Vec<Output>) {
    let settings = Settings {
        limits: Limits::default(),
        contract: String::new(),
    };
    let mut session = Session::new(Arc::new(settings), "c", &mut Vec::new());
    say(&mut session, &json!({ "t": "hello", "client": "abcdefgh" }));
    let identified = Input::Identified {
        ticket: 1,
        result: Ok(None),
    };
    step(&mut session, identified);
    let out = say(&mut session, sub);
    let [Output::Join { id, ticket, .. }] = out[..] else {
        panic!("{out:?}");
    };
    let terms = Terms {
        slow_consumer,
        reauthorize: Duration::from_secs(60),
        snapshot: false,
        presence: false,
    };
    let result = Ok(terms);
    step(&mut session, Input::Authorized { id, ticket, result });
    let log = log.state();
    let start = log.top;
    let attached = step(&mut session, Input::Attached { id, log, start });
    assert_eq!(frames(&attached)[0]["t"], "subok");
    (session, id, attached)
}

/// Answers reads until there are none: all frames.
fn read_all(session: &mut Session, mut out: Vec<Output>, log: &Log) -> Vec<Value> {
    let mut all = frames(&out);
    while let Some(Output::Read {
        id,
        stream,
        after,
        most,
    }) = out.pop()
    {
        let reply = log.read(&after, most as usize, usize::MAX);
        out = step(session, Input::Read { id, stream, reply });
        all.extend(frames(&out));
    }
    all
}

#[test]
fn where_the_newest_is_enough_it_follows_the_gap_and_nothing_else_does() {
    let mut log = Log::new("e".into(), 0);
    let (mut session, id) = subscribed(&log, SlowConsumer::Latest);
    for offset in 1..=9 {
        let data = json!(offset).to_string().into();
        let prev = offset - 1;
        assert!(log.push(0, Message { offset, prev, data }));
    }
    log.trim(4, 0);
    let event = BrokerEvent::More(Stream::Messages);
    let out = step(&mut session, Input::Broker { id, event });
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
fn whoever_had_the_floor_is_recovered_and_nobody_before_it() {
    let mut log = Log::new("e".into(), 0);
    for offset in 1..=5 {
        let data = json!(offset).to_string().into();
        let prev = offset - 1;
        assert!(log.push(0, Message { offset, prev, data }));
    }
    log.trim(2, 0);
    let said = |offset| {
        let since = json!({ "epoch": "e", "offset": offset });
        let sub = json!({ "t": "sub", "sub": 1, "channel": "c", "since": since });
        frames(&attached(&log, SlowConsumer::Gap, &sub).2)
    };
    let recovered = json!({
        "t": "subok", "sub": 1, "epoch": "e", "offset": 3, "recovered": true,
    });
    assert_eq!(said(3), [recovered]);
    let past_top = json!({
        "t": "gap", "sub": 1, "reason": "epoch", "from": { "epoch": "e", "offset": 6 },
        "epoch": "e", "offset": 5,
    });
    let subok = json!({
        "t": "subok", "sub": 1, "epoch": "e", "offset": 5, "recovered": false,
    });
    assert_eq!(said(6), [subok, past_top]);
    let lost = json!({
        "t": "gap", "sub": 1, "reason": "history", "from": { "epoch": "e", "offset": 2 },
        "epoch": "e", "offset": 3,
    });
    let subok = json!({
        "t": "subok", "sub": 1, "epoch": "e", "offset": 3, "recovered": false,
    });
    assert_eq!(said(2), [subok, lost]);
}

#[test]
fn a_message_that_comes_while_the_server_drains_is_given_to_nobody() {
    let log = Log::new("e".into(), 0);
    let (mut session, _) = subscribed(&log, SlowConsumer::Gap);
    let (mut elsewhere, _) = subscribed(&log, SlowConsumer::Gap);
    step(&mut session, Input::Drain(Duration::from_secs(1)));
    let message = json!({ "t": "msg", "sub": 1, "mid": "m", "data": 1 });
    let out = say(&mut session, &message);
    assert_eq!(frames(&out)[0]["error"]["code"], "unavailable");
    assert_eq!(out.len(), 1, "nobody remembers it: {out:?}");
    let out = say(&mut elsewhere, &message);
    assert!(matches!(&out[..], [Output::Receive { mid, .. }] if mid == "m"));
}

#[test]
fn a_reply_comes_though_the_server_ended_the_subscription() {
    let log = Log::new("e".into(), 0);
    let (mut session, id) = subscribed(&log, SlowConsumer::Gap);
    for mid in ["runs", "waits"] {
        say(
            &mut session,
            &json!({ "t": "msg", "sub": 1, "mid": mid, "data": 1 }),
        );
    }
    // `subscribed` took two tickets: for the client and for the subscription.
    let refused = Input::Authorized {
        id,
        ticket: 2,
        result: Err(crate::Refusal::new("forbidden", "no")),
    };
    let ended = frames(&step(&mut session, refused));
    assert_eq!(ended[0]["mid"], "waits");
    assert_eq!(ended[0]["error"]["code"], "not_subscribed");
    assert_eq!(
        (&ended[1]["t"], &ended[1]["code"]),
        (&json!("unsub"), &json!("forbidden"))
    );
    let replied = Input::Replied {
        id,
        mid: "runs".to_owned(),
        ordered: true,
        result: Ok("7".into()),
    };
    let reply = json!({ "t": "reply", "mid": "runs", "data": 7 });
    assert_eq!(frames(&step(&mut session, replied)), [reply]);
}
