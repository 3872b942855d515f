//! From the configuration to a service: the one place that names every adapter.

use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use chrono::TimeDelta;
use keywright_adapters::clock::SystemClock;
use keywright_adapters::entropy::SystemEntropy;
use keywright_adapters::inbox::InboxMailer;
use keywright_adapters::jwt::{JwtAccessTokens, KeyMaker};
use keywright_adapters::mail_renderer::AskamaMailRenderer;
use keywright_adapters::smtp::{Sender, SmtpLogin, SmtpMailer, SmtpSecurity, SmtpSettings};
use keywright_adapters::webauthn::RelyingParty;
use keywright_domain::Stores;
use keywright_domain::client::{Client, ClientId, Clients};
use keywright_domain::clock::Clock;
use keywright_domain::credential::Keyring;
use keywright_domain::entropy::Entropy;
use keywright_domain::magic_link::LinkBudget;
use keywright_domain::mail::port::Mailer;
use keywright_domain::rate_limit::Rate;
use keywright_domain::resource_server::ResourceServers;
use keywright_domain::retention::Retention;
use keywright_domain::secret::ServerSecret;
use keywright_domain::security_event::NoSecurityCounters;
use keywright_domain::session::{Lifetimes, RotationRules};
use keywright_domain::signing_key::schedule::KeyRules;
use keywright_domain::signing_key::{Algorithm, SigningKey};
use keywright_domain::user::SignupPolicy;
use keywright_service::key_reload::Reloads;
use keywright_service::pacer::Pacer;
use keywright_service::user_code_misses::Misses;
use keywright_service::waiting_room::WaitingRoom;
use keywright_service::{Rules, Service};
use url::Url;

use crate::config::{self, Config, LoadedSecret, MailUrl, SecretBytes, TokenAlgorithm};
use crate::signing_key::KeyKeeper;
use crate::store;

/// What surrounds the service. Tests bring their own.
pub struct World {
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    /// None: the store that the configuration names.
    pub stores: Option<Stores>,
    /// None: the address that the configuration names.
    pub listener: Option<TcpListener>,
}

impl World {
    /// The clock and the entropy of the system, and the configured store.
    pub fn real() -> Self {
        Self { clock: Arc::new(SystemClock), entropy: Arc::new(SystemEntropy), stores: None, listener: None }
    }
}

/// The service that `config` describes, with the keys that `keeper` keeps.
pub async fn service(
    config: &Config,
    secret: &LoadedSecret,
    keeper: &KeyKeeper,
    world: World,
) -> anyhow::Result<Service> {
    let secrets = secrets(secret)?;
    let (current, previous) = secrets.split_first().context("there is no secret")?;
    let keyring = Keyring::new(current, previous.first())?;

    let stores = match world.stores {
        Some(stores) => stores,
        None => store::open(&config.database).await?,
    };
    let kept = keeper.keep(stores.signing_keys.as_ref(), world.clock.now()).await?;
    let rules = rules(config)?;
    let tokens = JwtAccessTokens::new(&kept.keys, &secrets, rules.issuer(), config.tokens.audience.clone())?;

    Ok(Service {
        stores,
        clock: world.clock,
        entropy: world.entropy,
        keyring,
        tokens: Arc::new(tokens),
        mail_renderer: Arc::new(AskamaMailRenderer::new(&rules.public_url)),
        webauthn: Arc::new(relying_party(&config.webauthn)?),
        clients: clients(&config.clients),
        rules,
        pacer: Pacer::default(),
        waiting: WaitingRoom::new(config.device.max_waiting),
        misses: Misses::new(rate(config.device.misses_per_account), rate(config.device.misses_per_address)),
        resource_servers: resource_servers(&config.resource_servers),
        security_counters: Arc::new(NoSecurityCounters),
        key_reloads: Reloads::default(),
    })
}

/// The current secret, and the one before it if there is one.
fn secrets(secret: &LoadedSecret) -> anyhow::Result<Vec<ServerSecret>> {
    std::iter::once(&secret.bytes).chain(&secret.previous).map(server_secret).collect()
}

fn server_secret(bytes: &SecretBytes) -> anyhow::Result<ServerSecret> {
    Ok(ServerSecret::new(bytes.expose().clone())?)
}

/// What keeps the signing keys as `config` says, sealed under `secret`.
pub fn key_keeper(config: &Config, secret: &LoadedSecret) -> anyhow::Result<KeyKeeper> {
    let secrets = secrets(secret)?;
    let (current, previous) = secrets.split_first().context("there is no secret")?;
    let rules = KeyRules {
        algorithm: match config.tokens.algorithm {
            TokenAlgorithm::EdDsa => Algorithm::EdDsa,
            TokenAlgorithm::Es256 => Algorithm::Es256,
            TokenAlgorithm::Rs256 => Algorithm::Rs256,
        },
        rotation: delta(config.tokens.key_rotation),
        token_lifetime: delta(config.tokens.access_lifetime),
    };
    Ok(KeyKeeper { maker: Arc::new(KeyMaker::new(current, previous)?), rules })
}

