//! Magic links.

use async_trait::async_trait;
use diesel::prelude::*;
use keywright_domain::activity::{Activity, Event};
use keywright_domain::error::StoreError;
use keywright_domain::id::MagicLinkId;
use keywright_domain::magic_link::port::{MagicLinks, Redeem, Redemption};
use keywright_domain::magic_link::{MagicLink, Redeeming, State};
use keywright_domain::mail::Mail;
use keywright_domain::session::{Authentication, AuthenticationMethod};
use keywright_domain::stamp::Stamp;
use keywright_domain::user::User;

use super::error::Failure;
use super::{Connection, Store, activity, mail, session, settle, user};
use crate::rows::Key;
use crate::rows::magic_link::{MagicLinkRow, StateChange};
use crate::schema::magic_links::{self as table, dsl};

#[async_trait]
impl MagicLinks for Store {
    async fn issue(&self, link: &MagicLink, mail: &Mail) -> Result<(), StoreError> {
        let (row, mail) = (MagicLinkRow::from(link), mail.clone());
        self.write(move |connection| {
            diesel::insert_into(table::table).values(&row).execute(connection)?;
            mail::add(connection, &mail)
        })
        .await
    }

    async fn find(&self, link: MagicLinkId) -> Result<Option<MagicLink>, StoreError> {
        self.read(move |connection| load(connection, link)).await
    }

    async fn redeem(&self, redeem: &Redeem, at: &Stamp) -> Result<Redemption, StoreError> {
        let (redeem, at) = (redeem.clone(), at.clone());
        self.write(move |connection| settle(|| judge(connection, &redeem, &at))).await
    }
}

/// Judges a proof. None if what it was judged by changed meanwhile.
fn judge(connection: &mut Connection, redeem: &Redeem, at: &Stamp) -> Result<Option<Redemption>, Failure> {
    let Some(link) = load(connection, redeem.link)? else { return Ok(Some(Redemption::Refused)) };
    let state = match link.redeem(redeem.proof, at.now) {
        Redeeming::Over => return Ok(Some(Redemption::Refused)),
        Redeeming::WrongCode(state) => {
            return Ok(replace(connection, &link, state)?.then_some(Redemption::Refused));
        }
        Redeeming::Redeemed(state) => state,
    };
    let Some((user, is_new)) = account(connection, redeem, &link, at)? else {
        return Ok(Some(Redemption::Refused));
    };
    if !replace(connection, &link, state)? {
        return Ok(None);
    }
    if is_new {
        user::insert(connection, &user)?;
    } else if !user::replace_sign_in(connection, &user)? {
        return Err(Failure::Contended);
    }
    let authentication = Authentication { at: at.now, method: AuthenticationMethod::MagicLink };
    let (seed, renew) = (&redeem.seed, redeem.renew);
    let session = session::open_or_renew(connection, seed, renew, user.id, authentication, at)?;
    activity::add(connection, &Activity::of_session(Event::SignedIn, &session, at))?;
    Ok(Some(Redemption::Redeemed { session, user, is_new, redirect_to: link.redirect_to }))
}

/// The account that signs in, as it is then, and whether it is a new one. None if it may not.
fn account(
    connection: &mut Connection,
    redeem: &Redeem,
    link: &MagicLink,
    at: &Stamp,
) -> Result<Option<(User, bool)>, Failure> {
    Ok(match user::find_by_email(connection, &link.email)? {
        Some(user) => user.is_enabled().then(|| (user.signed_in_by_mail(at.now), false)),
        None if redeem.signup.admits(&link.email) => {
            Some((User::signed_up(redeem.new_user, link.email.clone(), at.now), true))
        }
        None => None,
    })
}

fn load(connection: &mut Connection, id: MagicLinkId) -> Result<Option<MagicLink>, Failure> {
    let found = table::table.find(Key::from(id));
    let row = found.select(MagicLinkRow::as_select()).first(connection).optional()?;
    Ok(row.map(MagicLink::try_from).transpose()?)
}

/// Stores `after`, unless the link is not in the state in which it was judged any more.
fn replace(connection: &mut Connection, before: &MagicLink, after: State) -> Result<bool, Failure> {
    let judged = StateChange::from(before.state);
    let replaced = diesel::update(table::table.find(Key::from(before.id)))
        .filter(dsl::state.eq(judged.state))
        .filter(dsl::wrong_codes.eq(judged.wrong_codes))
        .set(StateChange::from(after))
        .execute(connection)?;
    Ok(replaced > 0)
}
