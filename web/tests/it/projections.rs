//! Projections: each event once, however often it is given.

use serde_json::json;
use skyhaul_actors::event::Event;
use skyhaul_engine::ports::Numbered;
use skyhaul_web::ports::KeyValueStore as _;

use crate::city::{City, Kept};
use crate::client::{request, with};

/// The account service's store, and its rows that come from no event: how businesses are called and reached.
const CONTACTS: (usize, u8) = (5, b'c');

/// Where the store of people stands, behind all others: nothing in it comes from events.
const PEOPLE: usize = 7;

/// Everything that a city's stores hold and events tell.
fn contents(kept: &Kept) -> Vec<Vec<(Vec<u8>, Vec<u8>)>> {
    let all = kept.0.iter().take(PEOPLE).enumerate().map(|(index, store)| {
        let mut rows = Vec::new();
        let mut keep = |key: &[u8], value: &[u8]| {
            if (index, key[0]) != CONTACTS {
                rows.push((key.to_vec(), value.to_vec()));
            }
            true
        };
        store.scan(b"", &[0xFF], false, &mut keep).expect("memory works");
        rows
    });
    all.collect()
}

/// A city in which much has happened.
async fn lived() -> City {
    let city = City::new();
    let client = city.client().await;
    client.order(&request()).await;
    let cancelled = client.order(&with("packageInfo.weight", json!(2))).await;
    client.order(&with("packageInfo.weight", json!(10))).await;
    client.delete(&format!("/api/deliveryrequests/{cancelled}")).await;
    city.run_s(4_000);
    client.order(&request()).await;
    client.post("/api/accounts", &json!({"name": "n"})).await;
    city.run_s(30);
    city.flush();
    city
}

#[actix_web::test]
async fn events_given_twice_change_nothing() {
    let city = lived().await;
    let before = contents(&city.kept);
    assert!(
        before.iter().all(|rows| rows.len() > 1),
        "every store holds something"
    );
    let city = city.restarted();
    city.flush();
    assert_eq!(contents(&city.kept), before);
}

#[actix_web::test]
async fn however_the_events_are_cut_into_batches_the_stores_are_the_same() {
    let city = lived().await;
    let (events, whole) = (city.events(), contents(&city.kept));
    for size in [1, 7, events.len()] {
        let other = City::new();
        let mut projections = other.take_projections();
        for projection in &mut projections {
            // Overlapping batches: what was applied before is given again.
            for start in (0..events.len()).step_by(size) {
                let batch: &[Numbered<Event>] =
                    &events[start.saturating_sub(3)..(start + size).min(events.len())];
                projection.apply(batch).expect("memory works");
            }
            assert_eq!(projection.next_event(), events.len() as u64);
            projection.flush(&mut || ()).expect("memory works");
        }
        assert_eq!(contents(&other.kept), whole, "batches of {size}");
    }
}
