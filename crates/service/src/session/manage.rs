//! A person's sessions, as they see and end them.

use keywright_domain::activity::Event;
use keywright_domain::error::StoreError;
use keywright_domain::id::SessionId;
use keywright_domain::page::{Page, Paged};
use keywright_domain::request_context::RequestContext;
use keywright_domain::session::{EndReason, Session};

use crate::service::Service;
use crate::session::Principal;

/// Why a session is not ended.
#[derive(Debug, thiserror::Error)]
pub enum EndError {
    /// Unknown, over already, or another person's: alike to whoever asks.
    #[error("there is no such session")]
    NotFound,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// One page of the live sessions of `principal`, newest first.
pub async fn list_sessions(
    service: &Service,
    principal: &Principal,
    page: Page,
    at: &RequestContext,
) -> Result<Paged<Session>, StoreError> {
    service.stores.sessions.list(principal.user.id, page, at.now, &at.wait_budget).await
}

/// Ends one of the sessions of `principal`, which may be the one that asks.
pub async fn end_session(
    service: &Service,
    principal: &Principal,
    id: SessionId,
    at: &RequestContext,
) -> Result<(), EndError> {
    let found = service.stores.sessions.find(id, &at.wait_budget).await?;
    let is_theirs = found.is_some_and(|(session, _)| session.user_id == principal.user.id);
    let ends = service.stores.sessions.end(id, EndReason::Ended, Event::SessionEnded, at);
    if !is_theirs || !ends.await? {
        return Err(EndError::NotFound);
    }
    service.count(Event::SessionEnded);
    Ok(())
}

/// Ends all sessions of `principal` but the one that asks, and says how many those were.
pub async fn end_others(
    service: &Service,
    principal: &Principal,
    at: &RequestContext,
) -> Result<u32, StoreError> {
    let ended = service.stores.sessions.end_others(principal.user.id, Some(principal.session.id), at).await?;
    (0..ended).for_each(|_| service.count(Event::SessionEnded));
    Ok(ended)
}
