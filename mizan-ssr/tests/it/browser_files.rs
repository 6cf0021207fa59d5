//! The service with the files of Vite's build.

use std::fs;
use std::io::Read;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use http::header::{
    ACCEPT_ENCODING, ACCEPT_RANGES, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH,
    CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE,
    IF_UNMODIFIED_SINCE, LAST_MODIFIED, RANGE, VARY,
};
use http::{HeaderName, Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use mizan_ssr::Vite;
use mizan_ssr::vite::BrowserFilesService;
use tempfile::TempDir;
use tower_service::Service;

use crate::app::block_on;

const MANIFEST: &str = r#"{ "src/main.tsx": { "file": "assets/main-Bx3dQ9aT.js", "name": "main",
    "src": "src/main.tsx", "isEntry": true, "css": ["assets/main-C0ffee00.css"] } }"#;

/// A build with scripts, style sheets, public files and files that must not be public.
struct Build {
    directory: TempDir,
}

struct Answer {
    response: Response<()>,
    body: Bytes,
}

fn script() -> String {
    "export const greeting = 'Hello, World!';\n".repeat(100)
}

impl Build {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let build = Self { directory };
        build.write("dist/.vite/manifest.json", MANIFEST);
        build.write("dist/.env", "SECRET=1");
        build.write("dist/.git/config", "secret");
        build.write("dist/.well-known/security.txt", "Contact: mailto:a@b.c");
        build.write("dist/assets/main-Bx3dQ9aT.js", script());
        build.write("dist/assets/main-C0ffee00.css", "body{}");
        build.write(
            "dist/favicon.svg",
            "<svg xmlns='http://www.w3.org/2000/svg'/>",
        );
        build.write("dist/a b+ä.txt", "spaces");
        build.write("secret.txt", "secret");
        build
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a path below the root"))
            .expect("a writable directory");
        fs::write(path, content).expect("a writable file");
    }

    fn service(&self) -> BrowserFilesService {
        let vite = Vite::manifest(self.path("dist")).expect("a valid manifest");
        vite.service().expect("readable files")
    }

    fn get(&self, path: &str, headers: &[(HeaderName, &str)]) -> Answer {
        send(self.service(), Method::GET, path, headers)
    }
}

fn send(
    service: BrowserFilesService,
    method: Method,
    path: &str,
    headers: &[(HeaderName, &str)],
) -> Answer {
    block_on(request(service, method, path, headers))
}

async fn request(
    mut service: BrowserFilesService,
    method: Method,
    path: &str,
    headers: &[(HeaderName, &str)],
) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    let request = request.body(()).expect("a valid request");
    let Ok(response) = service.call(request).await;
    let (parts, body) = response.into_parts();
    let body = body.collect().await.expect("a readable file").to_bytes();
    Answer {
        response: Response::from_parts(parts, ()),
        body,
    }
}

impl Answer {
    fn status(&self) -> StatusCode {
        self.response.status()
    }

    fn header(&self, name: &HeaderName) -> &str {
        self.response
            .headers()
            .get(name)
            .map_or("", |value| value.to_str().expect("an ASCII header"))
    }
}

#[test]
fn hashed_files_are_immutable_and_others_revalidated() {
    let build = Build::new();
    let script = build.get("/assets/main-Bx3dQ9aT.js", &[]);
    assert_eq!(script.status(), 200);
    assert_eq!(script.body, crate::browser_files::script());
    assert_eq!(
        script.header(&CONTENT_TYPE),
        "text/javascript; charset=utf-8"
    );
    assert_eq!(
        script.header(&CONTENT_LENGTH),
        script.body.len().to_string()
    );
    assert_eq!(
        script.header(&CACHE_CONTROL),
        "public, max-age=31536000, immutable"
    );
    assert_eq!(script.header(&VARY), "accept-encoding");
    let icon = build.get("/favicon.svg", &[]);
    assert_eq!(icon.header(&CACHE_CONTROL), "no-cache");
    assert_eq!(icon.header(&CONTENT_TYPE), "image/svg+xml");
    assert!(!icon.header(&ETAG).is_empty() && !icon.header(&LAST_MODIFIED).is_empty());
    assert_eq!(build.get("/a%20b+%C3%A4.txt?v=1", &[]).body, "spaces");
    assert_eq!(build.get("/.well-known/security.txt", &[]).status(), 200);
}

