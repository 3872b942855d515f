//! The migrations of both backends come to the same.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::Text;
use keywright_store::{postgres, sqlite};
use keywright_throwaway_postgres::Database;

/// Facts of a schema, alike on both: `users.email text not null`, `users unique (email)`.
type Facts = BTreeSet<String>;

const POSTGRES: &str = "
SELECT format('%s.%s %s%s%s', table_name, column_name, data_type,
              CASE WHEN is_nullable = 'NO' THEN ' not null' ELSE '' END,
              ' default ' || regexp_replace(column_default, '::[a-z ]+$', ''))
FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL
SELECT format('%s %s (%s)', t.relname, CASE WHEN i.indisprimary THEN 'primary key'
                                            WHEN i.indisunique THEN 'unique' ELSE 'index' END,
              (SELECT string_agg(a.attname, ', ' ORDER BY k.place)
               FROM unnest(i.indkey::int[]) WITH ORDINALITY AS k (number, place)
               JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.number))
       || coalesce(' where ' || pg_get_expr(i.indpred, i.indrelid), '')
FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
WHERE t.relnamespace = 'public'::regnamespace
UNION ALL
SELECT format('%s.%s references %s.%s %s', t.relname, a.attname, r.relname, b.attname,
              CASE c.confdeltype WHEN 'c' THEN 'cascade' WHEN 'a' THEN 'no action' ELSE c.confdeltype::text END)
FROM pg_constraint c
JOIN pg_class t ON t.oid = c.conrelid JOIN pg_class r ON r.oid = c.confrelid
JOIN LATERAL unnest(c.conkey, c.confkey) AS k (own, other) ON true
JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.own
JOIN pg_attribute b ON b.attrelid = r.oid AND b.attnum = k.other
WHERE c.contype = 'f'
UNION ALL
SELECT 'lock ' || name FROM locks";

const SQLITE: &str = "
SELECT t.name || '.' || c.name || ' ' || lower(c.type) || iif(c.\"notnull\", ' not null', '')
       || coalesce(' default ' || c.dflt_value, '') AS fact
FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table'
UNION ALL
SELECT t.name || ' ' || CASE i.origin WHEN 'pk' THEN 'primary key' WHEN 'u' THEN 'unique'
                                      ELSE iif(i.\"unique\", 'unique', 'index') END
       || ' (' || (SELECT group_concat(name, ', ') FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno))
       || ')' || iif(i.partial, (SELECT ' where ' || trim(substr(s.sql, instr(s.sql, 'WHERE ') + 6))
                                 FROM sqlite_schema s WHERE s.type = 'index' AND s.name = i.name), '')
FROM sqlite_schema t, pragma_index_list(t.name) i WHERE t.type = 'table'
UNION ALL
SELECT t.name || '.' || f.\"from\" || ' references ' || f.\"table\" || '.' || f.\"to\" || ' ' || lower(f.on_delete)
FROM sqlite_schema t, pragma_foreign_key_list(t.name) f WHERE t.type = 'table'
UNION ALL
SELECT 'lock ' || name FROM locks";

#[derive(QueryableByName)]
struct Fact {
    #[diesel(sql_type = Text)]
    fact: String,
}

/// Without the tables of the migrations themselves, and with the types of one backend called as on the other.
fn comparable(facts: impl IntoIterator<Item = String>) -> Facts {
    let own = |fact: &String| !fact.starts_with("__diesel") && !fact.starts_with("keywright_migration_lock");
    let types = [(" uuid", " id"), (" bytea", " blob"), (" bigint", " integer"), (" boolean", " integer")];
    let facts = facts.into_iter().filter(own).map(without_brackets);
    facts.map(|fact| types.iter().fold(fact, |fact, (name, logical)| fact.replace(name, logical))).collect()
}

/// One backend writes the condition of an index with more brackets than the other.
fn without_brackets(fact: String) -> String {
    match fact.split_once(" where ") {
        Some((index, condition)) => format!("{index} where {}", condition.replace(['(', ')'], "")),
        None => fact,
    }
}

async fn of_postgres() -> Facts {
    let database = Database::new().unwrap();
    postgres::migrate(&database.url()).await.unwrap();
    comparable(database.psql(POSTGRES).unwrap().lines().map(str::to_owned))
}

/// SQLite knows no ids: which of its blobs are some is taken from `other`.
fn of_sqlite(other: &Facts) -> Facts {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("keywright.db");
    sqlite::migrate(&file).unwrap();
    let mut connection = SqliteConnection::establish(&file.display().to_string()).unwrap();
    let facts = sql_query(SQLITE).load::<Fact>(&mut connection).unwrap();
    let as_other = |fact: String| {
        let id = fact.replace(" blob", " id");
        if other.contains(&id) { id } else { fact }
    };
    comparable(facts.into_iter().map(|row| row.fact)).into_iter().map(as_other).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn both_backends_end_in_the_same_schema() {
    let postgres = of_postgres().await;
    let sqlite = of_sqlite(&postgres);

    let only_one: Vec<_> = postgres.symmetric_difference(&sqlite).collect();
    assert!(only_one.is_empty(), "only on one: {only_one:#?}");
    for fact in [
        "sessions.id id not null",
        "sessions primary key (id)",
        "users unique (email)",
        "sessions.user_id references users.id cascade",
        "memberships primary key (organization_id, user_id)",
        "mails index (due_at) where due_at IS NOT NULL",
        "sessions.look_at integer not null default 0",
        "lock retention",
    ] {
        assert!(postgres.contains(fact), "{fact} is not among {postgres:#?}");
    }
}

#[test]
fn both_backends_have_the_same_migrations() {
    let names = |backend: &str| -> BTreeMap<String, BTreeSet<String>> {
        let folder = format!("{}/../../migrations/{backend}", env!("CARGO_MANIFEST_DIR"));
        let folders = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
        let text = |entry: &fs::DirEntry| entry.file_name().into_string().unwrap();
        let files = |entry: &fs::DirEntry| {
            fs::read_dir(entry.path()).unwrap().map(|file| text(&file.unwrap())).collect()
        };
        folders.map(|entry| (text(&entry), files(&entry))).collect()
    };

    assert_eq!(names("postgres"), names("sqlite"));
    assert!(!names("postgres").is_empty());
}
