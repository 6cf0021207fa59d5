use std::fmt;

use minijinja::{Environment, ErrorKind, UndefinedBehavior, context};

use super::Mail;
use crate::EmailAddress;

/// The templates of the mails, by name, as they are unless an application has its own.
///
/// The first line is `Subject: ..`, then comes an empty line, then the text. Each knows `site`,
/// `email`, `link`, `code` and `minutes`, which are empty where they mean nothing.
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

/// What a mail says. The name of its template is that of the variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Letter {
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

impl Letter {
    const fn template(self) -> &'static str {
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

/// What the templates know.
#[derive(Clone, Default)]
pub(crate) struct Facts {
    pub(crate) site: String,
    pub(crate) email: String,
    pub(crate) link: String,
    pub(crate) code: String,
    pub(crate) minutes: u64,
}

pub(crate) struct Templates(Environment<'static>);

impl Templates {
    /// The templates of the crate, with those of the application in their places. A template
    /// `verify_email.html` goes along with `verify_email.txt`.
    pub(crate) fn new(
        own: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, TemplateError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        for (name, source) in TEMPLATES {
            add(&mut environment, name, source.to_owned())?;
        }
        for (name, source) in own {
            let text = name.strip_suffix(".html").map(|stem| format!("{stem}.txt"));
            let text = text.as_deref().unwrap_or(&name);
            if !TEMPLATES.iter().any(|(known, _)| *known == text) {
                return Err(TemplateError::new(
                    &name,
                    "no mail has a template of this name",
                ));
            }
            add(&mut environment, &name, source)?;
        }
        Ok(Self(environment))
    }

    pub(crate) fn write(
        &self,
        letter: Letter,
        to: EmailAddress,
        facts: &Facts,
    ) -> Result<Mail, TemplateError> {
        let name = letter.template();
        let written = render(&self.0, name, facts)?;
        let (subject, text) = split(name, &written)?;
        let html = name.replace(".txt", ".html");
        let html = match self.0.get_template(&html) {
            Ok(_) => Some(render(&self.0, &html, facts)?),
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

/// Adds a template that works: it is tried at once, so that no mail fails for a slip in it.
fn add(
    environment: &mut Environment<'static>,
    name: &str,
    source: String,
) -> Result<(), TemplateError> {
    environment
        .add_template_owned(name.to_owned(), source)
        .map_err(|error| TemplateError::new(name, error))?;
    let written = render(environment, name, &Facts::default())?;
    if name.ends_with(".txt") {
        split(name, &written)?;
    }
    Ok(())
}

fn render(
    environment: &Environment<'_>,
    name: &str,
    facts: &Facts,
) -> Result<String, TemplateError> {
    let template = environment.get_template(name);
    let Facts {
        site,
        email,
        link,
        code,
        minutes,
    } = facts;
    let written = template.and_then(|it| it.render(context! { site, email, link, code, minutes }));
    written.map_err(|error| {
        let hint = match error.kind() {
            ErrorKind::UndefinedError => {
                "; a template knows `site`, `email`, `link`, `code` and `minutes`"
            }
            _ => "",
        };
        TemplateError::new(name, format!("{error}{hint}"))
    })
}

fn split<'a>(name: &str, written: &'a str) -> Result<(&'a str, &'a str), TemplateError> {
    let parts = written.trim_start().strip_prefix("Subject:");
    let parts = parts.and_then(|rest| rest.split_once('\n'));
    let (subject, text) = parts
        .ok_or_else(|| TemplateError::new(name, "the first line of a mail is `Subject: ..`"))?;
    Ok((subject.trim(), text.trim_start_matches(['\r', '\n'])))
}

/// A template of a mail that does not work.
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
        write!(f, "the mail template `{}`: {}", self.name, self.cause)
    }
}

impl std::error::Error for TemplateError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        Facts {
            site: "Example & Co".to_owned(),
            email: "ada@example.com".to_owned(),
            link: "https://example.com/verify?token=a.b".to_owned(),
            code: "012345".to_owned(),
            minutes: 15,
        }
    }

    fn own(name: &str, source: &str) -> Result<Templates, TemplateError> {
        Templates::new([(name.to_owned(), source.to_owned())])
    }

    #[test]
    fn a_mail_has_its_link_and_its_code() {
        let templates = Templates::new([]).unwrap();
        let to = "ada@example.com".parse().unwrap();
        let mail = templates.write(Letter::VerifyEmail, to, &facts()).unwrap();
        assert!(mail.subject.contains("012345") && !mail.subject.contains('\n'));
        assert!(mail.text.contains("https://example.com/verify?token=a.b\n"));
        assert!(mail.text.contains("15 minutes") && mail.html.is_none());
    }

    #[test]
    fn an_application_has_its_own_words() {
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
        let mail = templates.write(Letter::VerifyEmail, to, &facts()).unwrap();
        assert_eq!(mail.subject, "Hi");
        assert_eq!(mail.text, "https://example.com/verify?token=a.b");
        assert_eq!(mail.html.as_deref(), Some("<b>Example &amp; Co</b>"));
    }

    #[test]
    fn a_template_that_does_not_work_is_found_at_once() {
        for (name, source, problem) in [
            ("verify_mail.txt", "Subject: a\n\nb", "no mail has"),
            ("verify_email.txt", "Subject: {{ a", "verify_email.txt"),
            (
                "verify_email.txt",
                "Subject: {{ lnk }}\n\n",
                "a template knows",
            ),
            ("verify_email.txt", "Hello\n\n", "`Subject: ..`"),
        ] {
            let error = own(name, source).err().unwrap().to_string();
            assert!(error.contains(problem), "{error}");
        }
    }
}
