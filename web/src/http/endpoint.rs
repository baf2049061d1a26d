//! Endpoints: all methods of one path together, so that another method is answered with 405 and what is allowed.

use actix_web::http::Method;
use actix_web::{FromRequest, Handler, Resource, Responder, guard, web};

use super::problem::Problem;

/// One path with its methods.
pub(crate) struct Endpoint {
    resource: Resource,
    allowed: Vec<String>,
}

impl Endpoint {
    /// A path without methods.
    pub(crate) fn new(path: &str) -> Self {
        Self {
            resource: web::resource(path),
            allowed: Vec::new(),
        }
    }

    /// Answers the method; HEAD is answered like GET, without the body.
    pub(crate) fn on<F, Args>(mut self, method: Method, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.allowed.push(method.to_string());
        let route = if method == Method::GET {
            self.allowed.push(Method::HEAD.to_string());
            web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
        } else {
            web::method(method)
        };
        self.resource = self.resource.route(route.to(handler));
        self
    }

    /// The resource, which refuses all other methods.
    pub(crate) fn done(self) -> Resource {
        let allowed = self.allowed.join(", ");
        self.resource.default_service(web::to(move || {
            let problem = Problem::method_not_allowed(&allowed);
            async move { Err::<&'static str, _>(problem) }
        }))
    }
}
