//! The database, and what can be told by what is in it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};
use keywright_domain::Stores;
use keywright_domain::page::Page;
use keywright_domain::wait_budget::WaitBudget;
use keywright_store::SchemaDifference;

use super::super::output::instant;
use super::Check;
use super::folder::to_be_made;
use crate::config::{DatabaseUrl, Loaded};
use crate::store;
use crate::wiring::{self, Environment};

const NAME: &str = "database.url";

/// Largest difference between the clocks of servers.
const APART: TimeDelta = TimeDelta::minutes(1);

/// No machine that runs this is from before (2026-01-01T00:00:00Z).
const FIRST: i64 = 1_767_225_600;

pub(super) async fn check(loaded: &Loaded) -> Vec<Check> {
    let now = Environment::system().clock.now();
    let url = &loaded.config.database.url;
    if let DatabaseUrl::Sqlite(path) = url
        && !path.exists()
    {
        return vec![to_be_made(NAME, path), clock(now, None)];
    }
    let mut checks = Vec::new();
    let stores = match open(loaded).await {
        Ok(stores) => stores,
        Err(check) => return vec![check, clock(now, None)],
    };
    checks.push(health(loaded, &stores).await);
    checks.push(clock(now, newest(&stores).await));
    checks.extend(keys(loaded, &stores).await);
    checks
}

/// The database, if it can be reached and has the schema of this version.
async fn open(loaded: &Loaded) -> Result<Stores, Check> {
    let database = &loaded.config.database;
    let unreachable = |error: anyhow::Error| {
        let remedy = match &database.url {
            DatabaseUrl::Sqlite(path) => {
                format!("let this user read and write {} and its folder", path.display())
            }
            DatabaseUrl::Postgres(_) => {
                "see whether PostgreSQL runs there, and takes this user and database".to_owned()
            }
        };
        Check::fail(NAME, format!("{error:#}"), &remedy)
    };
    let SchemaDifference { missing, unknown } =
        store::schema_difference(&database.url).await.map_err(unreachable)?;
    if !unknown.is_empty() {
        let message = format!("{} has migrations of a newer version: {}", database.url, unknown.join(", "));
        return Err(Check::fail(NAME, message, "use that version of keywright-server"));
    }
    if !missing.is_empty() {
        let message = format!("{} lacks migrations: {}", database.url, missing.join(", "));
        return Err(Check::warn(
            NAME,
            message,
            "run `keywright-server migrate`, or start the server, which does the same",
        ));
    }
    store::open_unchanged(database).await.map_err(unreachable)
}

async fn health(loaded: &Loaded, stores: &Stores) -> Check {
    let url = &loaded.config.database.url;
    if let Err(error) = stores.health.check().await {
        let remedy = "see whether the disk is full or read-only, and whether this user may write";
        return Check::fail(NAME, format!("{url} cannot be worked with: {error}"), remedy);
    }
    match url {
        DatabaseUrl::Sqlite(path) => match mode(path) {
            Some(mode) if mode & 0o077 != 0 => Check::warn(
                NAME,
                format!("{} is open to others (mode {mode:04o})", path.display()),
                &format!("run `chmod 600 {}`", path.display()),
            ),
            _ => Check::ok(NAME, format!("{url} can be written, and has every migration")),
        },
        DatabaseUrl::Postgres(_) => Check::ok(NAME, format!("{url} can be written, and has every migration")),
    }
}

fn mode(path: &Path) -> Option<u32> {
    path.metadata().ok().map(|metadata| metadata.permissions().mode() & 0o777)
}

/// The instant of the newest thing that is easily found; none if there is nothing.
async fn newest(stores: &Stores) -> Option<DateTime<Utc>> {
    let mail = stores.mails.newest(1).await.ok().and_then(|mails| Some(mails.first()?.created_at));
    let users = stores.users.list(Page::WIDEST).await.ok();
    let user = users.and_then(|users| Some(users.items.first()?.created_at));
    mail.max(user)
}

/// True if `now` is plausible beside the newest record, which is from `newest`.
fn clock(now: DateTime<Utc>, newest: Option<DateTime<Utc>>) -> Check {
    const REMEDY: &str = "set the clock of this machine, and keep it right by NTP";
    let text = instant(now.trunc_subsecs(0));
    if now.timestamp() < FIRST {
        return Check::fail("clock", format!("it is {text} here, which cannot be"), REMEDY);
    }
    match newest {
        Some(newest) if newest > now + APART => {
            let newest = instant(newest);
            let message = format!("it is {text} here, and the database has something from {newest}");
            Check::fail("clock", message, REMEDY)
        }
        _ => Check::ok("clock", format!("it is {text} here")),
    }
}

/// Checks that the secret is the one that the signing keys were sealed under.
async fn keys(loaded: &Loaded, stores: &Stores) -> Option<Check> {
    const NAME: &str = "signing keys";
    // What is wrong with the secret itself has been said.
    let secret = loaded.config.load_secret().ok().flatten()?;
    let keys = stores.signing_keys.list(&WaitBudget::NONE).await.ok()?;
    if keys.is_empty() {
        return None;
    }
    Some(match wiring::check_keys(&keys, &secret) {
        Ok(()) => Check::ok(NAME, format!("the secret opens all {}", keys.len())),
        Err(error) => Check::fail(
            NAME,
            format!("the secret does not open them: {error:#}"),
            "restore the secret that belongs to this database, or set secret_previous to it",
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    #[test]
    fn a_clock_is_wrong_that_is_before_what_happened() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let hour = TimeDelta::hours(1);

        assert_eq!(clock(now, None).state, State::Ok);
        assert_eq!(clock(now, Some(now - hour)).state, State::Ok);
        assert_eq!(clock(now, Some(now + APART)).state, State::Ok);
        assert_eq!(clock(now, Some(now + hour)).state, State::Fail);
        assert_eq!(clock(DateTime::UNIX_EPOCH, None).state, State::Fail);
    }
}
