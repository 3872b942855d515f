//! Rows of `organizations` and `memberships`.

use diesel::prelude::*;
use keywright_domain::id::OrganizationId;
use keywright_domain::organization::{Organization, OrganizationName, Role, Slug};

use super::{BadRow, Key, Millis, Reading};
use crate::schema::{memberships, organizations};

#[derive(Debug, Insertable, Queryable, Selectable)]
#[diesel(table_name = organizations)]
pub struct OrganizationRow {
    id: Key,
    name: String,
    slug: String,
    created_at: Millis,
}

#[derive(Debug, Insertable, Queryable, Selectable)]
#[diesel(table_name = memberships)]
pub struct MembershipRow {
    pub organization_id: Key,
    pub user_id: Key,
    pub role: String,
}

impl MembershipRow {
    /// The role in the row.
    pub fn role(&self) -> Result<Role, BadRow> {
        let reading = Reading { table: "memberships", row: &self.organization_id.0 };
        reading.known("role", Role::parse(&self.role))
    }
}

impl From<&Organization> for OrganizationRow {
    fn from(organization: &Organization) -> Self {
        Self {
            id: organization.id.into(),
            name: organization.name.as_str().to_owned(),
            slug: organization.slug.as_str().to_owned(),
            created_at: organization.created_at.into(),
        }
    }
}

impl TryFrom<OrganizationRow> for Organization {
    type Error = BadRow;

    fn try_from(row: OrganizationRow) -> Result<Self, BadRow> {
        let reading = Reading { table: "organizations", row: &row.id.0 };
        Ok(Self {
            id: OrganizationId(row.id.0),
            name: reading.known("name", OrganizationName::parse(&row.name))?,
            slug: reading.known("slug", Slug::parse(&row.slug))?,
            created_at: reading.instant("created_at", row.created_at)?,
        })
    }
}
