//! Makes a service from the configuration: the one place that names every adapter.

use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use keywright_adapters::clock::SystemClock;
use keywright_adapters::entropy::SystemEntropy;
use keywright_adapters::inbox::InboxMailer;
use keywright_adapters::jwt::{JwtAccessTokens, KeyMaker};
use keywright_adapters::mail_renderer::AskamaMailRenderer;
use keywright_adapters::smtp::{SmtpMailer, SmtpSettings};
use keywright_adapters::webauthn::RelyingParty;
use keywright_domain::Stores;
use keywright_domain::client::Clients;
use keywright_domain::clock::Clock;
use keywright_domain::credential::Keyring;
use keywright_domain::entropy::Entropy;
use keywright_domain::magic_link::LinkBudget;
use keywright_domain::mail::port::Mailer;
use keywright_domain::resource_server::ResourceServers;
use keywright_domain::secret::ServerSecret;
use keywright_domain::security_event::NoSecurityCounters;
use keywright_domain::session::{Lifetimes, RotationRules};
use keywright_domain::signing_key::SigningKey;
use keywright_domain::signing_key::schedule::KeyRules;
use keywright_domain::user::SignupPolicy;
use keywright_service::key_reload::Reloads;
use keywright_service::pacer::Pacer;
use keywright_service::user_code_misses::Misses;
use keywright_service::waiting_room::WaitingRoom;
use keywright_service::{Rules, Service};

use crate::config::{self, Config, LoadedSecret, MailUrl, SecretBytes};
use crate::key_worker::KeyKeeper;
use crate::store;

/// The environment of the service. Tests bring their own.
pub struct Environment {
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    /// `None` for the store that the configuration names.
    pub stores: Option<Stores>,
    /// `None` for the address that the configuration names.
    pub listener: Option<TcpListener>,
}

impl Environment {
    /// The clock and the entropy of the system, and the configured store.
    pub fn system() -> Self {
        Self { clock: Arc::new(SystemClock), entropy: Arc::new(SystemEntropy), stores: None, listener: None }
    }
}

/// The service that `config` describes, with the keys that `keeper` keeps.
pub async fn service(
    config: &Config,
    secret: &LoadedSecret,
    keeper: &KeyKeeper,
    environment: Environment,
) -> anyhow::Result<Service> {
    let secrets = secrets(secret)?;
    let (current, previous) = secrets.split_first().context("there is no secret")?;
    let keyring = Keyring::new(current, previous.first())?;

    let stores = match environment.stores {
        Some(stores) => stores,
        None => store::open(&config.database).await?,
    };
    let kept = keeper.keep(stores.signing_keys.as_ref(), environment.clock.now()).await?;
    let rules = rules(config);
    let tokens = JwtAccessTokens::new(&kept.keys, &secrets, rules.issuer(), config.tokens.audience.clone())?;

    Ok(Service {
        stores,
        clock: environment.clock,
        entropy: environment.entropy,
        keyring,
        tokens: Arc::new(tokens),
        mail_renderer: Arc::new(AskamaMailRenderer::new(&rules.public_url)),
        webauthn: Arc::new(relying_party(&config.webauthn)?),
        clients: Clients::new(config.clients.clone()),
        rules,
        pacer: Pacer::default(),
        waiting: WaitingRoom::new(config.device.max_waiting),
        misses: Misses::new(config.device.misses_per_account, config.device.misses_per_address),
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

/// Maintains the signing keys by the rules of `config`, sealed under `secret`.
pub fn key_keeper(config: &Config, secret: &LoadedSecret) -> anyhow::Result<KeyKeeper> {
    let secrets = secrets(secret)?;
    let (current, previous) = secrets.split_first().context("there is no secret")?;
    let rules = KeyRules {
        algorithm: config.tokens.algorithm,
        rotation: config.tokens.key_rotation,
        token_lifetime: config.tokens.access_lifetime,
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
    let origins: Vec<_> = webauthn.origins.iter().map(|origin| origin.url().clone()).collect();
    Ok(RelyingParty::new(webauthn.rp_id.as_str(), &webauthn.rp_name, &origins)?)
}

fn resource_servers(servers: &[config::ResourceServer]) -> ResourceServers {
    ResourceServers::new(servers.iter().map(|server| (server.id.as_str(), server.secret.expose().as_str())))
}

fn rules(config: &Config) -> Rules {
    Rules {
        public_url: config.public_url.url().clone(),
        audience: config.tokens.audience.clone(),
        access_lifetime: config.tokens.access_lifetime,
        lifetimes: Lifetimes { idle: config.session.idle, absolute: config.session.absolute },
        rotation: RotationRules {
            retry_window: config.session.retry_window.0,
            lost_response_window: config.session.lost_response_window.0,
        },
        fresh: config.session.fresh,
        device_lifetime: config.device.lifetime,
        device_interval: config.device.interval,
        magic_link_lifetime: config.magic_link.lifetime,
        link_budget: LinkBudget {
            per_network: config.rate_limit.magic_link_per_email_and_network,
            per_email: config.rate_limit.magic_link_per_email,
        },
        redirect_origins: config.magic_link.redirect_origins.iter().map(ToString::to_string).collect(),
        signup: match &config.signup.policy {
            SignupPolicy::Domains(_) => {
                SignupPolicy::Domains(config.signup.domains.iter().map(ToString::to_string).collect())
            }
            policy => policy.clone(),
        },
        retention: config.retention,
    }
}

/// The mailer that the configuration names.
pub fn mailer(config: &Config) -> anyhow::Result<Arc<dyn Mailer>> {
    match &config.mail.url {
        MailUrl::Inbox => Ok(Arc::new(InboxMailer)),
        MailUrl::Smtp(server) => Ok(Arc::new(smtp(server, config)?)),
    }
}

/// The mailer for `server`.
pub(crate) fn smtp(server: &config::SmtpServer, config: &Config) -> anyhow::Result<SmtpMailer> {
    let read = |path: &PathBuf| {
        std::fs::read(path).with_context(|| format!("mail.ca_file {} cannot be read", path.display()))
    };
    let authorities = config.mail.ca_file.as_ref().map(read).transpose()?;
    Ok(SmtpMailer::new(SmtpSettings {
        security: server.security,
        host: server.host.clone(),
        port: server.port,
        login: server.login.clone(),
        from: config.mail.from.clone(),
        authorities,
    })?)
}
