import { describe, expect, it } from "vitest";
import { distance, fixAt, flightOf, headings, splitAt, type Flight, type Leg } from "../src/telemetry/flight";

const leg: Leg = {
  drone: "drone-1",
  delivery: "d",
  purpose: "dropoff",
  path: [
    [43.77, 11.24, 0, 0],
    [43.77, 11.24, 60, 20],
    [43.77, 11.26, 60, 120],
    [43.78, 11.26, 60, 220],
    [43.78, 11.26, 0, 250],
  ],
  departs: "2026-01-01T12:00:00.000Z",
  arrives: "2026-01-01T12:04:10.000Z",
  battery_wh: 100,
  battery_wh_end: 80,
};

function ready(of: Leg = leg): Flight {
  const flight = flightOf(of);
  if (!flight) throw new Error("the leg is sound");
  return flight;
}

const at = (seconds: number) => fixAt(ready(), Date.parse(leg.departs) + seconds * 1_000);

describe("a flight", () => {
  it("stands at its first point before it departs and at its last after it arrives", () => {
    expect(at(-60)).toMatchObject({ latitude: 43.77, longitude: 11.24, altitude: 0, speed: 0, batteryWh: 100 });
    expect(at(9_999)).toMatchObject({ latitude: 43.78, longitude: 11.26, altitude: 0, speed: 0, batteryWh: 80 });
  });

  it("is linear between points, climb and battery included", () => {
    expect(at(10).altitude).toBeCloseTo(30, 9);
    expect(at(70)).toMatchObject({ latitude: 43.77, altitude: 60 });
    expect(at(70).longitude).toBeCloseTo(11.25, 9);
    expect(at(125).batteryWh).toBeCloseTo(90, 9);
  });

  it("flies the ground speed of its step and hovers at none", () => {
    expect(at(70).speed).toBeCloseTo(distance([43.77, 11.24], [43.77, 11.26]) / 100, 6);
    expect(at(10).speed).toBe(0);
  });

  it("heads where it goes, also while it climbs and sinks", () => {
    expect(headings(leg.path).map(Math.round)).toEqual([90, 90, 0, 0]);
    expect(at(170).heading).toBeCloseTo(0, 6);
  });

  it("never leaves its path's box and never goes back along it", () => {
    let before = -Infinity;
    for (let second = 0; second <= 250; second += 0.5) {
      const fix = at(second);
      const along = (fix.longitude - 11.24) * 1e3 + (fix.latitude - 43.77) * 1e3;
      expect(along).toBeGreaterThanOrEqual(before);
      before = along;
    }
  });

  it("splits into flown and planned where it is", () => {
    const { flown, planned } = splitAt(ready(), Date.parse(leg.departs) + 170_000);
    expect(flown).toHaveLength(4);
    expect(planned).toHaveLength(3);
    expect(flown.at(-1)).toEqual(planned[0]);
    expect(planned.at(-1)).toEqual([11.26, 43.78]);
  });

  it("is refused where the leg makes no sense", () => {
    expect(flightOf({ ...leg, path: leg.path.slice(0, 1) })).toBeNull();
    expect(flightOf({ ...leg, departs: "soon" })).toBeNull();
    expect(flightOf({ ...leg, arrives: "2020-01-01T00:00:00Z" })).toBeNull();
    expect(flightOf({ ...leg, path: [[43, 11, 0, Number.NaN], ...leg.path] })).toBeNull();
  });
});
