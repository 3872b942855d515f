//! The server as a whole: built from the configuration, then run until it is told to stop.

use std::future::Future;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::web::{self, QueryConfig};
use actix_web::{App, HttpServer};
use anyhow::Context;
use keywright_domain::mail::port::Mailer;
use keywright_domain::rate_limit::AddressLimit;
use keywright_pages::{InboxKey, PageSettings};
use keywright_service::Service;
use keywright_web::cors::Cors;
use keywright_web::forwarded::TrustedProxies;
use keywright_web::middleware::surround;
use keywright_web::{Metrics, Problem, Settings};
use tokio::sync::watch;

use crate::config::{Config, LoadedSecret, MailUrl};
use crate::key_worker::{self, KeyKeeper};
use crate::mail_worker;
use crate::purge_worker;
use crate::wiring::{self, Environment};

/// Time that running requests have at shutdown, in seconds.
const SHUTDOWN_TIMEOUT: u64 = 25;

/// Settings that tests change.
#[derive(Clone, Copy, Debug)]
pub struct Tuning {
    /// Pause of the mail worker when no mail is due.
    pub mail_pause: Duration,
    /// How long the key worker pauses: how late this server may learn of a key that another one has made or
    /// dropped.
    pub key_pause: Duration,
    /// Pause of the purge worker when nothing is left to remove.
    pub purge_pause: Duration,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            mail_pause: Duration::from_millis(250),
            key_pause: Duration::from_secs(1),
            purge_pause: Duration::from_mins(1),
        }
    }
}

/// A server that is bound to its addresses.
pub struct Application {
    service: web::Data<Service>,
    mailer: Arc<dyn Mailer>,
    key_keeper: KeyKeeper,
    tuning: Tuning,
    public: Server,
    address: SocketAddr,
    admin: Option<(Server, SocketAddr)>,
    inbox_key: Option<InboxKey>,
}

impl Application {
    /// The server that `config` describes. Opens the store, applies its migrations, loads or makes the
    /// signing keys, and binds the listeners.
    pub async fn build(
        config: &Config,
        secret: &LoadedSecret,
        mut environment: Environment,
        tuning: Tuning,
    ) -> anyhow::Result<Self> {
        let listener = match environment.listener.take() {
            Some(listener) => listener,
            None => bind("server.listen", config.server.listen)?,
        };
        let address = listener.local_addr()?;
        let admin_listener =
            config.server.admin_listen.map(|address| bind("server.admin_listen", address)).transpose()?;

        let metrics = Metrics::new().context("the metrics cannot be set up")?;
        let key_keeper = wiring::key_keeper(config, secret)?;
        let mut service = wiring::service(config, secret, &key_keeper, environment).await?;
        service.security_counters = Arc::new(metrics.clone());
        let service = web::Data::new(service);
        let mailer = wiring::mailer(config)?;
        let is_inbox = config.is_development() && matches!(config.mail.url, MailUrl::Inbox);
        let inbox_key = is_inbox.then(|| InboxKey::generate(service.entropy.as_ref()));
        let settings = web::Data::new(settings(config));
        let pages = web::Data::new(PageSettings { inbox_key: inbox_key.clone() });

        let workers = config.server.workers.get();
        let public =
            public_server(listener, workers, service.clone(), settings.clone(), pages, metrics.clone())?;
        let admin = match admin_listener {
            None => None,
            Some(listener) => {
                let address = listener.local_addr()?;
                Some((admin_server(listener, service.clone(), &settings, metrics)?, address))
            }
        };
        Ok(Self { service, mailer, key_keeper, tuning, public, address, admin, inbox_key })
    }

