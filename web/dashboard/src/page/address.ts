import { ANY_DELIVERY, type DeliveryFilter } from "../deliveries/filter";
import { ALL_DRONES, type DroneFilter } from "../fleet/filters";
import { DRONE_STATES, type DroneState } from "../fleet/state";
import type { View } from "../map/view";

/** What the page shows, as its address keeps it after the `#`. */
export interface PageState {
  readonly view: View | null;
  readonly tab: string | null;
  readonly drone: string | null;
  readonly delivery: string | null;
  /** The depot whose panel is open. */
  readonly depot: string | null;
  /** What is searched for; `null` for nothing. */
  readonly find: string | null;
  /** The time of the past that is shown, while that is played back. */
  readonly played: Played | null;
  /** States that are not shown. */
  readonly hidden: readonly DroneState[];
  readonly drones: DroneFilter;
  readonly deliveries: DeliveryFilter;
}

/** What is played back. */
export interface Played {
  /** Virtual ms. */
  readonly at: number;
  /** Virtual seconds a second, while it runs. */
  readonly speed: number;
}

/** The speed where an address says none. */
export const PLAYED_SPEED = 20;

/** The address is written this long after the last change, ms. */
const WRITE_MS = 300;

/** Reads the part after `#`; what makes no sense is left out. */
export function stateOf(hash: string): PageState {
  const fields = new URLSearchParams(hash.replace(/^#/, ""));
  const [zoom = NaN, latitude = NaN, longitude = NaN] = (fields.get("map") ?? "").split("/").map(Number.parseFloat);
  const sound = zoom >= 0 && zoom <= 24 && Math.abs(latitude) <= 85 && Math.abs(longitude) <= 180;
  return {
    view: sound ? { zoom, latitude, longitude } : null,
    tab: fields.get("tab"),
    drone: fields.get("drone"),
    delivery: fields.get("delivery"),
    depot: fields.get("open"),
    find: fields.get("find"),
    played: played(fields.get("at"), fields.get("pace")),
    hidden: DRONE_STATES.filter((state) => (fields.get("hide") ?? "").split(",").includes(state)),
    drones: { ...ALL_DRONES, depot: fields.get("depot"), battery: share(fields.get("battery")), late: fields.has("late") },
    deliveries: { ...ANY_DELIVERY, stage: fields.get("stage"), by: fields.get("by"), carrier: fields.get("by") === "carrier" ? fields.get("carrier") : null, late: fields.has("overdue") },
  };
}

/** The time that is played back, and how fast; nothing where it is no time. */
function played(at: string | null, pace: string | null): Played | null {
  const time = Date.parse(at ?? "");
  const speed = Number(pace ?? PLAYED_SPEED);
  return Number.isNaN(time) ? null : { at: time, speed: speed > 0 ? speed : PLAYED_SPEED };
}

/** A number of per cent; nothing where it is none. */
function share(text: string | null): number | null {
  const percent = Number(text);
  return text !== null && percent > 0 && percent <= 100 ? percent : null;
}

/** Writes the part after `#`. */
export function hashOf({ view, tab, drone, delivery, depot, find, played, hidden, drones, deliveries }: PageState): string {
  const fields = [
    view && `map=${view.zoom.toFixed(2)}/${view.latitude.toFixed(5)}/${view.longitude.toFixed(5)}`,
    tab && `tab=${encodeURIComponent(tab)}`,
    drone && `drone=${encodeURIComponent(drone)}`,
    delivery && `delivery=${encodeURIComponent(delivery)}`,
    depot && `open=${encodeURIComponent(depot)}`,
    find && `find=${encodeURIComponent(find)}`,
    played && `at=${new Date(played.at).toISOString()}`,
    played && played.speed !== PLAYED_SPEED && `pace=${played.speed}`,
    hidden.length > 0 && `hide=${hidden.join(",")}`,
    drones.depot && `depot=${encodeURIComponent(drones.depot)}`,
    drones.battery && `battery=${drones.battery}`,
    drones.late && "late",
    deliveries.stage && `stage=${encodeURIComponent(deliveries.stage)}`,
    deliveries.by && `by=${encodeURIComponent(deliveries.by)}`,
    deliveries.carrier && `carrier=${encodeURIComponent(deliveries.carrier)}`,
    deliveries.late && "overdue",
  ];
  return `#${fields.filter(Boolean).join("&")}`;
}

/** What a page of one delivery is opened by. */
export interface TrackedBy {
  readonly delivery: string;
  /** The token of a link, by which the service is asked; `null` where the address has the delivery's id alone. */
  readonly token: string | null;
}

/** Bytes of a link's token: the delivery, the link's number, when it ends, the signature. */
const TOKEN_BYTES = 44;

/** The delivery that a link's token names; `null` where it is no token. */
function deliveryIn(token: string): string | null {
  try {
    const bytes = Uint8Array.from(atob(token.replaceAll("-", "+").replaceAll("_", "/")), (byte) => byte.charCodeAt(0));
    const digits = Array.from(bytes.subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("");
    return bytes.length === TOKEN_BYTES ? digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5") : null;
  } catch {
    return null;
  }
}

/** What a path `/track/…` names: by a link's token, or by the delivery's id. */
export function trackedIn(path: string): TrackedBy | null {
  const found = /^\/track\/([^/]+)\/?$/.exec(path)?.[1];
  if (found === undefined) return null;
  try {
    const named = decodeURIComponent(found);
    const linked = deliveryIn(named);
    return linked === null ? { delivery: named, token: null } : { delivery: linked, token: named };
  } catch {
    return null;
  }
}

/** Keeps the page's state in its address, without a step in the browser's history for each move. */
export class Address {
  #state = stateOf(window.location.hash);
  #timer = 0;

  /** What it says now. */
  get state(): PageState {
    return this.#state;
  }

  /** Changes parts of it; the address itself follows when the changes pause, since browsers refuse many in a row. */
  set(change: Partial<PageState>): void {
    this.#state = { ...this.#state, ...change };
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => window.history.replaceState(null, "", hashOf(this.#state)), WRITE_MS);
  }

  /** Calls when a person edits the address or follows a link within the page. */
  onChange(watcher: (state: PageState) => void): void {
    window.addEventListener("hashchange", () => {
      this.#state = stateOf(window.location.hash);
      watcher(this.#state);
    });
  }
}
