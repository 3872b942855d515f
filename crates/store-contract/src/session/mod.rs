//! Sessions.

mod life;
mod manage;
mod mark_seen;
mod race;
mod reuse;
mod rotation;

use chrono::TimeDelta;
use keywright_domain::id::SessionId;
use keywright_domain::session::port::Rotation;
use keywright_domain::session::{Refresh, RotationRules, Session};
use keywright_domain::{RequestContext, Stores};

pub use self::life::*;
pub use self::manage::*;
pub use self::mark_seen::*;
pub use self::race::*;
pub use self::reuse::*;
pub use self::rotation::*;
use crate::fixture::{refresh, request_context};

const STRICT: RotationRules =
    RotationRules { retry_window: TimeDelta::zero(), lost_response_window: TimeDelta::zero() };

async fn rotate_by(stores: &Stores, refresh: &Refresh, at: &RequestContext) -> Rotation {
    stores.sessions.rotate(refresh, at).await.unwrap()
}

async fn rotate(stores: &Stores, session: SessionId, presented: u32, second: i64) -> Rotation {
    rotate_by(stores, &refresh(session, presented), &request_context(second)).await
}

/// Rotates with a generation that must be accepted.
async fn renew(stores: &Stores, session: SessionId, presented: u32, second: i64) -> Session {
    match rotate(stores, session, presented, second).await {
        Rotation::Renewed(session) | Rotation::Ahead(session) => session,
        other => panic!("not renewed: {other:?}"),
    }
}