/// Fails unless `secret` opens every one of `keys`.
pub(crate) fn check_keys(keys: &[SigningKey], secret: &LoadedSecret) -> anyhow::Result<()> {
    if !keys.is_empty() {
        JwtAccessTokens::new(keys, &secrets(secret)?, "", "")?;
    }
    Ok(())
}

fn relying_party(webauthn: &config::Webauthn) -> anyhow::Result<RelyingParty> {
    let origins = webauthn.origins.iter().map(|origin| Url::parse(&origin.to_string()));
    let origins: Vec<_> = origins.collect::<Result<_, _>>().context("webauthn.origins has no URL")?;
    Ok(RelyingParty::new(webauthn.rp_id.as_str(), &webauthn.rp_name, &origins)?)
}

fn clients(clients: &[config::Client]) -> Clients {
    let client = |client: &config::Client| Client {
        id: ClientId::from_trusted(client.id.clone()),
        name: client.name.clone(),
    };
    Clients::new(clients.iter().map(client).collect())
}

fn resource_servers(servers: &[config::ResourceServer]) -> ResourceServers {
    ResourceServers::new(servers.iter().map(|server| (server.id.as_str(), server.secret.expose().as_str())))
}

/// Durations beyond what can be added to an instant are refused by the configuration already.
pub(crate) fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}

pub(crate) fn rate(rate: config::Rate) -> Rate {
    Rate { count: rate.count, per: delta(rate.per) }
}

fn rules(config: &Config) -> anyhow::Result<Rules> {
    let public_url = Url::parse(&config.public_url.to_string()).context("public_url is no URL")?;
    Ok(Rules {
        public_url,
        audience: config.tokens.audience.clone(),
        access_lifetime: delta(config.tokens.access_lifetime),
        lifetimes: Lifetimes { idle: delta(config.session.idle), absolute: delta(config.session.absolute) },
        rotation: RotationRules {
            retry_window: delta(config.session.retry_window),
            lost_response_window: delta(config.session.lost_response_window),
        },
        fresh: delta(config.session.fresh),
        device_lifetime: delta(config.device.lifetime),
        device_interval: delta(config.device.interval),
        magic_link_lifetime: delta(config.magic_link.lifetime),
        link_budget: LinkBudget {
            per_network: rate(config.rate_limit.magic_link_per_email_and_network),
            per_email: rate(config.rate_limit.magic_link_per_email),
        },
        redirect_origins: config.magic_link.redirect_origins.iter().map(ToString::to_string).collect(),
        signup: match config.signup.policy {
            config::SignupPolicy::Open => SignupPolicy::Open,
            config::SignupPolicy::Closed => SignupPolicy::Closed,
            config::SignupPolicy::Domains => {
                SignupPolicy::Domains(config.signup.domains.iter().map(ToString::to_string).collect())
            }
        },
        retention: retention(&config.retention),
    })
}

fn retention(config: &config::Retention) -> Retention {
    Retention {
        origins: delta(config.origins),
        sessions: delta(config.sessions),
        activities: delta(config.activity),
        device_authorizations: delta(config.device_authorizations),
        magic_links: delta(config.magic_links),
        mails: delta(config.mails),
        email_changes: delta(config.email_changes),
    }
}

/// What delivers mail.
pub fn mailer(config: &Config) -> anyhow::Result<Arc<dyn Mailer>> {
    match &config.mail.url {
        MailUrl::Inbox => Ok(Arc::new(InboxMailer)),
        MailUrl::Smtp(server) => Ok(Arc::new(smtp(server, config)?)),
    }
}

/// What hands mail to `server`.
pub(crate) fn smtp(server: &config::SmtpServer, config: &Config) -> anyhow::Result<SmtpMailer> {
    let from = &config.mail.from;
    let login = server
        .login
        .as_ref()
        .map(|login| SmtpLogin { user: login.user.clone(), password: login.password.expose().clone() });
    let read = |path: &PathBuf| {
        std::fs::read(path).with_context(|| format!("mail.ca_file {} cannot be read", path.display()))
    };
    let authorities = config.mail.ca_file.as_ref().map(read).transpose()?;
    Ok(SmtpMailer::new(SmtpSettings {
        security: match server.security {
            config::SmtpSecurity::Plain => SmtpSecurity::Plain,
            config::SmtpSecurity::StartTls => SmtpSecurity::StartTls,
            config::SmtpSecurity::Tls => SmtpSecurity::Tls,
        },
        host: server.host.clone(),
        port: server.port,
        login,
        from: Sender { name: from.name.clone(), address: from.address.clone() },
        authorities,
    })?)
}
