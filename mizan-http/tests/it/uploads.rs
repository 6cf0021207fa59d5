//! Uploads of files to functions. No upload leaves a temporary file.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use mizan_core::Registry;
use mizan_http::{HttpLimits, MizanService};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

use crate::forms_app::{
    BOUNDARY, FormProbe, PNG, Part, Site, multipart, multipart_of, open_files, png, text, unended,
};
use crate::harness::{Reply, Server, Socket, TIMEOUT, call, post, with, within_timeout};

const PATH: &str = "/api/mizan/call/contact.submit";
const ADA: Part<'_> = text("input", r#"{"name": "Ada"}"#);

async fn send(site: &Site, parts: &[Part<'_>]) -> Reply {
    let reply = call(&site.service, multipart(PATH, parts)).await;
    assert_eq!(site.files().len(), 0, "temporary files remain");
    reply
}

/// Returns the errors of the fields.
fn fields(reply: &Reply) -> Value {
    assert_eq!(reply.failure(), (422, "invalid".to_owned()));
    reply.problem()["fields"].clone()
}

fn limited(change: impl FnOnce(&mut HttpLimits)) -> Site {
    Site::with(FormProbe::default(), change)
}

#[tokio::test]
async fn passes_file_to_the_function() {
    let site = Site::new();
    // The input may follow the files.
    for parts in [[ADA, png("image")], [png("image"), ADA]] {
        let reply = send(&site, &parts).await;
        assert_eq!(reply.json(), json!({ "sent": true }));
        let image = &site.probe.last()["image"];
        assert_eq!(image[0], "a.png");
        assert_eq!(
            (&image[1], &image[2]),
            (&json!("image/png"), &json!(PNG.len()))
        );
    }
}

#[tokio::test]
async fn passes_files_of_rows_and_lists() {
    let site = Site::new();
    let input = r#"{"name": "Ada", "phones": [{"number": "1"}, {"number": "2"}]}"#;
    let note = |name, content| Part(name, Some("note.txt"), "text/plain", content);
    let parts = [
        text("input", input),
        note("phones.1.scan", b"second"),
        note("phones.2.scan", b"third"),
        note("files", b"one"),
        note("files", b"two"),
    ];
    let reply = send(&site, &parts).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let file = |content: &str| json!(["note.txt", "text/plain", content.len(), content]);
    let last = site.probe.last();
    assert_eq!(
        last["phones"],
        json!([["1", null], ["2", file("second")], ["", file("third")]])
    );
    assert_eq!(last["files"], json!([file("one"), file("two")]));
}

#[tokio::test]
async fn receives_large_file_completely() {
    let site = Site::new();
    let content: Vec<_> = (0..3_000_000_u32).map(|i| (i % 251) as u8).collect();
    let reply = send(&site, &[ADA, Part("files", Some("a"), "", &content)]).await;
    assert_eq!(reply.status, 200);
    assert_eq!(site.probe.last()["files"][0][2], 3_000_000);
}

#[tokio::test]
async fn removes_directories_from_file_names() {
    let site = Site::new();
    for (claimed, name) in [
        ("../../etc/passwd.png", "passwd.png"),
        (r"..\\..\\evil.png", "evil.png"),
        ("/etc/shadow", "shadow"),
        ("..", "file"),
        ("a\0b.png", "ab.png"),
    ] {
        let reply = send(
            &site,
            &[ADA, Part("image", Some(claimed), "image/png", PNG)],
        )
        .await;
        // NUL is not allowed in header values.
        if claimed.contains('\0') {
            assert_eq!(reply.status, 400);
            continue;
        }
        assert_eq!(reply.status, 200, "{claimed} {reply:?}");
        assert_eq!(site.probe.last()["image"][0], name);
    }
}

#[tokio::test]
async fn reports_unreadable_file_names() {
    let site = Site::new();
    let part = |disposition: &[u8]| {
        [
            b"--a-boundary\r\ncontent-disposition: form-data; name=\"image\"; ",
            disposition,
            b"\r\ncontent-type: image/png\r\n\r\n",
            PNG,
            b"\r\n--a-boundary\r\ncontent-disposition: form-data; name=\"input\"\r\n\r\n\
              {\"name\": \"Ada\"}\r\n--a-boundary--\r\n",
        ]
        .concat()
    };
    for (disposition, problem) in [
        (
            &b"filename=\"a\0b.png\""[..],
            "control characters such as NUL",
        ),
        (b"filename=\"a\x07.png\"", "control characters such as NUL"),
        (b"filename*=UTF-8''a.png", "`filename*`"),
        (b"FileName*=\"UTF-8''a.png\"", "`filename*`"),
        (b"filename*=UTF-8''b.png; filename=\"a.png\"", "`filename*`"),
        (b"filename=\"\xff.png\"", "in UTF-8"),
        (b"FILENAME=\"a.png\"", "in quotes and in UTF-8"),
    ] {
        let request = multipart_of(PATH, part(disposition));
        let reply = call(&site.service, request).await;
        assert_eq!(reply.failure(), (400, "malformed".to_owned()));
        let detail = reply.problem()["detail"].to_string();
        assert!(detail.contains(problem), "{detail}");
    }
    // `filename*` is ignored beside a readable `filename`, and within a quoted string.
    for (disposition, name) in [
        (&b"filename=\"a.png\"; filename*=UTF-8''b.png"[..], "a.png"),
        (b"filename=\"a; filename*=b.png\"", "a; filename*=b.png"),
    ] {
        let reply = call(&site.service, multipart_of(PATH, part(disposition))).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        assert_eq!(site.probe.last()["image"][0], name);
    }
    assert_eq!(site.files().len(), 0);
}

#[tokio::test]
async fn reports_rejected_files_on_their_fields() {
    let site = Site::new();
    let large = [PNG, &vec![0; 1_000_001 - PNG.len()]].concat();
    let gif = b"GIF89a\x01\0\x01\0";
    let html = b"<html><script>alert(1)</script>";
    for (part, message) in [
        (
            Part("image", Some("a.png"), "image/png", &large),
            "The file must be at most 1 MB.",
        ),
        (
            Part("image", Some("a.png"), "image/png", b""),
            "The file is empty.",
        ),
        (
            Part("image", Some("a.png"), "image/png", html),
            "The content of the file does not match its type, image/png.",
        ),
        (
            Part("image", Some("a.gif"), "image/gif", gif),
            "Choose a file of type image/png, image/jpeg.",
        ),
        (
            Part("image", Some("a.png"), "image/png", gif),
            "Choose a file of type image/png, image/jpeg.",
        ),
        (
            Part("image", Some("a.txt"), "text/plain", b"text"),
            "Choose a file of type image/png, image/jpeg.",
        ),
        (png("picture"), "Unknown field."),
        (png("__proto__"), "Unknown field."),
        (png("__proto__.image"), "Unknown field."),
        (png("name"), "Unknown field."),
        (png("phones.scan"), "Unknown field."),
        (png("phones.00.scan"), "Unknown field."),
        (png("phones.-1.scan"), "Unknown field."),
        (png(""), "Unknown field."),
        (png("phones.1.scan"), "belongs to a row that does not exist"),
        (
            png("phones.4294967296.scan"),
            "belongs to a row that does not exist",
        ),
    ] {
        let reply = send(&site, &[ADA, part]).await;
        assert_eq!(fields(&reply), json!({ part.0: [message] }));
    }
    let reply = send(&site, &[ADA, png("image"), png("image")]).await;
    assert_eq!(fields(&reply), json!({ "image": ["was sent twice"] }));
    // All errors are reported together.
    let empty = Part("files", Some("a"), "", b"");
    let reply = send(&site, &[empty, png("files"), empty, ADA, png("other")]).await;
    assert_eq!(
        fields(&reply),
        json!({ "files.0": ["The file is empty."], "files.2": ["The file is empty."], "other": ["Unknown field."] })
    );
    assert_eq!(site.probe.started.get(), 0);
    // A file of exactly the maximum size is accepted.
    let most = Part("image", Some("a.png"), "image/png", &large[..1_000_000]);
    assert_eq!(send(&site, &[ADA, most]).await.status, 200);
}

#[tokio::test]
async fn rejects_forged_file_references() {
    let site = Site::new();
    for image in [
        "\"x\"",
        "1",
        "{\"path\": \"/etc/passwd\"}",
        "\"/etc/passwd\"",
    ] {
        let input = format!(r#"{{"name": "Ada", "image": {image}}}"#);
        for request in [
            post(PATH, input.clone()),
            multipart(PATH, &[text("input", &input), png("files")]),
        ] {
            let reply = call(&site.service, request).await;
            assert!(fields(&reply)["image"].is_array(), "{reply:?}");
        }
    }
    assert_eq!(site.files().len(), 0);
}

#[tokio::test]
async fn validates_input_as_in_a_call_without_files() {
    let site = Site::new();
    for (input, failure) in [
        ("{", (400, "malformed")),
        ("", (422, "invalid")),
        (r#"{"name": "a", "name": "b"}"#, (400, "malformed")),
        (r#"{"name": ""}"#, (422, "invalid")),
        (r#"{"name": "a", "more": 1}"#, (422, "invalid")),
        (r#"{"name": "a", "__proto__": {}}"#, (422, "invalid")),
        ("[]", (422, "invalid")),
        (r#"{"name": "panic"}"#, (500, "internal")),
        (r#"{"name": "conflict"}"#, (409, "conflict")),
    ] {
        let reply = send(&site, &[text("input", input), png("image")]).await;
        assert_eq!(
            reply.failure(),
            (failure.0, failure.1.to_owned()),
            "{input}"
        );
    }
    let phones = ["{}"; 6].join(",");
    let input = format!(r#"{{"name": "a", "phones": [{phones}]}}"#);
    let reply = send(&site, &[text("input", &input), png("image")]).await;
    assert_eq!(
        fields(&reply),
        json!({ "phones": ["Must have at most 5 items."] })
    );
}

#[tokio::test]
async fn rejects_malformed_multipart() {
    let site = Site::new();
    let whole = unended(&[ADA, png("image")]);
    for (body, status) in [
        (&b""[..], 400),
        (b"hello", 400),
        (&whole, 400),
        (&whole[..whole.len() - 5], 400),
        (b"--a-boundary\r\n\r\n\r\n--a-boundary--", 400),
        (b"--a-boundary--", 400),
        (b"--a-boundary\r\nno header\r\n\r\n\r\n--a-boundary--", 400),
        (b"--a-boundary\r\ncontent-disposition: form-data; name=\"input\"\r\n\r\n\xff\r\n--a-boundary--", 400),
    ] {
        let reply = call(&site.service, multipart_of(PATH, body.to_vec())).await;
        assert_eq!(reply.status, status, "{body:?} {reply:?}");
        assert_eq!(site.files().len(), 0);
    }
    for parts in [
        &[png("image")][..],
        &[ADA, ADA],
        &[ADA, text("more", "")],
        &[text("other", "{}")],
    ] {
        let reply = send(&site, parts).await;
        assert_eq!(reply.failure(), (400, "malformed".to_owned()));
    }
    for content_type in [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"\"",
    ] {
        let mut request = multipart(PATH, &[ADA]);
        request
            .headers_mut()
            .insert("content-type", content_type.parse().unwrap());
        assert_eq!(
            call(&site.service, request).await.status,
            400,
            "{content_type}"
        );
    }
    let zipped = with(multipart(PATH, &[ADA]), &[("content-encoding", "gzip")]);
    assert_eq!(call(&site.service, zipped).await.status, 415);
}

#[tokio::test]
async fn rejects_files_for_functions_that_accept_none() {
    let site = Site::new();
    let request = multipart("/api/mizan/call/contact.schema", &[ADA]);
    let reply = call(&site.service, request).await;
    assert_eq!(reply.failure(), (415, "unsupported_media_type".to_owned()));
}

#[tokio::test]
async fn limits_the_number_of_parts() {
    let site = limited(|limits| {
        limits.max_upload_files = 1000;
        limits.max_upload_files_per_client = 1000;
    });
    let mut parts = vec![ADA];
    parts.extend((0..999).map(|_| Part("files", Some("a"), "", b"a")));
    assert_eq!(send(&site, &parts).await.status, 200);
    assert_eq!(site.probe.last()["files"].as_array().unwrap().len(), 999);
    parts.resize(10_000, Part("files", Some("a"), "", b"a"));
    let reply = send(&site, &parts).await;
    assert_eq!(reply.failure(), (413, "too_large".to_owned()));
    assert_eq!(site.probe.count(), 1);
}

#[tokio::test]
async fn limits_the_size_of_files_and_text() {
    let site = limited(|limits| {
        limits.max_upload_bytes = 100_000;
        limits.max_body_bytes = 50_000;
    });
    let content = vec![b'x'; 50_000];
    let file = Part("files", Some("a"), "", &content);
    assert_eq!(send(&site, &[ADA, file, file]).await.status, 200);
    let one = Part("files", Some("a"), "", b"x");
    let large = "x".repeat(50_000);
    let nearly = "x".repeat(49_995);
    for parts in [
        &[ADA, file, file, one][..],
        &[ADA, file, file, Part("unknown", Some("a"), "", b"x")],
        &[text("input", &large)],
        &[text("input", &nearly), text("input", "x")],
    ] {
        let reply = send(&site, parts).await;
        assert_eq!(reply.failure(), (413, "too_large".to_owned()));
    }
    assert_eq!(site.probe.count(), 1);
}

fn head(length: usize) -> String {
    format!(
        "POST {PATH} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n\
         content-type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n"
    )
}

#[tokio::test]
async fn rejects_announced_large_upload_at_once() {
    let site = Site::new();
    let server = Server::start_with(site.service.clone(), |serve| serve).await;
    let reply = server.request(head(40 * 1024 * 1024)).await;
    assert_eq!(reply.failure(), (413, "too_large".to_owned()));
}

#[tokio::test]
async fn checks_policy_before_receiving_files() {
    let site = Site::new();
    let server = Server::start_with(site.service.clone(), |serve| serve).await;
    let mut body = unended(&[ADA, Part("file", Some("a"), "", &vec![0; 2_000_000])]);
    body.extend(format!("--{BOUNDARY}--\r\n").bytes());
    let (most, end) = body.split_at(body.len() - 10);
    let mut socket = server.connect().await;
    let head = head(body.len()).replace("contact.submit", "members.submit");
    socket.send(head).await;
    socket.send(most).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(site.files().len(), 0);
    // A browser reads the response only after it has sent the whole request.
    socket.send(end).await;
    let reply = socket.reply().await;
    assert_eq!(reply.failure(), (401, "unauthenticated".to_owned()));
    assert!(
        !reply.headers.contains_key("connection"),
        "the connection remains open"
    );
    let file = [text("input", "{}"), Part("file", Some("a"), "", b"four")];
    let request = multipart("/api/mizan/call/members.submit", &file);
    let reply = call(&site.service, with(request, &[("cookie", "user=ada")])).await;
    assert_eq!(reply.json(), 4);
    assert_eq!(site.files().len(), 0);
}

#[tokio::test]
async fn limits_part_headers() {
    let site = Site::new();
    let name = "x".repeat(200_000);
    let reply = send(&site, &[ADA, png(&name)]).await;
    assert_eq!(reply.failure(), (413, "too_large".to_owned()));
    let preamble = [name.as_bytes(), &unended(&[ADA])].concat();
    let reply = call(&site.service, multipart_of(PATH, preamble)).await;
    assert_eq!(reply.failure(), (413, "too_large".to_owned()));
}

/// Sends the first blocks of a large file.
async fn send_beginning(socket: &mut Socket) {
    let mut body = unended(&[ADA, Part("files", Some("a"), "", &vec![0; 600_000])]);
    body.truncate(body.len() - 2);
    socket.send(head(20_000_000)).await;
    socket.send(body).await;
}

async fn begin_upload(site: &Site, socket: &mut Socket) {
    send_beginning(socket).await;
    site.wait_for_files(1).await;
}

#[tokio::test]
async fn incomplete_upload_leaves_no_file() {
    let site = Site::new();
    let server = Server::start_with(site.service.clone(), |serve| serve).await;
    let mut socket = server.connect().await;
    begin_upload(&site, &mut socket).await;
    drop(socket);
    site.wait_for_files(0).await;

    let mut socket = server.connect().await;
    begin_upload(&site, &mut socket).await;
    socket.stream.shutdown().await.unwrap();
    site.wait_for_files(0).await;
    assert_eq!(site.probe.started.get(), 0);
}

#[tokio::test]
async fn slow_upload_times_out() {
    let site = limited(|limits| limits.body_timeout = Duration::from_millis(300));
    let server = Server::start_with(site.service.clone(), |serve| serve).await;
    let mut socket = server.connect().await;
    begin_upload(&site, &mut socket).await;
    assert_eq!(
        socket.reply().await.failure(),
        (408, "request_timeout".to_owned())
    );
    site.wait_for_files(0).await;

    // An occasional byte does not extend the timeout.
    let mut socket = server.connect().await;
    begin_upload(&site, &mut socket).await;
    let (mut read, mut write) = socket.stream.into_split();
    let drip = tokio::spawn(async move {
        while write.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let mut reply = [0; 12];
    within_timeout(tokio::io::AsyncReadExt::read_exact(&mut read, &mut reply))
        .await
        .unwrap();
    assert_eq!(&reply, b"HTTP/1.1 408");
    site.wait_for_files(0).await;
    drip.abort();
}

#[tokio::test]
async fn upload_may_exceed_the_body_timeout() {
    let site = limited(|limits| limits.body_timeout = Duration::from_millis(400));
    let server = Server::start_with(site.service.clone(), |serve| serve).await;
    let content = vec![0; 160_000];
    let mut body = unended(&[ADA, Part("files", Some("a"), "", &content)]);
    body.extend(format!("--{BOUNDARY}--\r\n").bytes());
    let mut socket = server.connect().await;
    socket.send(head(body.len())).await;
    for piece in body.chunks(16_384) {
        socket.send(piece).await;
        tokio::time::sleep(Duration::from_millis(60)).await;
    }
    assert_eq!(socket.reply().await.json(), json!({ "sent": true }));
}

#[tokio::test]
async fn file_exists_until_its_call_ends() {
    let site = Site::gated();
    let server = Server::start_with(site.service.clone(), |serve| serve).await;
    let mut body = unended(&[ADA, png("image")]);
    body.extend(format!("--{BOUNDARY}--\r\n").bytes());
    let mut socket = server.connect().await;
    socket.send(head(body.len())).await;
    socket.send(body).await;
    site.probe.started.wait_for(1).await;
    drop(socket);
    // A mutation continues without its client and keeps its files.
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(site.files().len(), 1);
    site.probe.gate.as_ref().unwrap().let_through(1);
    within_timeout(site.service.wait_idle()).await;
    assert_eq!(site.probe.last()["image"][0], "a.png");
    site.wait_for_files(0).await;
}

const UPLOAD_DIR: &str = "MIZAN_TEST_UPLOAD_DIR";
const LISTENING: &str = "listening on ";

#[tokio::test]
async fn killed_process_leaves_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = tokio::process::Command::new(std::env::current_exe().unwrap())
        .args([
            "uploads::child_receives_until_killed",
            "--exact",
            "--ignored",
            "--nocapture",
        ])
        .env(UPLOAD_DIR, dir.path())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let process = server.id().unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let addr = loop {
        let line = within_timeout(lines.next_line()).await.unwrap();
        let line = line.expect("the server exited");
        if let Some((_, addr)) = line.split_once(LISTENING) {
            break addr.parse().unwrap();
        }
    };
    let mut sockets = Vec::new();
    for _ in 0..3 {
        let mut socket = Socket::connect(addr).await;
        send_beginning(&mut socket).await;
        sockets.push(socket);
    }
    let start = Instant::now();
    while open_files(process, dir.path()).len() < sockets.len() {
        assert!(start.elapsed() < TIMEOUT, "the files did not arrive");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    server.kill().await.unwrap();
    let left: Vec<_> = std::fs::read_dir(dir.path()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
#[ignore = "runs in a child process of another test"]
async fn child_receives_until_killed() {
    let Some(dir) = std::env::var_os(UPLOAD_DIR) else {
        return;
    };
    let site = Site::in_dir(Path::new(&dir));
    let server = Server::start_with(site, |serve| serve).await;
    println!("{LISTENING}{}", server.addr);
    tokio::time::sleep(3 * TIMEOUT).await;
}

fn keyed(parts: &[Part<'_>]) -> Request<Full<Bytes>> {
    let key = "8e03978e-40d5-43e8-bc93-6894a57f9324";
    with(multipart(PATH, parts), &[("idempotency-key", key)])
}

#[tokio::test]
async fn retried_upload_with_key_runs_once() {
    let site = Site::new();
    for _ in 0..2 {
        let reply = call(&site.service, keyed(&[ADA, png("image")])).await;
        assert_eq!(reply.json(), json!({ "sent": true }));
        assert_eq!(reply.header("set-cookie"), Some("seen=yes"));
    }
    assert_eq!(site.probe.count(), 1);
    let other = [PNG, b"other"].concat();
    let other = Part("image", Some("a.png"), "image/png", &other);
    for parts in [&[ADA, other][..], &[ADA, png("files")], &[ADA]] {
        assert_eq!(call(&site.service, keyed(parts)).await.status, 422);
    }
    assert_eq!((site.probe.count(), site.files().len()), (1, 0));
}

#[test]
fn rejects_missing_upload_directory() {
    let app = Registry::new().build().unwrap();
    let service = MizanService::builder(app).upload_dir("/is/not/there");
    let error = service.build().unwrap_err().to_string();
    assert!(
        error.starts_with("upload directory `/is/not/there` does not exist"),
        "{error}"
    );
}

/// Sends a whole body before it reads the response, as a browser does.
async fn sends_all(server: &Server, head: &str, body: &[u8], chunked: bool) -> Reply {
    let mut socket = server.connect().await;
    socket.send(head).await;
    for piece in body.chunks(64 * 1024) {
        let piece = if chunked {
            [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat()
        } else {
            piece.to_vec()
        };
        // This panics if the server has closed the connection.
        socket.send(piece).await;
    }
    let reply = socket.reply().await;
    assert_eq!(socket.read_to_end().await, b"");
    reply
}

#[tokio::test]
async fn client_that_is_still_sending_can_read_the_rejection() {
    let site = Site::new();
    let server = Server::start_with(site.service.clone(), |serve| serve).await;
    let part = format!(
        "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"files\"; filename=\"a\"\r\n\r\n"
    );
    let body = [part.as_bytes(), &vec![0; 36 * 1024 * 1024]].concat();
    for (framing, chunked) in [
        (format!("content-length: {}", body.len()), false),
        ("transfer-encoding: chunked".to_owned(), true),
    ] {
        for path in [PATH, "/api/mizan/form/contact", "/api/mizan/call/nothing"] {
            let head = format!(
                "POST {path} HTTP/1.1\r\nhost: localhost\r\n{framing}\r\n\
                 content-type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n"
            );
            let reply = sends_all(&server, &head, &body, chunked).await;
            let status = if path.ends_with("nothing") { 404 } else { 413 };
            assert_eq!(reply.status, status, "{path} {framing}");
        }
    }
    site.wait_for_files(0).await;
}

#[tokio::test]
async fn disconnects_client_that_keeps_sending() {
    let site = Site::new();
    let short = Duration::from_millis(500);
    let server = Server::start_with(site.service.clone(), |serve| serve.write_timeout(short)).await;
    let head = "POST /api/mizan/call/nothing HTTP/1.1\r\nhost: localhost\r\n\
                content-length: 1000000000000\r\n\r\n";
    let mut socket = server.connect().await;
    socket.send(head).await;
    let flood = async { while socket.stream.write_all(&[0; 1024]).await.is_ok() {} };
    within_timeout(flood).await;
    // The client stops sending, and keeps the connection open.
    let mut socket = server.connect().await;
    socket.send(head).await;
    assert_eq!(socket.reply().await.status, 404);
    assert_eq!(socket.read_to_end().await, b"");
    let closed = async {
        while socket.stream.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    within_timeout(closed).await;
}
