//! Errors in the shape of their endpoint, whoever found them.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, ResponseError};

use crate::endpoint;
use crate::problem::{ErrorShape, Problem};

/// Middleware: writes a problem in the shape of its endpoint.
pub async fn shape_errors(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let response = next.call(request).await?.map_into_boxed_body();
    let problem = response.response().extensions().get::<Problem>().filter(|it| it.shape.is_none()).cloned();
    let Some(problem) = problem else { return Ok(response) };
    match endpoint::error_shape(response.request()) {
        ErrorShape::OAuth => Ok(response.into_response(problem.shaped(ErrorShape::OAuth).error_response())),
        ErrorShape::Rest => Ok(response),
    }
}