    /// Where the public listener is bound.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the admin listener is bound.
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.admin.as_ref().map(|(_, address)| *address)
    }

    /// Key of the development inbox, where there is one.
    pub fn inbox_key(&self) -> Option<&InboxKey> {
        self.inbox_key.as_ref()
    }

    /// The service behind it.
    pub fn service(&self) -> Arc<Service> {
        self.service.clone().into_inner()
    }

    /// Serves until `stop` is ready; then requests and deliveries under way are finished.
    pub async fn run_until(self, stop: impl Future<Output = ()>) -> anyhow::Result<()> {
        let (stopping, stopped) = watch::channel(false);
        let service = self.service.clone().into_inner();
        let workers = [
            tokio::spawn(key_worker::run(
                service.clone(),
                self.key_keeper,
                self.tuning.key_pause,
                stopped.clone(),
            )),
            tokio::spawn(purge_worker::run(service.clone(), self.tuning.purge_pause, stopped.clone())),
            tokio::spawn(mail_worker::run(service, self.mailer, self.tuning.mail_pause, stopped)),
        ];

        let public = self.public.handle();
        let admin_handle = self.admin.as_ref().map(|(server, _)| server.handle());
        let public_task = tokio::spawn(self.public);
        let admin_task = self.admin.map(|(server, _)| tokio::spawn(server));
        stop.await;

        // Who waits for a decision is answered, and waits elsewhere.
        self.service.waiting.close();
        // The receiver is gone only if the worker is. What requests still queue goes out after the next start.
        let _ = stopping.send(true);
        public.stop(true).await;
        if let Some(handle) = admin_handle {
            handle.stop(true).await;
        }
        public_task.await?.context("the public listener failed")?;
        if let Some(task) = admin_task {
            task.await?.context("the admin listener failed")?;
        }
        for worker in workers {
            worker.await?;
        }
        Ok(())
    }
}

fn bind(key: &str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).with_context(|| {
        format!("{key} = {address} cannot be bound: stop what listens there or set another address")
    })
}

fn settings(config: &Config) -> Settings {
    let server = &config.server;
    Settings {
        address_limit: config.rate_limit.per_address.map(AddressLimit::new),
        proxies: TrustedProxies { networks: server.trusted_proxies.clone(), header: server.forwarded_header },
        cors: Cors::new(config.cors.origins.iter().map(ToString::to_string).collect()),
        ..Settings::new(config.public_url.to_string(), !config.is_development())
    }
}

fn public_server(
    listener: TcpListener,
    workers: usize,
    service: web::Data<Service>,
    settings: web::Data<Settings>,
    pages: web::Data<PageSettings>,
    metrics: Metrics,
) -> anyhow::Result<Server> {
    let metrics = web::Data::new(metrics);
    let server = HttpServer::new(move || {
        let app = App::new()
            .app_data(service.clone())
            .app_data(settings.clone())
            .app_data(metrics.clone())
            .app_data(pages.clone())
            .app_data(QueryConfig::default().error_handler(|_, _| {
                Problem::invalid_request("The query of the address cannot be read").into()
            }));
        surround(app)
            .wrap(from_fn(keywright_pages::errors_as_pages))
            .configure(keywright_api::routes)
            .configure(keywright_pages::routes)
            .default_service(web::to(keywright_pages::not_found))
    });
    // Who closes their side has hung up: what they waited for is dropped, and a place in the waiting room is free.
    let server = server.h1_allow_half_closed(false);
    Ok(server.workers(workers).disable_signals().shutdown_timeout(SHUTDOWN_TIMEOUT).listen(listener)?.run())
}

fn admin_server(
    listener: TcpListener,
    service: web::Data<Service>,
    settings: &Settings,
    metrics: Metrics,
) -> anyhow::Result<Server> {
    // What counts against the limit is the public listener's business.
    let settings = web::Data::new(Settings::new(settings.origin.clone(), settings.cookie_is_secure));
    let metrics = web::Data::new(metrics);
    let server = HttpServer::new(move || {
        let app = App::new().app_data(service.clone()).app_data(settings.clone()).app_data(metrics.clone());
        surround(app).configure(keywright_api::admin_routes)
    });
    Ok(server.workers(1).disable_signals().shutdown_timeout(SHUTDOWN_TIMEOUT).listen(listener)?.run())
}
