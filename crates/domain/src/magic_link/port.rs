//! The store's port for magic links.

use crate::wait_budget::WaitBudget;
use async_trait::async_trait;

use super::{LinkBudget, MagicLink, OverBudget, Proof, RedirectTo};
use crate::error::StoreError;
use crate::id::{MagicLinkId, SessionId, UserId};
use crate::mail::Mail;
use crate::request_context::RequestContext;
use crate::session::{Session, SessionSeed};
use crate::user::{SignupPolicy, User};

/// Outcome of an issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Issued {
    Issued,
    /// Neither the link nor its mail is kept.
    OverBudget(OverBudget),
}

/// A proof to be redeemed, and what the sign-in it is good for will be.
#[derive(Clone, Debug)]
pub struct Redeem {
    pub link: MagicLinkId,
    pub proof: Proof,
    pub seed: SessionSeed,
    /// The live browser session that the request carries. If it is the same account's it is renewed
    /// ([`Session::reauthenticated`]) and no other is opened.
    pub renew: Option<SessionId>,
    /// The id of the account, should there be none and `signup` admit it.
    pub new_user: UserId,
    pub signup: SignupPolicy,
}

/// Outcome of a redemption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Redemption {
    Redeemed {
        session: Session,
        user: User,
        is_new: bool,
        redirect_to: Option<RedirectTo>,
    },
    /// Unknown, used, killed, past its time, a wrong code, or an account that may not sign in: alike to
    /// whoever asks.
    Refused,
}

/// Every magic link.
#[async_trait]
pub trait MagicLinks: Send + Sync {
    /// Remembers a new link and the mail that carries it, in one commit, if [`LinkBudget::admit`] admits it after
    /// those that the address was sent before. However many race, no more are issued than that.
    async fn issue(
        &self,
        link: &MagicLink,
        mail: &Mail,
        budget: &LinkBudget,
        wait: &WaitBudget,
    ) -> Result<Issued, StoreError>;

    /// The link with this id.
    async fn find(&self, link: MagicLinkId, wait: &WaitBudget) -> Result<Option<MagicLink>, StoreError>;

    /// Judges by [`MagicLink::redeem`], atomically: of any number of racers one signs in, and wrong codes are
    /// all counted, for the link and for its address ([`super::WrongCodes`]). In the same commit the account is opened or brought up to date ([`User::signed_up`],
    /// [`User::signed_in_by_mail`]), the session opened or renewed, and the sign-in written to the activity.
    /// An account that is disabled, or not admitted, is found out before the link is used up.
    async fn redeem(&self, redeem: &Redeem, at: &RequestContext) -> Result<Redemption, StoreError>;
}
