//! Someone who asks over HTTP, and what is asked.

use actix_web::Error;
use actix_web::body::to_bytes;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::HeaderMap;
use actix_web::test::TestRequest;
use serde_json::{Value, json};

/// Someone who asks.
pub(crate) struct Client<S>(S);

impl<S> Client<S> {
    pub(crate) fn new(service: S) -> Self {
        Self(service)
    }
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl<S: Service<actix_http::Request, Response = ServiceResponse, Error = Error>> Client<S> {
    pub(crate) async fn send(&self, request: TestRequest) -> Answer {
        let response = match self.0.call(request.to_request()).await {
            Ok(response) => response.into_parts().1,
            Err(error) => error.error_response(),
        };
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = to_bytes(response.into_body()).await;
        Answer {
            status,
            headers,
            bytes: bytes.map(|bytes| bytes.to_vec()).unwrap_or_default(),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(TestRequest::get().uri(path)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(TestRequest::delete().uri(path)).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(TestRequest::put().uri(path).set_json(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(TestRequest::patch().uri(path).set_json(body)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(TestRequest::post().uri(path).set_json(body)).await
    }

    pub(crate) async fn call(&self, method: Method, path: &str) -> Answer {
        self.send(TestRequest::with_uri(path).method(method)).await
    }

    /// Asks for a delivery, and gives its id.
    pub(crate) async fn order(&self, body: &Value) -> String {
        let answer = self.post("/api/deliveryrequests", body).await;
        assert_eq!(answer.status, 202, "{}", answer.text());
        answer.json()["deliveryId"].as_str().expect("an id").to_owned()
    }

    /// The stage of a delivery.
    pub(crate) async fn stage(&self, id: &str) -> String {
        let status = self.get(&format!("/api/deliveries/{id}/status")).await.json();
        status["stage"].as_str().expect("a stage").to_owned()
    }
}

/// A request for a drone, from one exact place to another.
pub(crate) fn request() -> Value {
    json!({
        "ownerId": "myowner",
        "pickupLocation": "43.775,11.255",
        "dropOffLocation": "43.78,11.24",
        "expedited": false,
        "confirmationRequired": "None",
        "packageInfo": {"packageId": "mypackage", "size": "Small", "weight": 1, "tag": "mytag"},
    })
}

/// The same with one field set; the field may be below `packageInfo`.
pub(crate) fn with(field: &str, value: Value) -> Value {
    let mut body = request();
    match field.strip_prefix("packageInfo.") {
        Some(field) => body["packageInfo"][field] = value,
        None => body[field] = value,
    }
    body
}

/// The same without a field.
pub(crate) fn without(field: &str) -> Value {
    let mut body = request();
    let (object, field) = match field.strip_prefix("packageInfo.") {
        Some(field) => (&mut body["packageInfo"], field),
        None => (&mut body, field),
    };
    object
        .as_object_mut()
        .expect("an object")
        .remove(field)
        .expect("it is there");
    body
}

/// An id that nobody has.
pub(crate) const NOBODYS: &str = "00000000-0000-4000-8000-000000000000";
