//! Passkeys and their challenges.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use keywright_domain::activity::Event;
use keywright_domain::error::StoreError;
use keywright_domain::id::{CeremonyId, PasskeyId, UserId};
use keywright_domain::mail::Mail;
use keywright_domain::page::{Page, Paged};
use keywright_domain::passkey::port::{Passkeys, Registration, Removal, SignIn, SigningIn};
use keywright_domain::passkey::{Ceremony, CredentialId, MOST, Passkey, PasskeyName, Use};
use keywright_domain::request_context::RequestContext;
use keywright_domain::user::User;
use keywright_domain::wait_budget::WaitBudget;

use super::error::Failure;
use super::{Connection, Store, activity, lock, mail, retry_on_conflict, session, user};
use super::{One, update};
use crate::rows::passkey::{CeremonyRow, PasskeyRow, PasskeyUse};
use crate::rows::{Key, Millis};
use crate::schema::{ceremonies, passkeys};

#[async_trait]
impl Passkeys for Store {
    async fn begin(&self, ceremony: &Ceremony, wait: &WaitBudget) -> Result<(), StoreError> {
        let row = CeremonyRow::from(ceremony);
        self.write_one(wait.clone(), move |connection| {
            diesel::insert_into(ceremonies::table).values(&row).execute(connection)?;
            Ok(())
        })
        .await
    }

    async fn take(&self, ceremony: CeremonyId, wait: &WaitBudget) -> Result<Option<Ceremony>, StoreError> {
        self.write(wait.clone(), move |connection| {
            let found = ceremonies::table.find(Key::from(ceremony));
            let row = found.select(CeremonyRow::as_select()).one(connection).optional()?;
            // A challenge never changes, so whoever deletes it has what was read.
            let deleted = diesel::delete(found).execute(connection)?;
            Ok(row.filter(|_| deleted > 0).map(Ceremony::try_from).transpose()?)
        })
        .await
    }

    async fn register(&self, passkey: &Passkey, at: &RequestContext) -> Result<Registration, StoreError> {
        let (passkey, at) = (passkey.clone(), at.clone());
        self.write(at.wait_budget.clone(), move |connection| register(connection, &passkey, &at)).await
    }

    async fn find(
        &self,
        credential: &CredentialId,
        wait: &WaitBudget,
    ) -> Result<Option<Passkey>, StoreError> {
        let credential = credential.clone();
        self.read(wait.clone(), move |connection| {
            let found = passkeys::table.filter(passkeys::credential_id.eq(&credential.0));
            let row = found.select(PasskeyRow::as_select()).one(connection).optional()?;
            Ok(row.map(Passkey::try_from).transpose()?)
        })
        .await
    }

    async fn list(&self, user: UserId, page: Page, wait: &WaitBudget) -> Result<Paged<Passkey>, StoreError> {
        // There are never more than a few, so one query finds the page and counts.
        let all = self.read(wait.clone(), move |connection| {
            let rows = passkeys::table
                .filter(passkeys::user_id.eq(Key::from(user)))
                .order((passkeys::created_at.desc(), passkeys::id.desc()))
                .select(PasskeyRow::as_select())
                .load(connection)?;
            Ok(rows.into_iter().map(Passkey::try_from).collect::<Result<_, _>>()?)
        });
        Ok(page.of(all.await?))
    }

    async fn sign_in(&self, sign_in: &SignIn, at: &RequestContext) -> Result<SigningIn, StoreError> {
        let (sign_in, at) = (sign_in.clone(), at.clone());
        self.write(at.wait_budget.clone(), move |connection| {
            retry_on_conflict(|| judge(connection, &sign_in, &at))
        })
        .await
    }

    async fn rename(
        &self,
        user: UserId,
        passkey: PasskeyId,
        name: &PasskeyName,
        at: &RequestContext,
    ) -> Result<Option<Passkey>, StoreError> {
        let (name, at) = (name.clone(), at.clone());
        self.write(at.wait_budget.clone(), move |connection| {
            retry_on_conflict(|| {
                let Some(before) = load_of(connection, user, passkey)? else { return Ok(Some(None)) };
                if before.name == name {
                    return Ok(Some(Some(before)));
                }
                let renamed = diesel::update(passkeys::table.find(Key::from(passkey)))
                    .filter(passkeys::name.eq(before.name.as_str()))
                    .set(passkeys::name.eq(name.as_str()))
                    .execute(connection)?;
                if renamed == 0 {
                    return Ok(None);
                }
                let after = Passkey { name: name.clone(), ..before };
                activity::add(connection, &after.activity(Event::PasskeyRenamed, &at))?;
                Ok(Some(Some(after)))
            })
        })
        .await
    }

    async fn remove(
        &self,
        user: UserId,
        passkey: PasskeyId,
        at: &RequestContext,
    ) -> Result<Removal, StoreError> {
        let at = at.clone();
        self.write(at.wait_budget.clone(), move |connection| remove(connection, user, passkey, &at)).await
    }
}

