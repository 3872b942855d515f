use async_trait::async_trait;
use keywright_domain::StoreError;
use keywright_domain::id::{OrganizationId, UserId};
use keywright_domain::organization::port::{Addition, Creation, Organizations};
use keywright_domain::organization::{Organization, Role, Slug};
use keywright_domain::page::{Page, Paged};
use keywright_domain::wait_budget::WaitBudget;

use super::{MemoryStore, Tables, is_free};

impl Tables {
    /// True if `user` is the only owner that `organization` has.
    pub(super) fn is_last_owner(&self, organization: OrganizationId, user: UserId) -> bool {
        let of_it = self.memberships.iter().filter(|((id, _), _)| *id == organization);
        let mut owners = of_it.filter(|(_, role)| **role == Role::Owner).map(|((_, owner), _)| *owner);
        owners.next() == Some(user) && owners.next().is_none()
    }

    pub(super) fn is_last_owner_anywhere(&self, user: UserId) -> bool {
        let mut theirs = self.memberships.keys().filter(|(_, member)| *member == user);
        theirs.any(|(organization, _)| self.is_last_owner(*organization, user))
    }
}

#[async_trait]
impl Organizations for MemoryStore {
    async fn create(&self, organization: &Organization) -> Result<Creation, StoreError> {
        let mut tables = self.tables();
        if tables.organizations.values().any(|other| other.slug == organization.slug) {
            return Ok(Creation::SlugTaken);
        }
        is_free(&tables.organizations, &organization.id)?;
        tables.organizations.insert(organization.id, organization.clone());
        Ok(Creation::Created)
    }

    async fn find_by_slug(&self, slug: &Slug) -> Result<Option<Organization>, StoreError> {
        Ok(self.tables().organizations.values().find(|organization| organization.slug == *slug).cloned())
    }

    async fn list(&self, page: Page) -> Result<Paged<Organization>, StoreError> {
        let mut all: Vec<_> = self.tables().organizations.values().cloned().collect();
        all.sort_by(|one, other| one.slug.cmp(&other.slug));
        Ok(page.of(all))
    }

    async fn list_of(
        &self,
        user: UserId,
        page: Page,
        _: &WaitBudget,
    ) -> Result<Paged<(Organization, Role)>, StoreError> {
        let tables = self.tables();
        let theirs = tables.memberships.iter().filter(|((_, member), _)| *member == user);
        let mut theirs: Vec<_> = theirs
            .filter_map(|((id, _), role)| Some((tables.organizations.get(id)?.clone(), *role)))
            .collect();
        theirs.sort_by(|(one, _), (other, _)| one.slug.cmp(&other.slug));
        Ok(page.of(theirs))
    }

    async fn add_member(
        &self,
        organization: OrganizationId,
        user: UserId,
        role: Role,
    ) -> Result<Addition, StoreError> {
        let mut tables = self.tables();
        if !tables.organizations.contains_key(&organization) || !tables.users.contains_key(&user) {
            return Ok(Addition::NotFound);
        }
        if role != Role::Owner && tables.is_last_owner(organization, user) {
            return Ok(Addition::LastOwner);
        }
        Ok(match tables.memberships.insert((organization, user), role) {
            None => Addition::Added,
            Some(_) => Addition::RoleChanged,
        })
    }
}
