import type { PastFlights } from "../api/model";
import type { Drone } from "../fleet/roster";
import { stateOfPurpose, type DroneState } from "../fleet/state";
import type { Flight } from "../telemetry/flight";

/** A flight of the past, and when it was over: at its arrival, or earlier where it was cut short. */
export interface PastFlight {
  /** No other flight has this. */
  readonly id: string;
  readonly flight: Flight;
  readonly endsAt: number;
}

/** Reads the flights of an answer; one without a path that makes sense is left out. */
export function flightsOf({ flights }: PastFlights): PastFlight[] {
  return flights.flatMap(({ droneId, deliveryId, purpose, departs, ended, path }) => {
    const departsAt = Date.parse(departs);
    const last = path.at(-1)?.[3];
    if (last === undefined || path.length < 2 || Number.isNaN(departsAt)) return [];
    const flight: Flight = { drone: droneId, delivery: deliveryId, purpose, path, departsAt, arrivesAt: departsAt + last * 1_000, batteryWh: 0, batteryWhEnd: 0 };
    return [{ id: `${droneId} ${departs}`, flight, endsAt: ended === null ? flight.arrivesAt : Date.parse(ended) }];
  });
}

/** The drone that flies a flight. */
export function droneOf(flight: Flight, id: string): Drone {
  return { id, state: stateOfPurpose(flight.purpose), flight, stands: null };
}

/** Drones as flights of the past had them, by name. */
export function dronesOf(flights: readonly PastFlight[]): ReadonlyMap<string, Drone> {
  return new Map(flights.map(({ flight }) => [flight.drone, droneOf(flight, flight.drone)]));
}

/** How many drones are in each state. */
export function countsOf(drones: Iterable<Drone>): ReadonlyMap<DroneState, number> {
  const counts = new Map<DroneState, number>();
  for (const { state } of drones) counts.set(state, (counts.get(state) ?? 0) + 1);
  return counts;
}

const NO_ZONES: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };

/** Flights of a span of the past: what was in the air at each of its instants. */
export class Past {
  #flights: readonly PastFlight[] = [];
  #from = Infinity;
  #to = -Infinity;
  #zones = NO_ZONES;

  /** The zones of that span, each with its times; the same collection until another is known. */
  get zones(): GeoJSON.FeatureCollection {
    return this.#zones;
  }

  /** The end of what is known. */
  get to(): number {
    return this.#to;
  }

  /** Whether it is known what was in the air at a virtual time. */
  knows(at: number): boolean {
    return at >= this.#from && at < this.#to;
  }

  /** Takes an answer, with the zones of its span; where it goes on from what is known, that is kept as far as it is still flown. */
  take(answer: PastFlights, zones = NO_ZONES): void {
    const [from, to] = [Date.parse(answer.from), Date.parse(answer.to)];
    const goesOn = from <= this.#to && to > this.#to && from >= this.#from;
    const kept = new Map(goesOn ? this.#flights.filter(({ endsAt }) => endsAt >= this.#from).map((each) => [each.id, each]) : []);
    for (const each of flightsOf(answer)) kept.set(each.id, each);
    this.#flights = [...kept.values()];
    // A zone that is still known, but was not lifted by then, is another one once it is.
    const named = new Map((goesOn ? [...this.#zones.features, ...zones.features] : zones.features).map((zone) => [`${zone.id} ${zone.properties?.["from"]}`, zone]));
    this.#zones = { type: "FeatureCollection", features: [...named.values()] };
    if (!goesOn) this.#from = from;
    this.#to = to;
  }

  /** Forgets what was over before a virtual time. */
  forgetBefore(at: number): void {
    if (at <= this.#from) return;
    this.#from = Math.min(at, this.#to);
    this.#flights = this.#flights.filter(({ endsAt }) => endsAt >= this.#from);
  }

  /** What was in the air at a virtual time. */
  at(now: number): PastFlight[] {
    return this.#flights.filter(({ flight, endsAt }) => now >= flight.departsAt && now < endsAt);
  }
}

/** The time that is shown: it runs from where somebody put it, at a speed of their choice, and stops at the present. */
export class PastClock {
  #at: number;
  #wall: number;
  #speed = 1;
  #runs = false;

  constructor(
    at: number,
    private readonly wall: () => number = () => performance.now(),
  ) {
    this.#at = at;
    this.#wall = wall();
  }

  /** Virtual ms that are shown now. */
  now(): number {
    return this.#at + (this.#runs ? (this.wall() - this.#wall) * this.#speed : 0);
  }

  /** Whether it runs. */
  get runs(): boolean {
    return this.#runs;
  }

  /** Virtual seconds a second; 0 while it stands. */
  get speed(): number {
    return this.#runs ? this.#speed : 0;
  }

  /** Goes to a virtual time. */
  seek(at: number): void {
    this.#at = at;
    this.#wall = this.wall();
  }

  /** Runs or stands. */
  run(on: boolean): void {
    this.seek(this.now());
    this.#runs = on;
  }

  /** Runs at another speed. */
  pace(speed: number): void {
    this.seek(this.now());
    this.#speed = speed;
  }
}
