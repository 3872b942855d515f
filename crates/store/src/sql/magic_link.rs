//! Magic links.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::query_builder::{QueryFragment, QueryId};
use keywright_domain::activity::Event;
use keywright_domain::email::EmailAddress;
use keywright_domain::error::StoreError;
use keywright_domain::id::MagicLinkId;
use keywright_domain::magic_link::budget::Earlier;
use keywright_domain::magic_link::port::{Issued, MagicLinks, Redeem, Redemption};
use keywright_domain::magic_link::{LinkBudget, MagicLink, MagicLinkState, Proof, Redeeming, WrongCodes};
use keywright_domain::mail::Mail;
use keywright_domain::request_context::RequestContext;
use keywright_domain::session::{Authentication, AuthenticationMethod};
use keywright_domain::user::User;
use keywright_domain::wait_budget::WaitBudget;

use super::error::Failure;
use super::{
    Backend, Connection, Store, activity, lock, mail, retry_on_conflict, session, single_statement, user,
};
use super::{One, update};
use crate::rows::magic_link::{MagicLinkRow, StateChange};
use crate::rows::magic_link_address::{MagicLinkAddressRow, WrongCodesChange};
use crate::rows::{Key, Millis};
use crate::schema::magic_link_addresses as addresses;
use crate::schema::magic_links::{self as table, dsl};

#[async_trait]
impl MagicLinks for Store {
    async fn issue(
        &self,
        link: &MagicLink,
        mail: &Mail,
        budget: &LinkBudget,
        wait: &WaitBudget,
    ) -> Result<Issued, StoreError> {
        let (link, mail, budget) = (link.clone(), mail.clone(), *budget);
        self.write(wait.clone(), move |connection| {
            lock_address(connection, &link.email)?;
            let sent = sent_since(connection, &link.email, link.requested_at - budget.period())?;
            if let Err(over) = budget.admit(&sent, link.client_info.ip, link.requested_at) {
                return Ok(Issued::OverBudget(over));
            }
            diesel::insert_into(table::table).values(MagicLinkRow::from(&link)).execute(connection)?;
            mail::add(connection, &mail)?;
            Ok(Issued::Issued)
        })
        .await
    }

    async fn find(&self, link: MagicLinkId, wait: &WaitBudget) -> Result<Option<MagicLink>, StoreError> {
        self.read(wait.clone(), move |connection| load(connection, link)).await
    }

    async fn redeem(&self, redeem: &Redeem, at: &RequestContext) -> Result<Redemption, StoreError> {
        if let Some(redeemed) = single_statement::redeem(self, redeem, at).await? {
            return Ok(redeemed);
        }
        let (redeem, at) = (redeem.clone(), at.clone());
        self.write(at.wait_budget.clone(), move |connection| {
            retry_on_conflict(|| judge(connection, &redeem, &at))
        })
        .await
    }
}

/// Judges a proof. None if what it was judged by changed meanwhile.
fn judge(
    connection: &mut Connection,
    redeem: &Redeem,
    at: &RequestContext,
) -> Result<Option<Redemption>, Failure> {
    let Some(link) = load(connection, redeem.link)? else { return Ok(Some(Redemption::Refused)) };
    let codes = match redeem.proof {
        Proof::Token => WrongCodes::default(),
        Proof::Code { .. } => lock_address(connection, &link.email)?,
    };
    let state = match link.redeem(redeem.proof, &codes, at.now) {
        Redeeming::Over => return done_before(connection, redeem, link, at).map(Some),
        Redeeming::WrongCode(state) => {
            if !replace(connection, &link, state)? {
                return Ok(None);
            }
            count_wrong_code(connection, &link.email, &codes.after_one(at.now))?;
            return Ok(Some(Redemption::Refused));
        }
        Redeeming::Redeemed(state) => state,
    };
    let Some((user, standing)) = account(connection, redeem, &link, at)? else {
        return Ok(Some(Redemption::Refused));
    };
    if !replace(connection, &link, state)? {
        return Ok(None);
    }
    match standing {
        Standing::New => user::insert(connection, &user)?,
        Standing::Unproven => user::replace_proof(connection, &user, at)?,
        Standing::Proven if user::replace_sign_in(connection, &user)? => {}
        Standing::Proven => return Err(Failure::Contended),
    }
    let authentication = Authentication { at: at.now, method: AuthenticationMethod::MagicLink };
    // The browser's session was opened by whoever used the account before its owner.
    let (seed, renew) = (&redeem.seed, redeem.renew.filter(|_| standing != Standing::Unproven));
    let session = session::open_or_renew(connection, seed, renew, user.id, authentication, at)?;
    activity::add(connection, &session.activity(Event::SignedIn, at))?;
    let is_new = standing == Standing::New;
    Ok(Some(Redemption::Redeemed { session, user, is_new, redirect_to: link.redirect_to }))
}

