//! A site with accounts, and browsers that call it through mizan-http.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Request, header};
use http_body_util::{BodyExt, Full};
use jiff::Timestamp;
use mizan_auth::clock::Clock;
use mizan_auth::mail::{Mail, MailError, Mailer};
use mizan_auth::password::HashCost;
use mizan_auth::rate_limit::{RateLimit, RateLimits};
use mizan_auth::store::MemoryStore;
use mizan_auth::{Account, Accounts, AccountsBuilder};
use mizan_core::{Error, Registry, client};
use mizan_http::{Caller, MizanService, PeerAddr};
use serde_json::{Value, json};
use tower_service::Service;

pub(crate) const CHEAP: HashCost = HashCost::new(64, 1, 1);

pub(crate) const PASSWORD: &str = "correct horse battery";

pub(crate) const BASE_URL: &str = "https://example.com";

/// High limits for the tests that are not about rate limits.
pub(crate) const UNLIMITED: RateLimits =
    RateLimits::uniform(RateLimit::new(100_000, Duration::from_secs(1)));

/// A mailer that keeps all mail.
#[derive(Default)]
pub(crate) struct Mailbox(Mutex<Vec<Mail>>);

#[async_trait]
impl Mailer for Mailbox {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        self.0.lock().unwrap().push(mail.clone());
        Ok(())
    }
}

#[client(auth = "recent")]
async fn sensitive() -> Result<(), Error> {
    Ok(())
}

#[client(auth = and("staff", "posts.rename"))]
async fn rename() -> Result<(), Error> {
    Ok(())
}

pub(crate) struct Site {
    pub(crate) accounts: Accounts,
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) clock: Clock,
    mailbox: Arc<Mailbox>,
    service: MizanService<Accounts>,
}

impl Site {
    pub(crate) fn new() -> Self {
        Self::with(|accounts| accounts)
    }

    pub(crate) fn with(change: impl FnOnce(AccountsBuilder) -> AccountsBuilder) -> Self {
        Self::at(BASE_URL, change)
    }

    pub(crate) fn at(
        base_url: &str,
        change: impl FnOnce(AccountsBuilder) -> AccountsBuilder,
    ) -> Self {
        let (store, mailbox, clock) = (Arc::default(), Arc::default(), Clock::default());
        let accounts = Accounts::builder(base_url)
            .store(Arc::clone(&store))
            .mailer(Arc::clone(&mailbox) as Arc<dyn Mailer>)
            .clock(clock.clone())
            .hash_cost(CHEAP)
            .hash_pool(2, 1000)
            .rate_limits(UNLIMITED)
            .group("editors", ["posts.rename"]);
        let accounts = change(accounts).build().unwrap();
        let registry = Registry::new()
            .function::<Sensitive>()
            .function::<Rename>()
            .merge(mizan_auth::registry(accounts.clone()));
        let service = MizanService::builder(registry.build().unwrap())
            .authenticate(accounts.clone())
            .trusted_proxies(["10.0.0.0/8".parse().unwrap()])
            .build()
            .unwrap();
        Self {
            accounts,
            store,
            clock,
            mailbox,
            service,
        }
    }

    /// Returns a browser without cookies.
    pub(crate) fn browser(&self) -> Browser<'_> {
        Browser {
            site: self,
            cookie: None,
            flow: None,
            device: None,
            peer: "192.0.2.1:5000".to_owned(),
            headers: HeaderMap::new(),
        }
    }

    /// Returns the caller of a page request.
    pub(crate) async fn caller(&self, request: &Request<()>) -> Caller {
        match self.service.caller(request).await {
            Ok(caller) => caller,
            Err(response) => panic!("{}", response.status()),
        }
    }

    /// Returns all mail that was sent since the last call.
    pub(crate) async fn mail(&self) -> Vec<Mail> {
        self.accounts.flush_mail().await;
        std::mem::take(&mut *self.mailbox.0.lock().unwrap())
    }

    /// Returns the only mail.
    pub(crate) async fn one_mail(&self) -> Mail {
        let mut mail = self.mail().await;
        assert_eq!(mail.len(), 1, "{mail:?}");
        mail.remove(0)
    }

    /// Returns the token of the link in the only mail.
    pub(crate) async fn link_token(&self) -> String {
        token_in(&self.one_mail().await.text)
    }

    /// Creates a verified account and returns a browser that is signed in to it.
    pub(crate) async fn member(&self, email: &str) -> Browser<'_> {
        let mut browser = self.browser();
        let reply = browser.sign_up(email, PASSWORD).await;
        let code = code_in(&self.one_mail().await.text);
        let reply = browser.verify_code(&reply.json()["ticket"], &code).await;
        assert_eq!(reply.json()["step"], "signed_in", "{reply:?}");
        browser
    }
}

