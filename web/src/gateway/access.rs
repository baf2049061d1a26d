//! Access: the one table of who may call what, once callers are asked who they are.

use actix_web::http::Method;
use skyhaul_actors::account::Role;

/// Who may call an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Everyone, also without a key.
    Open,
    /// Whoever has this role, or a higher one.
    From(Role),
    /// Everyone with a key, customers only for what is their own.
    Own(Own),
}

/// How it is told what is a customer's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Own {
    /// The path names a delivery. Others' are answered as if there were none.
    Delivery,
    /// The path or the query names the owner.
    Owner,
    /// The path names an account. Others' are answered as if there were none.
    Account,
    /// What is asked for says whose it is; the handler asks [`super::caller::Caller`].
    Said,
}

use Access::{From, Open, Own as Only};
use Own::{Account, Delivery, Owner, Said};
use Role::{Admin, Customer, Operator};

/// Who may call what: path, method, who. HEAD goes with GET.
pub(crate) const TABLE: &[(&str, Method, Access)] = &[
    ("/api/deliveryrequests", Method::POST, Only(Said)),
    ("/api/deliveryrequests/{id}", Method::PATCH, Only(Delivery)),
    ("/api/deliveryrequests/{id}", Method::DELETE, Only(Delivery)),
    ("/api/deliveries", Method::GET, Only(Owner)),
    ("/api/deliveries/summary", Method::GET, Only(Owner)),
    ("/api/deliveries/{id}", Method::GET, Only(Delivery)),
    ("/api/deliveries/{id}", Method::PUT, Only(Said)),
    ("/api/deliveries/{id}", Method::PATCH, Only(Delivery)),
    ("/api/deliveries/{id}", Method::DELETE, Only(Delivery)),
    ("/api/deliveries/public/{id}", Method::GET, Only(Delivery)),
    ("/api/deliveries/{id}/owner", Method::GET, Only(Delivery)),
    ("/api/deliveries/{id}/status", Method::GET, Only(Delivery)),
    ("/api/deliveries/{id}/history", Method::GET, Only(Delivery)),
    ("/api/deliveries/{id}/track", Method::GET, Only(Delivery)),
    ("/api/deliveries/{id}/trackinglinks", Method::GET, Only(Delivery)),
    ("/api/deliveries/{id}/trackinglinks", Method::POST, Only(Delivery)),
    (
        "/api/deliveries/{id}/trackinglinks",
        Method::DELETE,
        Only(Delivery),
    ),
    (
        "/api/deliveries/{id}/trackinglinks/{link}",
        Method::DELETE,
        Only(Delivery),
    ),
    ("/api/deliveries/{id}/events", Method::GET, Only(Delivery)),
    ("/api/deliveries/{id}/confirmations", Method::GET, Only(Delivery)),
    ("/api/deliveries/{id}/confirmations", Method::POST, Only(Delivery)),
    (
        "/api/deliveries/{id}/notifymerequests",
        Method::GET,
        Only(Delivery),
    ),
    (
        "/api/deliveries/{id}/notifymerequests",
        Method::POST,
        Only(Delivery),
    ),
    ("/api/packages", Method::PUT, Only(Said)),
    ("/api/packages/", Method::PUT, Only(Said)),
    ("/api/packages/{id}", Method::GET, Only(Said)),
    ("/api/packages/{id}", Method::PUT, Only(Said)),
    ("/api/packages/{id}", Method::PATCH, Only(Said)),
    ("/api/packages/summary/{ownerId}", Method::GET, Only(Owner)),
    ("/api/drones", Method::GET, From(Operator)),
    ("/api/drones.geojson", Method::GET, From(Operator)),
    ("/api/drones/{id}", Method::GET, From(Operator)),
    ("/api/remote-id", Method::GET, From(Operator)),
    ("/api/dronedeliveries/utilization", Method::GET, Only(Owner)),
    ("/api/dronedeliveries/{deliveryId}", Method::PUT, Only(Delivery)),
    (
        "/api/dronedeliveries/{deliveryId}",
        Method::DELETE,
        Only(Delivery),
    ),
    ("/api/deliveries/{id}/retry", Method::POST, From(Operator)),
    ("/api/thirdpartydeliveries/{id}", Method::GET, Only(Delivery)),
    ("/api/thirdpartydeliveries/{id}", Method::PUT, From(Customer)),
    ("/api/carriers", Method::GET, From(Operator)),
    ("/api/account/{accountId}", Method::GET, Only(Said)),
    ("/api/accounts", Method::POST, From(Admin)),
    ("/api/accounts/{id}", Method::GET, Only(Account)),
    ("/api/accounts/{id}", Method::PATCH, Only(Account)),
    ("/api/accounts/{id}/keys", Method::POST, Only(Account)),
    ("/api/accounts/{id}/keys", Method::DELETE, Only(Account)),
    ("/api/invoices", Method::GET, Only(Owner)),
    ("/api/quotes", Method::POST, Only(Said)),
    ("/api/config", Method::GET, From(Customer)),
    ("/api/simulation", Method::GET, From(Operator)),
    ("/api/simulation/pause", Method::POST, From(Operator)),
    ("/api/simulation/resume", Method::POST, From(Operator)),
    ("/api/simulation/step", Method::POST, From(Operator)),
    ("/api/simulation/speed", Method::POST, From(Operator)),
    ("/api/simulation/parked", Method::GET, From(Operator)),
    ("/api/simulation/dead-letters", Method::GET, From(Operator)),
    ("/api/simulation/actions", Method::GET, From(Operator)),
    ("/api/depots", Method::GET, From(Operator)),
    ("/api/depots/{name}/ground", Method::POST, From(Operator)),
    ("/api/depots/{name}/release", Method::POST, From(Operator)),
    ("/api/drones/{id}/recall", Method::POST, From(Operator)),
    ("/api/places", Method::GET, From(Customer)),
    ("/api/landmarks", Method::GET, From(Customer)),
    ("/api/performance", Method::GET, From(Operator)),
    ("/api/weather", Method::GET, From(Operator)),
    ("/api/playback", Method::GET, From(Operator)),
    ("/api/zones", Method::GET, From(Operator)),
    ("/api/zones", Method::POST, From(Operator)),
    ("/api/zones/{id}", Method::DELETE, From(Operator)),
    ("/api/alerts", Method::GET, From(Operator)),
    ("/api/alerts/{id}/acknowledge", Method::POST, From(Operator)),
    ("/api/audit", Method::GET, From(Admin)),
    ("/api/owners/{ownerId}/personal-data", Method::DELETE, From(Admin)),
    ("/api/probe", Method::GET, Open),
    ("/asyncapi.json", Method::GET, Open),
    ("/healthz", Method::GET, Open),
    ("/readyz", Method::GET, Open),
    ("/metrics", Method::GET, From(Operator)),
    ("/", Method::GET, Open),
    ("/basemap/own.pmtiles", Method::GET, Open),
    ("/track/{deliveryId}", Method::GET, Open),
];

