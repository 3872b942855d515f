//! Changes of addresses.

use async_trait::async_trait;
use diesel::prelude::*;
use keywright_domain::activity::{Activity, Event};
use keywright_domain::email_change::port::{Asking, EmailChanges, Settling};
use keywright_domain::email_change::{BUDGET, EmailChange, EmailChangeState, PERIOD};
use keywright_domain::error::StoreError;
use keywright_domain::id::{EmailChangeId, SessionId, UserId};
use keywright_domain::mail::Mail;
use keywright_domain::request_context::RequestContext;
use keywright_domain::session::SessionState;
use keywright_domain::user::{ProfileChange, User};
use keywright_domain::wait_budget::WaitBudget;

use super::One;
use super::error::Failure;
use super::{Connection, Store, activity, lock, mail, organization, passkey, profile, session, user};
use crate::rows::email_change::{EmailChangeRow, StateChange};
use crate::rows::{Key, Millis};
use crate::schema::email_changes::{self as table, dsl};

#[async_trait]
impl EmailChanges for Store {
    async fn ask(
        &self,
        change: &EmailChange,
        profile: &ProfileChange,
        mail: &Mail,
        at: &RequestContext,
    ) -> Result<Asking, StoreError> {
        let (change, profile, mail, at) = (change.clone(), profile.clone(), mail.clone(), at.clone());
        self.write(at.wait_budget.clone(), move |connection| ask(connection, &change, &profile, &mail, &at))
            .await
    }

    async fn withdraw(
        &self,
        user: UserId,
        profile: &ProfileChange,
        at: &RequestContext,
    ) -> Result<Option<User>, StoreError> {
        let (profile, at) = (profile.clone(), at.clone());
        self.write(at.wait_budget.clone(), move |connection| {
            let Some(mut account) = lock::user(connection, user)? else { return Ok(None) };
            if account.pending_email.is_some() {
                supersede_asked(connection, user, &at)?;
                account = User { pending_email: None, updated_at: at.now, ..account };
                user::replace_address(connection, &account)?;
            }
            change_profile(connection, account, &profile, 0, &at).map(Some)
        })
        .await
    }

    async fn find(
        &self,
        change: EmailChangeId,
        wait: &WaitBudget,
    ) -> Result<Option<EmailChange>, StoreError> {
        self.read(wait.clone(), move |connection| load(connection, change)).await
    }

    async fn prove(&self, change: EmailChangeId, at: &RequestContext) -> Result<Settling, StoreError> {
        let at = at.clone();
        self.write(at.wait_budget.clone(), move |connection| prove(connection, change, &at)).await
    }

    async fn undo(&self, change: EmailChangeId, at: &RequestContext) -> Result<Settling, StoreError> {
        let at = at.clone();
        self.write(at.wait_budget.clone(), move |connection| undo(connection, change, &at)).await
    }
}

fn ask(
    connection: &mut Connection,
    change: &EmailChange,
    profile: &ProfileChange,
    mail: &Mail,
    at: &RequestContext,
) -> Result<Asking, Failure> {
    let Some(user) = lock::user(connection, change.user_id)? else { return Ok(Asking::Gone) };
    let recent: Vec<Millis> = table::table
        .filter(dsl::user_id.eq(Key::from(user.id)))
        .filter(dsl::asked_at.gt(Millis::from(at.now - PERIOD)))
        .order(dsl::asked_at.desc())
        .select(dsl::asked_at)
        .limit(BUDGET.into())
        .load(connection)?;
    if let Some(oldest) = recent.get(BUDGET as usize - 1).and_then(|asked| asked.instant()) {
        return Ok(Asking::OverBudget { until: oldest + PERIOD });
    }
    supersede_asked(connection, user.id, at)?;
    diesel::insert_into(table::table).values(EmailChangeRow::from(change)).execute(connection)?;
    let user = User { pending_email: Some(change.new.clone()), updated_at: at.now, ..user };
    user::replace_address(connection, &user)?;
    mail::add(connection, mail)?;
    activity::add(connection, &Activity::new(Event::EmailChangeRequested, user.id, at))?;
    change_profile(connection, user, profile, 1, at).map(Asking::Asked)
}

/// Changes the profile of an account that is held.
fn change_profile(
    connection: &mut Connection,
    account: User,
    change: &ProfileChange,
    number: u32,
    at: &RequestContext,
) -> Result<User, Failure> {
    profile::change(connection, account, change, number, at)?.ok_or(Failure::Contended)
}

