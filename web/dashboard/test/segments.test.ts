import { describe, expect, it } from "vitest";
import type { Drone } from "../src/fleet/roster";
import { iconPixels } from "../src/map/icon";
import { metresPerUnit, mercator } from "../src/map/mercator";
import { SEGMENT_FLOATS, SegmentBuffer, segmentsOf, type Origin } from "../src/map/segments";
import { fixAt, type Flight } from "../src/telemetry/flight";

const DEPARTS = Date.parse("2026-01-01T12:00:00Z");
const [x, y] = mercator(43.78, 11.24);
const ORIGIN: Origin = { x, y, time: DEPARTS - 60_000 };

const flight: Flight = {
  drone: "drone-1",
  delivery: null,
  purpose: "return",
  path: [
    [43.77, 11.24, 0, 0],
    [43.77, 11.24, 60, 20],
    [43.775, 11.26, 60, 120],
    [43.79, 11.27, 0, 260],
  ],
  departsAt: DEPARTS,
  arrivesAt: DEPARTS + 260_000,
  batteryWh: 10,
  batteryWhEnd: 5,
};
const drone: Drone = { id: "drone-1", state: "returning", flight, stands: null };

/** What the vertex shader does, in 32 bits. */
function shaded(segments: number[][], now: number): { x: number; y: number } | null {
  const seconds = Math.fround((now - ORIGIN.time) / 1_000);
  const numbers = segments.map((each) => new Float32Array(each)).find((each) => seconds >= (each[6] ?? 0) && seconds < (each[7] ?? 0));
  if (!numbers) return null;
  const [fromX = 0, fromY = 0, toX = 0, toY = 0, starts = 0, ends = 0] = numbers;
  const part = ends > starts ? Math.min(1, Math.max(0, (seconds - starts) / (ends - starts))) : 1;
  return { x: fromX + (toX - fromX) * part + ORIGIN.x, y: fromY + (toY - fromY) * part + ORIGIN.y };
}

describe("segments", () => {
  it("put the drone where the flight says, within a decimetre, at every instant", () => {
    const segments = segmentsOf(drone, ORIGIN, false, 20);
    for (let second = -30; second < 400; second += 1.7) {
      const now = DEPARTS + second * 1_000;
      const at = shaded(segments, now);
      const fix = fixAt(flight, now);
      const [toX, toY] = mercator(fix.latitude, fix.longitude);
      expect(at).not.toBeNull();
      expect(Math.hypot((at?.x ?? 0) - toX, (at?.y ?? 0) - toY) * metresPerUnit(43.77)).toBeLessThan(0.3);
    }
  });

  it("show exactly one segment of a leg at a time", () => {
    const segments = segmentsOf(drone, ORIGIN, false, 20);
    for (let second = 0; second < 400; second += 1) expect(segments.filter((each) => second >= (each[6] ?? 0) && second < (each[7] ?? 0))).toHaveLength(1);
  });

  it("keep a standing drone where it stands", () => {
    const stands = { drone: "drone-1", latitude: 43.8, longitude: 11.2, altitude: 0, state: "idle", external: false, stale: false, heading: 0, speed: 0, battery: 1, delivery: null };
    const at = shaded(segmentsOf({ id: "drone-1", state: "failed", flight: null, stands }, ORIGIN, true, 20), DEPARTS + 1e7);
    expect(at?.x).toBeCloseTo(mercator(43.8, 11.2)[0], 9);
  });
});

describe("the segment buffer", () => {
  const numbers = (value: number): number[] => Array.from({ length: SEGMENT_FLOATS }, () => value);

  it("reuses the slots of what went, and tells what changed once", () => {
    const buffer = new SegmentBuffer();
    buffer.set("a", [numbers(1), numbers(2)]);
    buffer.set("b", [numbers(3)]);
    expect(buffer.drain()).toEqual([0, 1, 2]);
    expect(buffer.drain()).toEqual([]);
    buffer.set("a", []);
    buffer.set("c", [numbers(4)]);
    expect(buffer.count).toBe(3);
    expect(buffer.drain().sort()).toEqual([0, 1]);
  });

  it("hides freed slots: shown from is after shown until", () => {
    const buffer = new SegmentBuffer();
    buffer.set("a", [numbers(1)]);
    buffer.set("a", []);
    expect(buffer.data[6]).toBeGreaterThan(buffer.data[7] ?? 0);
  });

  it("grows with the fleet and keeps what it held", () => {
    const buffer = new SegmentBuffer();
    for (let drone = 0; drone < 1_000; drone += 1) buffer.set(`drone-${drone}`, [numbers(drone)]);
    expect(buffer.data.length).toBeGreaterThanOrEqual(1_000 * SEGMENT_FLOATS);
    expect(buffer.data[999 * SEGMENT_FLOATS]).toBe(999);
    expect(buffer.data[0]).toBe(0);
  });
});

describe("icons", () => {
  it("are larger from near, and smaller where there are many, but never too small to see", () => {
    expect([iconPixels(9, 10), iconPixels(12, 10), iconPixels(18, 10)]).toEqual([8, expect.closeTo(10.6, 9), 17]);
    expect(iconPixels(9, 2_500)).toBe(8);
    expect(iconPixels(9, 5_000)).toBeLessThan(8);
    expect(iconPixels(9, 100_000)).toBe(4);
  });
});
