//! Following a delivery, on one connection and after another.

use std::sync::Arc;

use skyhaul_actors::ids::DeliveryId;
use skyhaul_telemetry::following::{Following, Frames, News};
use skyhaul_telemetry::tracks::Tracks;

use crate::city::{City, environment, place};

/// A delivery that has ended.
fn delivered() -> (City, Tracks, DeliveryId) {
    let mut city = City::new(environment(2));
    let id = city.request(1, place(-3_000.0, 0.0), place(0.0, 0.0), 0.5);
    city.run_s(3_600);
    let mut tracks = Tracks::new(Arc::clone(city.world.environment()));
    city.events.iter().for_each(|event| tracks.apply(event));
    (city, tracks, id)
}

fn next(following: &mut Following, city: &City, tracks: &Tracks) -> Frames {
    match following.next(tracks, city.world.environment(), city.world.now(), true) {
        News::Frames(frames) => frames,
        News::Unknown => panic!("it is known"),
    }
}

fn told(frames: &Frames) -> Vec<(&str, u32)> {
    let each = frames.frames.iter();
    each.map(|frame| (frame.view.stage.name(), frame.passed))
        .collect()
}

#[test]
fn whoever_comes_back_is_told_each_stage_that_passed_meanwhile() {
    let (city, tracks, id) = delivered();
    let mut back = Following::after(id, 1);
    let frames = next(&mut back, &city, &tracks);
    assert!(!frames.is_whole);
    assert_eq!(told(&frames), [("HeadedToDropoff", 2), ("Completed", 3)]);
    assert_eq!(back.passed(), Some(3));
    assert!(next(&mut back, &city, &tracks).frames.is_empty(), "nothing twice");
}

#[test]
fn whoever_is_new_or_claims_to_have_seen_what_never_was_is_told_the_whole() {
    let (city, tracks, id) = delivered();
    for mut following in [Following::new(id), Following::after(id, 99)] {
        let frames = next(&mut following, &city, &tracks);
        assert_eq!((frames.is_whole, told(&frames)), (true, vec![("Completed", 3)]));
    }
    let mut unknown = Following::new(DeliveryId(999));
    let news = unknown.next(&tracks, city.world.environment(), city.world.now(), true);
    assert!(matches!(news, News::Unknown) && unknown.passed().is_none());
}
