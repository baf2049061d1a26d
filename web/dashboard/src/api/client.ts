import type { Alert, Config, Confirmation, Delivery, DeliveryRequest, DeliveryRow, DeliveryStatus, Depot, DroneDetails, Milestone, NamedPlace, Page, PastFlights, Performance, Quote, Simulation, TrackingLink, Weather } from "./model";
import { listQuery, type DeliveryFilter } from "../deliveries/filter";
import type { Box } from "../map/box";
import { key } from "./key";

/** A request that hangs longer than this, ms, is given up and said so. */
const WAIT_MS_MAX = 15_000;

/** Drones that are asked for by a filter: as many as the service shows one by one. */
const DRONES_MAX = 20_000;

/** An answer that is not a success: an RFC 9457 problem, or none at all. */
export class Problem extends Error {
  /** The HTTP status; 0 where no answer came. */
  readonly status: number;
  /** Reasons by field. */
  readonly fields: Readonly<Record<string, readonly string[]>>;

  constructor(status: number, message: string, fields: Readonly<Record<string, readonly string[]>> = {}) {
    super(message);
    this.status = status;
    this.fields = fields;
  }
}

/** Reads a problem from an answer's body, whatever it holds. */
export function problemOf(status: number, text: string): Problem {
  try {
    const body = JSON.parse(text) as { title?: string; detail?: string; errors?: Record<string, string | string[]> };
    const fields = Object.fromEntries(Object.entries(body.errors ?? {}).map(([field, reasons]) => [field, [reasons].flat()]));
    return new Problem(status, body.detail ?? body.title ?? `The service answered ${status}.`, fields);
  } catch {
    return new Problem(status, `The service answered ${status}.`);
  }
}

/** Called where the service no longer takes the key that the page shows. */
let refused: (() => void) | null = null;

async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(path, {
      method,
      headers: { Accept: "application/json", ...key.headers(), ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(WAIT_MS_MAX),
    });
  } catch {
    throw new Problem(0, "The service cannot be reached. Check the connection and try again.");
  }
  if (answer.status === 401 && key.value !== null) refused?.();
  if (!answer.ok) throw problemOf(answer.status, await answer.text());
  return answer;
}

async function get<T>(path: string): Promise<T> {
  return (await (await call("GET", path)).json()) as T;
}

/** Does something whose answer says nothing that is not asked for anyway. */
async function act(method: string, path: string, body?: unknown): Promise<void> {
  await call(method, path, body);
}

/** Rows of a list, which comes bare or in pages. */
async function rows<T>(path: string): Promise<readonly T[]> {
  const body = await get<readonly T[] | { items: readonly T[] }>(path);
  return "items" in body ? body.items : body;
}

function spanQuery(from: number, to: number, { bbox, drone }: { bbox?: Box; drone?: string } = {}): string {
  const fields = new URLSearchParams({ from: new Date(from).toISOString(), to: new Date(to).toISOString() });
  if (bbox) fields.set("bbox", bbox.join(","));
  if (drone) fields.set("drone", drone);
  return fields.toString();
}

/** A key no other request has; `randomUUID` is missing on pages served by plain HTTP from another host. */
export function freshKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const id = encodeURIComponent;

