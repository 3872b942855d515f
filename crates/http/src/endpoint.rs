//! A path and its methods: HEAD wherever there is GET, and 405 with `Allow` for the rest.

use actix_web::dev::{AppService, HttpServiceFactory};
use actix_web::guard::{self, Guard};
use actix_web::http::Method;
use actix_web::{FromRequest, Handler, HttpRequest, Resource, Responder, Route, web};

use crate::context;
use crate::problem::Problem;

/// A path and its methods.
pub struct Endpoint {
    #[cfg(test)]
    path: String,
    resource: Resource,
    allow: Vec<&'static str>,
}

impl Endpoint {
    /// The path, as actix writes it.
    pub fn at(path: &str) -> Self {
        Self {
            #[cfg(test)]
            path: path.to_owned(),
            resource: web::resource(path),
            allow: Vec::new(),
        }
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
        #[cfg(test)]
        tests::note(&self.path, &self.allow);
        let allow = self.allow.join(", ");
        let refuse = web::to(move |request: HttpRequest| {
            let problem = Problem::method_not_allowed(allow.clone());
            let is_oauth = context::is_oauth(request.match_info().as_str(), request.headers());
            async move { if is_oauth { problem.oauth() } else { problem } }
        });
        self.resource.default_service(refuse).register(config);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::cell::RefCell;
    use std::collections::BTreeSet;

    thread_local! {
        static REGISTERED: RefCell<BTreeSet<(String, String)>> = const { RefCell::new(BTreeSet::new()) };
    }

    pub(super) fn note(path: &str, methods: &[&str]) {
        let methods = methods.iter().filter(|method| **method != "HEAD");
        REGISTERED.with_borrow_mut(|all| all.extend(methods.map(|m| (path.to_owned(), (*m).to_owned()))));
    }

    /// Every path and method that this thread has registered so far, but for HEAD, which comes with GET.
    pub(crate) fn registered() -> BTreeSet<(String, String)> {
        REGISTERED.with_borrow(Clone::clone)
    }
}
