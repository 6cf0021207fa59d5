use std::time::Duration;

use mizan_core::{Cx, Error};

use super::Accounts;
use crate::caller::Caller;
use crate::clock::later;
use crate::mail::Facts;
use crate::token::random_code;
use crate::{
    Account, EmailAddress, IssuedToken, ProofError, Purpose, SecretHash, StoreError, Ticket, Token,
    TokenId,
};

/// How many codes may be tried for one ticket (OWASP ASVS 6.6.3).
const ATTEMPTS: u32 = 5;

impl Purpose {
    /// How long a token for this is good.
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

/// A token that was just made, and what its mail says of it.
pub(super) struct Issued {
    pub(super) token: Token,
    pub(super) facts: Facts,
}

impl Issued {
    pub(super) fn ticket(&self) -> Ticket {
        Ticket(self.token.id())
    }
}

impl Accounts {
    /// Makes a token whose ticket is good in the browser of the call alone.
    ///
    /// Otherwise an attacker could sign up with the address of another user, and have them enter the code that the
    /// site sends there: the account would be verified with a password that is not its owner's.
    pub(super) async fn issue_here(
        &self,
        cx: &Cx,
        purpose: Purpose,
        account: Option<&Account>,
        email: &EmailAddress,
    ) -> Result<Issued, Error> {
        let cookie = self.0.browser_cookie;
        // One for all flows of a browser, so that two of its tabs do not disturb each other.
        let browser = cookie.read(cx.head()).next();
        let browser = browser.unwrap_or_else(Token::random);
        let issued = self.issue(purpose, account, email, Some(browser.hash()));
        let issued = issued.await?;
        cx.set_cookie(cookie.set(&browser, purpose.lifetime()));
        Ok(issued)
    }

    /// Returns the flow that a ticket names, if this browser began it. Otherwise it logs a failure of `name`.
    pub(super) async fn flow(
        &self,
        cx: &Cx,
        ticket: Ticket,
        purpose: Purpose,
        name: &'static str,
    ) -> Result<IssuedToken, ProofError> {
        let (caller, failures) = (Caller::stranger(cx), &self.0.failures);
        let Some(issued) = self.issued(ticket.0, purpose).await? else {
            failures.failed(name, &caller, None, "invalid ticket");
            return Err(ProofError::InvalidProof);
        };
        let mut tokens = self.0.browser_cookie.read(cx.head());
        if !tokens.any(|token| issued.browser == Some(token.hash())) {
            failures.failed(name, &caller, issued.user.as_deref(), "other browser");
            return Err(ProofError::OtherBrowser);
        }
        Ok(issued)
    }

    /// Makes a token, of nobody where there is no account.
    pub(super) async fn issue(
        &self,
        purpose: Purpose,
        account: Option<&Account>,
        email: &EmailAddress,
        browser: Option<SecretHash>,
    ) -> Result<Issued, Error> {
        let token = Token::random();
        let code = random_code();
        self.0
            .tokens
            .insert(&IssuedToken {
                id: token.id(),
                secret: token.hash(),
                code: (purpose == Purpose::VerifyEmail).then(|| code_hash(token.id(), &code)),
                purpose,
                browser,
                epoch: account.map_or(0, |account| account.epoch),
                user: account.map(|account| account.id.clone()),
                email: email.clone(),
                attempts: ATTEMPTS,
                expires_at: later(self.0.clock.now(), purpose.lifetime()),
            })
            .await?;
        let link = match purpose {
            Purpose::VerifyEmail => self.0.links.verify_email(&token),
            Purpose::ResetPassword => self.0.links.reset_password(&token),
            Purpose::ChangeEmail => self.0.links.change_email(&token),
            Purpose::SecondFactor | Purpose::KnownDevice => String::new(),
        };
        Ok(Issued {
            token,
            facts: Facts {
                link,
                code,
                minutes: purpose.lifetime().as_secs() / 60,
                ..Facts::default()
            },
        })
    }

    /// The token with this id, where it is good for `purpose` and has not expired.
    pub(super) async fn issued(
        &self,
        id: TokenId,
        purpose: Purpose,
    ) -> Result<Option<IssuedToken>, StoreError> {
        let now = self.0.clock.now();
        let issued = self.0.tokens.find(id).await?;
        Ok(issued.filter(|issued| issued.purpose == purpose && now < issued.expires_at))
    }

    /// What was issued as `token`, where the secret is right too.
    pub(super) async fn issued_as(
        &self,
        token: &Token,
        purpose: Purpose,
    ) -> Result<Option<IssuedToken>, StoreError> {
        let issued = self.issued(token.id(), purpose).await?;
        Ok(issued.filter(|issued| issued.secret == token.hash()))
    }
}

/// The id makes equal codes of two tokens differ.
pub(super) fn code_hash(id: TokenId, code: &str) -> SecretHash {
    let mut hashed = id.as_bytes().to_vec();
    hashed.extend_from_slice(code.as_bytes());
    SecretHash::of(&hashed)
}
