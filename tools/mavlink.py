"""Decodes a captured MAVLink 2 stream and says what is in it; fails where anything of it is damaged, missing or out of order."""

import sys
from collections import Counter, defaultdict

from pymavlink.dialects.v20 import common

EXPECTED = {"HEARTBEAT", "GLOBAL_POSITION_INT", "BATTERY_STATUS", "UTM_GLOBAL_POSITION"}
HOUR_MS = 3_600_000


def main(path: str) -> None:
    decoder = common.MAVLink(None)
    with open(path, "rb") as capture:
        messages = decoder.parse_buffer(capture.read()) or []
    counts = Counter(message.get_type() for message in messages)
    assert set(counts) == EXPECTED, f"{counts}"
    assert len(set(counts.values())) == 1, f"one of each kind for each drone and second: {counts}"
    assert decoder.total_receive_errors == 0, f"{decoder.total_receive_errors} damaged"
    times = defaultdict(list)
    sequences = {}
    for message in messages:
        system = message.get_srcSystem()
        sequence = message.get_seq()
        assert sequence == (sequences.get(system, sequence - 1) + 1) % 256, f"system {system} leaves a number out"
        sequences[system] = sequence
        if message.get_type() == "GLOBAL_POSITION_INT":
            times[system].append(message.time_boot_ms)
            assert abs(message.lat) < 900_000_000 and 0 <= message.hdg < 36_000
        elif message.get_type() == "BATTERY_STATUS":
            assert 0 <= message.battery_remaining <= 100
    for system, told in times.items():
        steps = {later - earlier for earlier, later in zip(told, told[1:])}
        assert steps == {1_000}, f"system {system} is told of each second: {steps}"
        assert told[-1] - told[0] >= HOUR_MS - 1_000
    print(f"{len(messages)} messages of {len(times)} drones, an hour each, decoded by pymavlink")


main(sys.argv[1])
