//! How long a request waits for the database, all in all.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use keywright_store::postgres::with_one_patience;

/// Answers within five seconds, however many commands and queries that takes of a slow database (contract §1.1).
pub async fn surround<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    with_one_patience(next.call(request)).await
}
