import { describe, expect, it } from "vitest";
import type { PastFlights } from "../src/api/model";
import { linesThen } from "../src/fleet/past-card";
import { boxOf, within } from "../src/map/box";
import { countsOf, dronesOf, flightsOf, Past, PastClock } from "../src/playback/past";

const NOON = Date.parse("2026-01-01T12:00:00.000Z");
const at = (minutes: number): string => new Date(NOON + minutes * 60_000).toISOString();

const flight = (droneId: string, departs: number, ended: number | null): PastFlights["flights"][number] => ({
  droneId,
  deliveryId: null,
  purpose: "pickup",
  departs: at(departs),
  ended: ended === null ? null : at(ended),
  path: [
    [43.77, 11.25, 0, 0],
    [43.78, 11.25, 0, 300],
  ],
});

const answer = (from: number, to: number, ...flights: PastFlights["flights"][number][]): PastFlights => ({ from: at(from), to: at(to), keptSince: at(-60), leftOut: 0, flights });
const inTheAir = (past: Past, minutes: number): string[] => past.at(NOON + minutes * 60_000).map(({ flight: { drone } }) => drone);

describe("the past", () => {
  it("counts who flew then by what they flew for", () => {
    const drones = dronesOf(flightsOf(answer(0, 10, flight("drone-1", 0, 3), { ...flight("drone-2", 0, 4), purpose: "return" }, flight("drone-3", 1, null))));
    expect([...drones.keys()]).toEqual(["drone-1", "drone-2", "drone-3"]);
    expect(Object.fromEntries(countsOf(drones.values()))).toEqual({ toPickup: 2, returning: 1 });
  });

  it("tells of a drone how it flew at an instant, and for whom", () => {
    const [drone] = dronesOf(flightsOf(answer(0, 10, { ...flight("drone-1", 0, 5), deliveryId: "0a1b2c3d-1111-4222-8333-444455556666" }))).values();
    if (!drone) throw new Error("it flies");
    const pressed: string[] = [];
    const lines = linesThen(drone, NOON + 60_000, (delivery) => pressed.push(delivery));
    expect(lines.map(({ label, value }) => [label, value])).toEqual([
      ["Mission", "Fetches a parcel"],
      ["Speed", "3.7 m/s N"],
      ["Altitude", "0 m"],
      ["Delivery", "0a1b2c3d"],
    ]);
    lines.at(-1)?.press?.();
    expect(pressed).toEqual(["0a1b2c3d-1111-4222-8333-444455556666"]);
  });

  it("shows what was in the air at an instant, and no longer than it was", () => {
    const past = new Past();
    past.take(answer(0, 10, flight("drone-1", -2, 3), flight("drone-2", 2, 4), flight("drone-3", 8, null)));
    expect([inTheAir(past, 1), inTheAir(past, 2), inTheAir(past, 3), inTheAir(past, 9)]).toEqual([["drone-1"], ["drone-1", "drone-2"], ["drone-2"], ["drone-3"]]);
    expect([past.knows(NOON), past.knows(NOON + 600_000), past.knows(NOON - 1)]).toEqual([true, false, false]);
  });

  it("goes on from part to part, and begins anew elsewhere", () => {
    const past = new Past();
    past.take(answer(0, 10, flight("drone-1", 9, 14)));
    past.take(answer(10, 20, flight("drone-1", 9, 14), flight("drone-2", 15, 19)));
    expect([inTheAir(past, 9), inTheAir(past, 12), inTheAir(past, 16)]).toEqual([["drone-1"], ["drone-1"], ["drone-2"]]);
    past.forgetBefore(NOON + 15 * 60_000);
    expect([past.knows(NOON), inTheAir(past, 16)]).toEqual([false, ["drone-2"]]);
    past.take(answer(-30, -20, flight("drone-4", -25, -21)));
    expect([past.knows(NOON + 16 * 60_000), inTheAir(past, -24), past.to]).toEqual([false, ["drone-4"], NOON - 20 * 60_000]);
  });

  it("leaves out what has no path", () => {
    expect(flightsOf(answer(0, 10, { ...flight("drone-1", 0, 1), path: [] }, flight("drone-2", 0, 1)))).toHaveLength(1);
  });

  it("runs at the speed that was chosen, from where it was put", () => {
    let wall = 0;
    const clock = new PastClock(NOON, () => wall);
    wall = 1_000;
    expect([clock.now(), clock.speed]).toEqual([NOON, 0]);
    clock.run(true);
    wall = 2_000;
    expect(clock.now()).toBe(NOON + 1_000);
    clock.pace(60);
    wall = 3_000;
    expect([clock.now(), clock.speed]).toEqual([NOON + 61_000, 60]);
    clock.run(false);
    clock.seek(NOON);
    wall = 9_000;
    expect(clock.now()).toBe(NOON);
  });
});

describe("the zones of the past", () => {
  const zone = (id: string, from: number, until: number): GeoJSON.Feature => ({ type: "Feature", id, properties: { name: id, from: at(from), until: at(until) }, geometry: { type: "Point", coordinates: [11.25, 43.77] } });
  const zones = (...features: GeoJSON.Feature[]): GeoJSON.FeatureCollection => ({ type: "FeatureCollection", features });
  const shown = (past: Past): unknown[] => past.zones.features.map(({ id, properties }) => [id, properties?.["until"]]);

  it("are those of the parts that are known, each once, as it was told last", () => {
    const past = new Past();
    past.take(answer(0, 10), zones(zone("fire", -5, 30), zone("fair", 2, 4)));
    const known = past.zones;
    expect(past.zones).toBe(known);
    past.take(answer(10, 20), zones(zone("fire", -5, 14), zone("fire", 16, 18)));
    expect(shown(past)).toEqual([["fire", at(14)], ["fair", at(4)], ["fire", at(18)]]);
    past.take(answer(-30, -20), zones(zone("storm", -40, -21)));
    expect(shown(past)).toEqual([["storm", at(-21)]]);
  });
});

describe("a box", () => {
  const map = { getBounds: () => ({ getWest: () => 11, getEast: () => 12, getSouth: () => 43, getNorth: () => 45 }) } as unknown as Parameters<typeof boxOf>[0];

  it("is what a map shows, and more by a share of it, but no more than there is", () => {
    expect([boxOf(map), boxOf(map, 0.5)]).toEqual([[11, 43, 12, 45], [10.5, 42, 12.5, 46]]);
    expect(boxOf(map, 200)).toEqual([-180, -85, 180, 85]);
    expect([within(boxOf(map), boxOf(map, 0.1)), within(boxOf(map, 0.1), boxOf(map))]).toEqual([true, false]);
  });
});