fn prove(connection: &mut Connection, id: EmailChangeId, at: &RequestContext) -> Result<Settling, Failure> {
    let Some((change, user)) = held(connection, id)? else { return Ok(Settling::Over) };
    if !change.is_provable(at.now) || !user.is_enabled() || is_evicted(connection, change.session_id)? {
        return Ok(Settling::Over);
    }
    let after = change.applied(&user, at.now);
    if is_taken_by_another(connection, &after)? {
        return Ok(Settling::Over);
    }
    if !replace(connection, &change, EmailChangeState::Done { at: at.now })? {
        return Err(Failure::Contended);
    }
    user::replace_address(connection, &after)?;
    session::end_each(connection, user.id, Some(change.session_id), 1, at)?;
    activity::add(connection, &Activity::new(Event::EmailChanged, user.id, at))?;
    mail::add(connection, &change.changed_mail(at))?;
    Ok(Settling::Settled)
}

fn undo(connection: &mut Connection, id: EmailChangeId, at: &RequestContext) -> Result<Settling, Failure> {
    let Some((change, user)) = held(connection, id)? else { return Ok(Settling::Over) };
    if !change.is_undoable(at.now) {
        return Ok(Settling::Over);
    }
    let after = change.reverted(&user, at.now);
    if is_taken_by_another(connection, &after)? && !displace(connection, &change)? {
        return Ok(Settling::Over);
    }
    if !replace(connection, &change, EmailChangeState::Undone { at: at.now })? {
        return Err(Failure::Contended);
    }
    let later =
        table::table.filter(dsl::user_id.eq(Key::from(user.id))).filter(dsl::id.gt(Key::from(id))).filter(
            dsl::state
                .eq_any([EmailChangeState::Asked.as_str(), EmailChangeState::Done { at: at.now }.as_str()]),
        );
    diesel::update(later).set(superseded(at)).execute(connection)?;
    user::replace_address(connection, &after)?;
    let ended = session::end_each(connection, user.id, None, 1, at)?;
    passkey::remove_since(connection, user.id, change.asked_at, 1 + ended, at)?;
    activity::add(connection, &Activity::new(Event::EmailChanged, user.id, at))?;
    Ok(Settling::Settled)
}

/// True if the session was ended by somebody other than its holder.
fn is_evicted(connection: &mut Connection, session: SessionId) -> Result<bool, Failure> {
    let found = session::load(connection, session)?;
    Ok(found.is_some_and(
        |session| matches!(session.state, SessionState::Ended { reason, .. } if reason.is_eviction()),
    ))
}

/// Deletes the account that keeps `change` from being undone, if it may be. Its links and mails stay: they are of
/// whoever reads the mail of the address.
fn displace(connection: &mut Connection, change: &EmailChange) -> Result<bool, Failure> {
    let Some(other) = user::find_by_email(connection, &change.old)? else { return Ok(true) };
    let Some(other) = lock::user(connection, other.id)? else { return Ok(true) };
    if other.email != change.old || !change.displaces(&other) {
        return Ok(false);
    }
    if organization::is_last_owner_anywhere(connection, other.id)? {
        return Ok(false);
    }
    user::delete_row(connection, other.id)?;
    Ok(true)
}

/// The change, read after its account is held, so that it stays as it is.
fn held(connection: &mut Connection, id: EmailChangeId) -> Result<Option<(EmailChange, User)>, Failure> {
    let Some(change) = load(connection, id)? else { return Ok(None) };
    let Some(user) = lock::user(connection, change.user_id)? else { return Ok(None) };
    Ok(load(connection, id)?.map(|change| (change, user)))
}

fn load(connection: &mut Connection, id: EmailChangeId) -> Result<Option<EmailChange>, Failure> {
    let found = table::table.find(Key::from(id)).select(EmailChangeRow::as_select());
    Ok(found.one(connection).optional()?.map(EmailChange::try_from).transpose()?)
}

fn is_taken_by_another(connection: &mut Connection, after: &User) -> Result<bool, Failure> {
    Ok(user::find_by_email(connection, &after.email)?.is_some_and(|other| other.id != after.id))
}

fn supersede_asked(connection: &mut Connection, user: UserId, at: &RequestContext) -> Result<(), Failure> {
    let asked = table::table
        .filter(dsl::user_id.eq(Key::from(user)))
        .filter(dsl::state.eq(EmailChangeState::Asked.as_str()));
    diesel::update(asked).set(superseded(at)).execute(connection)?;
    Ok(())
}

fn superseded(at: &RequestContext) -> StateChange {
    StateChange::from(EmailChangeState::Superseded { at: at.now })
}

/// Stores `state`, unless the change is not in the state in which it was judged any more.
fn replace(
    connection: &mut Connection,
    before: &EmailChange,
    state: EmailChangeState,
) -> Result<bool, Failure> {
    let judged = table::table.find(Key::from(before.id)).filter(dsl::state.eq(before.state.as_str()));
    Ok(diesel::update(judged).set(StateChange::from(state)).execute(connection)? > 0)
}
