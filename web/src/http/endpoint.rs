//! Endpoints: all methods of one path together, so that another method is answered with 405 and what is allowed.

use actix_web::body::BoxBody;
use actix_web::dev::{HttpServiceFactory, ServiceRequest};
use actix_web::http::Method;
use actix_web::middleware::{Next, from_fn};
use actix_web::{FromRequest, Handler, Resource, Responder, web};

use super::problem::Problem;
use crate::gateway::guard::guard;

/// One path with its methods.
pub(crate) struct Endpoint {
    path: &'static str,
    resource: Resource,
    allowed: Vec<String>,
}

impl Endpoint {
    /// A path without methods.
    pub(crate) fn new(path: &'static str) -> Self {
        Self {
            path,
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
            web::route().guard(actix_web::guard::Any(actix_web::guard::Get()).or(actix_web::guard::Head()))
        } else {
            web::method(method)
        };
        self.resource = self.resource.route(route.to(handler));
        self
    }

    /// The resource, which refuses all other methods, and everyone who may not call it.
    pub(crate) fn done(self) -> impl HttpServiceFactory + 'static {
        let (path, allowed) = (self.path, self.allowed.join(", "));
        let resource = self.resource.default_service(web::to(move || {
            let problem = Problem::method_not_allowed(&allowed);
            async move { Err::<&'static str, _>(problem) }
        }));
        let guarded = move |request: ServiceRequest, next: Next<BoxBody>| guard(path, request, next);
        resource.wrap(from_fn::<_, ()>(guarded))
    }
}
