//! Device authorizations.

mod begin;
mod decide;
mod eviction;
mod poll;
mod withdraw;

use keywright_domain::Stores;
use keywright_domain::device_authorization::port::{Decided, Poll, Polled};
use keywright_domain::device_authorization::{DeviceAuthorization, DeviceAuthorizationState};
use keywright_domain::id::{DeviceAuthorizationId, UserId};
use keywright_domain::session::SessionKind;
use keywright_domain::wait_budget::WaitBudget;

pub use self::begin::*;
pub use self::decide::*;
pub use self::eviction::*;
pub use self::poll::*;
pub use self::withdraw::*;
use crate::fixture::{at, request_context, seed, stored};

/// Returns the stored authorization.
async fn found(stores: &Stores, id: DeviceAuthorizationId) -> DeviceAuthorization {
    stores.device_authorizations.find(id, &WaitBudget::NONE).await.unwrap().unwrap()
}

/// Polls without a client id, for a new session.
async fn poll(stores: &Stores, id: DeviceAuthorizationId, second: i64) -> Polled {
    let poll = Poll { id, client_id: None };
    let seed = seed(SessionKind::Device, second);
    stores.device_authorizations.poll(&poll, &seed, &request_context(second)).await.unwrap()
}

fn is_claimed(polled: &Polled) -> bool {
    matches!(polled, Polled::Claimed { .. })
}

fn is_decided(decided: &Decided) -> bool {
    matches!(decided, Decided::Decided(_))
}

/// Asserts that the approval of `user` was withdrawn, or that the session claimed from it has ended.
async fn nothing_is_left(stores: &Stores, id: DeviceAuthorizationId, user: UserId) {
    match found(stores, id).await.state {
        DeviceAuthorizationState::Denied { by, .. } => assert_eq!(by, user),
        DeviceAuthorizationState::Claimed { session, .. } => {
            assert!(!stored(stores, session).await.is_live(at(7)));
        }
        other => panic!("{other:?}"),
    }
}