/// The account is held meanwhile, so that its passkeys are as many when one is added as when they were counted.
fn register(
    connection: &mut Connection,
    passkey: &Passkey,
    at: &RequestContext,
) -> Result<Registration, Failure> {
    let account = lock::user(connection, passkey.user_id)?.filter(User::is_enabled);
    let Some(account) = account else { return Ok(Registration::AccountUnavailable) };
    let same = passkeys::table.filter(passkeys::credential_id.eq(&passkey.credential_id.0));
    if same.count().one::<i64>(connection)? > 0 {
        return Ok(Registration::AlreadyRegistered);
    }
    if count(connection, passkey.user_id)? >= i64::from(MOST) {
        return Ok(Registration::TooMany);
    }
    let row = PasskeyRow::from(passkey);
    let insert = diesel::insert_into(passkeys::table).values(&row);
    if insert.on_conflict(passkeys::credential_id).do_nothing().execute(connection)? == 0 {
        return Ok(Registration::AlreadyRegistered);
    }
    tell(connection, &account, Event::PasskeyAdded, passkey, at)?;
    Ok(Registration::Registered)
}

/// Records what happened to a passkey, with the mail about it.
fn tell(
    connection: &mut Connection,
    account: &User,
    event: Event,
    passkey: &Passkey,
    at: &RequestContext,
) -> Result<(), Failure> {
    let entry = passkey.activity(event, at);
    activity::add(connection, &entry)?;
    Mail::for_passkey(account, &entry, at).map_or(Ok(()), |mail| mail::add(connection, &mail))
}

/// Judges an answer to a sign-in. None if the passkey was used by another one meanwhile.
fn judge(
    connection: &mut Connection,
    sign_in: &SignIn,
    at: &RequestContext,
) -> Result<Option<SigningIn>, Failure> {
    let Some(before) = load(connection, sign_in.passkey)? else { return Ok(Some(SigningIn::Refused)) };
    let account = lock::user(connection, before.user_id)?.filter(User::is_enabled);
    let Some(account) = account else { return Ok(Some(SigningIn::Refused)) };
    let (after, authentication) = match before.used(sign_in.assertion, at.now) {
        Use::Accepted(after, authentication) => (after, authentication),
        Use::CounterRejected => {
            tell(connection, &account, Event::PasskeyCounterRejected, &before, at)?;
            return Ok(Some(SigningIn::CounterRejected));
        }
    };
    if !replace(connection, &before, &after)? {
        return Ok(None);
    }
    let user = account.signed_in_by_passkey(at.now);
    if !user::replace_sign_in(connection, &user)? {
        return Err(Failure::Contended);
    }
    let (seed, renew) = (&sign_in.seed, sign_in.renew);
    let session = session::open_or_renew(connection, seed, renew, user.id, authentication, at)?;
    activity::add(connection, &session.activity(Event::SignedIn, at))?;
    Ok(Some(SigningIn::SignedIn { session, user }))
}

/// The account is held meanwhile, so that of two that go at once the second sees that the first has gone.
fn remove(
    connection: &mut Connection,
    user: UserId,
    passkey: PasskeyId,
    at: &RequestContext,
) -> Result<Removal, Failure> {
    let Some(account) = lock::user(connection, user)? else { return Ok(Removal::NotFound) };
    let Some(removed) = load_of(connection, user, passkey)? else { return Ok(Removal::NotFound) };
    if !account.can_sign_in_by_mail() && count(connection, user)? == 1 {
        return Ok(Removal::LastCredential);
    }
    if diesel::delete(passkeys::table.find(Key::from(passkey))).execute(connection)? == 0 {
        return Ok(Removal::NotFound);
    }
    tell(connection, &account, Event::PasskeyRemoved, &removed, at)?;
    Ok(Removal::Removed)
}

/// Removes what was added to an account since `instant`, recorded as the activity with this `number` and the following
/// ones. Nobody is mailed: the owner does it, by a mail.
pub(super) fn remove_since(
    connection: &mut Connection,
    user: UserId,
    instant: DateTime<Utc>,
    number: u32,
    at: &RequestContext,
) -> Result<(), Failure> {
    let theirs = passkeys::table.filter(passkeys::user_id.eq(Key::from(user))).order(passkeys::id);
    let added = theirs.filter(passkeys::created_at.ge(Millis::from(instant)));
    for (number, row) in (number..).zip(added.select(PasskeyRow::as_select()).load(connection)?) {
        let removed = Passkey::try_from(row)?;
        diesel::delete(passkeys::table.find(Key::from(removed.id))).execute(connection)?;
        let entry = removed.activity(Event::PasskeyRemoved, at).nth(number, at);
        activity::add(connection, &entry)?;
    }
    Ok(())
}

fn count(connection: &mut Connection, user: UserId) -> Result<i64, Failure> {
    Ok(passkeys::table.filter(passkeys::user_id.eq(Key::from(user))).count().one(connection)?)
}

fn load(connection: &mut Connection, id: PasskeyId) -> Result<Option<Passkey>, Failure> {
    let found = passkeys::table.find(Key::from(id));
    let row = found.select(PasskeyRow::as_select()).one(connection).optional()?;
    Ok(row.map(Passkey::try_from).transpose()?)
}

fn load_of(connection: &mut Connection, user: UserId, id: PasskeyId) -> Result<Option<Passkey>, Failure> {
    Ok(load(connection, id)?.filter(|passkey| passkey.user_id == user))
}

/// Stores a use, unless the counter by which it was judged is another one meanwhile.
fn replace(connection: &mut Connection, before: &Passkey, after: &Passkey) -> Result<bool, Failure> {
    let judged = passkeys::id.eq(Key::from(before.id)).and(passkeys::counter.eq(i64::from(before.counter)));
    Ok(update(passkeys::table, judged, PasskeyUse::from(after)).execute(connection)? > 0)
}
