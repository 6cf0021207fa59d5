//! An application with a form, files and pages. The form implements the traits of mizan-core by hand, as
//! `mizan-forms` would.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use bytes::Bytes;
use cookie::Cookie;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use mizan_core::adapter::{FormEntry, FormPost, FormShape};
use mizan_core::error::FieldErrors;
use mizan_core::function::FunctionKind;
use mizan_core::upload::UploadField;
use mizan_core::validation::check_constraints;
use mizan_core::{
    Cx, Error, Identity, Policy, Principal, Registry, RequestHead, ServerFunction, Upload,
};
use mizan_http::forms::FormPageBody;
use mizan_http::{Authenticate, FormPages, HttpLimits, MizanService};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use validator::Validate;

use crate::app::{Counter, Gate, limits};
use crate::harness::TIMEOUT;

/// The calls that the form's function received.
#[derive(Default)]
pub(crate) struct FormProbe {
    pub(crate) started: Counter,
    pub(crate) sent: Mutex<Vec<Value>>,
    /// The gate at which calls wait, if any.
    pub(crate) gate: Option<Gate>,
}

impl FormProbe {
    pub(crate) fn last(&self) -> Value {
        self.sent
            .lock()
            .unwrap()
            .last()
            .cloned()
            .unwrap_or_default()
    }

    pub(crate) fn count(&self) -> usize {
        self.sent.lock().unwrap().len()
    }
}

#[derive(Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
struct Submit {
    #[validate(length(min = 1, max = 80))]
    name: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    image: Option<Upload>,
    #[serde(default)]
    files: Vec<Upload>,
    #[serde(default)]
    #[validate(length(max = 5), nested)]
    phones: Vec<Phone>,
}

// `validator` requires `Debug`.
#[derive(Deserialize, Serialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
struct Phone {
    #[serde(default)]
    #[validate(length(max = 20))]
    number: String,
    #[serde(default, skip_serializing)]
    scan: Option<Upload>,
}

fn describe(upload: &Upload) -> Value {
    let mut content = Vec::new();
    upload.open().read_to_end(&mut content).unwrap();
    assert_eq!(content.len() as u64, upload.len());
    let start = String::from_utf8_lossy(&content[..content.len().min(20)]).into_owned();
    json!([
        upload.file_name(),
        upload.content_type(),
        upload.len(),
        start
    ])
}

impl ServerFunction for Submit {
    type Output = Value;
    type Error = Error;
    const NAME: &'static str = "contact.submit";

    fn uploads() -> Vec<UploadField> {
        let mut image = UploadField::new("image");
        image.accept = vec!["image/png".to_owned(), "image/jpeg".to_owned()];
        image.max_bytes = Some(1_000_000);
        vec![
            image,
            UploadField::new("files.*"),
            UploadField::new("phones.*.scan"),
        ]
    }

    fn validate(&self) -> Result<(), FieldErrors> {
        check_constraints(self)
    }

    async fn call(self, cx: &Cx) -> Result<Value, Error> {
        let probe = cx.state::<Arc<FormProbe>>();
        probe.started.add();
        cx.set_cookie(Cookie::new("seen", "yes"));
        if let Some(gate) = &probe.gate {
            gate.pass().await;
        }
        match &self.name[..] {
            "taken" => {
                return Err(
                    Error::declared("taken", 409, "is taken").with_field("name", "is taken by Ada")
                );
            }
            "conflict" => return Err(Error::conflict("come again tomorrow <now>")),
            "broken" => return Err(Error::internal("the secret of the source")),
            "panic" => panic!("the secret of the panic"),
            _ => {}
        }
        let phones = self.phones.iter();
        let phones: Vec<_> = phones
            .map(|phone| json!([phone.number, phone.scan.as_ref().map(describe)]))
            .collect();
        let sent = json!({
            "client": cx.head().client_addr(),
            "name": self.name,
            "password": self.password,
            "image": self.image.as_ref().map(describe),
            "files": self.files.iter().map(describe).collect::<Vec<_>>(),
            "phones": phones,
        });
        probe.sent.lock().unwrap().push(sent);
        Ok(json!({ "sent": true }))
    }
}

#[derive(Deserialize, JsonSchema)]
struct Schema {}

impl ServerFunction for Schema {
    type Output = Value;
    type Error = Error;
    const NAME: &'static str = "contact.schema";
    const KIND: FunctionKind = FunctionKind::Query;

    async fn call(self, cx: &Cx) -> Result<Value, Error> {
        let post = cx.head().extensions().get::<FormPost>().cloned();
        let post = post.unwrap_or_default();
        Ok(json!({
            "form": post.form,
            "values": post.values,
            "errors": post.errors,
            "token": post.token,
            "page": cx.head().page_path(),
            "user": cx.principal().id(),
        }))
    }
}

