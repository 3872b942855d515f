use async_trait::async_trait;
use keywright_domain::activity::{Activity, Event};
use keywright_domain::id::MagicLinkId;
use keywright_domain::magic_link::port::{MagicLinks, Redeem, Redemption};
use keywright_domain::magic_link::{MagicLink, Redeeming};
use keywright_domain::mail::Mail;
use keywright_domain::session::{Authentication, AuthenticationMethod};
use keywright_domain::user::User;
use keywright_domain::{Stamp, StoreError};

use super::{MemoryStore, is_free};

#[async_trait]
impl MagicLinks for MemoryStore {
    async fn issue(&self, link: &MagicLink, mail: &Mail) -> Result<(), StoreError> {
        let mut tables = self.tables();
        is_free(&tables.magic_links, &link.id)?;
        is_free(&tables.mails, &mail.id)?;
        tables.magic_links.insert(link.id, link.clone());
        tables.mails.insert(mail.id, mail.clone());
        Ok(())
    }

    async fn find(&self, link: MagicLinkId) -> Result<Option<MagicLink>, StoreError> {
        Ok(self.tables().magic_links.get(&link).cloned())
    }

    async fn redeem(&self, redeem: &Redeem, at: &Stamp) -> Result<Redemption, StoreError> {
        let mut tables = self.tables();
        let Some(link) = tables.magic_links.get(&redeem.link).cloned() else {
            return Ok(Redemption::Refused);
        };
        let state = match link.redeem(redeem.proof, at.now) {
            Redeeming::Redeemed(state) => state,
            Redeeming::WrongCode(state) => {
                tables.magic_links.insert(link.id, MagicLink { state, ..link });
                return Ok(Redemption::Refused);
            }
            Redeeming::Over => return Ok(Redemption::Refused),
        };
        let (user, is_new) = match tables.user_by_email(&link.email) {
            Some(user) if user.is_enabled() => (user.signed_in_by_mail(at.now), false),
            None if redeem.signup.admits(&link.email) => {
                (User::signed_up(redeem.new_user, link.email.clone(), at.now), true)
            }
            Some(_) | None => return Ok(Redemption::Refused),
        };
        let authentication = Authentication { at: at.now, method: AuthenticationMethod::MagicLink };
        let renewed = redeem.renew.and_then(|id| tables.sessions.get(&id));
        let renewed = renewed.and_then(|session| session.reauthenticated(user.id, authentication));
        let session = if let Some(session) = renewed {
            session
        } else {
            is_free(&tables.sessions, &redeem.seed.id)?;
            redeem.seed.open(user.id, authentication, at)
        };
        if is_new {
            is_free(&tables.users, &user.id)?;
        }
        tables.record(Activity::of_session(Event::SignedIn, &session, at))?;

        let redirect_to = link.redirect_to.clone();
        tables.magic_links.insert(link.id, MagicLink { state, ..link });
        tables.users.insert(user.id, user.clone());
        tables.sessions.insert(session.id, session.clone());
        Ok(Redemption::Redeemed { session, user, is_new, redirect_to })
    }
}
