//! Names of people: in one store of their own, and nowhere else that outlives a crash.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::service::{Service, data, parcel};

/// The files below a folder that hold any of the texts.
fn telling(folder: &Path, texts: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder can be read").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(telling(&path, texts));
            continue;
        }
        let bytes = fs::read(&path).expect("the file can be read");
        let tells = |text: &&str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
        if texts.iter().any(tells) {
            found.push(path.display().to_string());
        }
    }
    found
}

#[test]
fn journal_and_snapshots_hold_no_name_and_clients_see_it_also_after_a_crash() {
    let data = data();
    let service = Service::start(data.path(), &["--speed", "60", "--no-demand"]);
    let mut request = parcel();
    request["ownerId"] = json!("Ann Onymous");
    request["packageInfo"]["tag"] = json!("for aunt Edna");
    let id = service.request_delivery(&request);
    service.kill();
    let words = ["Ann Onymous", "aunt Edna"];
    assert_eq!(
        telling(&data.path().join("journal"), &words),
        Vec::<String>::new()
    );

    let service = Service::start(data.path(), &["--speed", "60", "--no-demand"]);
    let owner = service.get(&format!("/api/deliveries/{id}/owner"));
    assert_eq!(owner.body["userId"], "Ann Onymous");
    let listed = service.get("/api/deliveries?ownerId=Ann%20Onymous");
    assert_eq!(listed.body["items"][0]["id"], json!(id));
    assert_eq!(service.get("/api/packages/a-parcel").body["tag"], "for aunt Edna");
    service.wait_for_stage(&id, "Completed");
    assert_eq!(
        service.delete("/api/owners/Ann%20Onymous/personal-data").status,
        204
    );
    let owner = service.get(&format!("/api/deliveries/{id}/owner"));
    assert!(
        owner.body["userId"]
            .as_str()
            .is_some_and(|name| name.starts_with("owner-")),
        "{:?}",
        owner.body
    );
    assert!(service.stop(), "it ended well, with a snapshot");
    for folder in ["journal", "snapshots"] {
        assert_eq!(telling(&data.path().join(folder), &words), Vec::<String>::new());
    }
}
