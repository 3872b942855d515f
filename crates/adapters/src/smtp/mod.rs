//! Mail by SMTP (RFC 5321), in the clear, after STARTTLS (RFC 3207) or within TLS (RFC 8314).
//!
//! The library's own pool is not used: its connections have no deadline, and what it takes back after one has
//! passed may be in the middle of another dialogue. Here a connection is kept only after it has delivered.

mod failure;
mod mime;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use keywright_domain::mail::content::RenderedMail;
use keywright_domain::mail::port::{DeliveryError, Mailer};
use lettre::address::AddressError;
use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{self, Error};

/// Time limit for one address of the mail server to answer.
const CONNECT: Duration = Duration::from_secs(10);

/// Time limit of a delivery. A batch of ten, one after the other, ends before its lease does.
const DELIVERY: Duration = Duration::from_secs(25);

/// Time that an idle connection is kept, and the time limit for proving that it is alive.
const IDLE: Duration = Duration::from_secs(30);
const PROOF: Duration = Duration::from_secs(3);

/// Protection of the connection to the mail server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpSecurity {
    /// Not at all.
    Plain,
    /// By TLS after STARTTLS; a server that does not offer it gets neither login nor mail.
    StartTls,
    /// By TLS from the first byte.
    Tls,
}

impl SmtpSecurity {
    /// The port where servers of this kind listen.
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Plain => smtp::SMTP_PORT,
            Self::StartTls => smtp::SUBMISSION_PORT,
            Self::Tls => smtp::SUBMISSIONS_PORT,
        }
    }
}

/// Login at the mail server.
#[derive(Clone)]
pub struct SmtpLogin {
    pub user: String,
    pub password: String,
}

impl fmt::Debug for SmtpLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpLogin").field("user", &self.user).finish_non_exhaustive()
    }
}

/// Whom mail is from.
#[derive(Clone, Debug)]
pub struct Sender {
    /// Display name.
    pub name: Option<String>,
    /// `local@domain`
    pub address: String,
}

/// A mail server, and what is sent by it.
#[derive(Clone, Debug)]
pub struct SmtpSettings {
    pub security: SmtpSecurity,
    /// A name, or an address (an IPv6 one without brackets). What its certificate has to name.
    pub host: String,
    pub port: u16,
    pub login: Option<SmtpLogin>,
    pub from: Sender,
    /// Authorities that are trusted besides the system's, as PEM.
    pub authorities: Option<Vec<u8>>,
}

/// Why there is no mailer.
#[derive(Debug, thiserror::Error)]
pub enum SmtpSettingsError {
    #[error("the sender's address is none: {0}")]
    Sender(#[from] AddressError),
    #[error("the sender's name has control characters")]
    SenderName,
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] Error),
    #[error("there is no certificate among the authorities")]
    NoAuthority,
}

enum Security {
    Plain,
    StartTls(TlsParameters),
    Tls(TlsParameters),
}

fn tls(host: &str, authorities: Option<&[u8]>) -> Result<TlsParameters, SmtpSettingsError> {
    let parameters = TlsParameters::builder(host.to_owned());
    let Some(pem) = authorities else { return Ok(parameters.build()?) };
    // The library takes what holds none for an empty list.
    if !String::from_utf8_lossy(pem).contains("-----BEGIN CERTIFICATE-----") {
        return Err(SmtpSettingsError::NoAuthority);
    }
    Ok(parameters.add_root_certificate(Certificate::from_pem(pem)?).build()?)
}

/// Hands letters to a mail server.
pub struct SmtpMailer {
    security: Security,
    host: String,
    port: u16,
    credentials: Option<Credentials>,
    from: Mailbox,
    hello: ClientId,
    idle: Mutex<Option<(AsyncSmtpConnection, Instant)>>,
    deadline: Duration,
}

impl SmtpMailer {
    /// A mailer that connects when the first letter is delivered.
    pub fn new(settings: SmtpSettings) -> Result<Self, SmtpSettingsError> {
        // The library panics over them when it writes the header.
        if settings.from.name.as_ref().is_some_and(|name| name.contains(char::is_control)) {
            return Err(SmtpSettingsError::SenderName);
        }
        let tls = || tls(&settings.host, settings.authorities.as_deref());
        Ok(Self {
            security: match settings.security {
                SmtpSecurity::Plain => Security::Plain,
                SmtpSecurity::StartTls => Security::StartTls(tls()?),
                SmtpSecurity::Tls => Security::Tls(tls()?),
            },
            host: settings.host,
            port: settings.port,
            credentials: settings.login.map(|login| Credentials::new(login.user, login.password)),
            from: Mailbox::new(settings.from.name, settings.from.address.parse()?),
            hello: ClientId::default(),
            idle: Mutex::new(None),
            deadline: DELIVERY,
        })
    }

    /// Connects, protects the connection and signs in as for a letter, and sends none.
    pub async fn probe(&self) -> Result<(), DeliveryError> {
        let probed = tokio::time::timeout(self.deadline, async {
            let mut connection = self.connect().await?;
            connection.quit().await.map(drop).map_err(|error| failure::at_connection(&error))
        });
        probed.await.unwrap_or_else(|_| Err(failure::too_late(self.deadline)))
    }

    async fn send(&self, mail: &lettre::Message) -> Result<(), DeliveryError> {
        let mut connection = match self.kept().await {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        let sent = connection.send(mail.envelope(), &mail.formatted()).await;
        sent.map_err(|error| failure::at_letter(&error))?;
        self.keep(connection);
        Ok(())
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, DeliveryError> {
        let connected = self.open().await;
        let mut connection = connected.map_err(|error| failure::at_connection(&error))?;
        if let Some(credentials) = &self.credentials {
            let signed_in = connection.auth(DEFAULT_MECHANISMS, credentials).await;
            signed_in.map_err(|error| failure::at_login(&error))?;
        }
        Ok(connection)
    }

    async fn open(&self) -> Result<AsyncSmtpConnection, Error> {
        let server = (self.host.as_str(), self.port);
        let wrapper = match &self.security {
            Security::Tls(parameters) => Some(parameters.clone()),
            Security::Plain | Security::StartTls(_) => None,
        };
        let hello = &self.hello;
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(server, Some(CONNECT), hello, wrapper, None).await?;
        if let Security::StartTls(parameters) = &self.security {
            connection.starttls(parameters.clone(), hello).await?;
        }
        Ok(connection)
    }

    /// The connection of the delivery before, if it is still there.
    async fn kept(&self) -> Option<AsyncSmtpConnection> {
        let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (mut connection, _) = kept.filter(|(_, since)| since.elapsed() < IDLE)?;
        let is_there = tokio::time::timeout(PROOF, connection.test_connected()).await.unwrap_or(false);
        is_there.then_some(connection)
    }

    fn keep(&self, connection: AsyncSmtpConnection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        *idle = Some((connection, Instant::now()));
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn deliver(&self, message: &RenderedMail) -> Result<(), DeliveryError> {
        let mail = mime::mail(&self.from, message).map_err(|error| failure::no_mail(&error))?;
        let sent = tokio::time::timeout(self.deadline, self.send(&mail)).await;
        sent.unwrap_or_else(|_| Err(failure::too_late(self.deadline)))
    }
}

impl fmt::Debug for SmtpMailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpMailer")
            .field("host", &self.host)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}
