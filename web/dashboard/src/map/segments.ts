import { headingOf, type Point } from "../telemetry/flight";
import type { Drone } from "../fleet/roster";
import { DRONE_STATES } from "../fleet/state";
import { mercator } from "./mercator";

/** Numbers a segment has: from x y, to x y, starts, ends, shown from, shown until, heading, state, selected, when stale. */
export const SEGMENT_FLOATS = 12;

/** Stands for "always" and "for ever" in seconds; far from any time, and exact in 32 bits. */
const EVER = 1e9;

/** Where and when the buffer's numbers begin: 64-bit here, so that what is left fits 32 bits. */
export interface Origin {
  readonly x: number;
  readonly y: number;
  /** Virtual milliseconds. */
  readonly time: number;
}

/**
 * The segments of a drone's leg as the vertex shader takes them: each is shown while its time is, moving from one point to the next, so
 * that a leg needs the CPU once. The first is shown from ever and the last for ever: a drone waits at its leg's ends.
 */
export function segmentsOf(drone: Drone, origin: Origin, selected: boolean, staleAfter: number): number[][] {
  const state = DRONE_STATES.indexOf(drone.state);
  const flag = selected ? 1 : 0;
  const place = (latitude: number, longitude: number): [number, number] => {
    const [x, y] = mercator(latitude, longitude);
    return [x - origin.x, y - origin.y];
  };
  if (drone.flight === null) {
    const at = place(drone.stands?.latitude ?? 0, drone.stands?.longitude ?? 0);
    const heading = ((drone.stands?.heading ?? 0) * Math.PI) / 180;
    return [[...at, ...at, 0, 1, -EVER, EVER, heading, state, flag, drone.stands?.stale ? -EVER : EVER]];
  }
  const { path } = drone.flight;
  const start = (drone.flight.departsAt - origin.time) / 1_000;
  const stale = (drone.flight.arrivesAt - origin.time) / 1_000 + staleAfter;
  return path.slice(1).map((to, index) => {
    const from: Point = path[index] ?? to;
    const starts = start + from[3];
    const ends = start + to[3];
    const since = index === 0 ? -EVER : starts;
    const until = index === path.length - 2 ? EVER : ends;
    const heading = (headingOf(path, index) * Math.PI) / 180;
    return [...place(from[0], from[1]), ...place(to[0], to[1]), starts, ends, since, until, heading, state, flag, stale];
  });
}

/** Keeps the segments of many drones in one array, each drone's in slots of its own, and says which slots changed. */
export class SegmentBuffer {
  /** The numbers, `SEGMENT_FLOATS` a slot; unused slots are never shown. */
  data = new Float32Array(SEGMENT_FLOATS * 256);
  /** Slots in use are below this. */
  count = 0;
  readonly #slots = new Map<string, number[]>();
  readonly #free: number[] = [];
  readonly #dirty = new Set<number>();

  /** Replaces a drone's segments; none takes it out. */
  set(drone: string, segments: readonly (readonly number[])[]): void {
    for (const slot of this.#slots.get(drone) ?? []) this.#clear(slot);
    if (segments.length === 0) {
      this.#slots.delete(drone);
      return;
    }
    this.#slots.set(
      drone,
      segments.map((numbers) => {
        const slot = this.#take();
        this.data.set(numbers, slot * SEGMENT_FLOATS);
        this.#dirty.add(slot);
        return slot;
      }),
    );
  }

  /** How many drones have segments. */
  get drones(): number {
    return this.#slots.size;
  }

  /** The slots changed since it was last asked. */
  drain(): number[] {
    const changed = [...this.#dirty];
    this.#dirty.clear();
    return changed;
  }

  #take(): number {
    const slot = this.#free.pop() ?? this.count++;
    if ((slot + 1) * SEGMENT_FLOATS > this.data.length) {
      const larger = new Float32Array(this.data.length * 2);
      larger.set(this.data);
      this.data = larger;
    }
    return slot;
  }

  #clear(slot: number): void {
    // A segment that is shown until before it is shown from is never shown.
    this.data.fill(0, slot * SEGMENT_FLOATS, (slot + 1) * SEGMENT_FLOATS);
    this.data[slot * SEGMENT_FLOATS + 6] = EVER;
    this.#dirty.add(slot);
    this.#free.push(slot);
  }
}
