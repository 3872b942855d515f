//! Activity, as its owner sees it.

use super::Activity;
use crate::error::StoreError;
use crate::page::{Page, Paged};
use crate::service::Service;
use crate::session::flow::Principal;

/// One page of what happened to the account of `principal`, newest first.
pub async fn list_activity(
    service: &Service,
    principal: &Principal,
    page: Page,
) -> Result<Paged<Activity>, StoreError> {
    service.stores.activities.list(principal.user.id, page).await
}
