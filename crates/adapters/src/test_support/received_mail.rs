//! A mail as it came in.

use mailparse::{MailHeaderMap as _, ParsedMail};

/// One mail that the listener took, from one envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedMail {
    /// `MAIL FROM`
    pub from: String,
    /// `RCPT TO`, in order.
    pub to: Vec<String>,
    /// Header and body with CRLF, dot-stuffing undone.
    pub data: String,
}

impl ReceivedMail {
    /// The decoded value of a header; None if it is not there.
    ///
    /// # Panics
    /// If the mail is not MIME.
    pub fn header(&self, name: &str) -> Option<String> {
        self.parsed().headers.get_first_value(name)
    }

    /// The decoded `text/plain` part, with LF.
    ///
    /// # Panics
    /// If there is none.
    pub fn text(&self) -> String {
        self.part("text/plain")
    }

    /// The decoded `text/html` part, with LF.
    ///
    /// # Panics
    /// If there is none.
    pub fn html(&self) -> String {
        self.part("text/html")
    }

    #[expect(clippy::panic, reason = "a test that gets no such part has failed")]
    fn part(&self, mimetype: &str) -> String {
        let mail = self.parsed();
        let part = mail.parts().find(|part| part.ctype.mimetype == mimetype);
        match part.map(ParsedMail::get_body) {
            Some(Ok(body)) => body.replace("\r\n", "\n"),
            _ => panic!("no {mimetype} in {}", self.data),
        }
    }

    #[expect(clippy::panic, reason = "a test that gets no MIME has failed")]
    fn parsed(&self) -> ParsedMail<'_> {
        mailparse::parse_mail(self.data.as_bytes()).unwrap_or_else(|error| panic!("{error}: {}", self.data))
    }
}
