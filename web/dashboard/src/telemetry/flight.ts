/** A leg as the telemetry protocol sends it: `path` holds `[latitude, longitude, altitude m, seconds after departs]`. */
export interface Leg {
  readonly drone: string;
  readonly delivery: string | null;
  readonly purpose: string;
  readonly path: readonly (readonly [number, number, number, number])[];
  readonly departs: string;
  readonly arrives: string;
  readonly battery_wh: number;
  readonly battery_wh_end: number;
}

/** A leg made ready for interpolation: times in milliseconds of virtual time. */
export interface Flight {
  readonly leg: Leg;
  readonly departsAt: number;
  readonly arrivesAt: number;
}

/** Where a drone is at an instant of its flight. */
export interface Fix {
  readonly latitude: number;
  readonly longitude: number;
  readonly altitude: number;
  /** Degrees clockwise from north. */
  readonly heading: number;
  /** Over the ground, m/s. */
  readonly speed: number;
  /** Energy left, Wh; linear in time, as the protocol says. */
  readonly batteryWh: number;
}

/** Metres a degree of latitude, on the mean sphere. */
const METRES_PER_DEGREE = 111_194.93;

/** A step shorter than this over the ground is a climb or a hover: it has no heading of its own. */
const HEADING_METRES_MIN = 0.5;

/** Reads a leg; `null` where it has no path or no times that make sense. */
export function flightOf(leg: Leg): Flight | null {
  const departsAt = Date.parse(leg.departs);
  const arrivesAt = Date.parse(leg.arrives);
  const usable = Array.isArray(leg.path) && leg.path.length >= 2 && leg.path.every((point) => point.every(Number.isFinite));
  return usable && departsAt <= arrivesAt ? { leg, departsAt, arrivesAt } : null;
}

/** East and north from one point to another, m, on a plane that touches the sphere there. */
function offset(from: readonly number[], to: readonly number[]): [number, number] {
  const [latitude = 0, longitude = 0] = from;
  const [toLatitude = 0, toLongitude = 0] = to;
  const squeeze = Math.cos(((latitude + toLatitude) / 2) * (Math.PI / 180));
  return [(toLongitude - longitude) * METRES_PER_DEGREE * squeeze, (toLatitude - latitude) * METRES_PER_DEGREE];
}

/** Metres between two `[latitude, longitude]` points that lie in one city. */
export function distance(from: readonly number[], to: readonly number[]): number {
  const [east, north] = offset(from, to);
  return Math.hypot(east, north);
}

/** The heading of each step of a path, degrees; a climb takes that of the next step that goes somewhere, else of the last. */
export function headings(path: Leg["path"]): number[] {
  const own = path.slice(1).map((to, index) => {
    const [east, north] = offset(path[index] ?? to, to);
    return Math.hypot(east, north) < HEADING_METRES_MIN ? null : (Math.atan2(east, north) * (180 / Math.PI) + 360) % 360;
  });
  return own.map((heading, index) => heading ?? own.slice(index).find((next) => next !== null) ?? own.slice(0, index).reverse().find((last) => last !== null) ?? 0);
}

/** Where the flight is at `now` (virtual milliseconds): on the ground before it departs and after it arrives. */
export function fixAt(flight: Flight, now: number): Fix {
  const { path, battery_wh, battery_wh_end } = flight.leg;
  const seconds = (now - flight.departsAt) / 1_000;
  const found = path.findIndex((point, index) => index > 0 && seconds < point[3]);
  const index = found < 0 ? path.length - 1 : found;
  const from = path[index - 1] ?? [0, 0, 0, 0];
  const to = path[index] ?? from;
  const span = to[3] - from[3];
  const share = span > 0 ? Math.min(1, Math.max(0, (seconds - from[3]) / span)) : 1;
  const flying = now >= flight.departsAt && now < flight.arrivesAt;
  const whole = flight.arrivesAt - flight.departsAt;
  const flown = whole > 0 ? Math.min(1, Math.max(0, (now - flight.departsAt) / whole)) : 1;
  const between = (at: 0 | 1 | 2): number => from[at] + (to[at] - from[at]) * share;
  return {
    latitude: between(0),
    longitude: between(1),
    altitude: between(2),
    heading: headings(path)[index - 1] ?? 0,
    speed: flying && span > 0 ? distance(from, to) / span : 0,
    batteryWh: battery_wh + (battery_wh_end - battery_wh) * flown,
  };
}

/** A line on the map: `[longitude, latitude]` points. */
export type Line = readonly [number, number][];

/** A leg's path over the ground. */
export function lineOf({ leg }: Flight): Line {
  return leg.path.map(([latitude, longitude]): [number, number] => [longitude, latitude]);
}

/** The flight's path as `[longitude, latitude]` points, cut at `now` into what is flown and what is planned. */
export function splitAt(flight: Flight, now: number): { flown: [number, number][]; planned: [number, number][] } {
  const { latitude, longitude } = fixAt(flight, now);
  const seconds = (now - flight.departsAt) / 1_000;
  const point = ([lat, lon]: Leg["path"][number]): [number, number] => [lon, lat];
  const here: [number, number] = [longitude, latitude];
  return {
    flown: [...flight.leg.path.filter((at) => at[3] <= seconds).map(point), here],
    planned: [here, ...flight.leg.path.filter((at) => at[3] > seconds).map(point)],
  };
}
