//! A mail: a row that the command causing it writes, delivered by a worker.
//!
//! The row holds recipient, template and record. Links and codes are derived from the record when the mail
//! is sent or shown, and never stored.

pub mod content;
pub mod port;

use chrono::{DateTime, TimeDelta, Utc};

pub use self::content::{
    ActionLink, DeviceApprovedContent, EmailChangeContent, MagicLinkContent, MailContent, MailRenderer,
    OutgoingMail, PasskeyContent, PasskeyNews, RefreshReuseContent, RenderedMail, RenderingFailed,
};
use crate::activity::Activity;
use crate::email::EmailAddress;
use crate::id::{ActivityId, DeviceAuthorizationId, EmailChangeId, MagicLinkId, MailId, SessionId};
use crate::request_context::RequestContext;
use crate::user::User;

/// How often a delivery is tried, and tried again after it was requeued. With the pauses of
/// [`Mail::retry_after`] that is most of a day.
pub const ATTEMPTS: u32 = 100;
const LONGEST_PAUSE: TimeDelta = TimeDelta::minutes(15);

/// Subject of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Template {
    /// A link and a code for signing in.
    MagicLink(MagicLinkId),
    /// The recipient has approved this device.
    DeviceApproved(DeviceAuthorizationId),
    /// The recipient's is the new address of this change.
    EmailChangeAsked(EmailChangeId),
    /// The recipient's was the old address of this change.
    EmailChanged(EmailChangeId),
    /// The event of a passkey in this entry of the recipient's activity.
    Passkey(ActivityId),
    /// This session of the recipient was ended, because two held its refresh token.
    RefreshReuse(SessionId),
}

/// State of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailState {
    /// To be tried from this instant on.
    Due(DateTime<Utc>),
    Sent(DateTime<Utc>),
    /// Given up: refused for good, or tried too often.
    Dead(DateTime<Utc>),
    /// Not worth sending any more when its turn came.
    Dropped(DateTime<Utc>),
}

/// One mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    pub id: MailId,
    pub to: EmailAddress,
    pub template: Template,
    pub created_at: DateTime<Utc>,
    /// How many deliveries have been begun. Also the fence of the lease: who leased an earlier attempt has
    /// nothing to say about a later one.
    pub attempts: u32,
    pub state: MailState,
}

/// Outcome of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    Sent,
    /// Refused for now.
    Deferred,
    /// Refused for good.
    Rejected,
    /// There was nothing to send any more.
    Dropped,
}

impl Mail {
    /// A mail that is due at once.
    pub fn new(id: MailId, to: EmailAddress, template: Template, now: DateTime<Utc>) -> Self {
        Self { id, to, template, created_at: now, attempts: 0, state: MailState::Due(now) }
    }

    /// The mail that the approval of a device by the request of `at` sends to its owner.
    pub fn for_approval(to: EmailAddress, device: DeviceAuthorizationId, at: &RequestContext) -> Self {
        Self::new(at.mail_id(), to, Template::DeviceApproved(device), at.now)
    }

    /// The mail that a refresh token presented by two, the second in the request of `at`, sends to its owner.
    pub fn for_reuse(to: EmailAddress, session: SessionId, at: &RequestContext) -> Self {
        Self::new(at.mail_id(), to, Template::RefreshReuse(session), at.now)
    }

    /// The mail about what the request of `at` did to a passkey of `user`, which `entry` tells. None if they have not proven
    /// their address: then it may be somebody else's.
    pub fn for_passkey(user: &User, entry: &Activity, at: &RequestContext) -> Option<Self> {
        let mail = || Self::new(at.mail_id(), user.email.clone(), Template::Passkey(entry.id), at.now);
        user.email_verified.then(mail)
    }

    /// A dead letter, due again at once. None if it is not dead.
    pub fn requeued(&self, now: DateTime<Utc>) -> Option<Self> {
        let MailState::Dead(_) = self.state else { return None };
        Some(Self { state: MailState::Due(now), ..self.clone() })
    }

    /// The mail while a worker tries to deliver it: nobody else's until `lease` is over. None if it is not due.
    pub fn leased(&self, now: DateTime<Utc>, lease: TimeDelta) -> Option<Self> {
        let MailState::Due(due) = self.state else { return None };
        (due <= now).then(|| Self {
            attempts: self.attempts + 1,
            state: MailState::Due(now + lease),
            ..self.clone()
        })
    }

