use async_trait::async_trait;
use keywright_domain::activity::Event;
use keywright_domain::id::MagicLinkId;
use keywright_domain::magic_link::budget::Earlier;
use keywright_domain::magic_link::port::{Issued, MagicLinks, Redeem, Redemption};
use keywright_domain::magic_link::{LinkBudget, MagicLink, Redeeming};
use keywright_domain::mail::Mail;
use keywright_domain::session::{Authentication, AuthenticationMethod};
use keywright_domain::user::User;
use keywright_domain::wait_budget::WaitBudget;
use keywright_domain::{RequestContext, StoreError};

use super::{MemoryStore, is_free};

#[async_trait]
impl MagicLinks for MemoryStore {
    async fn issue(
        &self,
        link: &MagicLink,
        mail: &Mail,
        budget: &LinkBudget,
        _: &WaitBudget,
    ) -> Result<Issued, StoreError> {
        let mut tables = self.tables();
        let sent = tables.magic_links.values().filter(|sent| sent.email == link.email);
        let sent: Vec<_> =
            sent.map(|sent| Earlier { requested_at: sent.requested_at, ip: sent.client_info.ip }).collect();
        if let Err(over) = budget.admit(&sent, link.client_info.ip, link.requested_at) {
            return Ok(Issued::OverBudget(over));
        }
        is_free(&tables.magic_links, &link.id)?;
        is_free(&tables.mails, &mail.id)?;
        tables.magic_links.insert(link.id, link.clone());
        tables.mails.insert(mail.id, mail.clone());
        Ok(Issued::Issued)
    }

    async fn find(&self, link: MagicLinkId, _: &WaitBudget) -> Result<Option<MagicLink>, StoreError> {
        Ok(self.tables().magic_links.get(&link).cloned())
    }

    async fn redeem(&self, redeem: &Redeem, at: &RequestContext) -> Result<Redemption, StoreError> {
        let mut tables = self.tables();
        let Some(link) = tables.magic_links.get(&redeem.link).cloned() else {
            return Ok(Redemption::Refused);
        };
        let codes = tables.wrong_codes.get(&link.email).cloned().unwrap_or_default();
        let state = match link.redeem(redeem.proof, &codes, at.now) {
            Redeeming::Redeemed(state) => state,
            Redeeming::WrongCode(state) => {
                tables.wrong_codes.insert(link.email.clone(), codes.after_one(at.now));
                tables.magic_links.insert(link.id, MagicLink { state, ..link });
                return Ok(Redemption::Refused);
            }
            Redeeming::Over => return Ok(Redemption::Refused),
        };
        let is_proof = tables.user_by_email(&link.email).is_some_and(|user| !user.email_verified);
        let (user, is_new) = match tables.user_by_email(&link.email) {
            Some(user) if user.is_enabled() => (user.signed_in_by_mail(at.now), false),
            None if redeem.signup.admits(&link.email) => {
                (User::signed_up(redeem.new_user, link.email.clone(), at.now), true)
            }
            Some(_) | None => return Ok(Redemption::Refused),
        };
        let authentication = Authentication { at: at.now, method: AuthenticationMethod::MagicLink };
        // The browser's session was opened by whoever used the account before its owner.
        let renewed = redeem.renew.filter(|_| !is_proof).and_then(|id| tables.sessions.get(&id));
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
        tables.record(session.activity(Event::SignedIn, at))?;

        if is_proof {
            tables.passkeys.retain(|_, passkey| passkey.user_id != user.id);
            tables.end_each(user.id, None, 1, at)?;
        }
        let redirect_to = link.redirect_to.clone();
        tables.magic_links.insert(link.id, MagicLink { state, ..link });
        tables.users.insert(user.id, user.clone());
        tables.sessions.insert(session.id, session.clone());
        Ok(Redemption::Redeemed { session, user, is_new, redirect_to })
    }
}
