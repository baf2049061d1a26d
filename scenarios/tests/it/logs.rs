//! The event log as its readers see it.

use crate::town::{eventful_town, run, verdict};

#[test]
fn an_eventful_day_breaks_no_invariant() {
    let recorded = run(eventful_town(7), 8);
    assert_eq!(recorded.violations, []);
    assert_eq!(verdict(&recorded.out).count, 0);
}
