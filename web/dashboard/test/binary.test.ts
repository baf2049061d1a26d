import { describe, expect, it } from "vitest";
import { binaryOf, cellName, type CellFrame } from "../src/telemetry/binary";
import { golden, goldenFrames } from "./golden";

const NOW = Date.parse("2023-11-14T22:15:00.000Z");
const DELIVERY = "00112233-4455-6677-8899-aabbccddeeff";
const WHEN = { epoch: 0xc0ffee00, tick: 1_234 };
const TILE = cellName(2, 195_694_848);

const LEG = {
  drone: "drone-7",
  delivery: DELIVERY,
  purpose: "dropoff",
  path: [
    [43.77, 11.25, 0, 0],
    [43.77, 11.25, 60, 12],
    [43.78, 11.25, 60, 60],
    [43.78, 11.25, 0, 75],
  ],
  departsAt: NOW - 40_000,
  arrivesAt: NOW + 35_000,
  batteryWh: 480.25,
  batteryWhEnd: 456.75,
};

function cell(title: string): CellFrame {
  const frame = binaryOf(golden(title));
  if (frame?.kind !== "cell") throw new Error(`${title} is a cell`);
  return frame;
}

describe("a binary frame", () => {
  it("is understood, whichever kind the server has", () => {
    for (const [title, bytes] of goldenFrames()) expect(binaryOf(bytes), title).not.toBeNull();
  });

  it("says what time it is and how fast it goes", () => {
    expect(binaryOf(golden("clock"))).toEqual({ kind: "clock", now: NOW, speed: 60 });
  });

  it("opens a view, and says which cells are left", () => {
    expect(binaryOf(golden("view: a whole"))).toEqual({ kind: "view", id: "map", seq: 1, ...WHEN, whole: true, answer: true, frames: 2, left: [] });
    expect(binaryOf(golden("view: one cell"))).toEqual({ kind: "view", id: "left", seq: 9, ...WHEN, whole: false, answer: false, frames: 1, left: [TILE, cellName(3, 2)] });
  });

  it("holds a leg and a fix in columns", () => {
    const { cell: name, whole, legs, fixes } = cell("keyframe");
    expect([name, whole, [...legs.drones], [...fixes.drones], fixes.flies(0)]).toEqual([TILE, true, [7], [8], false]);
    expect(legs.flight(0)).toEqual(LEG);
    expect(legs.tells(0, legs.flight(0))).toBe(true);
    expect(legs.tells(0, { ...legs.flight(0), departsAt: NOW })).toBe(false);
    expect(fixes.position(0)).toEqual({ drone: "drone-8", external: false, stale: false, state: "charging", latitude: 43.77, longitude: 11.2, altitude: 0, heading: 271.3, speed: 0, battery: 0.5, delivery: null });
  });

  it("tells what is gone, and gives a delivery to the right one of two fixes", () => {
    const { cell: name, whole, dropsFlying, gone, fixes } = cell("delta of the fleet");
    expect([name, whole, dropsFlying, [...gone]]).toEqual([cellName(1, 0), false, true, [3, 4]]);
    expect([fixes.position(0).delivery, fixes.flies(1)]).toEqual([null, true]);
    expect(fixes.position(1)).toMatchObject({ drone: "drone-9", state: "returning", altitude: 60, speed: 24.99, delivery: DELIVERY });
  });

  it("tells of what is stale, of what comes in at the rim, and of aircraft that are none of the fleet", () => {
    const lost = cell("delta of a depot");
    expect([lost.cell, [...lost.gone], lost.fixes.flies(0)]).toEqual([cellName(3, 0), [10], false]);
    expect(lost.fixes.position(0)).toMatchObject({ drone: "drone-10", external: false, stale: true, state: "returning", speed: 24.99, delivery: DELIVERY });
    const rim = cell("delta of the rim");
    expect([rim.cell, rim.whole, [...rim.gone], rim.legs.flight(0)]).toEqual([cellName(5, 0), false, [6], LEG]);
    const { cell: name, whole, fixes } = cell("keyframe of the externals");
    expect([name, whole, fixes.flies(0), fixes.flies(1)]).toEqual([cellName(6, 0), true, true, false]);
    expect(fixes.position(0)).toMatchObject({ drone: "external-0", external: true, stale: false, altitude: 80.5, speed: 3.25, battery: 0.77 });
    expect(fixes.position(1)).toMatchObject({ drone: "external-7", external: true, stale: true, battery: null });
    expect(binaryOf(golden("view: of another"))).toMatchObject({ id: "map", seq: 2, whole: false, answer: true, frames: 0, left: [cellName(5, 0)] });
  });

  it("counts by tile", () => {
    const tiles = [
      { column: 4352, row: 2986, flying: 5, standing: 21_000 },
      { column: 4352, row: 2981, flying: 6, standing: 21_000 },
    ];
    expect(binaryOf(golden("counts"))).toEqual({ kind: "counts", id: "map", seq: 4, first: true, answer: false, zoom: 13, tiles });
  });

  it("tells of a delivery with its drone, or with its carrier", () => {
    const flown = binaryOf(golden("delivery: the first"));
    expect(flown).toMatchObject({ kind: "delivery", id: "mine", seq: 1, first: true, delivery: { stage: "HeadedToDropoff", droneId: "drone-7", carrier: null, flight: LEG } });
    expect(flown).toMatchObject({ delivery: { lastKnownLocation: { latitude: 43.775, longitude: 11.25, altitude: 60 }, deliveryEta: NOW + 55_000, deliveryLow: NOW + 50_000, deliveryHigh: NOW + 71_000 } });
    expect(flown).toMatchObject({ delivery: { arrivedAt: null } });
    expect(binaryOf(golden("delivery: with a carrier"))).toMatchObject({ seq: 2, first: false, delivery: { droneId: null, carrier: "van", arrivedAt: NOW - 2_000, flight: null } });
  });

  it("has the fleet's figures", () => {
    const stats = { completedPerMinute: 21, waitP50S: 61.5, waitP95S: 240.125, waiting: 22, behindS: 0.25 };
    expect(binaryOf(golden("stats"))).toMatchObject({ id: "figures", seq: 3, stats: { ...stats, drones: { idle: 1, failed: 7 }, deliveries: { Created: 11, Cancelled: 16 } } });
  });

  it("is passed over where the page does not know it, or where it is cut", () => {
    const other = (at: number, value: number): ArrayBuffer => {
      const bytes = new Uint8Array(golden("keyframe").slice(0));
      bytes[at] = value;
      return bytes.buffer;
    };
    expect([binaryOf(other(0, 99)), binaryOf(other(1, 2)), binaryOf(golden("keyframe").slice(0, 60)), binaryOf(new ArrayBuffer(0))]).toEqual([null, null, null, null]);
  });
});
