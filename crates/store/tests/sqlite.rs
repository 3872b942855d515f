//! The store on SQLite, through the files that it leaves and finds.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use keywright_domain::client_info::ClientInfo;
use keywright_domain::clock::Clock;
use keywright_domain::email::EmailAddress;
use keywright_domain::entropy::Entropy;
use keywright_domain::error::StoreError;
use keywright_domain::health::Health;
use keywright_domain::id::MagicLinkId;
use keywright_domain::magic_link::port::MagicLinks;
use keywright_domain::magic_link::{LinkBudget, MagicLink, MagicLinkState};
use keywright_domain::mail::port::Mails;
use keywright_domain::mail::{Mail, Template};
use keywright_domain::rate_limit::Rate;
use keywright_domain::request_context::RequestContext;
use keywright_store::sqlite::{Options, SqliteStore, migrate, schema_difference};
use tempfile::TempDir;
use tokio::task::JoinSet;

/// As good as no budget.
const UNLIMITED: LinkBudget = LinkBudget {
    per_network: Rate { count: u32::MAX, per: TimeDelta::minutes(15) },
    per_email: Rate { count: u32::MAX, per: TimeDelta::hours(1) },
};

/// A clock that stands still, and bytes that never come twice.
struct World;

impl Clock for World {
    fn now(&self) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
    }
}

impl Entropy for World {
    fn fill(&self, bytes: &mut [u8]) {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        bytes.iter_mut().zip(number.iter().cycle()).for_each(|(byte, next)| *byte = *next);
    }
}

fn open(file: &Path) -> Arc<SqliteStore> {
    let options = Options { busy_timeout: Duration::from_millis(100), ..Options::default() };
    Arc::new(SqliteStore::open(file, &options).unwrap())
}

async fn issue(store: &SqliteStore) -> Result<MagicLinkId, StoreError> {
    let at = RequestContext::new(&World, &World, None, ClientInfo::default());
    let link = MagicLink {
        id: MagicLinkId::new(at.now, &World),
        email: EmailAddress::parse("ada@example.com").unwrap(),
        redirect_to: None,
        requested_at: at.now,
        expires_at: at.now + TimeDelta::minutes(15),
        client_info: at.client_info.clone(),
        state: MagicLinkState::Open { wrong_codes: 0 },
    };
    let mail = Mail::new(at.mail_id(), link.email.clone(), Template::MagicLink(link.id), at.now);
    store.issue(&link, &mail, &UNLIMITED).await?;
    Ok(link.id)
}

async fn issue_many(store: &Arc<SqliteStore>, count: usize) -> Vec<MagicLinkId> {
    let mut writes = JoinSet::new();
    for _ in 0..count {
        let store = store.clone();
        writes.spawn(async move { issue(&store).await.unwrap() });
    }
    writes.join_all().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_a_reopening() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("kw.db");
    let store = open(&file);
    let links = issue_many(&store, 100).await;

    drop(store);
    let store = open(&file);

    for link in links {
        assert!(MagicLinks::find(store.as_ref(), link).await.unwrap().is_some());
    }
    assert_eq!(store.newest(1000).await.unwrap().len(), 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_a_process_that_never_closed() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("kw.db");
    let store = open(&file);
    let links = issue_many(&store, 100).await;

    // What a process that dies now would leave: the file, and the log that was not written back.
    let left = directory.path().join("left.db");
    fs::copy(&file, &left).unwrap();
    fs::copy(directory.path().join("kw.db-wal"), directory.path().join("left.db-wal")).unwrap();
    let store = open(&left);

    for link in links {
        assert!(MagicLinks::find(store.as_ref(), link).await.unwrap().is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dropping_the_store_writes_what_was_asked_for() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("kw.db");
    let store = open(&file);

    let links = issue_many(&store, 64).await;
    let figures = store.figures();
    drop(store);

    assert_eq!((figures.commands, figures.failures), (64, 0));
    assert!(figures.commits < 64, "{figures:?}");
    assert!(!directory.path().join("kw.db-wal").exists(), "the log was not written back");
    assert!(MagicLinks::find(open(&file).as_ref(), links[63]).await.unwrap().is_some());
}

#[test]
fn any_number_of_processes_may_open_an_empty_file_at_once() {
    for _ in 0..10 {
        let directory = TempDir::new().unwrap();
        let file = directory.path().join("deep/in/data/kw.db");
        let together = Arc::new(Barrier::new(4));

        let opening: Vec<_> = (0..4)
            .map(|_| {
                let (file, together) = (file.clone(), together.clone());
                thread::spawn(move || {
                    together.wait();
                    SqliteStore::open(file, &Options::default()).map(drop)
                })
            })
            .collect();

        for opened in opening {
            opened.join().unwrap().unwrap();
        }
        assert_eq!(schema_difference(&file).unwrap().missing, [""; 0]);
    }
}

#[test]
fn the_file_and_its_directory_are_for_this_user_alone() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("data/kw #1%?.db");

    let _store = open(&file);

    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(file.parent().unwrap()), 0o700);
    for name in ["kw #1%?.db", "kw #1%?.db-wal", "kw #1%?.db-shm"] {
        assert_eq!(mode(&file.with_file_name(name)), 0o600, "{name}");
    }
}

#[tokio::test]
async fn migrations_are_named_applied_once_and_asked_for() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("kw.db");
    let options = Options { migrate: false, ..Options::default() };

    let before = schema_difference(&file).unwrap().missing;
    let exists = file.exists();
    let store = SqliteStore::open(&file, &options).unwrap();
    let health = store.check().await;
    let applied = migrate(&file).unwrap();

    assert_eq!((before[0].as_str(), exists), ("0001_initial", false));
    assert!(
        matches!(&health, Err(StoreError::Unavailable(cause)) if cause.to_string().contains("0001_initial"))
    );
    assert_eq!((&applied, migrate(&file).unwrap()), (&before, vec![]));
    assert_eq!(schema_difference(&file).unwrap().missing, [""; 0]);
    store.check().await.unwrap();
}

#[tokio::test]
async fn a_locked_file_is_unavailable_until_it_is_released() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("kw.db");
    let store = SqliteStore::open(&file, &Options::default()).unwrap();
    let link = issue(&store).await.unwrap();

    let mut other = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    other.batch_execute("BEGIN EXCLUSIVE").unwrap();
    let began_at = Instant::now();
    let health = store.check().await;
    let health_took = began_at.elapsed();
    let written = issue(&store).await;
    let write_took = began_at.elapsed().saturating_sub(health_took);
    let read = MagicLinks::find(&store, link).await.unwrap();
    other.batch_execute("COMMIT").unwrap();

    assert!(matches!(health, Err(StoreError::Unavailable(_))), "{health:?}");
    assert!(matches!(written, Err(StoreError::Unavailable(_))), "{written:?}");
    assert!(health_took < Duration::from_secs(2), "{health_took:?}");
    assert!(write_took < Duration::from_secs(5), "{write_took:?}");
    assert!(read.is_some());
    issue(&store).await.unwrap();
    store.check().await.unwrap();
}

#[test]
fn what_is_no_database_is_refused_and_left_alone() {
    let directory = TempDir::new().unwrap();
    let text = directory.path().join("letter.txt");
    fs::write(&text, "Dear Ada, ".repeat(1000)).unwrap();
    let below_a_file = text.join("kw.db");

    for file in [text.as_path(), directory.path(), &below_a_file] {
        assert!(SqliteStore::open(file, &Options::default()).is_err(), "{}", file.display());
    }
    assert!(fs::read_to_string(&text).unwrap().starts_with("Dear Ada"));
}
