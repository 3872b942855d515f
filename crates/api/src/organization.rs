//! The organizations that the caller belongs to (contract §7).

use actix_web::web::{self, Json};
use keywright_domain::organization::{Organization, Role};
use keywright_service::Service;
use keywright_service::organization::list_organizations;
use keywright_web::caller::Caller;
use keywright_web::endpoint::Endpoint;
use keywright_web::problem::Problem;
use keywright_web::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::openapi::problem::Refused;
use crate::page::{ListResponse, Paging};

pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::at("/api/v1/auth/organizations").get(list)]
}

/// An organization and a member's role in it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Organization)]
pub struct OrganizationResource {
    pub id: Uuid,
    #[schema(examples("Acme & Sons"))]
    pub name: String,
    #[schema(examples("acme"))]
    pub slug: String,
    /// The role of the caller.
    #[schema(examples("owner"))]
    pub role: &'static str,
    pub created_at: Timestamp,
}

/// A page of organizations.
pub type OrganizationList = ListResponse<OrganizationResource>;

impl From<&(Organization, Role)> for OrganizationResource {
    fn from((organization, role): &(Organization, Role)) -> Self {
        Self {
            id: organization.id.0,
            name: organization.name.as_str().to_owned(),
            slug: organization.slug.to_string(),
            role: role.as_str(),
            created_at: Timestamp(organization.created_at),
        }
    }
}

/// Lists the organizations of the caller
#[utoipa::path(get, path = "/api/v1/auth/organizations", operation_id = "listOrganizations", tag = "Account",
    params(Paging),
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, description = "A page of organizations", body = OrganizationList), Refused::<422>))]
pub(crate) async fn list(
    caller: Caller,
    paging: Result<Paging, Problem>,
    service: web::Data<Service>,
) -> Result<Json<OrganizationList>, Problem> {
    let Paging(page) = paging?;
    let organizations = list_organizations(&service, &caller.0, page).await?;
    Ok(Json(ListResponse::new(page, &organizations, Into::into)))
}