/// Judges a link that is over. It is this very command that redeemed it if the session is there that it was to open, and
/// nobody has ended that meanwhile.
fn done_before(
    connection: &mut Connection,
    redeem: &Redeem,
    link: MagicLink,
    at: &RequestContext,
) -> Result<Redemption, Failure> {
    let MagicLinkState::Redeemed { .. } = link.state else { return Ok(Redemption::Refused) };
    let opened = session::load_live(connection, redeem.seed.id, at.now)?;
    let Some(session) = opened else { return Ok(Redemption::Refused) };
    let Some(user) = user::find(connection, session.user_id)? else { return Ok(Redemption::Refused) };
    let is_new = user.id == redeem.new_user;
    Ok(Redemption::Redeemed { session, user, is_new, redirect_to: link.redirect_to })
}

/// Standing of an account before its owner signs in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    New,
    /// Made by somebody else.
    Unproven,
    Proven,
}

/// The account that signs in, as it is then, and what it was before. None if it may not.
fn account(
    connection: &mut Connection,
    redeem: &Redeem,
    link: &MagicLink,
    at: &RequestContext,
) -> Result<Option<(User, Standing)>, Failure> {
    Ok(match user::find_by_email(connection, &link.email)? {
        Some(user) => {
            let standing = if user.email_verified { Standing::Proven } else { Standing::Unproven };
            user.is_enabled().then(|| (user.signed_in_by_mail(at.now), standing))
        }
        None if redeem.signup.admits(&link.email) => {
            Some((User::signed_up(redeem.new_user, link.email.clone(), at.now), Standing::New))
        }
        None => None,
    })
}

/// Locks the wrong codes of an address: until the command ends no other one counts or issues for it.
fn lock_address(connection: &mut Connection, email: &EmailAddress) -> Result<WrongCodes, Failure> {
    if let Some(row) = lock::address(connection, email)? {
        return Ok(row.try_into()?);
    }
    let row = MagicLinkAddressRow::new(email);
    let insert = diesel::insert_into(addresses::table).values(row).on_conflict(addresses::email).do_nothing();
    insert.execute(connection)?;
    // Whoever was first with it may have written it meanwhile.
    Ok(lock::address(connection, email)?.ok_or(Failure::Contended)?.try_into()?)
}

/// Stores what was tried on the links of an address that is locked.
fn count_wrong_code(
    connection: &mut Connection,
    email: &EmailAddress,
    codes: &WrongCodes,
) -> Result<(), Failure> {
    let own = addresses::email.eq(email.as_str());
    update(addresses::table, own, WrongCodesChange::from(codes)).execute(connection)?;
    Ok(())
}

/// The links that an address was sent after `since`.
fn sent_since(
    connection: &mut Connection,
    email: &EmailAddress,
    since: DateTime<Utc>,
) -> Result<Vec<Earlier>, Failure> {
    let sent = table::table
        .filter(dsl::email.eq(email.as_str()))
        .filter(dsl::requested_at.gt(Millis::from(since)))
        .select(MagicLinkRow::as_select())
        .load(connection)?;
    let earlier = |row: MagicLinkRow| {
        let link = MagicLink::try_from(row)?;
        Ok(Earlier { requested_at: link.requested_at, ip: link.client_info.ip })
    };
    sent.into_iter().map(earlier).collect()
}

fn load(connection: &mut Connection, id: MagicLinkId) -> Result<Option<MagicLink>, Failure> {
    let found = table::table.find(Key::from(id));
    let row = found.select(MagicLinkRow::as_select()).one(connection).optional()?;
    Ok(row.map(MagicLink::try_from).transpose()?)
}

/// Stores `after`, unless the link is not in the state in which it was judged any more.
fn replace(connection: &mut Connection, before: &MagicLink, after: MagicLinkState) -> Result<bool, Failure> {
    Ok(replacement(before, after).execute(connection)? > 0)
}

/// The update that does that.
pub fn replacement(
    before: &MagicLink,
    after: MagicLinkState,
) -> impl QueryFragment<Backend> + QueryId + RunQueryDsl<Connection> + use<> {
    let judged = StateChange::from(before.state);
    let as_judged = dsl::id
        .eq(Key::from(before.id))
        .and(dsl::state.eq(judged.state))
        .and(dsl::wrong_codes.eq(judged.wrong_codes).assume_not_null());
    update(table::table, as_judged, StateChange::from(after))
}
