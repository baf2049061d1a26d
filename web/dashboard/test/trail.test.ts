import { describe, expect, it } from "vitest";
import type { PastFlights } from "../src/api/model";
import { cornersOf, grown, lastFlown, thinned, TRAIL_POINTS_MAX } from "../src/fleet/trail";
import type { Line } from "../src/telemetry/flight";

const NOON = Date.parse("2026-01-01T12:00:00.000Z");
const at = (minutes: number): string => new Date(NOON + minutes * 60_000).toISOString();

/** East for a kilometre and north for one, a point each hundred metres, none more than a metre beside the way. */
const BENT: Line = [
  ...Array.from({ length: 11 }, (_, step): [number, number] => [11.25 + step * 0.00124, 43.77 + (step % 2) * 0.000009]),
  ...Array.from({ length: 10 }, (_, step): [number, number] => [11.2624, 43.7709 + step * 0.0009]),
];

const points = (lines: readonly Line[]): number => lines.reduce((sum, line) => sum + line.length, 0);

describe("a trail", () => {
  it("grows by where an aircraft says it is, and not where it stands", () => {
    const place = (longitude: number) => ({ longitude, latitude: 43 });
    const once = grown([], place(11), place(11.1));
    expect(once).toEqual([[[11, 43], [11.1, 43]]]);
    expect(grown(once, place(11.1), place(11.1))).toBe(once);
    expect(grown(once, place(11.1), place(11.3))).toEqual([[[11, 43], [11.1, 43], [11.3, 43]]]);
    let trail = once;
    for (let step = 0; step < 3 * TRAIL_POINTS_MAX; step += 1) trail = grown(trail, place(11.3), { longitude: 11.3, latitude: 43 + step / 1e5 });
    expect(trail.length).toBe(1);
    expect(trail[0]?.length).toBeLessThanOrEqual(TRAIL_POINTS_MAX);
  });

  it("keeps its ends and corners when it is thinned", () => {
    expect(cornersOf(BENT, 4)).toEqual([BENT[0], BENT[10], BENT[20]]);
    expect(cornersOf(BENT, 0.1).length).toBeGreaterThan(3);
    const there: Line = [[11.25, 43.77], [11.26, 43.77], [11.25, 43.77]];
    expect(cornersOf(there, 4)).toEqual(there);
  });

  it("is left as it is while it is short, loses what is no corner, and then what is oldest", () => {
    expect(thinned([BENT, BENT], 42)).toEqual([BENT, BENT]);
    const bent = [BENT[0], BENT[10], BENT[20]];
    expect(thinned([BENT, BENT], 41)).toEqual([bent, bent]);
    expect(thinned([[[9, 45], [9, 46]], BENT, BENT], 7)).toEqual([bent, bent]);
  });

  it("stays within its bound over a week of flights", () => {
    let trail: readonly Line[] = [];
    for (let flight = 0; flight < 1_000; flight += 1) {
      trail = thinned([...trail, BENT.map(([longitude, latitude]): [number, number] => [longitude + flight * 0.0001, latitude])]);
      expect(points(trail)).toBeLessThanOrEqual(TRAIL_POINTS_MAX);
    }
    expect(trail.at(-1)?.at(-1)?.[0]).toBeCloseTo(11.2624 + 0.0999, 9);
    expect(trail.length).toBeGreaterThan(300);
  });

  it("of a drone on its way home begins with its last flight, as far as that was flown", () => {
    const flight = (droneId: string, departs: number, ended: number | null): PastFlights["flights"][number] => ({ droneId, deliveryId: null, purpose: "dropoff", departs: at(departs), ended: ended === null ? null : at(ended), path: [[43.77, 11.25, 60, 0], [43.79, 11.25, 60, 600]] });
    const answer: PastFlights = { from: at(0), to: at(30), keptSince: at(-60), leftOut: 0, flights: [flight("drone-1", 0, 8), flight("drone-1", 10, 15), flight("drone-2", 12, 18), flight("drone-1", 20, null)] };
    const [line, ...more] = lastFlown(answer, "drone-1", NOON + 20 * 60_000);
    expect(more).toEqual([]);
    expect(line?.[0]).toEqual([11.25, 43.77]);
    expect(line?.at(-1)?.[1]).toBeCloseTo(43.78, 9);
    expect(lastFlown(answer, "drone-3", NOON + 20 * 60_000)).toEqual([]);
  });
});