/// Who may call a path by a method. What is not in the table is the administrators'.
pub(crate) fn access(path: &str, method: &Method) -> Access {
    let method = if method == Method::HEAD {
        &Method::GET
    } else {
        method
    };
    let found = TABLE
        .iter()
        .find(|(listed, with, _)| *listed == path && with == method);
    found.map_or(From(Admin), |(_, _, access)| *access)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use utoipa::OpenApi as _;

    use super::*;
    use crate::openapi::Interface;

    #[test]
    fn what_nobody_thought_of_is_the_administrators() {
        assert_eq!(access("/api/new", &Method::GET), From(Admin));
        assert_eq!(access("/api/drones", &Method::DELETE), From(Admin));
        assert_eq!(access("/api/drones", &Method::HEAD), From(Operator));
    }

    /// All paths that are given to an endpoint anywhere in this crate.
    fn declared(folder: &Path, paths: &mut Vec<String>) {
        for entry in fs::read_dir(folder).expect("the sources can be read").flatten() {
            let path = entry.path();
            if path.is_dir() {
                declared(&path, paths);
                continue;
            }
            let text = fs::read_to_string(&path).expect("sources are text");
            for begin in ["Endpoint::new(\"/", "endpoint(\"/", "ARCHIVE_PATH: &str = \"/"] {
                let after = text.split(begin).skip(1);
                paths.extend(after.filter_map(|rest| Some(format!("/{}", rest.split_once('"')?.0))));
            }
        }
    }

    #[test]
    fn somebody_has_thought_of_every_path_and_every_operation() {
        let mut paths = Vec::new();
        declared(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut paths);
        paths.retain(|path| path != "/");
        assert!(paths.len() >= 40, "{paths:?}");
        for path in &paths {
            let is_listed = TABLE.iter().any(|(listed, ..)| listed == path);
            assert!(is_listed, "{path} is not in the table of who may call what");
        }
        for (listed, method, _) in TABLE {
            assert!(
                *listed == "/" || paths.iter().any(|path| path == listed),
                "{method} {listed} is listed, and is no path"
            );
        }
        let document = serde_json::to_value(Interface::openapi()).expect("JSON");
        for (path, operations) in document["paths"].as_object().expect("paths") {
            for method in operations.as_object().expect("operations").keys() {
                let method = method.to_uppercase();
                let is_listed = TABLE
                    .iter()
                    .any(|(listed, with, _)| listed == path && with.as_str() == method);
                assert!(
                    is_listed,
                    "{method} {path} is not in the table of who may call what"
                );
            }
        }
    }

    #[test]
    fn nothing_is_listed_twice() {
        for (index, (path, method, _)) in TABLE.iter().enumerate() {
            let same = |(other, with, _): &&(&str, Method, Access)| other == path && with == method;
            assert!(
                !TABLE[index + 1..].iter().any(|row| same(&row)),
                "{method} {path}"
            );
        }
    }
}
