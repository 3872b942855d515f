//! Activity, as its owner sees it.

use keywright_domain::activity::Activity;
use keywright_domain::error::StoreError;
use keywright_domain::page::{Page, Paged};
use keywright_domain::wait_budget::WaitBudget;

use crate::service::Service;
use crate::session::Principal;

/// One page of what happened to the account of `principal`, newest first.
pub async fn list_activity(
    service: &Service,
    principal: &Principal,
    page: Page,
) -> Result<Paged<Activity>, StoreError> {
    service.stores.activities.list(principal.user.id, page, &WaitBudget::NONE).await
}