/// Accepts files only from signed-in users.
#[derive(Deserialize, JsonSchema)]
struct MembersFile {
    file: Upload,
}

impl ServerFunction for MembersFile {
    type Output = u64;
    type Error = Error;
    const NAME: &'static str = "members.submit";
    const POLICY: Policy = Policy::SignedIn;

    fn uploads() -> Vec<UploadField> {
        vec![UploadField::new("file")]
    }

    async fn call(self, _: &Cx) -> Result<u64, Error> {
        Ok(self.file.len())
    }
}

struct Shape;

impl FormShape for Shape {
    fn manifest(&self) -> Value {
        json!({ "name": "contact", "title": "Contact <us>", "fields": [] })
    }

    fn label(&self, path: &str) -> String {
        format!("The {path}")
    }

    fn parse_fields(&self, fields: &[(String, String)]) -> Value {
        let mut values = json!({});
        for (path, text) in fields {
            let mut place = &mut values;
            for name in path.split('.') {
                let index = name.parse::<usize>().ok();
                if place.is_null() {
                    *place = if index.is_some() {
                        json!([])
                    } else {
                        json!({})
                    };
                }
                place = match (place, index) {
                    (Value::Array(rows), Some(index)) => {
                        rows.resize(rows.len().max(index + 1), Value::Null);
                        &mut rows[index]
                    }
                    (Value::Object(members), _) => members.entry(name).or_insert(Value::Null),
                    (other, _) => other,
                };
            }
            *place = text.replace("\r\n", "\n").into();
        }
        values
    }

    fn add_row(&self, values: &mut Value, path: &str) {
        if path == "phones" {
            let members = values.as_object_mut().unwrap();
            let rows = members.entry("phones").or_insert(json!([]));
            rows.as_array_mut().unwrap().push(json!({}));
        }
    }

    fn remove_row(&self, values: &mut Value, path: &str) {
        let index = path
            .strip_prefix("phones.")
            .and_then(|index| index.parse().ok());
        if let (Some(index), Some(rows)) = (index, values["phones"].as_array_mut())
            && index < rows.len()
        {
            rows.remove(index);
        }
    }

    fn redisplay_values(&self, mut values: Value) -> Value {
        if let Some(members) = values.as_object_mut() {
            members.remove("password");
        }
        values
    }
}

/// Trusts the cookie `user`.
pub(crate) struct Cookies;

impl Authenticate for Cookies {
    async fn authenticate(&self, head: &RequestHead) -> Result<Principal, Error> {
        let user = head.cookie("user");
        Ok(user.map_or_else(Principal::anonymous, |user| {
            Identity::new(user.value()).into()
        }))
    }
}

/// A service with forms, its upload directory, and the calls that it received.
pub(crate) struct Site {
    pub(crate) probe: Arc<FormProbe>,
    pub(crate) service: MizanService<Cookies>,
    dir: tempfile::TempDir,
}

impl Site {
    pub(crate) fn new() -> Self {
        Self::with(FormProbe::default(), |_| {})
    }

    pub(crate) fn gated() -> Self {
        let probe = FormProbe {
            gate: Some(Gate::default()),
            ..FormProbe::default()
        };
        Self::with(probe, |_| {})
    }

    pub(crate) fn with(probe: FormProbe, change: impl FnOnce(&mut HttpLimits)) -> Self {
        let probe = Arc::new(probe);
        let dir = tempfile::tempdir().unwrap();
        let service = Self::service(&probe, dir.path(), change);
        Self {
            probe,
            service,
            dir,
        }
    }

    /// Creates the service without pages. It writes uploads to `dir`.
    pub(crate) fn in_dir(dir: &Path) -> MizanService<Cookies> {
        Self::service(&Arc::default(), dir, |_| {})
    }

    fn service(
        probe: &Arc<FormProbe>,
        dir: &Path,
        change: impl FnOnce(&mut HttpLimits),
    ) -> MizanService<Cookies> {
        let contact = FormEntry::new("contact", "contact.schema", "contact.submit", &Shape);
        let members = FormEntry::new("members", "contact.schema", "members.submit", &Shape);
        let thanks = FormEntry::new("thanks", "contact.schema", "contact.submit", &Shape);
        let app = Registry::new()
            .state(Arc::clone(probe))
            .function::<Submit>()
            .function::<Schema>()
            .function::<MembersFile>()
            .form_entry(contact)
            .form_entry(members)
            .form_entry(thanks.with_redirect(Some("/thanks")))
            .build();
        let service = MizanService::builder(app.unwrap())
            .authenticate(Cookies)
            .limits(limits(change))
            .upload_dir(dir)
            .build();
        service.unwrap()
    }

