//! The frequent claims as one statement each: one round trip, and no open transaction between several.
//!
//! It is judged by what was read a moment ago, and what it writes is guarded by all that the judgement read. None if nothing
//! was written, or if nobody knows: then a claim or a redemption is run as any other, and finds what was done by its session.
//! A renewal finds it by its own id.

use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use keywright_domain::activity::Event;
use keywright_domain::device_authorization::DeviceAuthorization;
use keywright_domain::error::StoreError;
use keywright_domain::id::MagicLinkId;
use keywright_domain::magic_link::port::{Redeem, Redemption};
use keywright_domain::magic_link::{MagicLink, Proof, Redeeming, WrongCodes};
use keywright_domain::request_context::RequestContext;
use keywright_domain::session::{Authentication, AuthenticationMethod, Session};
use keywright_domain::user::User;
use keywright_domain::wait_budget::WaitBudget;
use tokio::time::Instant;

use super::error::Failure;
use super::executor::Done;
use super::sql::One;
use super::sql::{device_authorization, magic_link, user};
use super::{Backend, Connection, PostgresStore};
use crate::rows::Key;
use crate::rows::activity::ActivityRow;
use crate::rows::magic_link::MagicLinkRow;
use crate::rows::renewal::Renewal;
use crate::rows::session::SessionRow;
use crate::rows::user::UserRow;
use crate::schema::{activities, magic_links, sessions, users};
use crate::within::within;

/// Renews a session, if nothing stands against it. If the answer is lost, it is tried once more: either that does it, or the
/// first try is found to have done it. It is not judged by what the first may have done: without a retry window that would be
/// a copy's doing.
pub(super) async fn renew(
    store: &PostgresStore,
    wait: &WaitBudget,
    renewal: Renewal,
) -> Result<Option<SessionRow>, StoreError> {
    within(wait, store.patience, |limit| async move {
        let began_at = Instant::now();
        let renewed = renewal.clone();
        let renew = move |connection: &mut Connection| renew_by(connection, &renewed);
        let lost = match store.executor.write_one(limit, Done::Once, renew).await {
            Err(lost @ Failure::Unknown(_)) => lost,
            answer => return answer,
        };
        let renew = move |connection: &mut Connection| match renew_by(connection, &renewal)? {
            None => load_renewed(connection, &renewal),
            renewed => Ok(renewed),
        };
        let left = limit.saturating_sub(began_at.elapsed());
        let renewed = store.executor.write_one(left, Done::Once, renew).await?;
        renewed.map(Some).ok_or(lost)
    })
    .await
}

fn renew_by(connection: &mut Connection, renewal: &Renewal) -> Result<Option<SessionRow>, Failure> {
    Ok(renewal.clone().one(connection).optional()?)
}

/// The session as `renewal` made it, if it did and nothing has come after it.
fn load_renewed(connection: &mut Connection, renewal: &Renewal) -> Result<Option<SessionRow>, Failure> {
    let own = sessions::table
        .find(renewal.session)
        .filter(sessions::generation.eq(renewal.next))
        .filter(sessions::renewed_by.eq(renewal.renewed_by))
        .filter(sessions::ended_at.is_null());
    Ok(own.select(SessionRow::as_select()).one(connection).optional()?)
}

/// Claims an approval for the device's session, if the account may still sign in.
pub(super) async fn claim(
    store: &PostgresStore,
    before: &DeviceAuthorization,
    after: &DeviceAuthorization,
    session: &Session,
    at: &RequestContext,
) -> Result<Option<()>, StoreError> {
    let (before, after, session) = (before.clone(), after.clone(), session.clone());
    let (at, wait) = (at.clone(), at.wait_budget.clone());
    run(store, &wait, move |connection| {
        let owner = users::table.find(Key::from(session.user_id)).filter(users::disabled_at.is_null());
        let held = owner.select(users::id).for_no_key_update();
        let claimed = device_authorization::replacement(&before, &after);
        let claim = Claim::of(held, claimed, None, &session, &at);
        Ok(claim.execute(connection)? > 0)
    })
    .await
}

