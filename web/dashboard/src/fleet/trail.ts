import type { PastFlights } from "../api/model";
import { flightsOf } from "../playback/past";
import { splitAt, type Line } from "../telemetry/flight";

/** Where something is, degrees. */
interface Place {
  readonly latitude: number;
  readonly longitude: number;
}

/** Points of a trail at most: a day of a busy drone. Beyond, it is thinned. */
export const TRAIL_POINTS_MAX = 1_000;

/** The first and the last tolerance of thinning, m: less is not seen on a map of a street, more is no trail any more. */
const TOLERANCE_MIN = 4;
const TOLERANCE_MAX = 256;

/** Metres a degree of latitude, on the mean sphere. */
const METRES_PER_DEGREE = 111_194.93;

/** Metres from a point to the way between two others, on a plane. */
function away([lon, lat]: Line[number], [fromLon, fromLat]: Line[number], [toLon, toLat]: Line[number]): number {
  const squeeze = Math.cos((fromLat * Math.PI) / 180);
  const [x, y] = [(lon - fromLon) * squeeze, lat - fromLat];
  const [east, north] = [(toLon - fromLon) * squeeze, toLat - fromLat];
  const length = east * east + north * north;
  const share = length > 0 ? Math.min(1, Math.max(0, (x * east + y * north) / length)) : 0;
  return Math.hypot(x - share * east, y - share * north) * METRES_PER_DEGREE;
}

/** A line without the points that lie within a tolerance, m, of the way past them: its corners stay (Douglas and Peucker, 1973). */
export function cornersOf(line: Line, tolerance: number): Line {
  const [first, last] = [line[0], line.at(-1)];
  if (line.length < 3 || !first || !last) return line;
  const aways = line.map((point) => away(point, first, last));
  const farthest = aways.reduce((most, metres, index) => (metres > (aways[most] ?? 0) ? index : most), 0);
  if ((aways[farthest] ?? 0) <= tolerance) return [first, last];
  return [...cornersOf(line.slice(0, farthest + 1), tolerance), ...cornersOf(line.slice(farthest), tolerance).slice(1)];
}

/** Lines of a trail, oldest first, with `most` points at most: their corners are kept as long as can be, then the oldest lines go. */
export function thinned(lines: readonly Line[], most = TRAIL_POINTS_MAX): readonly Line[] {
  const count = (some: readonly Line[]): number => some.reduce((sum, line) => sum + line.length, 0);
  let kept = lines;
  for (let tolerance = TOLERANCE_MIN; count(kept) > most && tolerance <= TOLERANCE_MAX; tolerance *= 2) kept = kept.map((line) => cornersOf(line, tolerance));
  while (count(kept) > most) kept = kept.slice(1);
  return kept;
}

/** The trail of an aircraft that only says where it is, longer by the way from one place to the next. */
export function grown(trail: readonly Line[], from: Place, to: Place): readonly Line[] {
  if (from.longitude === to.longitude && from.latitude === to.latitude) return trail;
  const line = trail[0] ?? [[from.longitude, from.latitude]];
  return thinned([[...line, [to.longitude, to.latitude]]]);
}

/** What a drone flew last, of flights that were over before a virtual time. */
export function lastFlown(answer: PastFlights, drone: string, before: number): readonly Line[] {
  const own = flightsOf(answer).filter(({ flight, endsAt }) => flight.drone === drone && flight.departsAt < before && endsAt <= before);
  const last = own.reduce<(typeof own)[number] | null>((latest, each) => (latest === null || each.endsAt > latest.endsAt ? each : latest), null);
  return last ? [splitAt(last.flight, last.endsAt).flown] : [];
}
