//! Issues and finds the tokens of mails, flows and devices.

use std::time::Duration;

use mizan_core::{Cx, Error};

use super::{Accounts, ProofError, Ticket};
use crate::caller::Caller;
use crate::clock::later;
use crate::email_address::EmailAddress;
use crate::mail::TemplateContext;
use crate::store::{Account, IssuedToken, StoreError, TokenPurpose};
use crate::token::{SecretHash, Token, TokenId, random_code};

/// The number of attempts that a ticket allows (OWASP ASVS 6.6.3).
const MAX_ATTEMPTS: u32 = 5;

impl TokenPurpose {
    /// Returns the lifetime of a token for this purpose.
    pub(super) const fn lifetime(self) -> Duration {
        let minutes = match self {
            // Codes have little entropy (OWASP ASVS 6.5.5: at most 10 minutes).
            Self::VerifyEmail | Self::SecondFactor => 10,
            Self::ResetPassword | Self::ChangeEmail => 60,
            Self::KnownDevice => 180 * 24 * 60,
        };
        Duration::from_secs(minutes * 60)
    }
}

/// A newly issued token and the template context of its mail.
pub(super) struct NewToken {
    pub(super) token: Token,
    pub(super) context: TemplateContext,
}

impl NewToken {
    pub(super) fn ticket(&self) -> Ticket {
        Ticket(self.token.id())
    }
}

impl Accounts {
    /// Issues a token whose ticket is valid only in the browser of the call.
    ///
    /// Otherwise an attacker could sign up with the address of a victim and make the victim enter the mailed
    /// code. The account would then be verified with the password of the attacker.
    pub(super) async fn issue_for_browser(
        &self,
        cx: &Cx,
        purpose: TokenPurpose,
        account: Option<&Account>,
        email: &EmailAddress,
    ) -> Result<NewToken, Error> {
        let cookie = self.0.browser_cookie;
        // All flows of a browser share one cookie, so that flows in two tabs do not interfere.
        let browser = cookie.read(cx.head()).next();
        let browser = browser.unwrap_or_else(Token::random);
        let issued = self.issue(purpose, account, email, Some(browser.hash()));
        let issued = issued.await?;
        cx.set_cookie(cookie.set(&browser, purpose.lifetime()));
        Ok(issued)
    }

    /// Returns the token of a ticket if this browser started the flow. Otherwise logs a failure of `flow`.
    pub(super) async fn find_flow(
        &self,
        cx: &Cx,
        ticket: Ticket,
        purpose: TokenPurpose,
        flow: &'static str,
    ) -> Result<IssuedToken, ProofError> {
        let (caller, log) = (Caller::unknown(cx), &self.0.failure_log);
        let Some(issued) = self.find_token(ticket.0, purpose).await? else {
            log.authentication_failed(flow, &caller, None, "invalid ticket");
            return Err(ProofError::InvalidProof);
        };
        let mut browsers = self.0.browser_cookie.read(cx.head());
        if !browsers.any(|browser| issued.browser == Some(browser.hash())) {
            log.authentication_failed(flow, &caller, issued.user.as_deref(), "other browser");
            return Err(ProofError::OtherBrowser);
        }
        Ok(issued)
    }

    /// Issues a token. Without an account, the token has no user and never succeeds.
    pub(super) async fn issue(
        &self,
        purpose: TokenPurpose,
        account: Option<&Account>,
        email: &EmailAddress,
        browser: Option<SecretHash>,
    ) -> Result<NewToken, Error> {
        let token = Token::random();
        let code = random_code();
        let (id, lifetime) = (token.id(), purpose.lifetime());
        let expires_at = later(self.0.clock.now(), lifetime);
        let issued = IssuedToken {
            code: (purpose == TokenPurpose::VerifyEmail).then(|| hash_code(id, &code)),
            browser,
            epoch: account.map_or(0, |account| account.epoch),
            user: account.map(|account| account.id.clone()),
            attempts: MAX_ATTEMPTS,
            ..IssuedToken::new(id, token.hash(), purpose, email.clone(), expires_at)
        };
        self.0.tokens.insert(&issued).await?;
        let link = match purpose {
            TokenPurpose::VerifyEmail => self.0.links.verify_email(&token),
            TokenPurpose::ResetPassword => self.0.links.reset_password(&token),
            TokenPurpose::ChangeEmail => self.0.links.change_email(&token),
            TokenPurpose::SecondFactor | TokenPurpose::KnownDevice => String::new(),
        };
        Ok(NewToken {
            token,
            context: TemplateContext {
                link,
                code,
                minutes: lifetime.as_secs() / 60,
                ..TemplateContext::default()
            },
        })
    }

    /// Returns the token with this id if it is for `purpose` and has not expired.
    async fn find_token(
        &self,
        id: TokenId,
        purpose: TokenPurpose,
    ) -> Result<Option<IssuedToken>, StoreError> {
        let now = self.0.clock.now();
        let issued = self.0.tokens.find(id).await?;
        Ok(issued.filter(|issued| issued.purpose == purpose && now < issued.expires_at))
    }

    /// Returns the issued token for `token` if the secret is also correct.
    pub(super) async fn find_token_with_secret(
        &self,
        token: &Token,
        purpose: TokenPurpose,
    ) -> Result<Option<IssuedToken>, StoreError> {
        let issued = self.find_token(token.id(), purpose).await?;
        Ok(issued.filter(|issued| issued.secret == token.hash()))
    }

    /// Returns the issued token for `token` and its account if both are valid.
    pub(super) async fn find_token_and_account(
        &self,
        token: &Token,
        purpose: TokenPurpose,
    ) -> Result<Option<(IssuedToken, Account)>, StoreError> {
        let Some(issued) = self.find_token_with_secret(token, purpose).await? else {
            return Ok(None);
        };
        let account = self.find_token_account(&issued).await?;
        Ok(account.map(|account| (issued, account)))
    }

    /// Returns the active account of a token if it still has the address and the epoch of the token.
    pub(super) async fn find_token_account(
        &self,
        issued: &IssuedToken,
    ) -> Result<Option<Account>, StoreError> {
        let Some(user) = &issued.user else {
            return Ok(None);
        };
        let account = self.find_active_account(user).await?;
        Ok(
            account
                .filter(|account| account.email == issued.email && account.epoch == issued.epoch),
        )
    }
}

/// Hashes a code together with the id of its token, so that equal codes of two tokens have different
/// hashes.
pub(super) fn hash_code(id: TokenId, code: &str) -> SecretHash {
    let mut hashed = id.as_bytes().to_vec();
    hashed.extend_from_slice(code.as_bytes());
    SecretHash::of(&hashed)
}
