//! Failures that only the writer's own connection can provoke.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};

use chrono::{DateTime, TimeDelta, Utc};
use diesel::connection::{Instrumentation, InstrumentationEvent, SimpleConnection};
use diesel::prelude::*;
use diesel::result::Error::RollbackTransaction;
use diesel::sql_query;
use diesel::sql_types::Text;
use keywright_domain::client_info::ClientInfo;
use keywright_domain::clock::Clock;
use keywright_domain::email::EmailAddress;
use keywright_domain::entropy::Entropy;
use keywright_domain::health::Health;
use keywright_domain::id::{MagicLinkId, SessionId, UserId};
use keywright_domain::magic_link::port::{MagicLinks, Redeem, Redemption};
use keywright_domain::magic_link::{LinkBudget, MagicLink, MagicLinkState, Proof};
use keywright_domain::mail::{Mail, Template};
use keywright_domain::rate_limit::Rate;
use keywright_domain::request_context::RequestContext;
use keywright_domain::session::port::{Rotation, Sessions};
use keywright_domain::session::{
    Generation, Lifetimes, Refresh, RotationRules, Session, SessionKind, SessionSeed,
};
use keywright_domain::user::SignupPolicy;
use keywright_domain::user::port::Users;
use keywright_domain::wait_budget::WaitBudget;
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::*;
use crate::rows::Key;
use crate::schema::{magic_links, users};

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

fn request_context() -> RequestContext {
    RequestContext::new(&World, &World, None, ClientInfo::default())
}

fn options() -> Options {
    Options { busy_timeout: Duration::from_millis(100), ..Options::default() }
}

fn open() -> (TempDir, Arc<SqliteStore>) {
    let directory = TempDir::new().unwrap();
    let store = SqliteStore::open(directory.path().join("kw.db"), &options()).unwrap();
    (directory, Arc::new(store))
}

fn link(at: &RequestContext, email: &str) -> (MagicLink, Mail) {
    let id = MagicLinkId::new(at.now, &World);
    let email = EmailAddress::parse(email).unwrap();
    let mail = Mail::new(at.mail_id(), email.clone(), Template::MagicLink(id), at.now);
    let link = MagicLink {
        id,
        email,
        redirect_to: None,
        requested_at: at.now,
        expires_at: at.now + TimeDelta::minutes(15),
        client_info: at.client_info.clone(),
        state: MagicLinkState::Open { wrong_codes: 0 },
    };
    (link, mail)
}

async fn issue(store: &SqliteStore) -> Result<MagicLink, StoreError> {
    let (link, mail) = link(&request_context(), "ada@example.com");
    store.issue(&link, &mail, &UNLIMITED, &WaitBudget::NONE).await?;
    Ok(link)
}

async fn sign_in(store: &SqliteStore) -> Session {
    let (at, link) = (request_context(), issue(store).await.unwrap());
    let lifetimes = Lifetimes { idle: TimeDelta::days(30), absolute: TimeDelta::days(180) };
    let seed = SessionSeed {
        id: SessionId::new(at.now, &World),
        kind: SessionKind::Tokens,
        client_id: keywright_domain::client::ClientId::web(),
        client_name: None,
        lifetimes,
    };
    let redeem = Redeem {
        link: link.id,
        proof: Proof::Token,
        seed,
        renew: None,
        new_user: UserId::new(&World),
        signup: SignupPolicy::Open,
    };
    match store.redeem(&redeem, &at).await.unwrap() {
        Redemption::Redeemed { session, .. } => session,
        Redemption::Refused => panic!("refused"),
    }
}

fn refresh(session: &Session, presented: u32) -> Refresh {
    Refresh {
        session: session.id,
        presented: Generation(presented),
        client_id: None,
        rules: RotationRules {
            retry_window: TimeDelta::minutes(1),
            lost_response_window: TimeDelta::hours(1),
        },
        idle: TimeDelta::days(30),
    }
}

async fn pragma(store: &SqliteStore, text: &'static str) {
    let set = store
        .write(WaitBudget::NONE, move |connection| Ok(connection.batch_execute(&format!("PRAGMA {text}"))?));
    set.await.unwrap();
}

fn is_unavailable<T>(outcome: &Result<T, StoreError>) -> bool {
    matches!(outcome, Err(StoreError::Unavailable(_)))
}

/// A command that keeps the writer busy, so that all that is asked for meanwhile becomes one group.
async fn hold_writer(store: &Arc<SqliteStore>) -> mpsc::Sender<()> {
    let (release, released) = mpsc::channel::<()>();
    let (begun, has_begun) = oneshot::channel();
    let store = store.clone();
    tokio::spawn(async move {
        let hold = move |_: &mut SqliteConnection| {
            let _ = begun.send(());
            let _ = released.recv();
            Ok(())
        };
        store.write(WaitBudget::NONE, hold).await
    });
    has_begun.await.unwrap();
    release
}

