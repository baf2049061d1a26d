import type { Flight, Point } from "./flight";
import type { DronePosition } from "./frame";

const PURPOSES = ["pickup", "dropoff", "return", "reposition", "divert"];
const STATES = ["idle", "toPickup", "toDropoff", "returning", "charging", "maintenance", "failed"];

/** Set in the column of purposes or states where the drone has a delivery. */
const WITH_DELIVERY = 256;

/** Set in the column of states where the drone flies. */
const FLYING = 512;

/** Set in the column of states for an aircraft that is no drone of the fleet, and where nothing was heard of it for some seconds. */
const EXTERNAL = 1_024;
const STALE = 2_048;

/** Numbers from here on are those of aircraft that are no drones of the fleet. */
const FIRST_EXTERNAL = 2 ** 31;

/** In place of a battery: it is not known. */
const NO_BATTERY = 65_535;

/** Degrees are told in these parts. */
const DEGREE_PARTS = 1e7;

/** Takes columns out of a message one after another, as views of its bytes: nothing is copied. */
export class Cursor {
  constructor(
    readonly buffer: ArrayBuffer,
    public at: number,
  ) {}

  /** The next number. */
  word(): number {
    return this.words(1)[0] ?? 0;
  }

  words(length: number): Uint32Array {
    return new Uint32Array(this.buffer, this.#pass(length * 4), length);
  }

  signed(length: number): Int32Array {
    return new Int32Array(this.buffer, this.#pass(length * 4), length);
  }

  /** A column of 16-bit numbers, which is filled up to a multiple of four bytes. */
  halves(length: number): Uint16Array {
    return new Uint16Array(this.buffer, this.#pass(length * 2), length);
  }

  #pass(bytes: number): number {
    const at = this.at;
    this.at += bytes + (-bytes & 3);
    return at;
  }
}

/** The UUID at an offset: its bytes, the last one first. */
export function uuidAt(buffer: ArrayBuffer, at: number): string {
  const digits = Array.from(new Uint8Array(buffer, at, 16), (byte) => byte.toString(16).padStart(2, "0")).reverse().join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** The name of a drone, or of another aircraft, by its number. */
export function droneName(number: number): string {
  return number < FIRST_EXTERNAL ? `drone-${number}` : `external-${number - FIRST_EXTERNAL}`;
}

/** Deliveries of those rows that have one, in their order. */
class Deliveries {
  readonly #places: Int32Array;

  constructor(
    private readonly buffer: ArrayBuffer,
    private readonly begin: number,
    flags: Uint32Array,
  ) {
    let next = 0;
    this.#places = Int32Array.from(flags, (flag) => (flag & WITH_DELIVERY ? next++ : -1));
  }

  of(row: number): string | null {
    const place = this.#places[row] ?? -1;
    return place < 0 ? null : uuidAt(this.buffer, this.begin + place * 16);
  }
}

/** A section of legs. */
export class LegColumns {
  readonly drones: Uint32Array;
  readonly #purposes: Uint32Array;
  readonly #departs: Int32Array;
  readonly #arrives: Int32Array;
  readonly #battery: Int32Array;
  readonly #batteryEnd: Int32Array;
  readonly #ends: Uint32Array;
  readonly #deliveries: Deliveries;
  readonly #latitudes: Int32Array;
  readonly #longitudes: Int32Array;
  readonly #after: Uint32Array;
  readonly #altitudes: Uint16Array;

  /** Reads it from where the cursor stands; its times are relative to `time`, virtual ms. */
  constructor(
    cursor: Cursor,
    private readonly time: number,
  ) {
    const [legs = 0, points = 0, delivered = 0] = cursor.words(3);
    this.drones = cursor.words(legs);
    this.#purposes = cursor.words(legs);
    this.#departs = cursor.signed(legs);
    this.#arrives = cursor.signed(legs);
    this.#battery = cursor.signed(legs);
    this.#batteryEnd = cursor.signed(legs);
    this.#ends = cursor.words(legs);
    this.#deliveries = new Deliveries(cursor.buffer, cursor.at, this.#purposes);
    cursor.words(4 * delivered);
    this.#latitudes = cursor.signed(points);
    this.#longitudes = cursor.signed(points);
    this.#after = cursor.words(points);
    this.#altitudes = cursor.halves(points);
  }

  /** Whether a row tells of a flight that is known already, as happens in each tile that it touches. */
  tells(row: number, known: Flight): boolean {
    return known.departsAt === this.time + (this.#departs[row] ?? 0) && known.arrivesAt === this.time + (this.#arrives[row] ?? 0) && known.path.length === (this.#ends[row] ?? 0) - this.#begin(row);
  }

  /** The flight of a row. */
  flight(row: number): Flight {
    const begin = this.#begin(row);
    const path = Array.from({ length: (this.#ends[row] ?? 0) - begin }, (_, point) => this.#point(begin + point));
    return {
      drone: droneName(this.drones[row] ?? 0),
      delivery: this.#deliveries.of(row),
      purpose: PURPOSES[(this.#purposes[row] ?? 0) & (WITH_DELIVERY - 1)] ?? "return",
      path,
      departsAt: this.time + (this.#departs[row] ?? 0),
      arrivesAt: this.time + (this.#arrives[row] ?? 0),
      batteryWh: (this.#battery[row] ?? 0) / 1_000,
      batteryWhEnd: (this.#batteryEnd[row] ?? 0) / 1_000,
    };
  }

  #begin(row: number): number {
    return row === 0 ? 0 : (this.#ends[row - 1] ?? 0);
  }

  #point(at: number): Point {
    return [(this.#latitudes[at] ?? 0) / DEGREE_PARTS, (this.#longitudes[at] ?? 0) / DEGREE_PARTS, (this.#altitudes[at] ?? 0) / 10, (this.#after[at] ?? 0) / 1_000];
  }
}

/** A section of fixes. */
export class FixColumns {
  readonly drones: Uint32Array;
  readonly #states: Uint32Array;
  readonly #latitudes: Int32Array;
  readonly #longitudes: Int32Array;
  readonly #altitudes: Uint16Array;
  readonly #headings: Uint16Array;
  readonly #speeds: Uint16Array;
  readonly #batteries: Uint16Array;
  readonly #deliveries: Deliveries;

  /** Reads it from where the cursor stands. */
  constructor(cursor: Cursor) {
    const [fixes = 0, delivered = 0] = cursor.words(2);
    this.drones = cursor.words(fixes);
    this.#states = cursor.words(fixes);
    this.#latitudes = cursor.signed(fixes);
    this.#longitudes = cursor.signed(fixes);
    // When it arrives: the page asks the delivery for it.
    cursor.signed(fixes);
    this.#altitudes = cursor.halves(fixes);
    this.#headings = cursor.halves(fixes);
    this.#speeds = cursor.halves(fixes);
    this.#batteries = cursor.halves(fixes);
    this.#deliveries = new Deliveries(cursor.buffer, cursor.at, this.#states);
    cursor.words(4 * delivered);
  }

  /** Whether the drone of a row flies. */
  flies(row: number): boolean {
    return ((this.#states[row] ?? 0) & FLYING) !== 0;
  }

  /** The position of a row. */
  position(row: number): DronePosition {
    const state = this.#states[row] ?? 0;
    const battery = this.#batteries[row] ?? 0;
    return {
      drone: droneName(this.drones[row] ?? 0),
      state: STATES[state & (WITH_DELIVERY - 1)] ?? "idle",
      external: (state & EXTERNAL) !== 0,
      stale: (state & STALE) !== 0,
      latitude: (this.#latitudes[row] ?? 0) / DEGREE_PARTS,
      longitude: (this.#longitudes[row] ?? 0) / DEGREE_PARTS,
      altitude: (this.#altitudes[row] ?? 0) / 10,
      heading: (this.#headings[row] ?? 0) / 10,
      speed: (this.#speeds[row] ?? 0) / 100,
      battery: battery === NO_BATTERY ? null : battery / 10_000,
      delivery: this.#deliveries.of(row),
    };
  }
}
