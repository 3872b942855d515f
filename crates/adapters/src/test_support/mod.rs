//! Test support for this and other crates (feature `test-support`).

mod certificate;
mod received_mail;
mod smtp_dialogue;
mod smtp_listener;

pub use self::certificate::TestCertificate;
pub use self::received_mail::ReceivedMail;
pub use self::smtp_listener::{Protection, Refusal, SmtpListener, Stage};