#[test]
fn hostile_paths_find_no_file() {
    let build = Build::new();
    let dist = build.path("dist");
    symlink(build.path("secret.txt"), dist.join("link.txt")).expect("a link");
    symlink("../secret.txt", dist.join("assets/relative.txt")).expect("a link");
    symlink(".vite/manifest.json", dist.join("manifest.txt")).expect("a link");
    symlink("..", dist.join("up")).expect("a link");
    symlink(".", dist.join("loop")).expect("a link");
    symlink("/nonexistent", dist.join("dangling")).expect("a link");
    let service = build.service();
    let secret = build.path("secret.txt");
    let secret = secret.to_str().expect("a UTF-8 path");
    let long = format!("/{}", "a".repeat(10_000));
    let deep = "/assets/..".repeat(500) + "/favicon.svg";
    for path in [
        "/",
        "//",
        "/assets",
        "/assets/",
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/assets/../favicon.svg",
        "/./favicon.svg",
        "/%2e%2e/secret.txt",
        "/%2E%2E%2Fsecret.txt",
        "/..%2fsecret.txt",
        "/..%5csecret.txt",
        "/..\\secret.txt",
        "/%252e%252e/secret.txt",
        "/..;/secret.txt",
        "/assets%2fmain-Bx3dQ9aT.js",
        "/assets%2Fmain-Bx3dQ9aT.js",
        "/assets%5Cmain-Bx3dQ9aT.js",
        "/assets\\main-Bx3dQ9aT.js",
        "//favicon.svg",
        "//evil.example/favicon.svg",
        "/assets//main-Bx3dQ9aT.js",
        "/favicon.svg/",
        "/favicon.svg%00",
        "/favicon.svg%00.js",
        "/%00",
        "/favicon.svg%20",
        "/favicon.svg.",
        "/favicon.svg::$DATA",
        "/FAVICON.SVG",
        "/%66avicon.svg%",
        "/%",
        "/%zz",
        "/%ff",
        "/%c0%ae%c0%ae/secret.txt",
        "/.env",
        "/%2eenv",
        "/.git/config",
        "/.vite/manifest.json",
        "/%2evite/manifest.json",
        "/.vite%2fmanifest.json",
        "/./.vite/manifest.json",
        "/assets/../.vite/manifest.json",
        "/manifest.txt",
        "/link.txt",
        "/assets/relative.txt",
        "/up/secret.txt",
        "/loop/.env",
        "/loop/loop/favicon.svg",
        "/dangling",
        "/.well-known",
        "/~root",
        "/etc/passwd",
        "/proc/self/environ",
        "/con",
        "/c:/windows/win.ini",
        &format!("/{secret}"),
        secret,
        &long,
        &deep,
    ] {
        let answer = send(service.clone(), Method::GET, path, &[]);
        assert_eq!(answer.status(), 404, "{path}");
        assert!(answer.body.is_empty(), "{path}: {:?}", answer.body);
    }
}

#[test]
fn file_from_after_the_start_is_not_found() {
    let build = Build::new();
    let service = build.service();
    build.write("dist/upload.html", "<script>alert(1)</script>");
    assert_eq!(
        send(service, Method::GET, "/upload.html", &[]).status(),
        404
    );
}

#[test]
fn negotiates_compressed_variants() {
    let build = Build::new();
    let path = "/assets/main-Bx3dQ9aT.js";
    build.write("dist/assets/main-Bx3dQ9aT.js.zst", "zstd of the build");
    build.write("dist/only.gz", "an archive");
    for (accept, encoding) in [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, zstd", "zstd"),
        ("gzip", "gzip"),
        ("deflate", ""),
        ("identity", ""),
        ("br;q=0, gzip;q=0.1, identity;q=0", "gzip"),
        ("*", "br"),
    ] {
        let answer = build.get(path, &[(ACCEPT_ENCODING, accept)]);
        assert_eq!(answer.header(&CONTENT_ENCODING), encoding, "{accept}");
        assert_eq!(
            answer.header(&CONTENT_LENGTH),
            answer.body.len().to_string()
        );
        let mut text = String::new();
        match encoding {
            "br" => brotli::Decompressor::new(&*answer.body, 4096)
                .read_to_string(&mut text)
                .map(|_| ()),
            "gzip" => flate2::read::GzDecoder::new(&*answer.body)
                .read_to_string(&mut text)
                .map(|_| ()),
            "zstd" => {
                assert_eq!(answer.body, "zstd of the build");
                continue;
            }
            _ => {
                text = String::from_utf8(answer.body.to_vec()).expect("text");
                Ok(())
            }
        }
        .expect("a valid encoding");
        assert_eq!(text, script(), "{accept}");
    }
    // A variant has no URL of its own, but a file that looks like one does.
    assert_eq!(build.get(&format!("{path}.zst"), &[]).status(), 404);
    assert_eq!(build.get("/only.gz", &[]).body, "an archive");
    let small = build.get("/favicon.svg", &[(ACCEPT_ENCODING, "br")]);
    assert_eq!(small.header(&CONTENT_ENCODING), "");
}

