//! One connection of the listener: as much of RFC 5321 as a client needs that sends mail.

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader, duplex};
use tokio::net::TcpStream;

use super::certificate::TestCertificate;
use super::received_mail::ReceivedMail;
use super::smtp_listener::{Protection, Refusal, Shared, Stage};

/// A connection, protected or not.
trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

struct Dialogue {
    stream: BufReader<Box<dyn Stream>>,
    /// TLS configuration of STARTTLS, until it is used.
    offered: Option<TestCertificate>,
    shared: Arc<Shared>,
    envelope: ReceivedMail,
}

/// Talks with a client until it leaves.
pub(super) async fn hold(stream: TcpStream, protection: Protection, shared: Arc<Shared>) -> io::Result<()> {
    let (stream, offered): (Box<dyn Stream>, _) = match protection {
        Protection::None => (Box::new(stream), None),
        Protection::StartTls(certificate) => (Box::new(stream), Some(certificate)),
        Protection::Tls(certificate) => (Box::new(certificate.acceptor().accept(stream).await?), None),
    };
    let mut dialogue = Dialogue { stream: BufReader::new(stream), offered, shared, envelope: empty() };
    dialogue.answer(Stage::Greeting, "220 listener.test ESMTP").await?;
    while let Some(line) = dialogue.line().await? {
        dialogue.command(line.trim_end()).await?;
    }
    Ok(())
}

impl Dialogue {
    async fn command(&mut self, line: &str) -> io::Result<()> {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" if self.offered.is_some() => {
                self.say("250-listener.test\r\n250-8BITMIME\r\n250 STARTTLS").await
            }
            "EHLO" => self.say("250-listener.test\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN").await,
            "STARTTLS" => self.protect().await,
            "AUTH" | "MAIL" if self.offered.is_some() => self.say("530 5.7.0 STARTTLS first").await,
            "AUTH" => self.sign_in(rest).await,
            "MAIL" => {
                self.envelope = ReceivedMail { from: path(rest), ..empty() };
                self.answer(Stage::Sender, "250 2.1.0 sender").await.map(drop)
            }
            "RCPT" => {
                if self.answer(Stage::Recipient, "250 2.1.5 recipient").await? {
                    self.envelope.to.push(path(rest));
                }
                Ok(())
            }
            "DATA" if self.envelope.to.is_empty() => self.say("503 5.5.1 no recipient").await,
            "DATA" => self.data().await,
            "RSET" | "NOOP" => self.say("250 2.0.0 done").await,
            "QUIT" => {
                self.say("221 2.0.0 bye").await?;
                Err(io::ErrorKind::ConnectionAborted.into())
            }
            _ => self.say("502 5.5.1 unknown").await,
        }
    }

    async fn sign_in(&mut self, login: &str) -> io::Result<()> {
        if self.answer(Stage::Login, "235 2.7.0 signed in").await? {
            self.shared.signed_in(login);
        }
        Ok(())
    }

    async fn protect(&mut self) -> io::Result<()> {
        let Some(certificate) = self.offered.take() else { return self.say("502 5.5.1 unknown").await };
        self.say("220 2.0.0 go on").await?;
        let placeholder: Box<dyn Stream> = Box::new(duplex(1).0);
        let plain = std::mem::replace(&mut self.stream, BufReader::new(placeholder)).into_inner();
        self.stream = BufReader::new(Box::new(certificate.acceptor().accept(plain).await?));
        Ok(())
    }

    async fn data(&mut self) -> io::Result<()> {
        if !self.answer(Stage::Data, "354 go on").await? {
            return Ok(());
        }
        let mut mail = std::mem::replace(&mut self.envelope, empty());
        loop {
            match self.line().await? {
                None => return Ok(()),
                Some(line) if line == ".\r\n" => break,
                Some(line) => mail.data.push_str(line.strip_prefix('.').unwrap_or(&line)),
            }
        }
        let refusal = self.shared.refusal(Stage::Content);
        if refusal.is_none() {
            self.shared.take(mail);
        }
        self.answer(Stage::Content, "250 2.0.0 taken").await.map(drop)
    }

    /// Says `words`, or refuses; whether it did not refuse.
    async fn answer(&mut self, stage: Stage, words: &str) -> io::Result<bool> {
        match self.shared.refusal(stage) {
            None => self.say(words).await.map(|()| true),
            Some(Refusal::Answer(answer)) => self.say(&answer).await.map(|()| false),
            Some(Refusal::HangUp) => Err(io::ErrorKind::ConnectionAborted.into()),
            Some(Refusal::Silence) => std::future::pending().await,
        }
    }

    async fn say(&mut self, words: &str) -> io::Result<()> {
        let stream = self.stream.get_mut();
        stream.write_all(format!("{words}\r\n").as_bytes()).await?;
        stream.flush().await
    }

    async fn line(&mut self) -> io::Result<Option<String>> {
        let mut line = String::new();
        Ok((self.stream.read_line(&mut line).await? > 0).then_some(line))
    }
}

fn empty() -> ReceivedMail {
    ReceivedMail { from: String::new(), to: Vec::new(), data: String::new() }
}

/// The text between `<` and `>`.
fn path(parameter: &str) -> String {
    let inside = parameter.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inside.map_or(parameter, |(path, _)| path).to_owned()
}
