//! Packages.

use serde_json::{Value, json};

use crate::city::City;
use crate::client::{request, with};

#[actix_web::test]
async fn a_package_is_put_read_replaced_and_merged() {
    let client = City::new().client().await;
    let path = "/api/packages/my-package";
    assert_eq!(client.get(path).await.status, 404);
    assert_eq!(client.patch(path, &json!({"tag": "t"})).await.status, 404);
    let created = client
        .put(
            path,
            &json!({"Id": "my-package", "Size": "small", "Weight": "1.5", "Tag": "t"}),
        )
        .await;
    assert_eq!(created.status, 201, "{}", created.text());
    assert_eq!(created.header("location"), Some(path));
    let shown = json!({"id": "my-package", "size": "Small", "weight": 1.5, "tag": "t"});
    assert_eq!(client.get(path).await.json(), shown);
    assert_eq!(client.patch(path, &json!({"WEIGHT": 2})).await.status, 204);
    let merged = json!({"id": "my-package", "size": "Small", "weight": 2, "tag": "t"});
    assert_eq!(client.get(path).await.json(), merged);
    assert_eq!(client.put(path, &json!({"size": 2})).await.status, 204);
    let replaced = json!({"id": "my-package", "size": "Large", "weight": 0, "tag": null});
    assert_eq!(client.get(path).await.json(), replaced);
}

#[actix_web::test]
async fn a_package_without_an_id_is_given_one() {
    let client = City::new().client().await;
    for path in ["/api/packages/", "/api/packages"] {
        let created = client.put(path, &json!({"size": "Medium", "weight": 1})).await;
        assert_eq!(created.status, 201, "{path}");
        let address = created.header("location").expect("an address").to_owned();
        assert_eq!(client.get(&address).await.json(), created.json());
        assert_eq!(created.json()["id"].as_str().map(str::len), Some(36));
    }
}

#[actix_web::test]
async fn an_id_with_odd_letters_has_an_address_that_resolves() {
    let client = City::new().client().await;
    let created = client
        .put("/api/packages/a%20%2F%C3%A9", &json!({"size": "Small"}))
        .await;
    assert_eq!(created.json()["id"], "a /é");
    let address = created.header("location").expect("an address").to_owned();
    assert_eq!(client.get(&address).await.status, 200, "{address}");
}

#[actix_web::test]
async fn packages_that_cannot_be_are_refused() {
    let client = City::new().client().await;
    for (body, status, field) in [
        (json!({}), 400, Some("size")),
        (json!({"size": "Huge"}), 400, Some("size")),
        (json!({"size": 0, "weight": -1}), 422, Some("weight")),
        (json!({"size": 0, "weight": 1_000}), 422, Some("weight")),
        (json!({"size": 0, "tag": 1}), 400, Some("tag")),
        (json!({"size": 0, "id": "another"}), 409, None),
    ] {
        let answer = client.put("/api/packages/p", &body).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text());
        if let Some(field) = field {
            assert!(
                answer.json()["errors"][field].is_array(),
                "{body}: {}",
                answer.text()
            );
        }
    }
    let long = format!("/api/packages/{}", "x".repeat(257));
    assert_eq!(client.put(&long, &json!({"size": 0})).await.status, 422);
}

#[actix_web::test]
async fn a_deliverys_package_is_known_by_its_label_or_else_by_the_delivery() {
    let city = City::new();
    let client = city.client().await;
    client.order(&request()).await;
    let labelled = client.get("/api/packages/mypackage").await.json();
    assert_eq!(
        labelled,
        json!({"id": "mypackage", "size": "Small", "weight": 1, "tag": "mytag"})
    );
    let id = client.order(&with("packageInfo.packageId", Value::Null)).await;
    assert_eq!(
        client.get(&format!("/api/packages/{id}")).await.json()["id"],
        json!(id)
    );
}

#[actix_web::test]
async fn an_owners_parcels_are_weighed_by_month_without_cancelled_ones() {
    let city = City::new();
    let client = city.client().await;
    client.order(&with("packageInfo.weight", json!(1.25))).await;
    let cancelled = client.order(&with("packageInfo.weight", json!(2))).await;
    let path = "/api/packages/summary/myowner?year=2026&month=5";
    assert_eq!(client.get(path).await.json(), json!({"totalWeight": 3.25}));
    client.delete(&format!("/api/deliveryrequests/{cancelled}")).await;
    assert_eq!(client.get(path).await.json(), json!({"totalWeight": 1.25}));
    city.run_s(3_600);
    assert_eq!(client.get(path).await.json(), json!({"totalWeight": 1.25}));
    assert_eq!(
        client
            .get("/api/packages/summary/nobody?year=2026&month=5")
            .await
            .json(),
        json!({"totalWeight": 0})
    );
}
