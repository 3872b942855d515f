//! The device's part of the device flow that waits (contract §3, `wait`).

use std::collections::HashSet;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use keywright_domain::credential::Kind;
use keywright_domain::device_authorization::Polling;
use keywright_domain::device_authorization::port::Poll;
use keywright_domain::id::DeviceAuthorizationId;
use keywright_domain::request_context::RequestContext;
use keywright_domain::wait_budget::WaitBudget;

use crate::device_authorization::{Granted, PollError, ask};
use crate::service::Service;
use crate::waiting_room::Ticket;

/// A place for a poll that was told `authorization_pending` and would rather wait. None if there is none: then it
/// is answered with that.
pub fn wait<'a>(service: &'a Service, device_code: &str) -> Option<Ticket<'a>> {
    let presented = service.keyring.parse(Kind::DeviceCode, device_code).ok()?;
    service.waiting.enter(DeviceAuthorizationId(presented.record))
}

/// Looks whether anything was decided of all that is waited for here, unless somebody has within `pause` before
/// `instant`, and calls who waits for that.
pub async fn look_for_all(service: &Service, instant: Instant, pause: Duration, now: DateTime<Utc>) {
    let Some(ids) = service.waiting.turn(instant, pause) else { return };
    // If the store fails, they are all called, and each is told so.
    let undecided = service
        .stores
        .device_authorizations
        .undecided(&ids, now, &WaitBudget::NONE)
        .await
        .unwrap_or_default();
    let undecided: HashSet<_> = undecided.into_iter().collect();
    for id in ids.into_iter().filter(|id| !undecided.contains(id)) {
        service.waiting.call(id);
    }
}

/// Asks again for a poll that waits, at an instant of its own. None as long as nobody has decided.
pub async fn poll_again(
    service: &Service,
    ticket: &Ticket<'_>,
    client_id: Option<&str>,
    at: &RequestContext,
) -> Result<Option<Granted>, PollError> {
    let answer = look_again(service, ticket, client_id, at).await;
    if let Err(PollError::Store(_)) = answer {
        service.pacer.excuse(ticket.id());
    }
    answer
}

async fn look_again(
    service: &Service,
    ticket: &Ticket<'_>,
    client_id: Option<&str>,
    at: &RequestContext,
) -> Result<Option<Granted>, PollError> {
    let found = service.stores.device_authorizations.find(ticket.id(), &at.wait_budget).await?;
    if found.is_some_and(|found| found.poll(client_id, at.now) == Polling::Pending) {
        return Ok(None);
    }
    let poll = Poll { id: ticket.id(), client_id: client_id.map(ToOwned::to_owned) };
    match ask(service, &poll, at).await {
        Err(PollError::AuthorizationPending) => Ok(None),
        other => other.map(Some),
    }
}

/// The answer of a poll that has waited for nothing. The next interval starts now.
pub fn give_up(service: &Service, ticket: &Ticket<'_>, at: &RequestContext) -> PollError {
    service.pacer.answered(ticket.id(), at.now);
    PollError::AuthorizationPending
}
