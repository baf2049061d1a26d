/** A point of a flight's path: latitude, longitude, altitude in metres, seconds after it departs. */
export type Point = readonly [number, number, number, number];

/** A leg of a drone, ready for interpolation: times in milliseconds of virtual time. */
export interface Flight {
  readonly drone: string;
  readonly delivery: string | null;
  readonly purpose: string;
  readonly path: readonly Point[];
  readonly departsAt: number;
  readonly arrivesAt: number;
  readonly batteryWh: number;
  readonly batteryWhEnd: number;
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

/** The heading of a step of a path by itself, degrees; `null` where it goes nowhere. */
function ownHeading(path: readonly Point[], step: number): number | null {
  const [from, to] = [path[step], path[step + 1]];
  if (!from || !to) return null;
  const [east, north] = offset(from, to);
  return Math.hypot(east, north) < HEADING_METRES_MIN ? null : (Math.atan2(east, north) * (180 / Math.PI) + 360) % 360;
}

/** The heading of a step of a path, degrees; a climb takes that of the next step that goes somewhere, else of the last. */
export function headingOf(path: readonly Point[], step: number): number {
  for (let next = step; next < path.length - 1; next += 1) {
    const heading = ownHeading(path, next);
    if (heading !== null) return heading;
  }
  for (let last = step - 1; last >= 0; last -= 1) {
    const heading = ownHeading(path, last);
    if (heading !== null) return heading;
  }
  return 0;
}

/** Where the flight is at `now` (virtual milliseconds): on the ground before it departs and after it arrives. */
export function fixAt(flight: Flight, now: number): Fix {
  const { path, batteryWh, batteryWhEnd } = flight;
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
    heading: headingOf(path, index - 1),
    speed: flying && span > 0 ? distance(from, to) / span : 0,
    batteryWh: batteryWh + (batteryWhEnd - batteryWh) * flown,
  };
}

/** A line on the map: `[longitude, latitude]` points. */
export type Line = readonly [number, number][];

/** A leg's path over the ground. */
export function lineOf({ path }: Flight): Line {
  return path.map(([latitude, longitude]): [number, number] => [longitude, latitude]);
}

/** The flight's path as `[longitude, latitude]` points, cut at `now` into what is flown and what is planned. */
export function splitAt(flight: Flight, now: number): { flown: [number, number][]; planned: [number, number][] } {
  const { latitude, longitude } = fixAt(flight, now);
  const seconds = (now - flight.departsAt) / 1_000;
  const point = ([lat, lon]: Point): [number, number] => [lon, lat];
  const here: [number, number] = [longitude, latitude];
  return {
    flown: [...flight.path.filter((at) => at[3] <= seconds).map(point), here],
    planned: [here, ...flight.path.filter((at) => at[3] > seconds).map(point)],
  };
}
