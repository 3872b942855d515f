//! A path and its methods: HEAD wherever there is GET, and 405 with `Allow` for the rest.

use actix_web::dev::{AppService, HttpServiceFactory};
use actix_web::guard::{self, Guard};
use actix_web::http::Method;
use actix_web::{FromRequest, Handler, HttpRequest, Resource, Responder, Route, web};

use crate::context;
use crate::problem::Problem;

/// A path and its methods.
pub struct Endpoint {
    path: String,
    resource: Resource,
    allow: Vec<&'static str>,
}

impl Endpoint {
    /// The path, as actix writes it.
    pub fn at(path: &str) -> Self {
        Self { path: path.to_owned(), resource: web::resource(path), allow: Vec::new() }
    }

    /// The path, as actix writes it.
    pub fn path(&self) -> &str {
        &self.path
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
        let refuse = web::to(move |request: HttpRequest| {
            let problem = Problem::method_not_allowed(allow.clone());
            let is_oauth = context::is_oauth(request.match_info().as_str(), request.headers());
            async move { if is_oauth { problem.oauth() } else { problem } }
        });
        self.resource.default_service(refuse).register(config);
    }
}
