//! Claims by one statement whose answer is lost.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use keywright_domain::Stores;
use keywright_domain::activity::Event;
use keywright_domain::device_authorization::port::{Poll, Polled};
use keywright_domain::error::StoreError;
use keywright_domain::id::SessionId;
use keywright_domain::magic_link::port::Redemption;
use keywright_domain::session::port::Rotation;
use keywright_domain::session::{EndReason, Generation, Refresh, RotationRules, SessionKind};
use keywright_domain::wait_budget::WaitBudget;
use keywright_store::postgres::{Options, PostgresStore};
use keywright_store_contract::fixture::{
    ADA, activity, approve, begin, issue, redeem, refresh, request_context, seed, sign_in,
};
use keywright_throwaway_postgres::{Database, Proxy, Way};
use tokio_postgres::{Client, NoTls};

use crate::connections::until;
use crate::open;

/// A database with a store on it whose answers can be lost.
struct Lossy {
    database: Database,
    way: Proxy,
    stores: Stores,
}

impl Lossy {
    async fn new() -> Self {
        let database = Database::new().unwrap();
        let port = database.psql("SHOW port").unwrap().parse().unwrap();
        let way = Proxy::start(Way::To(port)).await.unwrap();
        let options = Options {
            connections: NonZeroUsize::MIN,
            // What is held here is held until the test has seen who waits, however busy the machine is.
            statement_timeout: Duration::from_secs(20),
            patience: Duration::from_secs(30),
            ..Options::default()
        };
        let store = PostgresStore::open(&way.url(database.name()), &options).await.unwrap();
        Self { database, way, stores: Stores::of(Arc::new(store)) }
    }

    async fn end(&self, session: SessionId) {
        let (reason, event) = (EndReason::Ended, Event::SessionEnded);
        assert!(self.stores.sessions.end(session, reason, event, &request_context(3)).await.unwrap());
    }

    /// Somebody who holds all rows of `table`.
    async fn holds(&self, table: &str) -> Client {
        let (holder, traffic) = tokio_postgres::connect(&self.database.url(), NoTls).await.unwrap();
        tokio::spawn(traffic);
        holder.batch_execute(&format!("BEGIN; SELECT id FROM {table} FOR UPDATE")).await.unwrap();
        holder
    }