/// The runtime of these tests has one thread: by then each task has run up to where it waits for the writer.
async fn until_queued() {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_waits_is_committed_together() {
    let (_directory, store) = open();
    let before = store.figures();

    let release = hold_writer(&store).await;
    let mut writes = JoinSet::new();
    for _ in 0..64 {
        let store = store.clone();
        writes.spawn(async move { issue(&store).await });
    }
    until_queued().await;
    release.send(()).unwrap();

    assert!(writes.join_all().await.iter().all(Result::is_ok));
    let after = store.figures();
    assert_eq!((after.commits - before.commits, after.commands - before.commands), (2, 65));
}

#[tokio::test]
async fn a_command_that_fails_leaves_nothing_and_its_neighbours_alone() {
    let (_directory, store) = open();
    let at = request_context();
    let (first, mail) = link(&at, "ada@example.com");
    let (second, _) = link(&at, "ada@example.com");
    let (third, other_mail) = link(&request_context(), "ada@example.com");

    let release = hold_writer(&store).await;
    let mut writes = JoinSet::new();
    // The second brings a mail that is there already: a constraint stands against it, after its link was written.
    for (link, mail) in [(first.clone(), mail.clone()), (second.clone(), mail), (third.clone(), other_mail)] {
        let store = store.clone();
        writes
            .spawn(async move { (link.id, store.issue(&link, &mail, &UNLIMITED, &WaitBudget::NONE).await) });
    }
    until_queued().await;
    release.send(()).unwrap();
    let outcomes = writes.join_all().await;

    for (id, outcome) in outcomes {
        let found = MagicLinks::find(&*store, id, &WaitBudget::NONE).await.unwrap();
        if id == second.id {
            let error = outcome.unwrap_err();
            assert!(
                matches!(&error, StoreError::Broken(cause) if cause.to_string().contains("mails.id")),
                "{error}"
            );
            assert_eq!(found, None);
        } else {
            outcome.unwrap();
            assert!(found.is_some());
        }
    }
}

#[tokio::test]
async fn a_command_that_panics_takes_its_group_and_not_the_writer() {
    let (_directory, store) = open();

    let panicked: Result<(), _> = store.write(WaitBudget::NONE, |_| panic!("a defect")).await;

    assert!(is_unavailable(&panicked), "{panicked:?}");
    assert!(panicked.unwrap_err().to_string().contains("a defect"));
    issue(&store).await.unwrap();
}

#[tokio::test]
async fn a_transaction_that_sqlite_ends_by_itself_fails_the_group_and_not_the_next() {
    let (_directory, store) = open();
    let (lost, mail) = link(&request_context(), "ada@example.com");

    let release = hold_writer(&store).await;
    let mut writes = JoinSet::new();
    let (of_neighbour, row) = (store.clone(), lost.clone());
    writes.spawn(
        async move { of_neighbour.issue(&row, &mail, &UNLIMITED, &WaitBudget::NONE).await.map(|_| ()) },
    );
    let of_culprit = store.clone();
    writes.spawn(async move {
        let end = |connection: &mut SqliteConnection| {
            connection.batch_execute("ROLLBACK")?;
            Err::<(), _>(RollbackTransaction.into())
        };
        of_culprit.write(WaitBudget::NONE, end).await
    });
    until_queued().await;
    release.send(()).unwrap();

    let outcomes = writes.join_all().await;
    assert_eq!(outcomes.iter().filter(|outcome| is_unavailable(outcome)).count(), 1);
    assert_eq!(MagicLinks::find(&*store, lost.id, &WaitBudget::NONE).await.unwrap(), None);
    issue(&store).await.unwrap();
}

#[tokio::test]
async fn nobody_waiting_for_an_answer_is_reason_enough_not_to_write() {
    let (_directory, store) = open();
    let (given_up, mail) = link(&request_context(), "ada@example.com");

    let release = hold_writer(&store).await;
    let impatient = tokio::time::timeout(
        Duration::from_millis(10),
        store.issue(&given_up, &mail, &UNLIMITED, &WaitBudget::NONE),
    )
    .await;
    release.send(()).unwrap();
    issue(&store).await.unwrap();

    assert!(impatient.is_err());
    assert_eq!(MagicLinks::find(&*store, given_up.id, &WaitBudget::NONE).await.unwrap(), None);
}

#[tokio::test]
async fn more_than_the_queue_holds_is_refused_at_once() {
    let directory = TempDir::new().unwrap();
    let small = Options { queue: NonZeroUsize::new(4).unwrap(), ..options() };
    let store = Arc::new(SqliteStore::open(directory.path().join("kw.db"), &small).unwrap());

    let release = hold_writer(&store).await;
    let mut writes = JoinSet::new();
    for _ in 0..5 {
        let store = store.clone();
        writes.spawn(async move { issue(&store).await });
    }
    let refused = writes.join_next().await.unwrap().unwrap();
    assert_eq!(store.writer.waiting(), 4);
    release.send(()).unwrap();

    assert!(is_unavailable(&refused), "{refused:?}");
    assert!(writes.join_all().await.iter().all(Result::is_ok));
    assert_eq!(store.writer.waiting(), 0);
}

#[tokio::test]
async fn a_writer_that_hangs_is_reported_before_patience_ends() {
    let directory = TempDir::new().unwrap();
    let hasty = Options { patience: Duration::from_millis(50), ..options() };
    let store = Arc::new(SqliteStore::open(directory.path().join("kw.db"), &hasty).unwrap());

    let _held = hold_writer(&store).await;
    let outcome = issue(&store).await;

    assert!(is_unavailable(&outcome), "{outcome:?}");
}

#[tokio::test]
async fn all_commands_of_a_request_share_its_wait_budget() {
    let (_directory, store) = open();
    let budget = WaitBudget::new(Duration::from_millis(1500));
    let slow = |_: &mut SqliteConnection| {
        // A statement that takes long: nothing but time ends it. The margins suit a busy machine.
        std::thread::sleep(Duration::from_secs(1));
        Ok(())
    };

    let began_at = std::time::Instant::now();
    let first = store.write(budget.clone(), slow).await;
    let second = store.write(budget.clone(), slow).await;
    let third = store.read(budget, slow).await;
    let took = began_at.elapsed();
    let of_another_request = store.write(WaitBudget::new(Duration::from_secs(4)), slow).await;

    assert!(first.is_ok(), "{first:?}");
    assert!(is_unavailable(&second), "{second:?}");
    assert!(is_unavailable(&third), "{third:?}");
    assert!(took < Duration::from_millis(2500), "{took:?}");
    assert!(of_another_request.is_ok(), "{of_another_request:?}");
}

#[tokio::test]
async fn a_file_that_has_vanished_is_not_replaced_by_an_empty_one() {
    let (directory, store) = open();
    let file = directory.path().join("kw.db");
    let _: Result<(), _> =
        store.write(WaitBudget::NONE, |_| panic!("so that the next write opens the file anew")).await;

    std::fs::rename(&file, file.with_extension("away")).unwrap();
    let gone = issue(&store).await;
    let is_replaced = file.exists();
    std::fs::rename(file.with_extension("away"), &file).unwrap();

    assert!(is_unavailable(&gone), "{gone:?}");
    assert!(!is_replaced);
    issue(&store).await.unwrap();
}

#[tokio::test]
async fn a_full_disk_is_unavailable_until_there_is_room() {
    let (_directory, store) = open();
    issue(&store).await.unwrap();

    // Less than there is counts as exactly as much.
    pragma(&store, "max_page_count = 1").await;
    let mut kept = vec![];
    let refused = loop {
        match issue(&store).await {
            Ok(link) => kept.push(link.id),
            Err(error) => break error,
        }
    };
    let still = issue(&store).await;
    let read = MagicLinks::find(&*store, kept[0], &WaitBudget::NONE).await;
    pragma(&store, "max_page_count = 1000000").await;

    assert!(matches!(refused, StoreError::Unavailable(_)), "{refused:?}");
    assert!(is_unavailable(&still), "{still:?}");
    assert!(read.unwrap().is_some());
    issue(&store).await.unwrap();
    for id in kept {
        assert!(MagicLinks::find(&*store, id, &WaitBudget::NONE).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_written_is_unavailable_and_unhealthy() {
    let (_directory, store) = open();
    let link = issue(&store).await.unwrap();
    store.check().await.unwrap();

    pragma(&store, "query_only = ON").await;
    let written = issue(&store).await;
    pragma(&store, "query_only = ON").await;
    let (health, read) = (store.check().await, MagicLinks::find(&*store, link.id, &WaitBudget::NONE).await);

    assert!(is_unavailable(&written), "{written:?}");
    assert!(is_unavailable(&health), "{health:?}");
    assert!(read.unwrap().is_some());
}

#[tokio::test]
async fn a_connection_that_could_not_write_is_replaced() {
    let (_directory, store) = open();

    pragma(&store, "query_only = ON").await;
    let refused = issue(&store).await;

    assert!(is_unavailable(&refused), "{refused:?}");
    issue(&store).await.unwrap();
    store.check().await.unwrap();
}

#[tokio::test]
async fn a_probe_writes_at_most_once_a_second() {
    let (directory, store) = open();
    let log = directory.path().join("kw.db-wal");
    let length = || std::fs::metadata(&log).unwrap().len();
    let before = length();

    store.check().await.unwrap();
    let after_one = length();
    for _ in 0..20 {
        store.check().await.unwrap();
    }

    assert!(after_one > before, "nothing was written");
    let pages = (length() - after_one).div_ceil(4096);
    assert!(pages <= 4, "{pages} pages by twenty more probes");
}

#[tokio::test]
async fn a_reader_cannot_write() {
    let (_directory, store) = open();

    let deleted = store
        .read(WaitBudget::NONE, |connection| Ok(diesel::delete(users::table).execute(connection)?))
        .await;

    assert!(is_unavailable(&deleted), "{deleted:?}");
}

#[tokio::test]
async fn reads_that_wait_for_a_place_are_reported_before_patience_ends() {
    let directory = TempDir::new().unwrap();
    let few = Options { readers: NonZeroUsize::MIN, patience: Duration::from_millis(200), ..options() };
    let store = Arc::new(SqliteStore::open(directory.path().join("kw.db"), &few).unwrap());
    let (release, released) = mpsc::channel::<()>();
    let (holder, begun) = (store.clone(), Arc::new(tokio::sync::Notify::new()));
    let has_begun = begun.clone();
    tokio::spawn(async move {
        let hold = move |_: &mut SqliteConnection| {
            has_begun.notify_one();
            let _ = released.recv();
            Ok(())
        };
        holder.read(WaitBudget::NONE, hold).await
    });
    begun.notified().await;

    let waiting = Users::find(&*store, UserId::new(&World), &WaitBudget::NONE).await;
    release.send(()).unwrap();

    assert!(is_unavailable(&waiting), "{waiting:?}");
    assert_eq!(Users::find(&*store, UserId::new(&World), &WaitBudget::NONE).await.unwrap(), None);
}

#[tokio::test]
async fn a_row_that_cannot_be_is_broken_and_named() {
    let (_directory, store) = open();
    let link = issue(&store).await.unwrap();

    let (id, spoilt) = (link.id, magic_links::state.eq("x"));
    let spoil = store.write(WaitBudget::NONE, move |connection| {
        Ok(diesel::update(magic_links::table.find(Key::from(id))).set(spoilt).execute(connection)?)
    });
    spoil.await.unwrap();
    let found = MagicLinks::find(&*store, link.id, &WaitBudget::NONE).await.unwrap_err();

    let told =
        format!("the store is broken: magic_links.state of the row {} is none of the known values", link.id);
    assert_eq!(found.to_string(), told);
}

#[tokio::test]
async fn the_hot_refresh_is_prepared_once() {
    struct Prepared(Arc<AtomicUsize>, Arc<AtomicUsize>);
    impl Instrumentation for Prepared {
        fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
            match event {
                InstrumentationEvent::CacheQuery { sql, .. } if sql.starts_with("UPDATE sessions") => {
                    self.0.fetch_add(1, Ordering::Relaxed);
                }
                InstrumentationEvent::StartQuery { query, .. } => {
                    let text = query.to_string();
                    self.1.fetch_add(usize::from(!text.contains("command")), Ordering::Relaxed);
                }
                _ => {}
            }
        }
    }
    let (_directory, store) = open();
    let session = sign_in(&store).await;
    let (prepared, queries) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
    let instrumentation = Prepared(prepared.clone(), queries.clone());
    let set = store.write(WaitBudget::NONE, |connection| {
        diesel::Connection::set_instrumentation(connection, instrumentation);
        Ok(())
    });
    set.await.unwrap();
    queries.store(0, Ordering::Relaxed);

    for generation in 0..10 {
        let Rotation::Renewed(renewed) =
            store.rotate(&refresh(&session, generation), &request_context()).await.unwrap()
        else {
            panic!("not renewed")
        };
        assert_eq!(renewed.chain.current, Generation(generation + 1));
    }

    assert_eq!(prepared.load(Ordering::Relaxed), 1);
    // BEGIN, the update, COMMIT.
    assert_eq!(queries.load(Ordering::Relaxed), 10 * 3);
}

#[tokio::test]
async fn hot_queries_find_their_rows_by_an_index() {
    #[derive(QueryableByName)]
    struct Plan {
        #[diesel(sql_type = Text)]
        detail: String,
    }
    let (_directory, store) = open();

    for (query, index) in [
        ("UPDATE sessions SET generation = 1 WHERE id = ?", "sqlite_autoindex_sessions_1 (id=?)"),
        ("SELECT * FROM sessions WHERE user_id = ?", "sessions_by_user (user_id=?)"),
        ("SELECT 1 FROM mails WHERE due_at <= ?", "mails_due (due_at<?)"),
        ("SELECT * FROM mails WHERE due_at <= ? ORDER BY due_at, id LIMIT 10", "mails_due (due_at<?)"),
        (
            "SELECT * FROM activities WHERE user_id = ? ORDER BY occurred_at DESC, id DESC LIMIT 10",
            "activities_by_user (user_id=?)",
        ),
        (
            "SELECT * FROM device_authorizations WHERE user_code IN (?, ?)",
            "device_authorizations_2 (user_code=?)",
        ),
        (
            "SELECT id FROM device_authorizations WHERE decided_by IS NULL AND expires_at < ? \
                ORDER BY expires_at LIMIT 100",
            "device_authorizations_by_decider (decided_by=? AND expires_at<?)",
        ),
        (
            "SELECT id FROM device_authorizations WHERE decided_by IS NOT NULL AND expires_at < ? \
                ORDER BY expires_at LIMIT 100",
            "device_authorizations_decided_by_expiry (expires_at<?)",
        ),
        (
            "SELECT id FROM magic_links WHERE expires_at < ? ORDER BY expires_at LIMIT 100",
            "magic_links_by_expiry (expires_at<?)",
        ),
        (
            "SELECT id FROM mails WHERE settled_at < ? ORDER BY settled_at LIMIT 100",
            "mails_settled (settled_at<?)",
        ),
        (
            "SELECT id FROM sessions WHERE ended_at < ? ORDER BY ended_at LIMIT 100",
            "sessions_ended (ended_at<?)",
        ),
        (
            "SELECT * FROM sessions WHERE look_at < ? ORDER BY look_at LIMIT 100",
            "sessions_by_look (look_at<?)",
        ),
        (
            "SELECT id FROM sessions WHERE created_at < ? AND (ip IS NOT NULL OR user_agent IS NOT NULL) \
                ORDER BY created_at LIMIT 100",
            "sessions_with_origin (created_at<?)",
        ),
        (
            "SELECT id FROM activities WHERE occurred_at < ? AND (ip IS NOT NULL OR user_agent IS NOT NULL) \
                ORDER BY occurred_at LIMIT 100",
            "activities_with_origin (occurred_at<?)",
        ),
    ] {
        let explain = store.read(WaitBudget::NONE, move |connection| {
            Ok(sql_query(format!("EXPLAIN QUERY PLAN {query}")).load::<Plan>(connection)?)
        });
        let plan: Vec<_> = explain.await.unwrap().into_iter().map(|step| step.detail).collect();

        assert!(plan.iter().any(|step| step.contains(index)), "{query}: {plan:?}");
        let sorts = plan.iter().filter(|step| step.contains("TEMP B-TREE FOR ORDER BY")).count();
        assert_eq!(sorts, 0, "{query}: {plan:?}");
    }
}

#[tokio::test]
async fn no_index_covers_what_a_refresh_changes() {
    #[derive(QueryableByName)]
    struct Column {
        #[diesel(sql_type = Text)]
        name: String,
    }
    let (_directory, store) = open();

    let indexed = store.read(WaitBudget::NONE, |connection| {
        let columns = "SELECT c.name FROM pragma_index_list('sessions') i, pragma_index_info(i.name) c";
        Ok(sql_query(columns).load::<Column>(connection)?)
    });

    let mut names: Vec<_> = indexed.await.unwrap().into_iter().map(|column| column.name).collect();
    names.sort();
    assert_eq!(names, ["created_at", "ended_at", "id", "look_at", "user_id"]);
}

#[test]
fn only_what_may_pass_by_itself_is_transient() {
    let query = |message: &str| {
        let kind = diesel::result::DatabaseErrorKind::Unknown;
        Failure::Query(diesel::result::Error::DatabaseError(kind, Box::new(message.to_owned())))
    };

    for message in ["database is locked", "database or disk is full", "disk I/O error", "out of memory"] {
        assert!(query(message).is_transient(), "{message}");
    }
    for message in ["database disk image is malformed", "file is not a database", "no such table: users"] {
        assert!(!query(message).is_transient(), "{message}");
    }
    assert!(!Failure::from(diesel::result::Error::NotFound).is_transient());
}
