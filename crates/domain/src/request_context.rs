//! The one instant and origin that everything done for a request carries.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::client_info::ClientInfo;
use crate::clock::{Clock, to_stored_precision};
use crate::entropy::{Entropy, random};
use crate::id::{ActivityId, MailId, RotationId, version_7};
use crate::wait_budget::WaitBudget;

/// The instant and the client of a request. All rows that a request writes bear the same instant.
#[derive(Clone, Debug)]
pub struct RequestContext {
    /// The instant of the request, in whole milliseconds.
    pub now: DateTime<Utc>,
    /// 1-128 characters of `A-Za-z0-9._-`, safe to log and to send back.
    pub request_id: String,
    pub client_info: ClientInfo,
    /// The time that all commands of the request together may take; `NONE` behind a worker or the command line.
    pub wait_budget: WaitBudget,
    seed: [u8; 10],
}

impl RequestContext {
    /// A stamp of this instant.
    pub fn new(
        clock: &dyn Clock,
        entropy: &dyn Entropy,
        request_id: Option<String>,
        client_info: ClientInfo,
    ) -> Self {
        let now = to_stored_precision(clock.now());
        let seed: [u8; 10] = random(entropy);
        let request_id = request_id.unwrap_or_else(|| version_7(now, random(entropy)).to_string());
        Self { now, request_id, client_info, wait_budget: WaitBudget::NONE, seed }
    }

    /// The id of the activity that this request causes.
    pub fn activity_id(&self) -> ActivityId {
        ActivityId(self.derived(0))
    }

    /// The id of one of several activities that this request causes, counted from 0: the first is
    /// [`Self::activity_id`].
    pub fn nth_activity_id(&self, number: u32) -> ActivityId {
        let mut seed = self.seed;
        // The last byte tells purposes apart.
        seed.iter_mut().skip(5).zip(number.to_be_bytes()).for_each(|(byte, digit)| *byte ^= digit);
        ActivityId(version_7(self.now, seed))
    }

    /// The id of the mail that this request causes.
    pub fn mail_id(&self) -> MailId {
        MailId(self.derived(1))
    }

    /// The id of the renewal of a session that this request asks for.
    pub fn rotation_id(&self) -> RotationId {
        RotationId(self.derived(2))
    }

    /// The same for a request that is tried again, so that a command that was committed is recognised.
    fn derived(&self, purpose: u8) -> Uuid {
        let mut seed = self.seed;
        if let Some(last) = seed.last_mut() {
            *last ^= purpose;
        }
        version_7(self.now, seed)
    }
}