    /// Waits until so many statements that begin with `beginning` wait for who holds something.
    async fn waits(&self, beginning: &str, count: usize) {
        let waiting = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' \
             AND query LIKE '{beginning}%' AND datname = current_database()"
        );
        until("the command", async || self.database.psql(&waiting).unwrap() == count.to_string()).await;
    }

    /// What `claim` gives, which opens a session, if it is committed and the connection breaks before the answer.
    async fn answer_lost<T: Send + 'static>(&self, claim: impl Future<Output = T> + Send + 'static) -> T {
        self.answer_lost_of("users", "WITH held AS", claim, "SELECT").await
    }

    /// What `command` gives, which changes sessions by a statement that begins with `beginning` and needs the rows of
    /// `table`, if it is committed and the connection breaks before the answer, and `meanwhile` another does this.
    async fn answer_lost_of<T: Send + 'static>(
        &self,
        table: &str,
        beginning: &str,
        command: impl Future<Output = T> + Send + 'static,
        meanwhile: &str,
    ) -> T {
        let asked = async |sql: &str| self.database.psql(sql).unwrap();
        let sessions = "SELECT coalesce(string_agg(s::text, ',' ORDER BY id), '') FROM sessions s";
        let before = asked(sessions).await;
        let holder = self.holds(table).await;
        let claiming = tokio::spawn(command);
        self.waits(beginning, 1).await;
        self.way.delays(Duration::from_mins(1));
        holder.batch_execute("COMMIT").await.unwrap();
        until("the commit", async || asked(sessions).await != before).await;
        asked(meanwhile).await;
        self.way.delays(Duration::ZERO);
        self.way.cut();
        claiming.await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_whose_answer_is_lost_is_found_to_be_its_own() {
    let lossy = Lossy::new().await;
    let (session, user) = sign_in(&lossy.stores, ADA, SessionKind::Tokens, 0).await;
    let device = begin(&lossy.stores, 0).await;
    approve(&lossy.stores, &device, &session, 0).await;
    let poll = Poll { id: device.id, client_id: None };
    let (own, another) = (seed(SessionKind::Device, 1), seed(SessionKind::Device, 2));
    let (seed, first, devices) = (own.clone(), poll.clone(), lossy.stores.device_authorizations.clone());

    let polled = lossy
        .answer_lost(async move { devices.poll(&first, &own, &request_context(1)).await })
        .await
        .unwrap();
    let next = lossy.stores.device_authorizations.poll(&poll, &another, &request_context(2)).await.unwrap();

    let Polled::Claimed { session: opened, authorization } = polled else { panic!("{polled:?}") };
    assert_eq!(opened.id, seed.id);
    assert_eq!(
        Some(authorization),
        lossy.stores.device_authorizations.find(device.id, &WaitBudget::NONE).await.unwrap()
    );
    assert_eq!(next, Polled::Spent);
    assert_eq!(activity(&lossy.stores, user.id).await.len(), 3);

    // What was ended meanwhile is not handed out.
    lossy.end(opened.id).await;
    let ended = lossy.stores.device_authorizations.poll(&poll, &seed, &request_context(4)).await.unwrap();
    assert_eq!(ended, Polled::Spent);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redemption_whose_answer_is_lost_is_found_to_be_its_own() {
    let lossy = Lossy::new().await;
    sign_in(&lossy.stores, ADA, SessionKind::Tokens, 0).await;
    let link = issue(&lossy.stores, ADA, 1).await;
    let links = lossy.stores.magic_links.clone();
    let (own, another) = (redeem(&link, SessionKind::Tokens, 1), redeem(&link, SessionKind::Tokens, 2));

    let repeated = own.clone();
    let redeemed =
        lossy.answer_lost(async move { links.redeem(&own, &request_context(1)).await }).await.unwrap();
    let next = lossy.stores.magic_links.redeem(&another, &request_context(2)).await.unwrap();

    let Redemption::Redeemed { session, user, is_new: false, .. } = redeemed else { panic!("{redeemed:?}") };
    assert_eq!(session.id, repeated.seed.id);
    assert_eq!(Some(user), lossy.stores.users.find(session.user_id, &WaitBudget::NONE).await.unwrap());
    assert_eq!(next, Redemption::Refused);
    assert_eq!(activity(&lossy.stores, session.user_id).await.len(), 2);

    // What was ended meanwhile is not handed out.
    lossy.end(session.id).await;
    let ended = lossy.stores.magic_links.redeem(&repeated, &request_context(4)).await.unwrap();
    assert_eq!(ended, Redemption::Refused);
}

/// A failure at the commit, after the statement has returned its row.
const REFUSED_AT_COMMIT: &str = "
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no commit'; END $$;
CREATE CONSTRAINT TRIGGER refused AFTER INSERT OR UPDATE ON sessions DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION refuse()";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_committed_is_not_answered() {
    let database = Database::new().unwrap();
    let stores = Stores::of(Arc::new(open(&database, 1).await));
    let (session, _) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let (device, link) = (begin(&stores, 0).await, issue(&stores, ADA, 0).await);
    approve(&stores, &device, &session, 0).await;
    database.psql(REFUSED_AT_COMMIT).unwrap();

    let rotated = stores.sessions.rotate(&refresh(session.id, 0), &request_context(1)).await;
    let poll = Poll { id: device.id, client_id: None };
    let polled =
        stores.device_authorizations.poll(&poll, &seed(SessionKind::Device, 1), &request_context(1)).await;
    let redeemed =
        stores.magic_links.redeem(&redeem(&link, SessionKind::Tokens, 2), &request_context(1)).await;

    assert!(matches!(rotated, Err(StoreError::Unavailable(_))), "{rotated:?}");
    assert!(matches!(polled, Err(StoreError::Unavailable(_))), "{polled:?}");
    assert!(matches!(redeemed, Err(StoreError::Unavailable(_))), "{redeemed:?}");
    let (kept, _) = stores.sessions.find(session.id, &WaitBudget::NONE).await.unwrap().unwrap();
    assert_eq!(kept.chain.current, Generation(0));
}

/// A refresh for which no racer is forgiven.
fn strict(session: SessionId, presented: u32) -> Refresh {
    let rules = RotationRules { retry_window: TimeDelta::zero(), lost_response_window: TimeDelta::zero() };
    Refresh { rules, ..refresh(session, presented) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_whose_answer_is_lost_is_found_to_be_its_own() {
    let lossy = Lossy::new().await;
    let (session, user) = sign_in(&lossy.stores, ADA, SessionKind::Tokens, 0).await;
    let sessions = lossy.stores.sessions.clone();
    let first = strict(session.id, 0);

    let lost = async move { sessions.rotate(&first, &request_context(1)).await };
    let rotated = lossy.answer_lost_of("sessions", "UPDATE sessions", lost, "SELECT").await.unwrap();
    let Rotation::Renewed(renewed) = rotated else { panic!("{rotated:?}") };
    let next = lossy.stores.sessions.rotate(&strict(session.id, 1), &request_context(2)).await.unwrap();

    assert_eq!(renewed.chain.current, Generation(1));
    assert!(
        matches!(&next, Rotation::Renewed(session) if session.chain.current == Generation(2)),
        "{next:?}"
    );
    assert_eq!(activity(&lossy.stores, user.id).await.len(), 1);
    // A copy is none of its own.
    let copy = lossy.stores.sessions.rotate(&strict(session.id, 1), &request_context(3)).await.unwrap();
    assert!(matches!(copy, Rotation::ReuseFound(_)), "{copy:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_after_a_refresh_whose_answer_is_lost_is_not_handed_out() {
    for meanwhile in [
        "UPDATE sessions SET ended_at = 2, end_reason = 'ended'",
        "UPDATE sessions SET generation = generation + 1, parent = generation",
        "UPDATE sessions SET renewed_by = gen_random_uuid()",
    ] {
        let lossy = Lossy::new().await;
        let (session, _) = sign_in(&lossy.stores, ADA, SessionKind::Tokens, 0).await;
        let sessions = lossy.stores.sessions.clone();
        let lost = async move { sessions.rotate(&strict(session.id, 0), &request_context(1)).await };

        let rotated = lossy.answer_lost_of("sessions", "UPDATE sessions", lost, meanwhile).await;

        assert!(matches!(rotated, Err(StoreError::Unavailable(_))), "{meanwhile}: {rotated:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_be_done_twice_is_done_again() {
    let lossy = Lossy::new().await;
    let (session, _) = sign_in(&lossy.stores, ADA, SessionKind::Tokens, 0).await;
    let sessions = lossy.stores.sessions.clone();
    let sight = async move { sessions.mark_seen(session.id, Generation(7), &WaitBudget::NONE).await };

    lossy.answer_lost_of("sessions", "UPDATE", sight, "SELECT").await.unwrap();

    let (seen, _) = lossy.stores.sessions.find(session.id, &WaitBudget::NONE).await.unwrap().unwrap();
    assert_eq!(seen.chain.seen, Generation(7));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_whose_connection_breaks_before_it_is_done_is_done_once() {
    let lossy = Lossy::new().await;
    let (session, user) = sign_in(&lossy.stores, ADA, SessionKind::Tokens, 0).await;
    let sessions = lossy.stores.sessions.clone();
    let holder = lossy.holds("sessions").await;
    let refreshing =
        tokio::spawn(async move { sessions.rotate(&strict(session.id, 0), &request_context(1)).await });
    lossy.waits("UPDATE sessions", 1).await;

    // The first try goes on in the database, and the second comes to wait behind it.
    lossy.way.cut();
    lossy.waits("UPDATE sessions", 2).await;
    holder.batch_execute("COMMIT").await.unwrap();
    let rotated = refreshing.await.unwrap().unwrap();

    let (kept, _) = lossy.stores.sessions.find(session.id, &WaitBudget::NONE).await.unwrap().unwrap();
    assert_eq!(rotated, Rotation::Renewed(kept.clone()));
    assert_eq!(kept.chain.current, Generation(1));
    assert_eq!(activity(&lossy.stores, user.id).await.len(), 1);
}