    /// The mail after the delivery that `attempts` counted came to `delivery`. None if it is not theirs.
    pub fn settled(&self, attempts: u32, delivery: Delivery, now: DateTime<Utc>) -> Option<Self> {
        let MailState::Due(_) = self.state else { return None };
        if attempts != self.attempts {
            return None;
        }
        let state = match delivery {
            Delivery::Sent => MailState::Sent(now),
            Delivery::Dropped => MailState::Dropped(now),
            Delivery::Rejected => MailState::Dead(now),
            Delivery::Deferred if self.attempts.is_multiple_of(ATTEMPTS) => MailState::Dead(now),
            Delivery::Deferred => MailState::Due(now + self.retry_after()),
        };
        Some(Self { state, ..self.clone() })
    }

    /// 1, 2, 4 … seconds after the first, second, third … attempt, up to 15 minutes.
    pub fn retry_after(&self) -> TimeDelta {
        let doublings = (self.attempts.saturating_sub(1) % ATTEMPTS).min(10);
        TimeDelta::seconds(1 << doublings).min(LONGEST_PAUSE)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const LEASE: TimeDelta = TimeDelta::minutes(1);

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    fn mail() -> Mail {
        let to = EmailAddress::parse("ada@example.com").unwrap();
        Mail::new(MailId(Uuid::nil()), to, Template::MagicLink(MagicLinkId(Uuid::nil())), at(0))
    }

    #[test]
    fn a_leased_mail_is_nobody_elses_until_the_lease_is_over() {
        let leased = mail().leased(at(0), LEASE).unwrap();

        assert_eq!(leased.attempts, 1);
        assert_eq!(leased.leased(at(59), LEASE), None);
        assert_eq!(leased.leased(at(60), LEASE).unwrap().attempts, 2);
    }

    #[test]
    fn pauses_double_up_to_a_quarter_of_an_hour_and_end_in_a_dead_letter() {
        let mut mail = mail();
        let mut pauses = vec![];
        let mut now = at(0);
        while let Some(leased) = mail.leased(now, LEASE) {
            mail = leased.settled(leased.attempts, Delivery::Deferred, now).unwrap();
            if let MailState::Due(due) = mail.state {
                pauses.push((due - now).num_seconds());
                now = due;
            }
        }

        assert_eq!(pauses[..12], [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
        assert_eq!(mail.state, MailState::Dead(now));
        assert_eq!(mail.attempts, ATTEMPTS);
    }

    #[test]
    fn who_leased_an_earlier_attempt_has_nothing_to_say() {
        let first = mail().leased(at(0), LEASE).unwrap();
        let second = first.leased(at(61), LEASE).unwrap();

        assert_eq!(second.settled(first.attempts, Delivery::Deferred, at(62)), None);
        assert_eq!(second.settled(2, Delivery::Sent, at(62)).unwrap().state, MailState::Sent(at(62)));
    }

    #[test]
    fn a_dead_letter_that_is_requeued_is_due_at_once_and_tried_as_often_again() {
        let dead = Mail { attempts: ATTEMPTS, state: MailState::Dead(at(9)), ..mail() };

        let requeued = dead.requeued(at(10)).unwrap();
        let leased = requeued.leased(at(10), LEASE).unwrap();
        let deferred = leased.settled(ATTEMPTS + 1, Delivery::Deferred, at(10)).unwrap();

        assert_eq!(deferred.state, MailState::Due(at(11)));
        let last = Mail { attempts: 2 * ATTEMPTS, ..deferred };
        assert_eq!(
            last.settled(2 * ATTEMPTS, Delivery::Deferred, at(12)).unwrap().state,
            MailState::Dead(at(12))
        );
        for state in [MailState::Due(at(1)), MailState::Sent(at(1)), MailState::Dropped(at(1))] {
            assert_eq!(Mail { state, ..mail() }.requeued(at(2)), None);
        }
    }

    #[test]
    fn what_is_over_stays_over() {
        for delivery in [Delivery::Sent, Delivery::Rejected, Delivery::Dropped] {
            let leased = mail().leased(at(0), LEASE).unwrap();
            let over = leased.settled(1, delivery, at(1)).unwrap();

            assert_eq!(over.leased(at(1000), LEASE), None);
            assert_eq!(over.settled(1, Delivery::Deferred, at(2)), None);
        }
    }
}
