//! A letter as a mail: RFC 5322 and MIME.

use std::time::SystemTime;

use keywright_domain::mail::content::RenderedMail;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, MultiPart, SinglePart};

/// RFC 5322 §2.1.1.
const LONGEST_LINE: usize = 998;

const AUTO_SUBMITTED: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");

/// Why a letter makes no mail: a defect.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoMail {
    #[error(transparent)]
    Address(#[from] lettre::address::AddressError),
    #[error(transparent)]
    Mail(#[from] lettre::error::Error),
}

/// The mail of `message`. Made again it is the same but for its boundary, and has the same Message-ID: so a
/// server that took it without saying so in time can tell.
pub(super) fn mail(from: &Mailbox, message: &RenderedMail) -> Result<lettre::Message, NoMail> {
    let id = format!("<{}@{}>", message.id, from.email.domain());
    let builder = lettre::Message::builder()
        .message_id(Some(id))
        .date(SystemTime::from(message.date))
        .from(from.clone())
        .to(Mailbox::new(None, message.to.as_str().parse()?))
        .subject(message.subject.as_str())
        // RFC 3834 §5: no answering machine answers.
        .raw_header(HeaderValue::new(AUTO_SUBMITTED, "auto-generated".to_owned()));
    let text = part(ContentType::TEXT_PLAIN, &message.text);
    let html = part(ContentType::TEXT_HTML, &message.html);
    Ok(builder.multipart(MultiPart::alternative().singlepart(text).singlepart(html))?)
}

fn part(content_type: ContentType, text: &str) -> SinglePart {
    SinglePart::builder().header(content_type).body(body(text))
}

/// ASCII as it is, where the library would break a line of more than 76 characters: a link stays in one piece
/// also for those who do not decode it.
fn body(text: &str) -> Body {
    let is_plain = text.bytes().all(|byte| byte == b'\n' || byte == b'\t' || (b' '..=b'~').contains(&byte));
    if !is_plain || text.lines().any(|line| line.len() > LONGEST_LINE) {
        return Body::new(text.to_owned());
    }
    Body::dangerous_pre_encoded(text.replace('\n', "\r\n").into_bytes(), ContentTransferEncoding::SevenBit)
}
