import { beforeAll, describe, expect, it } from "vitest";
import { firstOf } from "../src/fleet/list";
import { Roster, type Drone } from "../src/fleet/roster";
import { SEGMENT_FLOATS, SegmentBuffer, segmentsOf, type Origin } from "../src/map/segments";
import { binaryOf, type CellFrame, type ViewFrame } from "../src/telemetry/binary";
import { Cells } from "../src/telemetry/cells";
import { cellOf, viewOf, type Told } from "./golden";

/** As many as the service tells one by one. */
const DRONES = 20_000;

/** Legs that begin between two frames, ten a second, where each lasts some minutes. */
const NEWS = 20;

const ORIGIN: Origin = { x: 0.5, y: 0.5, time: Date.parse("2026-01-01T12:00:00Z") };

const legs = (from: number, count: number, at: number): [number, number][] => Array.from({ length: count }, (_, row) => [from + row, at]);

/** The page's way from frames to what is uploaded to the GPU, without the GPU. */
class Way {
  readonly cells = new Cells();
  readonly roster = new Roster();
  readonly buffer = new SegmentBuffer();
  /** Drones that were touched by the last frame. */
  touched = 0;

  constructor() {
    this.roster.onChange((changed) => {
      this.touched = changed.size;
      for (const id of changed) {
        const drone = this.roster.get(id);
        this.buffer.set(id, drone ? segmentsOf(drone, ORIGIN, false, 20) : []);
      }
    });
  }

  hear(told: Told, view: Parameters<typeof viewOf>[1] = {}): void {
    const change = this.cells.take(binaryOf(viewOf(1, view)) as ViewFrame, [binaryOf(cellOf(told)) as CellFrame]);
    this.roster.apply(change, view.whole ?? false);
  }
}

describe("twenty thousand drones in view", () => {
  let way: Way;

  beforeAll(() => {
    way = new Way();
    way.hear({ whole: true, legs: legs(0, DRONES, 0) }, { whole: true });
  });

  it("take a slot of one buffer each, which is at most twice as large as they need", () => {
    expect([way.roster.size, way.buffer.drones, way.buffer.drain().length]).toEqual([DRONES, DRONES, DRONES]);
    expect(way.buffer.data.length).toBeLessThanOrEqual(2 * DRONES * SEGMENT_FLOATS);
  });

  it("cost nothing where nothing is told of them, however often they are drawn", () => {
    const { data } = way.buffer;
    for (let frame = 0; frame < 60; frame += 1) expect(way.buffer.drain()).toEqual([]);
    expect(way.buffer.data).toBe(data);
  });

  it("are touched only where a frame tells of them: no other is read, made or uploaded anew", () => {
    const { data, count } = way.buffer;
    const before = new Map([...way.roster.all()].map((drone) => [drone.id, drone]));
    for (let frame = 0; frame < 50; frame += 1) {
      way.hear({ legs: legs(frame * NEWS, NEWS, 60) });
      expect(way.touched).toBe(NEWS);
      expect(way.buffer.drain().length).toBeLessThanOrEqual(NEWS);
    }
    expect([way.buffer.data === data, way.buffer.count]).toEqual([true, count]);
    const anew = [...way.roster.all()].filter((drone) => before.get(drone.id) !== drone);
    expect(anew).toHaveLength(50 * NEWS);
  });

  it("are not read again where another tile, or the same one, tells the same flights", () => {
    way.hear({ cell: [2, 9], whole: true, legs: legs(10_000, 5_000, 0) });
    expect([way.touched, way.buffer.drain().length]).toEqual([0, 0]);
    way.hear({ cell: [2, 9], whole: true, legs: legs(10_000, 5_000, 0) });
    expect([way.touched, way.buffer.drain().length]).toEqual([0, 0]);
  });

  it("are listed by number without putting all of them in order", () => {
    const shuffled = [...way.roster.all()].map((drone, place) => ({ drone, key: (place * 7_919) % DRONES })).sort((a, b) => a.key - b.key).map(({ drone }) => drone);
    let asked = 0;
    const fits = (drone: Drone): boolean => (asked += 1) > 0 && !drone.id.endsWith("7");
    const { count, first } = firstOf(shuffled, fits, 50);
    expect([asked, count]).toEqual([DRONES, DRONES * 0.9]);
    const numbers = Array.from({ length: 60 }, (_, number) => number).filter((number) => number % 10 !== 7);
    expect(first.map(({ id }) => id)).toEqual(numbers.slice(0, 50).map((number) => `drone-${number}`));
  });
});
