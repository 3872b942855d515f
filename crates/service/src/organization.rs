//! Organizations, as people see theirs.

use keywright_domain::error::StoreError;
use keywright_domain::organization::{Organization, Role};
use keywright_domain::page::{Page, Paged};
use keywright_domain::request_context::RequestContext;

use crate::service::Service;
use crate::session::Principal;

/// One page of the organizations of `principal`, by their slugs.
pub async fn list_organizations(
    service: &Service,
    principal: &Principal,
    page: Page,
    at: &RequestContext,
) -> Result<Paged<(Organization, Role)>, StoreError> {
    service.stores.organizations.list_of(principal.user.id, page, &at.wait_budget).await
}
