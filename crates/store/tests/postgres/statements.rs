//! What the store says to the database, and what it must not say: what CockroachDB, YugabyteDB, Citus and Aurora do
//! not run, or run otherwise.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};

/// One that was sent.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Which connection it went through.
    pub connection: usize,
    /// Its text, without what was bound to it.
    pub sql: String,
    /// True if this is its preparation, of which the connection keeps the result.
    pub is_preparation: bool,
}

static RECORD: Mutex<Vec<Statement>> = Mutex::new(Vec::new());

struct Recorder(usize);

impl Recorder {
    fn keep(&self, sql: &str, is_preparation: bool) {
        let sql = sql.split(" -- binds:").next().unwrap_or_default().to_owned();
        RECORD.lock().unwrap().push(Statement { connection: self.0, sql, is_preparation });
    }
}

impl Instrumentation for Recorder {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartQuery { query, .. } => self.keep(&query.to_string(), false),
            InstrumentationEvent::CacheQuery { sql, .. } => self.keep(sql, true),
            _ => {}
        }
    }
}

/// Records what is sent through the connections that are made from now on.
pub fn record() {
    static CONNECTIONS: AtomicUsize = AtomicUsize::new(0);
    let recorder = || -> Option<Box<dyn Instrumentation>> {
        Some(Box::new(Recorder(CONNECTIONS.fetch_add(1, Ordering::Relaxed))))
    };
    set_default_instrumentation(recorder).unwrap();
}

/// Statements recorded since the last call.
pub fn recorded() -> Vec<Statement> {
    std::mem::take(&mut RECORD.lock().unwrap())
}

/// What the database does that must not be asked of it, if `sql` does.
pub fn forbidden(sql: &str) -> Option<String> {
    const ANYWHERE: [&str; 17] = [
        "SEQUENCE",
        "SERIAL",
        "BIGSERIAL",
        "SMALLSERIAL",
        "NEXTVAL",
        "GENERATED",
        "TRIGGER",
        "FUNCTION",
        "PROCEDURE",
        "RULE",
        "LISTEN",
        "UNLISTEN",
        "NOTIFY",
        "PG_NOTIFY",
        "LOCK",
        "TEMPORARY",
        "TEMP",
    ];
    const AT_THE_START: [&str; 5] = ["DO", "CALL", "DECLARE", "COPY", "PREPARE"];

    let without_comments = sql.lines().map(|line| line.split("--").next().unwrap_or_default());
    let text = without_comments.collect::<Vec<_>>().join(" ").to_uppercase();
    text.split(';').find_map(|statement| {
        let is_part_of_word = |letter: char| letter.is_alphanumeric() || letter == '_';
        let words: Vec<_> = statement.split(|letter| !is_part_of_word(letter)).collect();
        let mut words = words.into_iter().filter(|word| !word.is_empty());
        let first = words.next()?;
        if AT_THE_START.contains(&first) || ANYWHERE.contains(&first) {
            return Some(first.to_owned());
        }
        words.find(|word| ANYWHERE.contains(word) || word.contains("ADVISORY")).map(str::to_owned)
    })
}

#[test]
fn what_postgres_does_alone_is_found() {
    for sql in [
        "SELECT pg_advisory_xact_lock($1)",
        "select pg_try_advisory_lock(1)",
        "LOCK TABLE sessions IN EXCLUSIVE MODE",
        "BEGIN; LOCK sessions",
        "NOTIFY decided",
        "SELECT pg_notify('a', 'b')",
        "LISTEN decided",
        "CREATE SEQUENCE s",
        "CREATE TABLE t (id BIGSERIAL PRIMARY KEY)",
        "CREATE TABLE t (id BIGINT GENERATED ALWAYS AS IDENTITY)",
        "CREATE TRIGGER t BEFORE UPDATE ON sessions EXECUTE FUNCTION f()",
        "DO $$ BEGIN END $$",
        "CALL p()",
        "SELECT nextval('s')",
    ] {
        assert!(forbidden(sql).is_some(), "{sql}");
    }
    for sql in [
        "INSERT INTO locks (name) VALUES ($1) ON CONFLICT DO NOTHING",
        "SELECT name FROM locks FOR UPDATE SKIP LOCKED",
        "-- No trigger.\nSELECT 1",
        "SET lock_timeout = 3000",
    ] {
        assert_eq!(forbidden(sql), None, "{sql}");
    }
}