#[test]
fn variants_have_different_entity_tags() {
    let build = Build::new();
    let path = "/assets/main-Bx3dQ9aT.js";
    let tags: Vec<_> = ["identity", "br", "gzip"]
        .iter()
        .map(|accept| {
            build
                .get(path, &[(ACCEPT_ENCODING, accept)])
                .header(&ETAG)
                .to_owned()
        })
        .collect();
    assert!(
        tags[0] != tags[1] && tags[1] != tags[2] && tags[0] != tags[2],
        "{tags:?}"
    );
    // The tag depends on the content, not on the time of the build.
    assert_eq!(Build::new().get(path, &[]).header(&ETAG), tags[0]);
}

#[test]
fn answers_conditional_requests() {
    let build = Build::new();
    let first = build.get("/favicon.svg", &[]);
    let (etag, modified) = (first.header(&ETAG), first.header(&LAST_MODIFIED));
    let old = "Sun, 06 Nov 1994 08:49:37 GMT";
    let weak = format!("W/{etag}");
    let list = format!("\"a,b\", {etag}");
    for (headers, status) in [
        (vec![(IF_NONE_MATCH, etag)], 304),
        (vec![(IF_NONE_MATCH, &*weak)], 304),
        (vec![(IF_NONE_MATCH, &*list)], 304),
        (vec![(IF_NONE_MATCH, "*")], 304),
        (vec![(IF_NONE_MATCH, "\"other\"")], 200),
        (
            vec![(IF_NONE_MATCH, "\"other\""), (IF_MODIFIED_SINCE, modified)],
            200,
        ),
        (vec![(IF_MODIFIED_SINCE, modified)], 304),
        (vec![(IF_MODIFIED_SINCE, old)], 200),
        (vec![(IF_MODIFIED_SINCE, "yesterday")], 200),
        (vec![(IF_MATCH, etag)], 200),
        (vec![(IF_MATCH, "\"other\"")], 412),
        (vec![(IF_UNMODIFIED_SINCE, old)], 412),
        (vec![(IF_UNMODIFIED_SINCE, modified)], 200),
    ] {
        let answer = build.get("/favicon.svg", &headers);
        assert_eq!(answer.status().as_u16(), status, "{headers:?}");
        assert_eq!(answer.body.is_empty(), status != 200, "{headers:?}");
        assert_eq!(answer.header(&ETAG), etag, "{headers:?}");
        assert_eq!(answer.header(&CACHE_CONTROL), "no-cache", "{headers:?}");
    }
}

