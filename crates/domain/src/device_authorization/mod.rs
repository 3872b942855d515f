//! A device authorization: a program without a browser asks to be signed in (RFC 8628).
//!
//! 1. The device asks and gets a device code and a user code (§3.1, §3.2).
//! 2. The person signs in elsewhere, enters the user code and decides (§3.3).
//! 3. The device polls until the decision falls (§3.4, §3.5) and claims its session, once.

pub mod port;
pub mod user_code;

use chrono::{DateTime, Utc};
use serde_json::json;

pub use self::user_code::{UserCode, UserCodeDigest};
use crate::activity::{Activity, Event};
use crate::client::{ClientId, ClientName};
use crate::client_info::ClientInfo;
use crate::id::{DeviceAuthorizationId, SessionId, UserId};
use crate::request_context::RequestContext;
use crate::session::Authentication;

/// One run of the device flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceAuthorization {
    pub id: DeviceAuthorizationId,
    /// Digest of the user code.
    pub user_code: UserCodeDigest,
    pub client_id: ClientId,
    /// Name that the client claims for its device; unverified.
    pub client_name: Option<ClientName>,
    /// True if a scope was asked for that was not granted, so that the token answer must say what was.
    pub scope_was_narrowed: bool,
    pub requested_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    /// Where the device asked from.
    pub client_info: ClientInfo,
    pub state: DeviceAuthorizationState,
}

/// Current state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceAuthorizationState {
    Pending,
    /// Decided, and not yet claimed. The session that is opened takes its authentication from the approval.
    Approved {
        by: UserId,
        at: DateTime<Utc>,
        authentication: Authentication,
    },
    Denied {
        by: UserId,
        at: DateTime<Utc>,
    },
    /// Its session was handed out.
    Claimed {
        by: UserId,
        at: DateTime<Utc>,
        session: SessionId,
    },
}

impl DeviceAuthorizationState {
    /// The status as clients see it and the store keeps it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved { .. } => "approved",
            Self::Denied { .. } => "denied",
            Self::Claimed { .. } => "claimed",
        }
    }

    /// The account that decided.
    pub const fn decided_by(self) -> Option<UserId> {
        match self {
            Self::Pending => None,
            Self::Approved { by, .. } | Self::Denied { by, .. } | Self::Claimed { by, .. } => Some(by),
        }
    }
}

/// Decision of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Approve,
    Deny,
}

/// A decision, and who makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    pub by: UserId,
    /// The session they decide in. Once it is over it decides nothing.
    pub session: SessionId,
    /// Authentication of the person who decides.
    pub authentication: Authentication,
    pub action: Action,
}

impl Decision {
    /// The event of this decision.
    pub fn event(&self) -> Event {
        match self.action {
            Action::Approve => Event::DeviceApproved,
            Action::Deny => Event::DeviceDenied,
        }
    }
}

/// Outcome of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deciding {
    /// Decided, and how it stands then.
    Decided(DeviceAuthorizationState),
    /// The same account has decided already.
    AlreadyDecided,
    /// Past its time, or another account's: for the caller it does not exist.
    NotFound,
}

/// Judgement of a withdrawal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withdrawing {
    /// Taken back before anybody claimed it; this is how it must be stored.
    Withdrawn(DeviceAuthorizationState),
    /// Claimed: this session is to be ended.
    EndSession(SessionId),
    /// Never approved, or past its time: nothing can come of it.
    Over,
}

/// Judgement of a poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Polling {
    Pending,
    /// Approved: may be claimed for this account.
    Claimable {
        by: UserId,
        authentication: Authentication,
    },
    Denied,
    Expired,
    /// Claimed already, or another client's.
    Spent,
}

impl DeviceAuthorization {
    /// An activity of `by` that concerns this device, with the name that its client claims.
    pub fn activity(&self, event: Event, by: UserId, at: &RequestContext) -> Activity {
        let client_name = self.client_name.as_ref();
        let details = client_name.map_or(json!({}), |name| json!({ "client_name": name.as_str() }));
        let entry = Activity::new(event, by, at).with_details(details);
        Activity { client_id: Some(self.client_id.clone()), ..entry }
    }

    /// Judges a poll at `now` by the client `client_id`, if it names itself.
    pub fn poll(&self, client_id: Option<&str>, now: DateTime<Utc>) -> Polling {
        if client_id.is_some_and(|id| id != self.client_id.as_str()) {
            return Polling::Spent;
        }
        match self.state {
            DeviceAuthorizationState::Claimed { .. } => Polling::Spent,
            DeviceAuthorizationState::Denied { .. } => Polling::Denied,
            DeviceAuthorizationState::Pending | DeviceAuthorizationState::Approved { .. }
                if now >= self.expires_at =>
            {
                Polling::Expired
            }
            DeviceAuthorizationState::Pending => Polling::Pending,
            DeviceAuthorizationState::Approved { by, authentication, .. } => {
                Polling::Claimable { by, authentication }
            }
        }
    }

