//! The events of an account (contract §7).

use std::net::IpAddr;

use actix_web::web::{self, Json};
use keywright_domain::activity::Activity;
use keywright_service::Service;
use keywright_service::activity::list_activity;
use keywright_web::caller::Caller;
use keywright_web::endpoint::Endpoint;
use keywright_web::problem::Problem;
use keywright_web::time::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::openapi::problem::Refused;
use crate::page::{ListResponse, Paging};

pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::at("/api/v1/auth/activity").get(list)]
}

/// An event in the life of an account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Activity)]
pub struct ActivityResource {
    pub id: Uuid,
    /// The kind of event. New kinds may be added.
    #[schema(examples("signed_in"))]
    pub event: &'static str,
    pub occurred_at: Timestamp,
    /// Null once it is older than its retention.
    #[schema(required, value_type = Option<String>, examples("192.0.2.1"))]
    pub ip_address: Option<IpAddr>,
    /// Null once it is older than its retention.
    #[schema(required)]
    pub user_agent: Option<String>,
    #[schema(required, examples("web"))]
    pub client_id: Option<String>,
    #[schema(required)]
    pub session_id: Option<Uuid>,
    /// More about the event; its fields depend on the kind.
    #[schema(value_type = Object)]
    pub details: Value,
}

/// A page of events.
pub type ActivityList = ListResponse<ActivityResource>;

impl From<&Activity> for ActivityResource {
    fn from(activity: &Activity) -> Self {
        Self {
            id: activity.id.0,
            event: activity.event.as_str(),
            occurred_at: Timestamp(activity.occurred_at),
            ip_address: activity.client_info.ip,
            user_agent: activity.client_info.user_agent.as_ref().map(|agent| agent.as_str().to_owned()),
            client_id: activity.client_id.as_ref().map(|client| client.as_str().to_owned()),
            session_id: activity.session_id.map(|id| id.0),
            details: activity.details.clone(),
        }
    }
}

/// Lists the events of the account, the newest first
#[utoipa::path(get, path = "/api/v1/auth/activity", operation_id = "listActivity", tag = "Account",
    params(Paging),
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, description = "A page of events", body = ActivityList), Refused::<422>))]
pub(crate) async fn list(
    caller: Caller,
    paging: Result<Paging, Problem>,
    service: web::Data<Service>,
) -> Result<Json<ActivityList>, Problem> {
    let Paging(page) = paging?;
    let activity = list_activity(&service, &caller.0, page).await?;
    Ok(Json(ListResponse::new(page, &activity, Into::into)))
}
