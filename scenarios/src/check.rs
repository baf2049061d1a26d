//! Checkers: small independent readers of the event log, one for everything its readers may rely on. They see the written lines alone.
//!
//! | invariant | holds |
//! |---|---|
//! | EV-1 | lines are numbered 0, 1, 2 … without a gap |
//! | EV-2 | time never goes back |
//! | EV-3 | every line is JSON and has its type's fields |
//! | EV-4 | the log ends with `RunEnded`, and its digest is that of all bytes before |
//! | EV-5 | drones were commissioned, deliveries requested and not over, when something is said of them |
//! | SG-1 | a delivery ends exactly once, or is open at the end; one whose parcel arrived is not |
//! | SG-3 | drones give a delivery back four times at the most, then it is for carriers until it is rescheduled |
//! | PK-1 | a parcel is in one place: it is picked up where it lies, and put down by whoever has it |
//! | PK-2 | a parcel changes hands within 100 m of where it lies, or is to go |
//! | PK-3 | a parcel is picked up by whoever has the delivery, and brought by whom the log says |
//! | PK-4 | a drone takes or gives a parcel only where it stands |
//! | DR-1 | a drone has at most one delivery, carries at most one parcel, and gets its next only when it carries nothing |
//! | DR-2 | a drone starts, and fails, where it last was |
//! | DR-3 | a drone never flies faster than its `speed_max_mps` |
//! | DR-4 | a drone never flies faster than its own `path_t`, and lands at `arrives_t` |
//! | DR-5 | a drone never flies, nor gets a delivery, while failed, and fails after its leg ended |
//! | DR-6 | a drone never carries more than its payload, and says what it carries |
//! | DR-7 | a drone flies one leg at a time; one that ended in the air leads on to another or to a failure |
//! | DR-8 | `distance_m` is the length of the path |
//! | WX-1 | a depot is grounded and released in turn, for each reason |
//! | WX-2 | no drone takes off from home while the weather keeps its depot on the ground |
//! | LK-1 | a drone's link is lost in the air, and restored before it is lost again, or charges |
//! | AS-1 | no drone flies through a zone in force |
//! | BT-1 | a battery holds neither more than its capacity nor less than nothing |
//! | BT-2 | a drone lands below its reserve only where a failure, a diversion or a change of wind says why |
//! | BT-3 | energies add up from leg to leg |
//!
//! EN-4 (the same build, file and seed give the same bytes) takes two runs; their digests are compared.

use self::attempts::Attempts;
use self::batteries::Batteries;
use self::deliveries::Deliveries;
use self::entry::{Entry, What};
use self::failures::Failures;
use self::groundings::Groundings;
use self::legs::Legs;
use self::links::Links;
use self::loads::Loads;
use self::order::Order;
use self::parcels::Parcels;
use self::roster::Roster;
use self::zones::Zones;

mod attempts;
mod batteries;
mod deliveries;
mod entry;
mod failures;
mod geometry;
mod groundings;
mod legs;
mod links;
mod loads;
mod order;
mod parcels;
mod roster;
mod zones;

/// Violations kept with their text; more are only counted. The first few show what is wrong, and a broken run would fill the memory.
const VIOLATIONS_KEPT_MAX: usize = 100;

/// An invariant that a line of the log breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Its name, such as `DR-1`.
    pub invariant: &'static str,
    /// The line's number.
    pub seq: u64,
    /// What is wrong.
    pub text: String,
}

/// What the checkers found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// How often one objected.
    pub count: u64,
    /// The first objections.
    pub violations: Vec<Violation>,
}

/// All checkers, to be shown a log line by line. They remember what is open: drones of which something was said, deliveries, legs.
#[derive(Default)]
pub struct Checkers {
    order: Order,
    roster: Roster,
    families: Families,
    findings: Findings,
}

#[derive(Default)]
struct Families {
    deliveries: Deliveries,
    parcels: Parcels,
    loads: Loads,
    legs: Legs,
    failures: Failures,
    zones: Zones,
    batteries: Batteries,
    groundings: Groundings,
    links: Links,
    attempts: Attempts,
}

/// Follows the log for one family of invariants.
trait Checker {
    /// Takes one line in.
    fn apply(&mut self, entry: &Entry<'_>, findings: &mut Findings);

    /// Says what is wrong now that the log is over.
    fn finish(&mut self, _findings: &mut Findings) {}
}

/// Objections, with the line under examination.
#[derive(Default)]
struct Findings {
    seq: u64,
    verdict: Verdict,
}

impl Findings {
    /// Objects to the present line.
    fn object(&mut self, invariant: &'static str, text: impl FnOnce() -> String) {
        self.verdict.count += 1;
        if self.verdict.violations.len() < VIOLATIONS_KEPT_MAX {
            self.verdict.violations.push(Violation {
                invariant,
                seq: self.seq,
                text: text(),
            });
        }
    }
}

impl Families {
    fn each(&mut self) -> [&mut dyn Checker; 10] {
        [
            &mut self.deliveries,
            &mut self.parcels,
            &mut self.loads,
            &mut self.legs,
            &mut self.failures,
            &mut self.zones,
            &mut self.batteries,
            &mut self.groundings,
            &mut self.links,
            &mut self.attempts,
        ]
    }
}

impl Checkers {
    /// Checkers that have seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one line in, newline included.
    pub fn apply(&mut self, line: &[u8]) {
        let findings = &mut self.findings;
        let entry = match Entry::read(line) {
            Ok(entry) => entry,
            Err(error) => {
                findings.seq = self.order.pass_over(line);
                findings.object("EV-3", || format!("the line cannot be read: {error}"));
                return;
            }
        };
        findings.seq = entry.seq;
        self.order.apply(&entry, line, findings);
        let (seq, t) = (entry.seq, entry.t);
        let mut what = entry.what;
        if let What::DroneCommissioned(drone) = &what
            && self.roster.keep(drone, findings)
        {
            what = What::Other;
        }
        let called = what.drone().and_then(|drone| self.roster.call(drone, findings));
        for what in called.into_iter().chain([what]) {
            let entry = Entry { seq, t, what };
            for checker in self.families.each() {
                checker.apply(&entry, findings);
            }
        }
    }

    /// What was found, now that the log is over.
    #[must_use]
    pub fn finish(mut self) -> Verdict {
        self.order.finish(&mut self.findings);
        for checker in self.families.each() {
            checker.finish(&mut self.findings);
        }
        self.findings.verdict
    }
}
