//! Organizations, as people see theirs.

use super::{Organization, Role};
use crate::error::StoreError;
use crate::page::{Page, Paged};
use crate::service::Service;
use crate::session::flow::Principal;

/// One page of the organizations of `principal`, by their slugs.
pub async fn list_organizations(
    service: &Service,
    principal: &Principal,
    page: Page,
) -> Result<Paged<(Organization, Role)>, StoreError> {
    service.stores.organizations.list_of(principal.user.id, page).await
}