/** The service's REST interface, as far as the page uses it. */
export const api = {
  /** Calls where the key was taken before and is no longer. */
  onRefused: (act: () => void): void => void (refused = act),
  config: (): Promise<Config> => get("/api/config"),
  simulation: (): Promise<Simulation> => get("/api/simulation"),
  /** Pauses, resumes, steps the simulation or sets its speed; answers how it runs then. */
  pace: async (what: "pause" | "resume" | "step" | "speed", body: unknown = {}): Promise<Simulation> => (await (await call("POST", `/api/simulation/${what}`, body)).json()) as Simulation,
  depots: (): Promise<readonly Depot[]> => rows("/api/depots"),
  zones: (): Promise<GeoJSON.FeatureCollection> => get("/api/zones"),
  alerts: (): Promise<readonly Alert[]> => rows("/api/alerts"),
  drone: (drone: string): Promise<DroneDetails> => get(`/api/drones/${id(drone)}`),
  /** The ids of drones that fit a query, page after page. */
  droneIds: async (query: string): Promise<readonly string[]> => {
    const ids: string[] = [];
    for (let cursor: string | null = ""; cursor !== null && ids.length < DRONES_MAX; ) {
      const page: Page<{ id: string }> = await get(`/api/drones?limit=1000&cursor=${id(cursor)}&${query}`);
      ids.push(...page.items.map((drone) => drone.id));
      cursor = page.nextCursor;
    }
    return ids;
  },
  deliveries: (filter: DeliveryFilter, limit: number, cursor: string | null): Promise<Page<DeliveryRow>> => get(`/api/deliveries?${listQuery(filter, limit, cursor)}`),
  /** The carriers' names. */
  carriers: async (): Promise<readonly string[]> => (await rows<{ name: string }>("/api/carriers")).map(({ name }) => name),
  places: (name: string, limit: number): Promise<readonly NamedPlace[]> => rows(`/api/places?name=${id(name)}&limit=${limit}`),
  /** Places and airports that a map names: points with a `name` and a `kind`, `place` or `airport`. */
  landmarks: (): Promise<GeoJSON.FeatureCollection> => get("/api/landmarks"),
  /** What was in the air in a span of the past, virtual ms: all of it, or what was near a box, or one drone. */
  past: (from: number, to: number, only: { bbox?: Box; drone?: string } = {}): Promise<PastFlights> => get(`/api/playback?${spanQuery(from, to, only)}`),
  /** The zones that were in force at some time of it. */
  pastZones: (from: number, to: number): Promise<GeoJSON.FeatureCollection> => get(`/api/zones?${spanQuery(from, to)}`),
  weather: (): Promise<Weather> => get("/api/weather"),
  performance: (): Promise<Performance> => get("/api/performance"),
  delivery: (delivery: string): Promise<Delivery> => get(`/api/deliveries/${id(delivery)}`),
  status: (delivery: string): Promise<DeliveryStatus> => get(`/api/deliveries/${id(delivery)}/status`),
  history: (delivery: string): Promise<readonly Milestone[]> => get(`/api/deliveries/${id(delivery)}/history`),
  /** The links that show this delivery, and nothing else, to whoever has one; the newest comes last. */
  trackingLinks: (delivery: string): Promise<readonly TrackingLink[]> => rows(`/api/deliveries/${id(delivery)}/trackinglinks`),
  makeTrackingLink: async (delivery: string): Promise<TrackingLink> => (await (await call("POST", `/api/deliveries/${id(delivery)}/trackinglinks`)).json()) as TrackingLink,
  revokeTrackingLinks: (delivery: string): Promise<void> => act("DELETE", `/api/deliveries/${id(delivery)}/trackinglinks`),
  confirmations: (delivery: string): Promise<readonly Confirmation[]> => rows(`/api/deliveries/${id(delivery)}/confirmations`),
  track: (delivery: string): Promise<GeoJSON.FeatureCollection> => get(`/api/deliveries/${id(delivery)}/track`),
  /** What a delivery would come to; nothing is reserved. */
  quote: async (request: DeliveryRequest): Promise<Quote> => (await (await call("POST", "/api/quotes", request)).json()) as Quote,
  /** Asks for a delivery; the same key never makes two. */
  request: async (request: DeliveryRequest, key: string): Promise<string> => {
    const answer = await call("POST", "/api/deliveryrequests", request, { "Idempotency-Key": key });
    return ((await answer.json()) as { deliveryId: string }).deliveryId;
  },
  groundDepot: (depot: string): Promise<void> => act("POST", `/api/depots/${id(depot)}/ground`),
  releaseDepot: (depot: string): Promise<void> => act("POST", `/api/depots/${id(depot)}/release`),
  recallDrone: (drone: string): Promise<void> => act("POST", `/api/drones/${id(drone)}/recall`),
  declareZone: (zone: GeoJSON.Feature): Promise<void> => act("POST", "/api/zones", zone),
  liftZone: (zone: string): Promise<void> => act("DELETE", `/api/zones/${id(zone)}`),
  acknowledge: (alert: number): Promise<void> => act("POST", `/api/alerts/${alert}/acknowledge`),
  /** Cancels a delivery: `false` where the decision is still to come. */
  cancel: async (delivery: string): Promise<boolean> => (await call("DELETE", `/api/deliveryrequests/${id(delivery)}`)).status !== 202,
};
