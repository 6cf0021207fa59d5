//! The templates of mails, rendered with minijinja.

use std::fmt;

use minijinja::{Environment, ErrorKind, UndefinedBehavior, context};

use super::Mail;
use crate::email_address::EmailAddress;

/// The names and sources of the default mail templates.
///
/// [`AccountsBuilder::template`](crate::AccountsBuilder::template) replaces them. The first line of a
/// template is `Subject: ..`, followed by an empty line and the text. The variables `site`, `email`,
/// `link`, `code` and `minutes` are available in every template; those that do not apply to a mail
/// are empty.
pub const TEMPLATES: [(&str, &str); 9] = [
    (
        "verify_email.txt",
        include_str!("../../templates/verify_email.txt"),
    ),
    (
        "account_exists.txt",
        include_str!("../../templates/account_exists.txt"),
    ),
    (
        "reset_password.txt",
        include_str!("../../templates/reset_password.txt"),
    ),
    (
        "unknown_account.txt",
        include_str!("../../templates/unknown_account.txt"),
    ),
    (
        "change_email.txt",
        include_str!("../../templates/change_email.txt"),
    ),
    (
        "email_taken.txt",
        include_str!("../../templates/email_taken.txt"),
    ),
    (
        "email_changed.txt",
        include_str!("../../templates/email_changed.txt"),
    ),
    (
        "password_changed.txt",
        include_str!("../../templates/password_changed.txt"),
    ),
    (
        "account_deleted.txt",
        include_str!("../../templates/account_deleted.txt"),
    ),
];

/// The kind of a mail, which determines its template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MailKind {
    VerifyEmail,
    AccountExists,
    ResetPassword,
    UnknownAccount,
    ChangeEmail,
    EmailTaken,
    EmailChanged,
    PasswordChanged,
    AccountDeleted,
}

impl MailKind {
    /// Returns the name of the kind in spans, logs and metrics.
    pub(super) fn as_str(self) -> &'static str {
        self.template_name().trim_end_matches(".txt")
    }

    const fn template_name(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify_email.txt",
            Self::AccountExists => "account_exists.txt",
            Self::ResetPassword => "reset_password.txt",
            Self::UnknownAccount => "unknown_account.txt",
            Self::ChangeEmail => "change_email.txt",
            Self::EmailTaken => "email_taken.txt",
            Self::EmailChanged => "email_changed.txt",
            Self::PasswordChanged => "password_changed.txt",
            Self::AccountDeleted => "account_deleted.txt",
        }
    }
}

/// The variables of a template.
#[derive(Clone, Default)]
pub(crate) struct TemplateContext {
    pub(crate) site: String,
    pub(crate) email: String,
    pub(crate) link: String,
    pub(crate) code: String,
    pub(crate) minutes: u64,
}

