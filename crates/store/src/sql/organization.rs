//! Organizations.

use async_trait::async_trait;
use diesel::prelude::*;
use keywright_domain::error::StoreError;
use keywright_domain::id::{OrganizationId, UserId};
use keywright_domain::organization::port::{Addition, Creation, Organizations};
use keywright_domain::organization::{Organization, Role, Slug};
use keywright_domain::page::{Page, Paged};
use keywright_domain::wait_budget::WaitBudget;

use super::error::Failure;
use super::{Connection, Store, lock};
use super::{One, Part};
use crate::rows::organization::{MembershipRow, OrganizationRow};
use crate::rows::{BadRow, Key};
use crate::schema::{memberships, organizations};

#[async_trait]
impl Organizations for Store {
    async fn create(&self, organization: &Organization) -> Result<Creation, StoreError> {
        let row = OrganizationRow::from(organization);
        self.write(WaitBudget::NONE, move |connection| {
            let insert = diesel::insert_into(organizations::table)
                .values(&row)
                .on_conflict(organizations::slug)
                .do_nothing();
            let is_new = insert.execute(connection)? > 0;
            Ok(if is_new { Creation::Created } else { Creation::SlugTaken })
        })
        .await
    }

    async fn find_by_slug(&self, slug: &Slug) -> Result<Option<Organization>, StoreError> {
        let slug = slug.as_str().to_owned();
        self.read(WaitBudget::NONE, move |connection| {
            let found = organizations::table.filter(organizations::slug.eq(&slug));
            let row = found.select(OrganizationRow::as_select()).one(connection).optional()?;
            Ok(row.map(Organization::try_from).transpose()?)
        })
        .await
    }

    async fn list(&self, page: Page) -> Result<Paged<Organization>, StoreError> {
        let part = Part::of(page);
        self.read(WaitBudget::NONE, move |connection| {
            let rows = organizations::table
                .order(organizations::slug)
                .limit(part.limit)
                .offset(part.offset)
                .select(OrganizationRow::as_select())
                .load(connection)?;
            let total: i64 = organizations::table.count().one(connection)?;
            let items = rows.into_iter().map(Organization::try_from).collect::<Result<_, _>>()?;
            Ok(Paged { items, total: total.unsigned_abs() })
        })
        .await
    }

    async fn list_of(
        &self,
        user: UserId,
        page: Page,
        wait: &WaitBudget,
    ) -> Result<Paged<(Organization, Role)>, StoreError> {
        let (user, part) = (Key::from(user), Part::of(page));
        self.read(wait.clone(), move |connection| {
            let theirs = memberships::table.filter(memberships::user_id.eq(user));
            let rows: Vec<(OrganizationRow, MembershipRow)> = theirs
                .inner_join(organizations::table)
                .order(organizations::slug)
                .limit(part.limit)
                .offset(part.offset)
                .select((OrganizationRow::as_select(), MembershipRow::as_select()))
                .load(connection)?;
            let total: i64 = theirs.count().one(connection)?;
            let both = |(organization, membership): (OrganizationRow, MembershipRow)| {
                Ok::<_, BadRow>((organization.try_into()?, membership.role()?))
            };
            let items = rows.into_iter().map(both).collect::<Result<_, _>>()?;
            Ok(Paged { items, total: total.unsigned_abs() })
        })
        .await
    }

    async fn add_member(
        &self,
        organization: OrganizationId,
        user: UserId,
        role: Role,
    ) -> Result<Addition, StoreError> {
        self.write(WaitBudget::NONE, move |connection| add(connection, organization, user, role)).await
    }
}

fn add(
    connection: &mut Connection,
    organization: OrganizationId,
    user: UserId,
    role: Role,
) -> Result<Addition, Failure> {
    // Held, it makes those who change the roles of one organization wait for each other.
    let is_known = lock::organization(connection, organization)?;
    if !is_known || lock::user(connection, user)?.is_none() {
        return Ok(Addition::NotFound);
    }
    if role != Role::Owner && is_last_owner(connection, organization.into(), user.into())? {
        return Ok(Addition::LastOwner);
    }
    let key = (Key::from(organization), Key::from(user));
    let changed = diesel::update(memberships::table.find(key)).set(memberships::role.eq(role.as_str()));
    if changed.execute(connection)? > 0 {
        return Ok(Addition::RoleChanged);
    }
    let row = MembershipRow { organization_id: key.0, user_id: key.1, role: role.as_str().to_owned() };
    diesel::insert_into(memberships::table).values(&row).execute(connection)?;
    Ok(Addition::Added)
}

/// True if `user` is the only owner of one of their organizations. Locks all of these.
pub(super) fn is_last_owner_anywhere(connection: &mut Connection, user: UserId) -> Result<bool, Failure> {
    let theirs: Vec<Key> = memberships::table
        .filter(memberships::user_id.eq(Key::from(user)))
        .order(memberships::organization_id)
        .select(memberships::organization_id)
        .load(connection)?;
    for organization in theirs {
        lock::organization(connection, OrganizationId(organization.0))?;
        if is_last_owner(connection, organization, user.into())? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn is_last_owner(connection: &mut Connection, organization: Key, user: Key) -> Result<bool, Failure> {
    let owners: Vec<Key> = memberships::table
        .filter(memberships::organization_id.eq(organization))
        .filter(memberships::role.eq(Role::Owner.as_str()))
        .select(memberships::user_id)
        .limit(2)
        .load(connection)?;
    Ok(owners == [user])
}