/// Redeems a link by its token for a new session of an account that is its owner's already.
pub(super) async fn redeem(
    store: &PostgresStore,
    redeem: &Redeem,
    at: &RequestContext,
) -> Result<Option<Redemption>, StoreError> {
    if redeem.proof != Proof::Token || redeem.renew.is_some() {
        return Ok(None);
    }
    let id = redeem.link;
    let found = store.read(at.wait_budget.clone(), move |connection| load_with_owner(connection, id)).await?;
    let Some((link, owner)) = found.filter(|(_, owner)| owner.is_enabled() && owner.email_verified) else {
        return Ok(None);
    };
    let Redeeming::Redeemed(state) = link.redeem(redeem.proof, &WrongCodes::default(), at.now) else {
        return Ok(None);
    };
    let user = owner.signed_in_by_mail(at.now);
    let authentication = Authentication { at: at.now, method: AuthenticationMethod::MagicLink };
    let session = redeem.seed.open(user.id, authentication, at);
    let redirect_to = link.redirect_to.clone();
    let redemption =
        Redemption::Redeemed { session: session.clone(), user: user.clone(), is_new: false, redirect_to };
    let (at, wait) = (at.clone(), at.wait_budget.clone());
    let claimed = run(store, &wait, move |connection| {
        let owner = users::table
            .find(Key::from(user.id))
            .filter(users::disabled_at.is_null())
            .filter(users::email.eq(user.email.as_str()))
            .filter(users::email_verified.eq(true));
        let held = owner.select(users::id).for_no_key_update();
        let (claimed, signed_in) = (magic_link::replacement(&link, state), user::sign_in(&user));
        let claim = Claim::of(held, claimed, Some(Box::new(signed_in)), &session, &at);
        Ok(claim.execute(connection)? > 0)
    });
    Ok(claimed.await?.map(|()| redemption))
}

/// The link, and the account that has its address.
fn load_with_owner(
    connection: &mut Connection,
    id: MagicLinkId,
) -> Result<Option<(MagicLink, User)>, Failure> {
    let links = magic_links::table.inner_join(users::table.on(users::email.eq(magic_links::email)));
    let found = links.filter(magic_links::id.eq(Key::from(id)));
    let rows: Option<(MagicLinkRow, UserRow)> =
        found.select((MagicLinkRow::as_select(), UserRow::as_select())).one(connection).optional()?;
    let Some((link, user)) = rows else { return Ok(None) };
    Ok(Some((link.try_into()?, user.try_into()?)))
}

async fn run<F>(store: &PostgresStore, wait: &WaitBudget, claim: F) -> Result<Option<()>, StoreError>
where
    F: FnMut(&mut Connection) -> Result<bool, Failure> + Send + 'static,
{
    within(wait, store.patience, |limit| async move {
        match store.executor.write_one(limit, Done::Once, claim).await {
            Ok(is_claimed) => Ok(is_claimed.then_some(())),
            Err(Failure::Unknown(_)) => Ok(None),
            Err(failure) if failure.is_conflict() => Ok(None),
            Err(failure) => Err(failure),
        }
    })
    .await
}

type Part<'a> = Box<dyn QueryFragment<Backend> + 'a>;

/// The statement that claims something and opens a session. Of several racers one succeeds.
struct Claim<'a> {
    /// The row of an account that may sign in. Without it nothing is claimed.
    held: Part<'a>,
    /// The guarded update that claims. Without a row of it nothing else is written.
    claimed: Part<'a>,
    /// The update of the account that signs in, if it is one.
    signed_in: Option<Part<'a>>,
    session: Part<'a>,
    activity: Part<'a>,
}

impl<'a> Claim<'a> {
    fn of(
        held: impl QueryFragment<Backend> + 'a,
        claimed: impl QueryFragment<Backend> + 'a,
        signed_in: Option<Part<'a>>,
        session: &Session,
        at: &RequestContext,
    ) -> Self {
        let activity = session.activity(Event::SignedIn, at);
        Self {
            held: Box::new(held),
            claimed: Box::new(claimed),
            signed_in,
            session: Box::new(diesel::insert_into(sessions::table).values(SessionRow::from(session))),
            activity: Box::new(diesel::insert_into(activities::table).values(ActivityRow::from(&activity))),
        }
    }
}

impl QueryId for Claim<'_> {
    type QueryId = ();

    // Its text says which one it is.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl RunQueryDsl<Connection> for Claim<'_> {}

impl QueryFragment<Backend> for Claim<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        const IF_CLAIMED: &str = " LIMIT (SELECT count(*) FROM claimed)";

        out.push_sql("WITH held AS (");
        self.held.walk_ast(out.reborrow())?;
        out.push_sql("), claimed AS (");
        self.claimed.walk_ast(out.reborrow())?;
        out.push_sql(" AND EXISTS (SELECT 1 FROM held) RETURNING 1), ");
        if let Some(signed_in) = &self.signed_in {
            out.push_sql("signed_in AS (");
            signed_in.walk_ast(out.reborrow())?;
            out.push_sql(" AND EXISTS (SELECT 1 FROM claimed)), ");
        }
        out.push_sql("opened AS (");
        self.session.walk_ast(out.reborrow())?;
        out.push_sql(IF_CLAIMED);
        out.push_sql(") ");
        self.activity.walk_ast(out.reborrow())?;
        out.push_sql(IF_CLAIMED);
        Ok(())
    }
}
