//! Searches the log and the debug output for secrets.

use std::io;
use std::sync::{Arc, Mutex};

use mizan_auth::{Password, Session};

use mizan_auth::store::{IssuedToken, SessionStore, TokenPurpose, UserStore};

use mizan_auth::token::Token;
use serde_json::json;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::site::{PASSWORD, Site, code_in, token_in};

#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Captures the log until the guard is dropped.
    pub(crate) fn start() -> (Self, tracing::subscriber::DefaultGuard) {
        let log = Self::default();
        let subscriber = tracing_subscriber::fmt()
            .with_writer(log.clone())
            .with_max_level(LevelFilter::TRACE)
            .with_ansi(false)
            .finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// OWASP ASVS 16.2.5.
#[tokio::test]
async fn logs_and_debug_output_contain_no_secrets() {
    const EMAIL: &str = "ada@example.com";
    const NEW: &str = "another good password";
    let (log, _guard) = Log::start();

    let mut secrets = vec![PASSWORD.to_owned(), NEW.to_owned()];
    let site = Site::new();
    let mut browser = site.browser();
    let ticket = browser.sign_up(EMAIL, PASSWORD).await.json()["ticket"].clone();
    let mail = site.one_mail().await;
    secrets.extend([token_in(&mail.text), code_in(&mail.text)]);
    let mut shown = format!("{mail:?}");
    browser.verify_code(&ticket, &code_in(&mail.text)).await;
    secrets.push(browser.cookie.clone().unwrap());
    browser.sign_in(EMAIL, PASSWORD).await;
    secrets.push(browser.cookie.clone().unwrap());
    browser.sign_in(EMAIL, "wrong password").await;
    browser.change_password(PASSWORD, NEW).await;
    secrets.push(browser.cookie.clone().unwrap());
    browser.request_reset(EMAIL).await;
    let mail = site.mail().await;
    secrets.push(token_in(&mail[1].text));
    browser.confirm_reset("nonsense", NEW).await;
    browser
        .call("sign_in.submit", format!("{{\"password\": \"{PASSWORD}\""))
        .await;
    browser.send("sessions", json!({})).await;

    let account = site.store.find_by_email(&EMAIL.parse().unwrap()).await;
    let account = account.unwrap().unwrap();
    secrets.push(account.password.clone().unwrap().as_str().to_owned());
    let sessions = site.store.list_by_user(&account.id).await.unwrap();
    let token = Token::random();
    secrets.push(token.expose());
    let now = site.clock.now();
    let session = Session::new(token.id(), token.hash(), "", now);
    let mut issued = IssuedToken::new(
        token.id(),
        token.hash(),
        TokenPurpose::ResetPassword,
        EMAIL.parse().unwrap(),
        now,
    );
    issued.code = Some(token.hash());
    issued.browser = Some(token.hash());
    shown += &format!(
        "{account:?} {sessions:?} {session:?} {issued:?} {token:?} {:?} {:?} {:?} {:?} {:?}",
        site.accounts,
        site.store,
        site.accounts.sessions(),
        site.accounts.password_hasher(),
        Password::from(PASSWORD),
    );

    let logged = log.text();
    assert!(logged.contains("signed in"), "the log is empty: {logged}");
    for secret in secrets {
        let (_, secret) = secret.rsplit_once('.').unwrap_or(("", &secret));
        assert!(secret.len() >= 6);
        assert!(
            !logged.contains(secret),
            "{secret} is in the log:\n{logged}"
        );
        assert!(
            !shown.contains(secret),
            "{secret} is in debug output:\n{shown}"
        );
    }
}
