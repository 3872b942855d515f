//! What is claimed often. A command is no round trip here, and one that is run as any other waits for nobody else's: there is
//! nothing to gain by doing it in one statement.
#![expect(clippy::unused_async, reason = "other backends do something")]

use diesel::OptionalExtension;
use keywright_domain::device_authorization::DeviceAuthorization;
use keywright_domain::error::StoreError;
use keywright_domain::magic_link::port::{Redeem, Redemption};
use keywright_domain::request_context::RequestContext;
use keywright_domain::session::Session;
use keywright_domain::wait_budget::WaitBudget;

use super::SqliteStore;
use super::sql::One;
use crate::rows::renewal::Renewal;
use crate::rows::session::SessionRow;

pub(super) async fn renew(
    store: &SqliteStore,
    wait: &WaitBudget,
    renewal: Renewal,
) -> Result<Option<SessionRow>, StoreError> {
    store.write_one(wait.clone(), move |connection| Ok(renewal.one(connection).optional()?)).await
}

pub(super) async fn claim(
    _: &SqliteStore,
    _: &DeviceAuthorization,
    _: &DeviceAuthorization,
    _: &Session,
    _: &RequestContext,
) -> Result<Option<()>, StoreError> {
    Ok(None)
}

pub(super) async fn redeem(
    _: &SqliteStore,
    _: &Redeem,
    _: &RequestContext,
) -> Result<Option<Redemption>, StoreError> {
    Ok(None)
}
