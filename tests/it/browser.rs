//! A real browser places a delivery on the page and sees it completed.

use std::process::Command;

use crate::service::{Service, data, repository};

#[test]
fn a_person_orders_on_the_page_and_sees_the_parcel_arrive() {
    let data = data();
    let service = Service::start(data.path(), &["--speed", "60"]);
    let shots = repository("target/screenshots");
    let done = Command::new("npm")
        .args(["--prefix", "web/dashboard", "run", "e2e"])
        .current_dir(repository("."))
        .env("SKYHAUL_URL", &service.rest)
        .env("SKYHAUL_SCREENSHOTS", &shots)
        .output()
        .expect("npm can be started");
    let said = format!(
        "{}\n{}",
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    );
    assert!(done.status.success(), "{said}");
}
