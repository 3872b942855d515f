//! The organizations that the caller belongs to (contract §7).

use actix_web::HttpResponse;
use actix_web::web;
use keywright_domain::organization::{Organization, Role};
use keywright_service::Service;
use keywright_service::organization::list_organizations;
use keywright_web::caller::Caller;
use keywright_web::endpoint::Endpoint;
use keywright_web::page::{self, Paging};
use keywright_web::problem::Problem;
use keywright_web::time::instant;
use serde_json::{Value, json};

use crate::openapi::organization as api;
use crate::openapi::page::Paging as PagingQuery;
use crate::openapi::problem::Refused;

pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::at("/api/v1/auth/organizations").get(list)]
}

/// An organization and the caller's role in it, as the API shows them.
fn shape((organization, role): &(Organization, Role)) -> Value {
    json!({
        "id": organization.id,
        "name": organization.name.as_str(),
        "slug": organization.slug.as_str(),
        "role": role.as_str(),
        "created_at": instant(organization.created_at),
    })
}

/// The organizations of the caller
#[utoipa::path(get, path = "/api/v1/auth/organizations", operation_id = "listOrganizations", tag = "Account",
    params(PagingQuery),
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, description = "A page of them", body = api::Organizations), Refused::<422>))]
pub(crate) async fn list(
    caller: Caller,
    paging: Result<Paging, Problem>,
    service: web::Data<Service>,
) -> Result<HttpResponse, Problem> {
    let Paging(page) = paging?;
    Ok(page::answer(page, &list_organizations(&service, &caller.0, page).await?, shape))
}