    /// The same after its session was handed out; as it is unless it may be claimed.
    #[must_use]
    pub fn claimed(&self, session: SessionId, now: DateTime<Utc>) -> Self {
        let state = match self.state {
            DeviceAuthorizationState::Approved { by, .. } => {
                DeviceAuthorizationState::Claimed { by, at: now, session }
            }
            other => other,
        };
        Self { state, ..self.clone() }
    }

    /// Judges `decision` at `now`. The first account that decides owns the code.
    pub fn decide(&self, decision: Decision, now: DateTime<Utc>) -> Deciding {
        if !self.is_visible_to(decision.by, now) {
            return Deciding::NotFound;
        }
        if self.state != DeviceAuthorizationState::Pending {
            return Deciding::AlreadyDecided;
        }
        let Decision { by, authentication, action, .. } = decision;
        Deciding::Decided(match action {
            Action::Approve => DeviceAuthorizationState::Approved { by, at: now, authentication },
            Action::Deny => DeviceAuthorizationState::Denied { by, at: now },
        })
    }

    /// Judges the withdrawal of an approval at `now`.
    pub fn withdraw(&self, now: DateTime<Utc>) -> Withdrawing {
        match self.state {
            DeviceAuthorizationState::Approved { by, .. } if now < self.expires_at => {
                Withdrawing::Withdrawn(DeviceAuthorizationState::Denied { by, at: now })
            }
            DeviceAuthorizationState::Claimed { session, .. } => Withdrawing::EndSession(session),
            DeviceAuthorizationState::Pending
            | DeviceAuthorizationState::Approved { .. }
            | DeviceAuthorizationState::Denied { .. } => Withdrawing::Over,
        }
    }

