//! The store's port for organizations.

use crate::wait_budget::WaitBudget;
use async_trait::async_trait;

use super::{Organization, Role, Slug};
use crate::error::StoreError;
use crate::id::{OrganizationId, UserId};
use crate::page::{Page, Paged};

/// Outcome of creating an organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Creation {
    Created,
    /// Another one has this slug.
    SlugTaken,
}

/// Outcome of adding a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addition {
    Added,
    /// They were a member already, and have this role from now on.
    RoleChanged,
    /// They are its last owner, and stay one.
    LastOwner,
    /// There is no such organization, or no such account.
    NotFound,
}

/// Every organization and who belongs to it.
#[async_trait]
pub trait Organizations: Send + Sync {
    /// Makes an organization without members: of any number of racers with one slug one makes it.
    async fn create(&self, organization: &Organization) -> Result<Creation, StoreError>;

    /// The organization with this slug.
    async fn find_by_slug(&self, slug: &Slug) -> Result<Option<Organization>, StoreError>;

    /// One page of all organizations, by their slugs.
    async fn list(&self, page: Page) -> Result<Paged<Organization>, StoreError>;

    /// One page of those that `user` belongs to, with the role there, by their slugs.
    async fn list_of(
        &self,
        user: UserId,
        page: Page,
        wait: &WaitBudget,
    ) -> Result<Paged<(Organization, Role)>, StoreError>;

    /// Makes `user` a member in this role, or gives them this role. Two last owners who race to be less leave one.
    async fn add_member(
        &self,
        organization: OrganizationId,
        user: UserId,
        role: Role,
    ) -> Result<Addition, StoreError>;
}