/// Returns an account with this id, for sessions that a test opens directly.
pub(crate) fn account(id: &str) -> Account {
    let email = "ada@example.com".parse().unwrap();
    let mut account = Account::new(id, email, Timestamp::UNIX_EPOCH);
    account.email_verified = true;
    account
}

pub(crate) fn token_in(text: &str) -> String {
    let (_, rest) = text.split_once("?token=").unwrap();
    rest.split_whitespace().next().unwrap().to_owned()
}

pub(crate) fn code_in(text: &str) -> String {
    let is_code = |word: &&str| word.len() == 6 && word.bytes().all(|b| b.is_ascii_digit());
    text.split_whitespace().find(is_code).unwrap().to_owned()
}

/// A browser that keeps the cookies of a session, a device and a flow.
#[derive(Clone)]
pub(crate) struct Browser<'a> {
    site: &'a Site,
    pub(crate) cookie: Option<String>,
    pub(crate) flow: Option<String>,
    pub(crate) device: Option<String>,
    pub(crate) peer: String,
    pub(crate) headers: HeaderMap,
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Returns the status and the error code, which is empty after a success.
    pub(crate) fn outcome(&self) -> (u16, String) {
        let code = if self.status == 200 {
            String::new()
        } else {
            self.json()["code"].as_str().unwrap().to_owned()
        };
        (self.status, code)
    }
}

impl Browser<'_> {
    pub(crate) async fn call(&mut self, name: &str, input: impl Into<Bytes>) -> Reply {
        self.post(&format!("call/{name}"), input.into()).await
    }

    pub(crate) async fn batch(&mut self, calls: &[Value]) -> Reply {
        self.post("batch", json!(calls).to_string().into()).await
    }

    async fn post(&mut self, path: &str, body: Bytes) -> Reply {
        let mut request = Request::post(format!("/api/mizan/{path}"))
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::HOST, "example.com")
            .body(Full::new(body))
            .unwrap();
        for cookie in self.cookie.iter().chain(&self.flow).chain(&self.device) {
            let headers = request.headers_mut();
            headers.append(header::COOKIE, cookie.parse().unwrap());
        }
        request.headers_mut().extend(self.headers.clone());
        let peer = PeerAddr(self.peer.parse().unwrap());
        request.extensions_mut().insert(peer);
        let Ok(response) = self.site.service.clone().call(request).await;
        let (parts, body) = response.into_parts();
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            let (pair, attributes) = cookie.split_once("; ").unwrap();
            let kept = (!attributes.contains("Max-Age=0")).then(|| pair.to_owned());
            if pair.contains("mizan_device=") {
                self.device = kept;
            } else if pair.contains("mizan_browser=") {
                self.flow = kept;
            } else {
                self.cookie = kept;
            }
        }
        let body = body.collect().await.expect("a complete body");
        Reply {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: body.to_bytes(),
        }
    }

    pub(crate) async fn send(&mut self, name: &str, input: Value) -> Reply {
        self.call(name, input.to_string()).await
    }

    pub(crate) async fn sign_up(&mut self, email: &str, password: &str) -> Reply {
        let input = json!({ "email": email, "password": password });
        self.send("sign_up.submit", input).await
    }

    pub(crate) async fn sign_in(&mut self, email: &str, password: &str) -> Reply {
        let input = json!({ "email": email, "password": password });
        self.send("sign_in.submit", input).await
    }

    pub(crate) async fn verify_code(&mut self, ticket: &Value, code: &str) -> Reply {
        let input = json!({ "ticket": ticket, "code": code });
        self.send("verify_code.submit", input).await
    }

    pub(crate) async fn verify_link(&mut self, token: &str, password: &str) -> Reply {
        let input = json!({ "token": token, "password": password });
        self.send("verify_link.submit", input).await
    }

    pub(crate) async fn request_reset(&mut self, email: &str) -> Reply {
        let input = json!({ "email": email });
        self.send("request_reset.submit", input).await
    }

    pub(crate) async fn confirm_reset(&mut self, token: &str, password: &str) -> Reply {
        let input = json!({ "token": token, "password": password });
        self.send("confirm_reset.submit", input).await
    }

    pub(crate) async fn change_password(&mut self, old: &str, new: &str) -> Reply {
        let input = json!({ "password": old, "new_password": new });
        self.send("change_password.submit", input).await
    }

    /// Returns the email address of the signed-in account.
    pub(crate) async fn email(&mut self) -> Option<String> {
        let reply = self.send("account", json!({})).await;
        Some(reply.json()["email"].as_str()?.to_owned())
    }
}
