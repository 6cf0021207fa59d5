//! Round trips of strings that often cause bugs.

use serde_json::{Value, json};

use crate::harness::{self, Server, call, get, raw_get, raw_post, service};

/// The strings that are tested without the list.
const A_FEW: [&str; 8] = [
    "",
    "\u{0}\r\n\t",
    "\u{202e}\u{feff}\u{2028}\u{2029}",
    "👩‍👩‍👧‍👦 Ω≈ç√∫˜µ≤≥÷",
    "__proto__",
    "<script>alert(1)</script>",
    "%00%0d%0a+&input={}#",
    "\u{10ffff}\u{fffd}\u{e000}",
];

fn strings() -> Vec<String> {
    let mut strings: Vec<_> = A_FEW.map(str::to_owned).into();
    match std::env::var_os("MIZAN_TEST_DATA") {
        Some(folder) => {
            let path = std::path::Path::new(&folder).join("naughty-strings.json");
            let list = std::fs::read(path).unwrap();
            strings.extend(serde_json::from_slice::<Vec<String>>(&list).unwrap());
        }
        None => println!("MIZAN_TEST_DATA is not set: testing only a few strings"),
    }
    strings
}

#[tokio::test]
async fn strings_round_trip_unchanged() {
    let (_, service) = service();
    let server = Server::start(service.clone()).await;
    let mut socket = server.connect().await;
    for text in strings() {
        let body = json!({"text": text}).to_string();
        let query = format!("/api/mizan/call/read?input={}", harness::input(&body));
        let batch = json!([{"name": "read", "input": {"text": text}}]).to_string();
        for request in [raw_post("/api/mizan/call/echo", "", &body), raw_get(&query)] {
            socket.send(request).await;
            assert_eq!(socket.reply().await.json()["message"], text);
        }
        socket.send(raw_post("/api/mizan/batch", "", &batch)).await;
        let line: Value = serde_json::from_slice(&socket.reply().await.body).unwrap();
        assert_eq!(line["output"]["message"], text);
        // No function has this name.
        let name = harness::input(&text);
        let reply = call(&service, get(&format!("/api/mizan/call/{name}"))).await;
        assert_eq!(reply.status, 404);
    }
}
