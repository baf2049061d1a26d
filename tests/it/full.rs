//! A full disk: what cannot be kept is refused, and all goes on once there is room again.

use crate::service::{Service, data, eventually, parcel};

fn has_failing_store(service: &Service) -> bool {
    let metrics = service.get("/metrics").body;
    let lines = metrics.as_str().unwrap_or_default().lines();
    lines
        .filter(|line| line.starts_with("skyhaul_store_failures_total{"))
        .any(|line| !line.ends_with(" 0"))
}

#[test]
fn requests_are_refused_while_no_file_can_grow_and_taken_once_one_can() {
    let data = data();
    let service = Service::start_deaf(data.path(), &["--speed", "60", "--no-demand"]);
    let before = service.request_delivery(&parcel());
    service.limit_files(Some(0));
    let refused = eventually("a request to be refused", || {
        let answer = service.post("/api/deliveryrequests", &parcel());
        (answer.status != 202).then_some(answer)
    });
    assert_eq!(refused.status, 503, "{:?}", refused.body);
    eventually("a store to fail", || has_failing_store(&service).then_some(()));
    assert_eq!(service.get("/healthz").status, 200);
    assert_eq!(service.get(&format!("/api/deliveries/{before}")).status, 200);
    service.limit_files(None);
    let after = eventually("a request to be taken", || {
        let answer = service.post("/api/deliveryrequests", &parcel());
        (answer.status == 202).then(|| answer.body["deliveryId"].as_str().expect("an id").to_owned())
    });
    for id in [&before, &after] {
        service.wait_for_stage(id, "Completed");
    }
    service.kill();
    let service = Service::start(data.path(), &["--no-demand"]);
    for id in [&before, &after] {
        assert_eq!(service.stage(id), "Completed");
    }
}
