//! A world that is far behind: what it did is kept on the way, and what it did not reach is left to the journal.

use tokio_util::sync::CancellationToken;

use super::*;
use crate::runtime::host::{Host, HostParts, SLICE};
use crate::runtime::supervisor::Pulse;

/// A host whose world stands at its beginning, and has to go three slices: a command in each of the first two, one at the very end of the second,
/// and one in the last.
fn far_behind() -> (Host, Arc<Shared>, Arc<Faults>) {
    let commands = [30, 90, 120, 150].map(|seconds| {
        let delivery = DeliveryId(u128::from(seconds));
        (
            SimTime::from_micros(seconds * 1_000_000),
            Command::CancelDelivery { delivery },
        )
    });
    let mut journal = journal(&[]);
    for (stamp, command) in &commands {
        let record = Record::Command(command.clone()).encode();
        journal.append(*stamp, &record).expect("there is room");
    }
    journal.flush().expect("the device works");
    let shared = Arc::new(Shared::new(parts(Box::new(journal), mpsc::unbounded_channel().0)));
    let given = (1..).zip(commands);
    shared.handover.put(
        given.map(|(id, (stamp, command))| (CommandId(id), stamp, command)),
        SimTime::ZERO + SLICE + SLICE + SLICE,
        RecordNumber(5),
    );
    let faults = Arc::new(Faults::default());
    let worlds = Arc::new(EchoWorlds(Arc::clone(&faults)));
    let host_parts = HostParts {
        shared: Arc::clone(&shared),
        worlds: worlds.clone(),
        picture: Arc::new(NoPicture),
        stop: CancellationToken::new(),
    };
    let mut host = Host::new(host_parts, Pulse::unheard());
    host.world = Some(worlds.found());
    (host, shared, faults)
}

/// Where the newest snapshot stands, and the first record that it does not hold.
fn newest(shared: &Shared) -> Option<(SimTime, RecordNumber)> {
    let kept = shared.snapshots.lock().kept().expect("memory works");
    kept.last().map(|kept| (kept.mark.at, kept.mark.next_record))
}

#[test]
fn a_snapshot_that_is_due_is_taken_on_the_way_and_holds_no_command_that_was_not_reached() {
    let (mut host, shared, _) = far_behind();
    host.cadence.worked(Duration::from_hours(1));
    host.advance().expect("nothing fails");
    assert_eq!(newest(&shared), Some((SimTime::ZERO + SLICE, RecordNumber(2))));
    let world = host.world.as_ref().expect("it lives");
    assert_eq!(world.next_event(), 4, "and it went on to the end");
}

#[test]
fn none_is_taken_on_the_way_before_it_is_due() {
    let (mut host, shared, _) = far_behind();
    host.advance().expect("nothing fails");
    assert_eq!(newest(&shared), None);
}

#[test]
fn what_lay_behind_the_snapshot_on_the_way_comes_again_after_a_death() {
    let (mut host, shared, faults) = far_behind();
    host.cadence.worked(Duration::from_hours(1));
    host.advance().expect("nothing fails");
    let worlds = EchoWorlds(faults);
    let mut recovered = recovery::recover(&shared, &worlds, &NoPicture, None).expect("there is a snapshot");
    assert_eq!(recovered.world.next_event(), 1);
    let events = recovered
        .world
        .run_until(SimTime::ZERO + SLICE + SLICE + SLICE)
        .expect("nothing fails");
    let told: Vec<_> = events
        .iter()
        .map(|event| match event.event {
            Event::DeliveryCancelled { delivery, .. } => delivery.0,
            _ => panic!("only cancellations are told here"),
        })
        .collect();
    assert_eq!(told, [90, 120, 150]);
}