    /// Wraps the service in an application with pages.
    pub(crate) fn pages(&self) -> FormPages<Pages, Cookies> {
        FormPages::new(Pages(self.service.clone()), self.service.clone())
    }

    /// Returns the open files of the upload directory.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        open_files(std::process::id(), self.dir.path())
    }

    /// Waits until `count` files are open.
    pub(crate) async fn wait_for_files(&self, count: usize) {
        let start = Instant::now();
        while self.files().len() != count {
            assert!(start.elapsed() < TIMEOUT, "{:?}", self.files());
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
    }
}

/// Returns the files of a directory that a process has open, including files without a name.
pub(crate) fn open_files(process: u32, dir: &Path) -> Vec<PathBuf> {
    let descriptors = std::fs::read_dir(format!("/proc/{process}/fd")).unwrap();
    let files = descriptors.filter_map(|file| std::fs::read_link(file.ok()?.path()).ok());
    files.filter(|file| file.starts_with(dir)).collect()
}

/// Pages that return the data of a component as JSON, with the headers of the request.
#[derive(Clone)]
pub(crate) struct Pages(MizanService<Cookies>);

impl<B> tower_service::Service<Request<FormPageBody<B>>> for Pages
where
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Response = Response<Full<Bytes>>;
    type Error = std::convert::Infallible;
    type Future = futures_util::future::BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(
        &mut self,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), Self::Error>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<FormPageBody<B>>) -> Self::Future {
        if request.uri().path().starts_with("/api/mizan/") {
            let answer = self.0.call(request);
            return Box::pin(async {
                let (parts, body) = answer.await?.into_parts();
                let body = body.collect().await.unwrap().to_bytes();
                Ok(Response::from_parts(parts, Full::from(body)))
            });
        }
        let caller = self.0.caller(&request);
        Box::pin(async move {
            let name = "contact.schema".to_owned();
            let Ok(caller) = caller.await else {
                panic!("authentication failed");
            };
            let state = caller.call(name, Bytes::new()).await.unwrap();
            let state: Value = serde_json::from_slice(&state).unwrap();
            let page = json!({
                "method": request.method().as_str(),
                "headers": names(request.headers()),
                "state": state,
            });
            let mut response = Response::new(Full::from(page.to_string()));
            let headers = response.headers_mut();
            headers.insert("content-type", "application/json".parse().unwrap());
            headers.insert("etag", "\"1\"".parse().unwrap());
            headers.insert("cache-control", "public".parse().unwrap());
            *response.status_mut() = match request.uri().path() {
                "/gone" => StatusCode::NOT_FOUND,
                "/moved" => StatusCode::SEE_OTHER,
                _ => StatusCode::OK,
            };
            Ok(response)
        })
    }
}

fn names(headers: &HeaderMap) -> Map<String, Value> {
    let headers = headers.iter();
    headers
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().into()))
        .collect()
}

pub(crate) const BOUNDARY: &str = "a-boundary";

/// A part of a multipart body: its name, file name, type and content.
#[derive(Clone, Copy)]
pub(crate) struct Part<'a>(
    pub(crate) &'a str,
    pub(crate) Option<&'a str>,
    pub(crate) &'a str,
    pub(crate) &'a [u8],
);

pub(crate) const fn text<'a>(name: &'a str, value: &'a str) -> Part<'a> {
    Part(name, None, "", value.as_bytes())
}

pub(crate) const fn png(name: &str) -> Part<'_> {
    Part(name, Some("a.png"), "image/png", PNG)
}

pub(crate) const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

/// Encodes a multipart body without the final boundary.
pub(crate) fn unended(parts: &[Part<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for Part(name, file_name, content_type, content) in parts {
        body.extend(
            format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"").bytes(),
        );
        if let Some(file_name) = file_name {
            body.extend(format!("; filename=\"{file_name}\"").bytes());
        }
        if !content_type.is_empty() {
            body.extend(format!("\r\ncontent-type: {content_type}").bytes());
        }
        body.extend(b"\r\n\r\n");
        body.extend(*content);
        body.extend(b"\r\n");
    }
    body
}

pub(crate) fn multipart(path: &str, parts: &[Part<'_>]) -> Request<Full<Bytes>> {
    let mut body = unended(parts);
    body.extend(format!("--{BOUNDARY}--\r\n").bytes());
    multipart_of(path, body)
}

pub(crate) fn multipart_of(path: &str, body: impl Into<Bytes>) -> Request<Full<Bytes>> {
    let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
    let request = Request::post(path).header("content-type", content_type);
    request.body(Full::new(body.into())).unwrap()
}
