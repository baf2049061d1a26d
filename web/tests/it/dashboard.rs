//! The dashboard's page and files.

use actix_web::test::TestRequest;

use crate::city::City;

const BUILT: bool = cfg!(dashboard_is_built);

#[actix_web::test]
async fn the_page_is_served_for_all_of_the_clients_routes() {
    let client = City::new().client().await;
    for path in ["/", "/track/6f1c0b0e-8a3f-4c0e-9d52-3b1f5f1f0001", "/fleet"] {
        let page = client.get(path).await;
        if BUILT {
            assert_eq!(page.status, 200, "{path}");
            assert_eq!(page.header("content-type"), Some("text/html"));
            assert_eq!(page.header("cache-control"), Some("no-cache"));
            assert!(
                page.header("content-security-policy")
                    .expect("a policy")
                    .contains("ws://*:8081")
            );
        } else {
            assert_eq!(page.status, 503, "{path}");
            assert!(page.text().contains("make build"));
        }
    }
}

#[actix_web::test]
async fn a_file_is_served_whole_in_part_and_not_again() {
    if !BUILT {
        return;
    }
    let client = City::new().client().await;
    let whole = client.get("/index.html").await;
    let tag = whole.header("etag").expect("a tag").to_owned();
    let ask = |name: &'static str, value: String| {
        TestRequest::get().uri("/index.html").insert_header((name, value))
    };
    let part = client.send(ask("range", "bytes=1-4".to_owned())).await;
    assert_eq!((part.status, part.bytes.as_slice()), (206, &whole.bytes[1..5]));
    let range = format!("bytes 1-4/{}", whole.bytes.len());
    assert_eq!(part.header("content-range"), Some(range.as_str()));
    assert_eq!(
        client
            .send(ask("range", format!("bytes={}-", whole.bytes.len())))
            .await
            .status,
        416
    );
    assert_eq!(client.send(ask("if-none-match", tag.clone())).await.status, 304);
    let changed = ask("range", "bytes=1-4".to_owned()).insert_header(("if-range", "\"another\""));
    assert_eq!(client.send(changed).await.status, 200);
}

#[actix_web::test]
async fn a_map_that_the_operator_brought_is_read_by_ranges_alone() {
    let client = City::new().client().await;
    let config = client.get("/api/config").await.json();
    assert_eq!(config["basemap"]["tiles"], "/basemap/own.pmtiles");
    let path = "/basemap/own.pmtiles";
    let ask = |range: &'static str| TestRequest::get().uri(path).insert_header(("range", range));
    let head = client.send(ask("bytes=0-6")).await;
    assert_eq!((head.status, head.bytes.as_slice()), (206, b"PMTiles".as_slice()));
    assert!(
        head.header("content-range")
            .is_some_and(|range| range.starts_with("bytes 0-6/"))
    );
    assert_eq!(client.send(ask("bytes=99999999999-")).await.status, 416);
    assert_eq!(
        client.get(path).await.status,
        400,
        "the whole is never sent at once"
    );
}
