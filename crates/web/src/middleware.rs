//! The middlewares around every request, in the order in which a request meets them.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::middleware::{Next, from_fn};
use actix_web::{App, Error};

use crate::settings::{Settings, shared};
use crate::{access_log, context, error_shape, rate_limit};

/// Surrounds `app` with all of them. actix calls the last one first, so this list reads from the handler outwards.
pub fn surround<T, B>(
    app: App<T>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
>
where
    T: ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse<B>,
            Error = Error,
            InitError = (),
        > + 'static,
    B: MessageBody + 'static,
{
    app.wrap(from_fn(error_shape::shape_errors)) // before the limit, whose refusal is shaped already
        .wrap(from_fn(rate_limit::enforce))
        .wrap(from_fn(share)) // a page of another origin may read a 429, too
        .wrap(from_fn(forbid_storing))
        .wrap(from_fn(access_log::record))
        .wrap(from_fn(context::provide)) // first: all others need the context
}

/// Middleware: no cache keeps an answer of the authentication API (contract §1).
async fn forbid_storing<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let mut response = next.call(request).await?;
    if response.request().match_info().as_str().starts_with("/api/v1/auth") {
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    Ok(response)
}

/// Middleware: lets pages of the configured origins call the API and read its answers.
async fn share(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let settings = shared::<Settings>(&request)?;
    Ok(settings.cors.answer(next.call(request).await?.map_into_boxed_body()))
}
