use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use dary_heap::QuaternaryHeap;
use radix_heap::RadixHeapMap;
use skyhaul_benches::queues::{Delays, Event, Size, hold};
use skyhaul_engine::kernel::bench::Later;

const SMOKE: Size = Size {
    pending: 3_000,
    operations: 5_000,
    slices: 2,
};

#[test]
fn all_queues_give_the_same_events_in_the_same_order() {
    for delays in [Delays::Exponential, Delays::Mixed] {
        let expected = hold::<BTreeMap<(u64, u64), [u64; 2]>>(delays, SMOKE).checksum;
        let others = [
            hold::<Later>(delays, SMOKE).checksum,
            hold::<BinaryHeap<Reverse<Event>>>(delays, SMOKE).checksum,
            hold::<QuaternaryHeap<Reverse<Event>>>(delays, SMOKE).checksum,
            hold::<RadixHeapMap<Reverse<(u64, u64)>, [u64; 2]>>(delays, SMOKE).checksum,
        ];
        assert_eq!(others, [expected; 4], "{delays:?}");
    }
}
