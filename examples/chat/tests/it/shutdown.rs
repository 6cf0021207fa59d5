//! SIGTERM while the server is at work, with the real program.

use std::fs;
use std::fs::File;
use std::os::unix::fs::symlink;
use std::path::Path;

use tokio::net::TcpListener;

use crate::program::{Program, run_in_shell, web, within_timeout};

#[tokio::test]
async fn mail_server_that_hangs_is_given_up_at_the_deadline() {
    let mail_server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", mail_server.local_addr().unwrap());
    let program = Program::start(web(), |command| {
        command.envs([("CHAT_SMTP", &*url), ("CHAT_SHUTDOWN_DEADLINE", "1")]);
    })
    .await;
    let body = r#"{"email":"member@example.com"}"#;
    let forgot = program.post("/api/mizan/call/request_reset.submit");
    let (status, body) = program.request(forgot, body).await;
    assert_eq!(status, 200, "{body:?}");
    // The mail server accepts the connection, and never answers.
    let _connection = within_timeout(mail_server.accept()).await.unwrap();
    program.terminate().await;
    let (status, log) = program.wait().await;
    assert!(log.contains("unfinished=\"mail\""), "{log}");
    assert_eq!(status.code(), Some(75));
}

#[tokio::test]
async fn render_that_loops_ends_at_its_own_deadline() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("src/pages");
    fs::create_dir_all(&pages).unwrap();
    let component = "export default function Hello() { console.log('looping'); for (;;) {} }";
    fs::write(pages.join("Hello.tsx"), component).unwrap();
    let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../node_modules");
    if !modules.join("react").exists() {
        return eprintln!("skipped: the npm packages are not installed");
    }
    symlink(modules, folder.path().join("node_modules")).unwrap();
    let mut program = Program::start(folder.path(), |_| {}).await;
    let hello = program.get("/hello/").header("accept", "text/html");
    let client = hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new());
    let body = http_body_util::Full::<bytes::Bytes>::default();
    let request = client.build_http().request(hello.body(body).unwrap());
    let request = tokio::spawn(request);
    program.log_line("looping").await;
    program.terminate().await;
    let response = within_timeout(request).await.unwrap().unwrap();
    assert_eq!(response.status(), 504);
    drop(response);
    let (status, log) = program.wait().await;
    assert_eq!(status.code(), Some(0), "{log}");
}

/// Logs go to a disk without space.
#[tokio::test]
async fn full_disk_of_the_log_does_not_fail_calls() {
    let program = Program::start(web(), |command| {
        let full = File::options().write(true).open("/dev/full").unwrap();
        command.stderr(full);
    })
    .await;
    let greet = "/api/mizan/call/greet?input=%7B%22name%22%3A%22Ada%22%7D";
    for _ in 0..3 {
        assert_eq!(program.request(program.get(greet), "").await.0, 200);
    }
    program.terminate().await;
    assert_eq!(program.wait().await.0.code(), Some(0));
}

/// The limit on the size of files acts like a disk without space: no file can be written.
#[tokio::test]
async fn full_disk_fails_only_what_is_stored() {
    let program = Program::start(web(), |command| {
        // Without the signal, a write beyond the limit is an error.
        run_in_shell(command, "trap '' XFSZ; exec \"$0\" \"$@\"");
    })
    .await;
    let sign_in = async || {
        let body = r#"{"email":"member@example.com","password":"open sesame, demo"}"#;
        let request = program.post("/api/mizan/call/sign_in.submit");
        program.request(request, body).await.0
    };
    let upload = async || {
        let request =
            http::Request::post(format!("http://{}/api/mizan/form/contact", program.addr));
        let request = request.header("content-type", "multipart/form-data; boundary=b");
        let field = |name: &str, value: &str| {
            format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let head = field("name", "Mia")
            + &field("email", "mia@example.com")
            + &field("message", "A message that is long enough.")
            + "--b\r\ncontent-disposition: form-data; name=\"image\"; filename=\"a.png\"\r\n\
               content-type: image/png\r\n\r\n";
        let body = [head.as_bytes(), b"\x89PNG\r\n\x1a\n", b"\r\n--b--\r\n"].concat();
        program.request(request, body).await.0
    };
    let greet = "/api/mizan/call/greet?input=%7B%22name%22%3A%22Ada%22%7D";
    program.limit_file_size("0").await;
    assert_eq!((sign_in().await, upload().await), (503, 503));
    assert_eq!(program.request(program.get(greet), "").await.0, 200);
    program.limit_file_size("unlimited").await;
    assert_eq!(sign_in().await, 200);
    assert_eq!(upload().await, 200);
    program.terminate().await;
    let (status, log) = program.wait().await;
    assert_eq!(status.code(), Some(0), "{log}");
}
