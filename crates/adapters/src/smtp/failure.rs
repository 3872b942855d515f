//! Causes of failed deliveries, for the log: without secrets, whatever the server's answer.

use std::error::Error as _;
use std::time::Duration;

use keywright_domain::mail::port::DeliveryError;
use lettre::transport::smtp::Error;

use super::mime::NoMail;

/// The answers that mean our login and not this letter (RFC 4954 §6), and so may change with the configuration.
const LOGIN: [u16; 4] = [530, 534, 535, 538];

/// Number of words of a server's answer that are repeated.
const WORDS: usize = 24;

/// The longest word that is repeated.
const LONGEST_WORD: usize = 20;

/// The server was not reached, or not as safely as it has to be.
pub(super) fn at_connection(error: &Error) -> DeliveryError {
    DeliveryError::Deferred(format!("no connection to the mail server: {}", cause(error, answer)))
}

/// The server does not take the login. Nothing of its answer is repeated: it may quote the login.
pub(super) fn at_login(error: &Error) -> DeliveryError {
    let cause = cause(error, |_| String::new());
    DeliveryError::Deferred(format!("no login at the mail server, see mail.url: {cause}"))
}

/// The server does not take the letter: for good if it says so.
pub(super) fn at_letter(error: &Error) -> DeliveryError {
    let is_login = error.status().is_some_and(|code| LOGIN.contains(&code.into()));
    let cause = cause(error, answer);
    if error.is_permanent() && !is_login {
        DeliveryError::Rejected(format!("the mail server refuses the letter: {cause}"))
    } else {
        DeliveryError::Deferred(format!("the mail server does not take the letter now: {cause}"))
    }
}

/// The letter cannot be written as a mail.
pub(super) fn no_mail(error: &NoMail) -> DeliveryError {
    DeliveryError::Rejected(format!("the letter makes no mail: {error}"))
}

/// The server has not taken the letter in time.
pub(super) fn too_late(deadline: Duration) -> DeliveryError {
    DeliveryError::Deferred(format!(
        "the mail server has not taken the letter within {} s",
        deadline.as_secs()
    ))
}

fn cause(error: &Error, answer: impl Fn(&str) -> String) -> String {
    if let Some(code) = error.status() {
        let text = error.source().map(ToString::to_string).unwrap_or_default();
        return format!("{code}{}{}", enhanced(&text), answer(&text));
    }
    if error.is_response() {
        // Its text quotes what the server said.
        return "its answer breaks off, or is not SMTP".to_owned();
    }
    error.to_string()
}

/// The enhanced status code at the start of an answer (RFC 3463), after a space.
fn enhanced(text: &str) -> String {
    let first = text.split_ascii_whitespace().next().unwrap_or_default();
    let parts: Vec<_> = first.split('.').collect();
    let is_number =
        |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    if parts.len() == 3 && parts.iter().all(is_number) { format!(" {first}") } else { String::new() }
}

/// The plain words of an answer, after a space. A server that objects to a letter may quote its link or code, and
/// most quote the recipient: whatever is not a word becomes `…`.
fn answer(text: &str) -> String {
    let words = text.split_ascii_whitespace().map(|word| if is_word(word) { word } else { "…" }).take(WORDS);
    let mut kept: Vec<_> = words.collect();
    kept.dedup();
    if kept.is_empty() { String::new() } else { format!(" {}", kept.join(" ")) }
}

fn is_word(word: &str) -> bool {
    let letters = word.trim_matches(|c: char| ".,:;()'\"".contains(c));
    word.len() <= LONGEST_WORD && letters.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn of_an_answer_only_plain_words_are_repeated() {
        let text =
            "5.1.1 <ada@example.com>: Recipient address rejected: User unknown in relay-table (see 123456)";

        assert_eq!(enhanced(text), " 5.1.1");
        assert_eq!(answer(text), " … Recipient address rejected: User unknown in relay-table (see …");
        assert_eq!(answer(""), "");
        assert_eq!(enhanced("5.1 no"), "");
        assert_eq!(enhanced("1234.5.6 no"), "");
    }

    #[test]
    fn a_quoted_link_is_not_repeated() {
        for quoted in [
            "spam: https://auth.example.com/magic-link#token=kwm_AAAA",
            "spam: kwm_AAAA",
            "spam: =\r\nAbCdEfGhIjKlMnOpQrStUvWxYz",
            "spam: 04711x",
        ] {
            assert_eq!(answer(quoted), " spam: …", "{quoted}");
        }
    }

    proptest! {
        #[test]
        fn no_answer_brings_digits_or_lines_into_the_log(text in "\\PC{0,200}|([a-z0-9.]{0,9}[ \\r\\n]){0,30}") {
            let answer = answer(&text);

            prop_assert!(!answer.contains(|c: char| c.is_control() || c.is_numeric()), "{}", answer);
            prop_assert!(answer.chars().count() <= WORDS * (LONGEST_WORD + 1));
        }
    }
}
