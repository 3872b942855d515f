//! A mail server for tests: takes every mail and shows it, unless it is told to refuse.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};

use super::certificate::TestCertificate;
use super::received_mail::ReceivedMail;
use super::smtp_dialogue;

/// Time limit of [`SmtpListener::wait_for`]: long enough for a busy machine, short enough for a test to fail.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where in a dialogue the listener refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    Greeting,
    /// `AUTH`; what is not refused signs in.
    Login,
    /// `MAIL`
    Sender,
    /// `RCPT`
    Recipient,
    /// `DATA`
    Data,
    /// The end of the mail.
    Content,
}

/// Protection of the listener's connections.
#[derive(Clone)]
pub enum Protection {
    /// Not at all.
    None,
    /// By TLS after STARTTLS; before it, it takes neither a login nor mail.
    StartTls(TestCertificate),
    /// By TLS from the first byte.
    Tls(TestCertificate),
}

/// Refusal of the listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// With this answer, such as `451 4.3.0 try again later`.
    Answer(String),
    /// By closing the connection.
    HangUp,
    /// By never answering.
    Silence,
}

impl From<&str> for Refusal {
    fn from(answer: &str) -> Self {
        Self::Answer(answer.to_owned())
    }
}

/// Shared state of the dialogues.
#[derive(Default)]
pub(super) struct Shared {
    messages: Mutex<Vec<ReceivedMail>>,
    refusals: Mutex<HashMap<Stage, Refusal>>,
    connections: Mutex<usize>,
    logins: Mutex<Vec<String>>,
    arrival: Notify,
}

impl Shared {
    pub(super) fn refusal(&self, stage: Stage) -> Option<Refusal> {
        lock(&self.refusals).get(&stage).cloned()
    }

    pub(super) fn signed_in(&self, login: &str) {
        lock(&self.logins).push(login.to_owned());
    }

    pub(super) fn take(&self, mail: ReceivedMail) {
        lock(&self.messages).push(mail);
        self.arrival.notify_waiters();
    }
}

/// A mail server on a port of its own. It ends with its value, or with [`SmtpListener::stop`].
pub struct SmtpListener {
    address: SocketAddr,
    protection: Protection,
    shared: Arc<Shared>,
    running: Option<JoinHandle<()>>,
}

impl SmtpListener {
    /// A server that takes everything.
    ///
    /// # Panics
    /// If there is no free port.
    pub async fn start() -> Self {
        Self::start_protected(Protection::None).await
    }

    /// A server that takes everything over connections that are protected like this.
    ///
    /// # Panics
    /// If there is no free port.
    pub async fn start_protected(protection: Protection) -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut listener = Self { address, protection, shared: Arc::default(), running: None };
        listener.restart().await;
        listener
    }

    /// Where it listens, also while it is stopped.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// The mails so far, oldest first.
    pub fn messages(&self) -> Vec<ReceivedMail> {
        lock(&self.shared.messages).clone()
    }

    /// Credentials of the login: mechanism and answer.
    pub fn logins(&self) -> Vec<String> {
        lock(&self.shared.logins).clone()
    }

    /// Number of connections so far.
    pub fn connections(&self) -> usize {
        *lock(&self.shared.connections)
    }

    /// The mails, once there are at least `count` of them.
    ///
    /// # Panics
    /// If there are not after 20 seconds.
    #[expect(clippy::panic, reason = "a test whose mail does not arrive has failed")]
    pub async fn wait_for(&self, count: usize) -> Vec<ReceivedMail> {
        let arrived = async {
            loop {
                let arrival = self.shared.arrival.notified();
                let messages = self.messages();
                if messages.len() >= count {
                    return messages;
                }
                arrival.await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, arrived).await;
        waited.unwrap_or_else(|_| panic!("{} mails instead of {count} arrived", self.messages().len()))
    }

    /// Refuses at `stage` from now on.
    pub fn refuse(&self, stage: Stage, refusal: impl Into<Refusal>) {
        lock(&self.shared.refusals).insert(stage, refusal.into());
    }

    /// Takes everything again.
    pub fn accept(&self) {
        lock(&self.shared.refusals).clear();
    }

    /// Closes the port and every connection, as a server that crashes does.
    pub async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.abort();
            let _ = running.await;
        }
    }

    /// Listens again on the same port; the mails and the refusals stay.
    ///
    /// # Panics
    /// If the port is taken.
    #[expect(clippy::panic, reason = "a test without its mail server has failed")]
    pub async fn restart(&mut self) {
        self.stop().await;
        let bound = TcpListener::bind(self.address).await;
        let local = |listener: &TcpListener| listener.local_addr();
        match bound.and_then(|listener| Ok((local(&listener)?, listener))) {
            Ok((address, listener)) => {
                self.address = address;
                self.running =
                    Some(tokio::spawn(serve(listener, self.protection.clone(), self.shared.clone())));
            }
            Err(error) => panic!("no mail server at {}: {error}", self.address),
        }
    }
}

impl Drop for SmtpListener {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            running.abort();
        }
    }
}

/// The dialogues end with this future.
async fn serve(listener: TcpListener, protection: Protection, shared: Arc<Shared>) {
    let mut dialogues: JoinSet<io::Result<()>> = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        *lock(&shared.connections) += 1;
        dialogues.spawn(smtp_dialogue::hold(stream, protection.clone(), shared.clone()));
        while dialogues.try_join_next().is_some() {}
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
