//! The memory and the throughput of large uploads.
//!
//! The client runs in the same process and sends one block of 64 KiB repeatedly. `README.md` has the
//! results.

// A benchmark stops at the first error.
#![allow(clippy::unwrap_used)]

use std::time::Instant;

use mizan_core::upload::UploadField;
use mizan_core::{Cx, Error, Registry, ServerFunction, Upload};
use mizan_http::{HttpLimits, MizanService, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Keep {
    file: Upload,
}

impl ServerFunction for Keep {
    type Output = u64;
    type Error = Error;
    const NAME: &'static str = "keep";

    fn uploads() -> Vec<UploadField> {
        vec![UploadField::new("file")]
    }

    async fn call(self, _: &Cx) -> Result<u64, Error> {
        Ok(self.file.len())
    }
}

const BLOCK: usize = 64 * 1024;

#[tokio::main]
async fn main() {
    // Small files if the benchmark runs as a test.
    let sizes: &[usize] = if std::env::args().any(|arg| arg == "--bench") {
        &[1_000_000, 10_000_000, 100_000_000, 100_000_000]
    } else {
        &[1_000_000]
    };
    let mut limits = HttpLimits::default();
    limits.max_upload_bytes = 200_000_000;
    let app = Registry::new().function::<Keep>().build().unwrap();
    let service = MizanService::builder(app).limits(limits).build().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(serve(listener, service).into_future());

    println!(
        "{:>12}{:>16}{:>16}{:>12}",
        "upload", "memory before", "at its peak", "MB/s"
    );
    for &size in sizes {
        reset_peak();
        let before = kilobytes("VmRSS:");
        let start = Instant::now();
        upload(TcpStream::connect(addr).await.unwrap(), size).await;
        let speed = size as f64 / start.elapsed().as_secs_f64() / 1e6;
        let peak = kilobytes("VmHWM:");
        println!("{size:>12}{before:>13} KB{peak:>13} KB{speed:>12.0}");
    }
}

async fn upload(mut stream: TcpStream, size: usize) {
    let start = "--b\r\ncontent-disposition: form-data; name=\"input\"\r\n\r\n{}\r\n--b\r\n\
                 content-disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n";
    let end = "\r\n--b--\r\n";
    let length = start.len() + size + end.len();
    let head = format!(
        "POST /api/mizan/call/keep HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
         content-type: multipart/form-data; boundary=b\r\ncontent-length: {length}\r\n\r\n{start}"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let block: Vec<_> = (0..BLOCK).map(|i| (i % 251) as u8).collect();
    let mut left = size;
    while left > 0 {
        let next = left.min(BLOCK);
        stream.write_all(&block[..next]).await.unwrap();
        left -= next;
    }
    stream.write_all(end.as_bytes()).await.unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await.unwrap();
    assert!(reply.ends_with(&format!("\r\n\r\n{size}")), "{reply}");
}

/// Returns a value of `/proc/self/status` in kilobytes, or 0 on systems without it.
fn kilobytes(name: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
    kilobytes.unwrap_or_default()
}

/// Resets the peak of the resident memory (proc(5), `clear_refs`).
fn reset_peak() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}
