//! Mail delivery during brief store failures.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use keywright_adapters::clock::ManualClock;
use keywright_adapters::entropy::SystemEntropy;
use keywright_domain::client_info::ClientInfo;
use keywright_domain::clock::Clock;
use keywright_domain::entropy::Entropy;
use keywright_domain::id::MailId;
use keywright_domain::mail::port::{DeliveryError, Mailer, Mails};
use keywright_domain::mail::{Delivery, Mail, MailState, RenderedMail};
use keywright_domain::{StoreError, Stores};
use keywright_server::config::Config;
use keywright_server::wiring::{self, Environment};
use keywright_service::Service;
use keywright_service::mail::deliver_due;
use keywright_store::memory::MemoryStore;
use tempfile::TempDir;

/// A queue that is unreachable while it is down.
struct Faltering {
    mails: Arc<dyn Mails>,
    is_down: AtomicBool,
}

impl Faltering {
    fn up(&self) -> Result<&dyn Mails, StoreError> {
        if self.is_down.load(Ordering::SeqCst) {
            Err(StoreError::unavailable("down"))
        } else {
            Ok(&*self.mails)
        }
    }
}

#[async_trait]
impl Mails for Faltering {
    async fn lease(&self, limit: u32, lease: TimeDelta, now: DateTime<Utc>) -> Result<Vec<Mail>, StoreError> {
        self.up()?.lease(limit, lease, now).await
    }

    async fn settle(
        &self,
        mail: MailId,
        attempts: u32,
        delivery: Delivery,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        self.up()?.settle(mail, attempts, delivery, now).await
    }

    async fn find(&self, mail: MailId) -> Result<Option<Mail>, StoreError> {
        self.up()?.find(mail).await
    }

    async fn newest(&self, limit: u32) -> Result<Vec<Mail>, StoreError> {
        self.up()?.newest(limit).await
    }

    async fn list_dead(&self, limit: u32) -> Result<Vec<Mail>, StoreError> {
        self.up()?.list_dead(limit).await
    }

    async fn requeue(&self, mail: MailId, now: DateTime<Utc>) -> Result<bool, StoreError> {
        self.up()?.requeue(mail, now).await
    }
}

/// A mailer that takes the store down during one of its deliveries.
struct Breaking {
    store: Arc<Faltering>,
    breaks_at: u32,
    count: AtomicU32,
    delivered: Mutex<Vec<String>>,
}

#[async_trait]
impl Mailer for Breaking {
    async fn deliver(&self, message: &RenderedMail) -> Result<(), DeliveryError> {
        self.delivered.lock().unwrap().push(message.to.as_str().to_owned());
        let number = self.count.fetch_add(1, Ordering::SeqCst);
        self.store.is_down.fetch_or(number == self.breaks_at, Ordering::SeqCst);
        Ok(())
    }
}

async fn service(clock: Arc<ManualClock>) -> (TempDir, Service, Arc<Faltering>) {
    let directory = tempfile::tempdir().unwrap();
    let secret = directory.path().join("secret").display().to_string();
    let environment = [("KEYWRIGHT_SECRET_FILE".to_owned(), secret)];
    let config = Config::load(None, environment).unwrap().config;
    let secret = config.load_or_create_secret(|bytes| SystemEntropy.fill(bytes)).unwrap();
    let keeper = wiring::key_keeper(&config, &secret).unwrap();
    let stores = Stores::of(Arc::new(MemoryStore::default()));
    let mails = Arc::new(Faltering { mails: stores.mails.clone(), is_down: AtomicBool::new(false) });
    let world = Environment {
        clock,
        entropy: Arc::new(SystemEntropy),
        stores: Some(Stores { mails: mails.clone(), ..stores }),
        listener: None,
    };
    (directory, wiring::service(&config, &secret, &keeper, world).await.unwrap(), mails)
}

#[tokio::test]
async fn a_brief_store_failure_neither_duplicates_nor_delays_mail() {
    let clock = Arc::new(ManualClock::new(DateTime::from_timestamp(1_800_000_000, 0).unwrap()));
    let (_directory, service, store) = service(clock.clone()).await;
    let addresses: Vec<_> = (0..5).map(|number| format!("{number}@example.com")).collect();
    for address in &addresses {
        let at = service.request_context(None, ClientInfo::default());
        keywright_service::magic_link::request(&service, address, None, &at).await.unwrap();
        clock.advance(TimeDelta::milliseconds(1));
    }
    let mailer = Breaking {
        store: store.clone(),
        breaks_at: 2,
        count: AtomicU32::new(0),
        delivered: Mutex::default(),
    };
    let mut unsettled = None;

    let before = deliver_due(&service, &mailer, &mut unsettled).await.unwrap();
    assert_eq!(before.len(), 2, "{before:?}");
    for _ in 0..3 {
        assert!(deliver_due(&service, &mailer, &mut unsettled).await.is_err());
    }
    store.is_down.store(false, Ordering::SeqCst);
    let after = deliver_due(&service, &mailer, &mut unsettled).await.unwrap();

    // All have the instant of their request: no delivery waited for a lease to end.
    assert_eq!(after.len(), 3, "{after:?}");
    assert_eq!(*mailer.delivered.lock().unwrap(), addresses);
    let now = clock.now();
    for mail in store.newest(9).await.unwrap() {
        assert_eq!((mail.state, mail.attempts), (MailState::Sent(now), 1));
    }
    clock.advance(TimeDelta::hours(1));
    assert!(deliver_due(&service, &mailer, &mut unsettled).await.unwrap().is_empty());
}
