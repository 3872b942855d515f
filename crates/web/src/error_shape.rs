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
    let problem = response.response().extensions().get::<Problem>().cloned();
    let shape = endpoint::error_shape(response.request());
    match problem.filter(|problem| problem.shape.is_none() && shape == ErrorShape::OAuth) {
        Some(problem) => Ok(response.into_response(problem.shaped(shape).error_response())),
        None => Ok(response),
    }
}
