//! A path and its methods: HEAD wherever there is GET, and 405 with `Allow` for the rest.

use actix_web::dev::{AppService, HttpServiceFactory};
use actix_web::guard::{self, Guard};
use actix_web::http::Method;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, Handler, HttpRequest, Resource, Responder, Route, web};

use crate::problem::{ErrorShape, Problem};

/// The names by which the router tells OAuth endpoints from the others, before a handler is called.
const OAUTH: &str = "oauth";
const OAUTH_UNLESS_AUTHORIZED: &str = "oauth-unless-authorized";

/// The shape of the errors of the endpoint that `request` is routed to.
pub fn error_shape(request: &HttpRequest) -> ErrorShape {
    match request.match_name() {
        Some(OAUTH) => ErrorShape::OAuth,
        Some(OAUTH_UNLESS_AUTHORIZED) if !request.headers().contains_key(AUTHORIZATION) => ErrorShape::OAuth,
        _ => ErrorShape::Rest,
    }
}

/// A path and its methods.
pub struct Endpoint {
    path: String,
    shapes: &'static [ErrorShape],
    resource: Resource,
    allow: Vec<&'static str>,
}

impl Endpoint {
    /// The path, as actix writes it.
    pub fn at(path: &str) -> Self {
        Self {
            path: path.to_owned(),
            shapes: &[ErrorShape::Rest],
            resource: web::resource(path),
            allow: Vec::new(),
        }
    }

    /// The path of an OAuth endpoint: all of its errors have the shape of RFC 6749 §5.2.
    pub fn oauth(path: &str) -> Self {
        let endpoint = Self::at(path);
        Self { shapes: &[ErrorShape::OAuth], resource: endpoint.resource.name(OAUTH), ..endpoint }
    }

    /// The path of an endpoint that is OAuth's unless the request has an `Authorization` header.
    pub fn oauth_unless_authorized(path: &str) -> Self {
        let endpoint = Self::at(path);
        Self {
            shapes: &[ErrorShape::Rest, ErrorShape::OAuth],
            resource: endpoint.resource.name(OAUTH_UNLESS_AUTHORIZED),
            ..endpoint
        }
    }

    /// The path, as actix writes it.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The shapes that its errors can have.
    pub fn error_shapes(&self) -> &'static [ErrorShape] {
        self.shapes
    }

    /// The methods, HEAD among them wherever there is GET.
    pub fn methods(&self) -> &[&'static str] {
        &self.allow
    }

    /// GET, and HEAD by the same handler.
    #[must_use]
    pub fn get<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.route(guard::Any(guard::Get()).or(guard::Head()), &["GET", "HEAD"], handler)
    }

    /// POST.
    #[must_use]
    pub fn post<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.route(guard::Method(Method::POST), &["POST"], handler)
    }

    /// PATCH.
    #[must_use]
    pub fn patch<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.route(guard::Method(Method::PATCH), &["PATCH"], handler)
    }

    /// DELETE.
    #[must_use]
    pub fn delete<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.route(guard::Method(Method::DELETE), &["DELETE"], handler)
    }

    fn route<F, Args>(mut self, guard: impl Guard + 'static, methods: &[&'static str], handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.allow.extend(methods);
        self.resource = self.resource.route(Route::new().guard(guard).to(handler));
        self
    }
}

impl HttpServiceFactory for Endpoint {
    fn register(self, config: &mut AppService) {
        let allow = self.allow.join(", ");
        let refuse = web::to(move || {
            let problem = Problem::method_not_allowed(allow.clone());
            async move { problem }
        });
        self.resource.default_service(refuse).register(config);
    }
}
