//! The host of a request, which must be named exactly once.

use tokio::io::AsyncWriteExt;

use crate::harness::{Server, get, service, with, within_timeout};

#[tokio::test]
async fn rejects_missing_duplicate_and_invalid_hosts() {
    let (_, service) = service();
    let server = Server::start(service).await;
    let line = "GET /api/mizan/call/read HTTP/1";
    for (head, status) in [
        (format!("{line}.1\r\nhost: localhost\r\n\r\n"), 200),
        (format!("{line}.1\r\nHost:  localhost:80 \r\n\r\n"), 200),
        (format!("{line}.0\r\n\r\n"), 200),
        (format!("{line}.1\r\n\r\n"), 400),
        (format!("{line}.1\r\nhost:\r\n\r\n"), 400),
        (format!("{line}.1\r\nhost: a b/c\r\n\r\n"), 400),
        (format!("{line}.1\r\nhost: a\r\nhost: a\r\n\r\n"), 400),
        (format!("{line}.1\r\nhost: a\r\nHost: b\r\n\r\n"), 400),
        (format!("{line}.1\r\nhost: a, b\r\n\r\n"), 400),
        (format!("{line}.1\r\nhost: user@a\r\n\r\n"), 400),
        (format!("{line}.0\r\nhost: a\r\nhost: b\r\n\r\n"), 400),
        (
            "GET http://a/api/mizan/call/read HTTP/1.1\r\nhost: b\r\n\r\n".to_owned(),
            400,
        ),
        (
            "GET http://a/api/mizan/call/read HTTP/1.1\r\nhost: a\r\n\r\n".to_owned(),
            200,
        ),
    ] {
        let mut socket = server.connect().await;
        socket.send(&head).await;
        let reply = socket.reply().await;
        assert_eq!(reply.status, status, "{head}");
        if status == 400 {
            assert_eq!(reply.failure(), (400, "malformed".to_owned()));
            // The server must not process further requests on the connection.
            let _ = socket.stream.write_all(head.as_bytes()).await;
            assert_eq!(socket.read_to_end().await, b"", "{head}");
        }
    }
}

#[tokio::test]
async fn rejects_host_that_differs_from_http2_authority() {
    let (_, service) = service();
    let server = Server::start(service).await;
    let mut client = server.connect_http2().await;
    let uri = "http://localhost/api/mizan/call/read";
    for (hosts, status) in [
        (&[][..], 200),
        (&[("host", "localhost")][..], 200),
        (&[("host", "other")], 400),
        (&[("host", "localhost"), ("host", "localhost")], 400),
    ] {
        let request = with(get(uri), hosts);
        let reply = within_timeout(client.send_request(request)).await.unwrap();
        assert_eq!(reply.status(), status, "{hosts:?}");
    }
}