#[test]
fn sends_ranges_from_memory_and_disk() {
    let build = Build::new();
    // Larger than files that are held in memory.
    let film: Vec<u8> = (0..(1 << 20) + 100_u32)
        .map(|at| (at % 251) as u8)
        .collect();
    build.write("dist/film.mp4", &film);
    build.write("dist/clip.mp4", &film[..1000]);
    for (path, bytes) in [("/film.mp4", &film[..]), ("/clip.mp4", &film[..1000])] {
        let whole = build.get(path, &[]);
        assert_eq!(whole.status(), 200);
        assert_eq!(whole.header(&ACCEPT_RANGES), "bytes");
        assert!(whole.body == bytes, "{path}");
        let etag = whole.header(&ETAG);
        let part = build.get(path, &[(RANGE, "bytes=500-599"), (IF_RANGE, etag)]);
        assert_eq!(part.status(), 206);
        assert_eq!(part.body, &bytes[500..600]);
        assert_eq!(
            part.header(&CONTENT_RANGE),
            format!("bytes 500-599/{}", bytes.len())
        );
        assert_eq!(part.header(&CONTENT_LENGTH), "100");
        let end = build.get(path, &[(RANGE, "bytes=-10")]);
        assert_eq!(end.body, &bytes[bytes.len() - 10..]);
        let outside = build.get(path, &[(RANGE, "bytes=9999999-")]);
        assert_eq!(outside.status(), 416);
        assert_eq!(
            outside.header(&CONTENT_RANGE),
            format!("bytes */{}", bytes.len())
        );
        let changed = build.get(path, &[(RANGE, "bytes=0-9"), (IF_RANGE, "\"old\"")]);
        assert_eq!(changed.status(), 200);
        assert_eq!(changed.body.len(), bytes.len());
        let many = build.get(
            path,
            &[(RANGE, &["0-1"; 1000].join(",").replacen("0", "bytes=0", 1))],
        );
        assert_eq!(many.status(), 200);
    }
    // A range of a compressed variant is a range of the compressed bytes.
    let script = "/assets/main-Bx3dQ9aT.js";
    let compressed = build.get(script, &[(ACCEPT_ENCODING, "br")]);
    let part = build.get(script, &[(ACCEPT_ENCODING, "br"), (RANGE, "bytes=0-9")]);
    assert_eq!(part.header(&CONTENT_ENCODING), "br");
    assert_eq!(part.body, &compressed.body[..10]);
}

#[test]
fn head_has_headers_without_body_and_other_methods_are_refused() {
    let build = Build::new();
    let path = "/assets/main-Bx3dQ9aT.js";
    let head = send(build.service(), Method::HEAD, path, &[]);
    assert_eq!(head.status(), 200);
    assert!(head.body.is_empty());
    assert_eq!(head.header(&CONTENT_LENGTH), script().len().to_string());
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
        let answer = send(build.service(), method, path, &[]);
        assert_eq!(answer.status(), 405);
        assert_eq!(answer.header(&ALLOW), "GET, HEAD");
    }
    assert_eq!(
        send(build.service(), Method::POST, "/missing", &[]).status(),
        404
    );
}

#[test]
fn changed_file_on_disk_is_an_error_not_a_mixture() {
    let build = Build::new();
    build.write("dist/film.mp4", vec![0; (1 << 20) + 1]);
    let service = build.service();
    build.write("dist/film.mp4", "shorter");
    let answer = send(service, Method::GET, "/film.mp4", &[]);
    assert_eq!(answer.status(), 500);
    assert!(answer.body.is_empty());
}

#[test]
fn compresses_each_file_once_for_many_requests() {
    let build = Build::new();
    let service = build.service();
    block_on(async {
        let path = "/assets/main-Bx3dQ9aT.js";
        let headers = [(ACCEPT_ENCODING, "br")];
        let requests = (0..200).map(|_| request(service.clone(), Method::GET, path, &headers));
        let answers = futures_util::future::join_all(requests).await;
        // The same bytes in memory: no request compressed the file again.
        let first = answers[0].body.as_ptr();
        assert!(answers.iter().all(|answer| answer.body.as_ptr() == first));
    });
}

#[test]
fn development_server_has_public_folder() {
    let build = Build::new();
    build.write("web/public/robots.txt", "User-agent: *");
    let dev = Vite::dev_server("http://localhost:5173");
    let error = dev.service().expect_err("no root").to_string();
    assert!(error.contains("set it with `Vite::root`"), "{error}");
    let root = |name: &str| {
        dev.clone()
            .root(build.path(name))
            .service()
            .expect("a service")
    };
    let service = root("web");
    let robots = |service| send(service, Method::GET, "/robots.txt", &[]);
    assert_eq!(robots(service.clone()).body, "User-agent: *");
    build.write("web/public/robots.txt", "changed");
    assert_eq!(robots(service).body, "changed");
    assert_eq!(robots(root("elsewhere")).status(), 404);
}

#[test]
fn unreadable_build_is_reported() {
    let build = Build::new();
    let vite = Vite::manifest(build.path("dist")).expect("a valid manifest");
    fs::remove_dir_all(build.path("dist")).expect("a removed folder");
    let error = vite.service().expect_err("no folder").to_string();
    let dist: &Path = &build.path("dist");
    assert_eq!(
        error,
        format!(
            "cannot read the files of Vite's build in {}; run `vite build` again",
            dist.display()
        )
    );
}