/// The templates of an application: the defaults and its overrides.
pub(crate) struct Templates(Environment<'static>);

impl Templates {
    /// Parses the default templates and the `overrides` of the application.
    ///
    /// A template such as `verify_email.html` adds an HTML body to the mail of `verify_email.txt`.
    pub(crate) fn new(
        overrides: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, TemplateError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        for (name, source) in TEMPLATES {
            add(&mut environment, name, source.to_owned())?;
        }
        for (name, source) in overrides {
            let text = name.strip_suffix(".html").map(|stem| format!("{stem}.txt"));
            let text = text.as_deref().unwrap_or(&name);
            if !TEMPLATES.iter().any(|(known, _)| *known == text) {
                return Err(TemplateError::new(
                    &name,
                    "unknown template name; `mizan_auth::mail::TEMPLATES` lists the names",
                ));
            }
            add(&mut environment, &name, source)?;
        }
        Ok(Self(environment))
    }

    pub(crate) fn render(
        &self,
        kind: MailKind,
        to: EmailAddress,
        context: &TemplateContext,
    ) -> Result<Mail, TemplateError> {
        let name = kind.template_name();
        let rendered = render(&self.0, name, context)?;
        let (subject, text) = split_subject(name, &rendered)?;
        let html = name.replace(".txt", ".html");
        let html = match self.0.get_template(&html) {
            Ok(_) => Some(render(&self.0, &html, context)?),
            Err(_) => None,
        };
        Ok(Mail {
            to,
            subject: subject.to_owned(),
            text: text.to_owned(),
            html,
        })
    }
}

/// Adds a template and renders it once, so that an invalid template is an error when the accounts are built
/// and not when a mail is sent.
fn add(
    environment: &mut Environment<'static>,
    name: &str,
    source: String,
) -> Result<(), TemplateError> {
    environment
        .add_template_owned(name.to_owned(), source)
        .map_err(|error| TemplateError::new(name, error))?;
    let rendered = render(environment, name, &TemplateContext::default())?;
    if name.ends_with(".txt") {
        split_subject(name, &rendered)?;
    }
    Ok(())
}

fn render(
    environment: &Environment<'_>,
    name: &str,
    context: &TemplateContext,
) -> Result<String, TemplateError> {
    let template = environment.get_template(name);
    let TemplateContext {
        site,
        email,
        link,
        code,
        minutes,
    } = context;
    let rendered = template.and_then(|it| it.render(context! { site, email, link, code, minutes }));
    rendered.map_err(|error| {
        let hint = match error.kind() {
            ErrorKind::UndefinedError => {
                "; available variables: `site`, `email`, `link`, `code`, `minutes`"
            }
            _ => "",
        };
        TemplateError::new(name, format!("{error}{hint}"))
    })
}

/// Splits a rendered text template into its subject and body.
fn split_subject<'a>(name: &str, rendered: &'a str) -> Result<(&'a str, &'a str), TemplateError> {
    let parts = rendered.trim_start().strip_prefix("Subject:");
    let parts = parts.and_then(|rest| rest.split_once('\n'));
    let (subject, text) =
        parts.ok_or_else(|| TemplateError::new(name, "the first line must be `Subject: ..`"))?;
    Ok((subject.trim(), text.trim_start_matches(['\r', '\n'])))
}

/// An error in a mail template.
#[derive(Debug)]
pub struct TemplateError {
    name: String,
    cause: String,
}

impl TemplateError {
    fn new(name: &str, cause: impl fmt::Display) -> Self {
        Self {
            name: name.to_owned(),
            cause: cause.to_string(),
        }
    }
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid mail template `{}`: {}", self.name, self.cause)
    }
}

impl std::error::Error for TemplateError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn context() -> TemplateContext {
        TemplateContext {
            site: "Example & Co".to_owned(),
            email: "ada@example.com".to_owned(),
            link: "https://example.com/verify?token=a.b".to_owned(),
            code: "012345".to_owned(),
            minutes: 15,
        }
    }

    fn with_override(name: &str, source: &str) -> Result<Templates, TemplateError> {
        Templates::new([(name.to_owned(), source.to_owned())])
    }

    #[test]
    fn renders_link_and_code() {
        let templates = Templates::new([]).unwrap();
        let to = "ada@example.com".parse().unwrap();
        let mail = templates
            .render(MailKind::VerifyEmail, to, &context())
            .unwrap();
        assert!(mail.subject.contains("012345") && !mail.subject.contains('\n'));
        assert!(mail.text.contains("https://example.com/verify?token=a.b\n"));
        assert!(mail.text.contains("15 minutes") && mail.html.is_none());
    }

    #[test]
    fn application_templates_replace_the_defaults() {
        let templates = Templates::new([
            (
                "verify_email.txt".to_owned(),
                "Subject: Hi\n\n{{ link }}".to_owned(),
            ),
            (
                "verify_email.html".to_owned(),
                "<b>{{ site }}</b>".to_owned(),
            ),
        ]);
        let to = "ada@example.com".parse().unwrap();
        let templates = templates.unwrap();
        let mail = templates
            .render(MailKind::VerifyEmail, to, &context())
            .unwrap();
        assert_eq!(mail.subject, "Hi");
        assert_eq!(mail.text, "https://example.com/verify?token=a.b");
        assert_eq!(mail.html.as_deref(), Some("<b>Example &amp; Co</b>"));
    }

    #[test]
    fn rejects_invalid_templates_when_they_are_added() {
        for (name, source, problem) in [
            (
                "verify_mail.txt",
                "Subject: a\n\nb",
                "unknown template name",
            ),
            ("verify_email.txt", "Subject: {{ a", "verify_email.txt"),
            (
                "verify_email.txt",
                "Subject: {{ lnk }}\n\n",
                "available variables",
            ),
            ("verify_email.txt", "Hello\n\n", "`Subject: ..`"),
        ] {
            let error = with_override(name, source).err().unwrap().to_string();
            assert!(error.contains(problem), "{error}");
        }
    }
}
