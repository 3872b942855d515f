//! Activity, as its owner sees it.

use keywright_domain::activity::Activity;
use keywright_domain::error::StoreError;
use keywright_domain::page::{Page, Paged};
use keywright_domain::request_context::RequestContext;

use crate::service::Service;
use crate::session::Principal;

/// One page of what happened to the account of `principal`, newest first.
pub async fn list_activity(
    service: &Service,
    principal: &Principal,
    page: Page,
    at: &RequestContext,
) -> Result<Paged<Activity>, StoreError> {
    service.stores.activities.list(principal.user.id, page, &at.wait_budget).await
}
