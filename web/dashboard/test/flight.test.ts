import { describe, expect, it } from "vitest";
import { distance, fixAt, headingOf, splitAt, type Flight } from "../src/telemetry/flight";

const DEPARTS = Date.parse("2026-01-01T12:00:00.000Z");

const flight: Flight = {
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
  departsAt: DEPARTS,
  arrivesAt: DEPARTS + 250_000,
  batteryWh: 100,
  batteryWhEnd: 80,
};

const at = (seconds: number) => fixAt(flight, DEPARTS + seconds * 1_000);

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
    expect([0, 1, 2, 3].map((step) => Math.round(headingOf(flight.path, step)))).toEqual([90, 90, 0, 0]);
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
    const { flown, planned } = splitAt(flight, DEPARTS + 170_000);
    expect(flown).toHaveLength(4);
    expect(planned).toHaveLength(3);
    expect(flown.at(-1)).toEqual(planned[0]);
    expect(planned.at(-1)).toEqual([11.26, 43.78]);
  });
});