    /// True if it exists for `user`: until it expires, and once decided only for who decided.
    pub fn is_visible_to(&self, user: UserId, now: DateTime<Utc>) -> bool {
        now < self.expires_at && self.state.decided_by().is_none_or(|by| by == user)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use uuid::Uuid;

    use super::*;
    use crate::session::AuthenticationMethod;

    const ADA: UserId = UserId(Uuid::from_u128(1));
    const BOB: UserId = UserId(Uuid::from_u128(2));
    const SESSION: SessionId = SessionId(Uuid::from_u128(3));

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    fn authentication() -> Authentication {
        Authentication { at: at(0), method: AuthenticationMethod::MagicLink }
    }

    fn states() -> [DeviceAuthorizationState; 4] {
        [
            DeviceAuthorizationState::Pending,
            DeviceAuthorizationState::Approved { by: ADA, at: at(1), authentication: authentication() },
            DeviceAuthorizationState::Denied { by: ADA, at: at(1) },
            DeviceAuthorizationState::Claimed { by: ADA, at: at(1), session: SESSION },
        ]
    }

    fn authorization(state: DeviceAuthorizationState) -> DeviceAuthorization {
        DeviceAuthorization {
            id: DeviceAuthorizationId(Uuid::nil()),
            user_code: UserCodeDigest([0; 32]),
            client_id: ClientId::from_trusted("cli"),
            client_name: None,
            scope_was_narrowed: false,
            requested_at: at(0),
            expires_at: at(600),
            client_info: ClientInfo::default(),
            state,
        }
    }

    #[test]
    fn every_state_answers_a_poll_in_time_late_and_by_another_client() {
        let claimable = Polling::Claimable { by: ADA, authentication: authentication() };
        let in_time = [Polling::Pending, claimable, Polling::Denied, Polling::Spent];
        let late = [Polling::Expired, Polling::Expired, Polling::Denied, Polling::Spent];

        for (index, state) in states().into_iter().enumerate() {
            let authorization = authorization(state);

            for client_id in [None, Some("cli")] {
                for (now, expected) in [(0, in_time), (599, in_time), (600, late), (601, late)] {
                    let found = authorization.poll(client_id, at(now));
                    assert_eq!(found, expected[index], "{state:?} {client_id:?} {now}");
                }
            }
            for client_id in ["web", "CLI", "cli ", ""] {
                for now in [0, 599, 600] {
                    let found = authorization.poll(Some(client_id), at(now));
                    assert_eq!(found, Polling::Spent, "{state:?} {client_id:?} {now}");
                }
            }
        }
    }

    #[test]
    fn the_last_instant_of_a_code_is_in_time() {
        let last = at(600) - TimeDelta::milliseconds(1);

        assert_eq!(authorization(DeviceAuthorizationState::Pending).poll(None, last), Polling::Pending);
        assert!(authorization(DeviceAuthorizationState::Pending).is_visible_to(ADA, last));
    }

    #[test]
    fn every_state_answers_a_decision_by_its_owner_another_and_late() {
        let mine = Authentication { at: at(4), method: AuthenticationMethod::BoundPasskey };
        let approved = |by| DeviceAuthorizationState::Approved { by, at: at(5), authentication: mine };
        let denied = |by| DeviceAuthorizationState::Denied { by, at: at(5) };
        let by = |by, action| Decision { by, session: SESSION, authentication: mine, action };

        for state in states() {
            let authorization = authorization(state);
            let [ada_approves, ada_denies, bob_approves, bob_denies] = match state {
                DeviceAuthorizationState::Pending => {
                    [approved(ADA), denied(ADA), approved(BOB), denied(BOB)].map(Deciding::Decided)
                }
                DeviceAuthorizationState::Approved { .. }
                | DeviceAuthorizationState::Denied { .. }
                | DeviceAuthorizationState::Claimed { .. } => [
                    Deciding::AlreadyDecided,
                    Deciding::AlreadyDecided,
                    Deciding::NotFound,
                    Deciding::NotFound,
                ],
            };
            let table = [
                (by(ADA, Action::Approve), ada_approves),
                (by(ADA, Action::Deny), ada_denies),
                (by(BOB, Action::Approve), bob_approves),
                (by(BOB, Action::Deny), bob_denies),
            ];
            for (decision, expected) in table {
                let late = [600, 601].map(|now| authorization.decide(decision, at(now)));

                assert_eq!(authorization.decide(decision, at(5)), expected, "{state:?} {decision:?}");
                assert_eq!(late, [Deciding::NotFound; 2], "{state:?} {decision:?}");
            }
        }
    }

    #[test]
    fn every_state_is_visible_to_its_owner_alone_and_to_everybody_before_there_is_one() {
        let visible_to_others = [true, false, false, false];

        for (state, visible_to_others) in states().into_iter().zip(visible_to_others) {
            let authorization = authorization(state);

            assert!(authorization.is_visible_to(ADA, at(599)), "{state:?}");
            assert_eq!(authorization.is_visible_to(BOB, at(599)), visible_to_others, "{state:?}");
            for user in [ADA, BOB] {
                assert!(!authorization.is_visible_to(user, at(600)), "{state:?}");
            }
        }
    }

    #[test]
    fn only_an_approved_one_is_claimed() {
        for state in states() {
            let before = authorization(state);

            let after = before.claimed(SESSION, at(9));

            let expected = match state {
                DeviceAuthorizationState::Approved { by, .. } => {
                    DeviceAuthorizationState::Claimed { by, at: at(9), session: SESSION }
                }
                DeviceAuthorizationState::Pending
                | DeviceAuthorizationState::Denied { .. }
                | DeviceAuthorizationState::Claimed { .. } => state,
            };
            assert_eq!(after, DeviceAuthorization { state: expected, ..before });
        }
    }

    #[test]
    fn every_state_answers_who_takes_the_approval_back() {
        let denied = Withdrawing::Withdrawn(DeviceAuthorizationState::Denied { by: ADA, at: at(9) });
        let table = [Withdrawing::Over, denied, Withdrawing::Over, Withdrawing::EndSession(SESSION)];

        for (state, expected) in states().into_iter().zip(table) {
            assert_eq!(authorization(state).withdraw(at(9)), expected, "{state:?}");
        }
        let [_, approved, _, claimed] = states();
        assert_eq!(authorization(approved).withdraw(at(600)), Withdrawing::Over);
        assert_eq!(authorization(claimed).withdraw(at(600)), Withdrawing::EndSession(SESSION));
    }

    #[test]
    fn a_claim_does_not_move_an_earlier_one() {
        let claimed = DeviceAuthorizationState::Claimed { by: ADA, at: at(1), session: SESSION };

        let again = authorization(claimed).claimed(SessionId(Uuid::from_u128(4)), at(9));

        assert_eq!(again.state, claimed);
    }

    #[test]
    fn every_state_has_a_status_and_all_but_the_first_an_owner() {
        let statuses = ["pending", "approved", "denied", "claimed"];
        let owners = [None, Some(ADA), Some(ADA), Some(ADA)];

        assert_eq!(states().map(DeviceAuthorizationState::as_str), statuses);
        assert_eq!(states().map(DeviceAuthorizationState::decided_by), owners);
    }

    #[test]
    fn one_run_of_the_flow_is_claimed_once_with_the_authentication_of_the_approval() {
        let pending = authorization(DeviceAuthorizationState::Pending);
        let decision =
            Decision { by: ADA, session: SESSION, authentication: authentication(), action: Action::Approve };

        let Deciding::Decided(state) = pending.decide(decision, at(10)) else { panic!("not decided") };
        let approved = DeviceAuthorization { state, ..pending };
        let claimed = approved.claimed(SESSION, at(20));

        let claimable = Polling::Claimable { by: ADA, authentication: authentication() };
        assert_eq!(approved.poll(None, at(20)), claimable);
        assert_eq!(claimed.poll(None, at(20)), Polling::Spent);
        assert_eq!(claimed.decide(decision, at(21)), Deciding::AlreadyDecided);
    }
}
