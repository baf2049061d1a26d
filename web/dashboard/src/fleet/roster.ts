import { fixAt, type Fix, type Flight } from "../telemetry/flight";
import type { DronePosition, FleetChange } from "../telemetry/frame";
import { stateOfPosition, stateOfPurpose, type DroneState } from "./state";

/** A drone the page knows: it flies a leg, or stands somewhere. */
export interface Drone {
  readonly id: string;
  readonly state: DroneState;
  readonly flight: Flight | null;
  readonly stands: DronePosition | null;
}

/** Wall seconds without news after a leg's end before its drone is shown as stale. */
export const STALE_SECONDS = 20;

/** Whether a position says itself how its drone moves, as there is no leg of it: it flies elsewhere, or was last heard of in flight. */
export function saysMotion(position: DronePosition | null): boolean {
  return position !== null && (position.external || position.stale);
}

/** A flying drone's place from its leg, another's from its last position. */
export function fixOf(drone: Drone, now: number): Fix {
  if (drone.flight) return fixAt(drone.flight, now);
  const at = drone.stands;
  return { latitude: at?.latitude ?? 0, longitude: at?.longitude ?? 0, altitude: at?.altitude ?? 0, heading: at?.heading ?? 0, speed: at && saysMotion(at) ? at.speed : 0, batteryWh: 0 };
}

/** Whether the drone's leg ended so long ago that the page no longer knows where it is, or nothing was heard of an aircraft that says so itself. */
export function isStale(drone: Drone, now: number, speed: number | null): boolean {
  if (drone.stands?.stale) return true;
  return drone.flight !== null && now > drone.flight.arrivesAt + STALE_SECONDS * 1_000 * Math.max(1, speed ?? 1);
}

/** The delivery a drone has. */
export function deliveryOf(drone: Drone): string | null {
  return drone.flight ? drone.flight.delivery : (drone.stands?.delivery ?? null);
}

/** The drones of the fleet subscription, kept as the frames say. */
export class Roster {
  /** Whether there are so many in view that the service counts them and tells of none. */
  crowded = false;
  readonly #drones = new Map<string, Drone>();
  readonly #externals = new Set<string>();
  readonly #watchers = new Set<(changed: ReadonlySet<string>) => void>();

  /** How many are known. */
  get size(): number {
    return this.#drones.size;
  }

  /** All that are known, in the order in which they became known. */
  all(): IterableIterator<Drone> {
    return this.#drones.values();
  }

  /** How many aircraft there are that are no drones of the fleet. */
  get externals(): number {
    return this.#externals.size;
  }

  /** One of them. */
  get(id: string): Drone | undefined {
    return this.#drones.get(id);
  }

  /** Calls with the ids that changed or went, after each frame. */
  onChange(watcher: (changed: ReadonlySet<string>) => void): void {
    this.#watchers.add(watcher);
  }

  /** Forgets all: there are too many to tell of each. */
  crowd(): void {
    this.apply({ flights: [], positions: [], removed: [] }, true);
    this.crowded = true;
  }

  /** Takes a frame: `whole` replaces all that was known. A drone that landed is both removed and in `positions`, so removal goes first. */
  apply(change: FleetChange, whole: boolean): void {
    this.crowded = false;
    const changed = new Set<string>(whole ? this.#drones.keys() : []);
    if (whole) {
      this.#drones.clear();
      this.#externals.clear();
    }
    for (const id of change.removed) {
      this.#drones.delete(id);
      this.#externals.delete(id);
      changed.add(id);
    }
    for (const stands of change.positions) {
      this.#drones.set(stands.drone, { id: stands.drone, state: stateOfPosition(stands), flight: null, stands });
      if (stands.external) this.#externals.add(stands.drone);
      changed.add(stands.drone);
    }
    for (const flight of change.flights) {
      this.#drones.set(flight.drone, { id: flight.drone, state: stateOfPurpose(flight.purpose), flight, stands: null });
      changed.add(flight.drone);
    }
    for (const watcher of this.#watchers) watcher(changed);
  }
}
