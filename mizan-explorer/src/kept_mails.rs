//! The last mails of the application, in memory.

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::Timestamp;
use parking_lot::Mutex;

/// The maximum number of mails.
const MAX_MAILS: usize = 100;
/// The maximum size of the text of a mail.
const MAX_TEXT_BYTES: usize = 64 * 1024;

/// The last mails of the application, the newest first. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct KeptMails(Arc<Mutex<VecDeque<KeptMail>>>);

/// A mail that was sent.
#[derive(Clone)]
pub(crate) struct KeptMail {
    pub(crate) at: Timestamp,
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) text: String,
}

impl KeptMails {
    /// Adds a mail, with the beginning of a text that is too long.
    #[cfg_attr(
        not(any(feature = "mailbox", test)),
        expect(dead_code, reason = "mails come from the mailbox of mizan-auth")
    )]
    pub(crate) fn push(&self, to: String, subject: String, text: &str) {
        let mail = KeptMail {
            at: Timestamp::now(),
            to,
            subject,
            text: text[..text.floor_char_boundary(MAX_TEXT_BYTES)].to_owned(),
        };
        let mut mails = self.0.lock();
        mails.truncate(MAX_MAILS - 1);
        mails.push_front(mail);
    }

    /// Returns the mails.
    pub(crate) fn all(&self) -> Vec<KeptMail> {
        self.0.lock().iter().cloned().collect()
    }

    /// Removes all mails.
    pub(crate) fn clear(&self) {
        self.0.lock().clear();
    }
}

#[cfg(test)]
mod tests {
    use super::{KeptMails, MAX_MAILS, MAX_TEXT_BYTES};

    #[test]
    fn keeps_the_last_mails_and_the_beginning_of_long_texts() {
        let mails = KeptMails::default();
        for number in 0..MAX_MAILS + 5 {
            mails.push(
                String::new(),
                number.to_string(),
                &"ä".repeat(MAX_TEXT_BYTES),
            );
        }
        let kept = mails.all();
        assert_eq!(kept.len(), MAX_MAILS);
        assert_eq!(kept[0].subject, (MAX_MAILS + 4).to_string());
        assert!(kept.iter().all(|mail| mail.text.len() == MAX_TEXT_BYTES));
        mails.clear();
        assert!(mails.all().is_empty());
    }
}
