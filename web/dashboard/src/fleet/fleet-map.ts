import type { MapMouseEvent } from "maplibre-gl";
import type { Config } from "../api/model";
import { boxOf, within, type Box } from "../map/box";
import { DronesCanvas } from "../map/drones-canvas";
import { EndPins } from "../map/ends";
import type { Crowd, MapView, View } from "../map/view";
import type { Theme } from "../page/tone";
import type { Telemetry } from "../telemetry/connection";
import { droneOf, dronesOf, type PastClock, type PastFlight } from "../playback/past";
import { fixOf, type Drone, type Roster } from "./roster";
import { isParked, type DroneState } from "./state";

/** A click this close to a drone, px, means the drone. */
const REACH_PIXELS = 20;

/** Above so many drones a moving pointer is not asked what it is over: it would cost more than it shows. */
const HOVER_DRONES_MAX = 20_000;

/** A click on a circle that counts drones goes this much nearer. */
const CROWD_ZOOM = 2;

/** The view is widened by this share on each side before it is subscribed, so that a small move asks for nothing. */
const MARGIN = 0.3;

/** A followed drone may stray this far from the middle, px. */
const KEEP_PIXELS = 0.5;

/** How long the page waits after a loss before it greys the drones, ms: most losses are over sooner. */
const LOST_MS = 4_000;

/** What the map tells the page. */
export interface FleetMapEvents {
  readonly drone: (drone: string | null) => void;
  readonly place: (at: { latitude: number; longitude: number }) => void;
  readonly moved: (view: View) => void;
  /** A person dragged the map. */
  readonly dragged: () => void;
}

/** The fleet's map: drones on the GPU, clicks on them, and the subscription to what is in view. */
export class FleetMap {
  readonly drones: DronesCanvas;
  picking = false;
  #crowded = false;
  /** The clock of the past, while that is shown. */
  #past: PastClock | null = null;
  #flown = new Map<string, PastFlight>();
  #only: ReadonlySet<string> | null = null;
  #box: Box | null = null;
  /** The ends of a delivery. */
  readonly pins: EndPins;

  constructor(
    readonly view: MapView,
    config: Config,
    private readonly telemetry: Telemetry,
    private readonly roster: Roster,
    theme: Theme,
    private readonly events: FleetMapEvents,
  ) {
    this.pins = new EndPins(view);
    const [latitude, longitude] = config.area.centre;
    this.drones = new DronesCanvas(view.map, { now: () => this.#now(), speed: () => (this.#past ? this.#past.speed : (telemetry.clock.speed ?? 1)) }, { latitude, longitude });
    this.drones.tone(theme.tone);
    theme.onChange((tone) => {
      view.tone(tone);
      this.drones.tone(tone);
    });
    roster.onChange((changed) => this.#past === null && changed.forEach((id) => this.drones.set(id, roster.get(id))));
    telemetry.onLink((link) => {
      if (link.state === "live") this.drones.lost(false);
      else window.setTimeout(() => this.drones.lost(telemetry.link.state !== "live"), LOST_MS);
    });
    this.#listen();
  }

  /** Shows only drones in these states. */
  show(states: ReadonlySet<DroneState>): void {
    this.drones.show(states);
  }

  /** Shows only these drones; all where it is `null`. */
  only(drones: ReadonlySet<string> | null): void {
    this.#only = drones;
    if (this.#past === null) this.drones.only(drones);
  }

  /** Shows the past by its clock from now on, or the present again. */
  goBack(clock: PastClock | null): void {
    this.#past = clock;
    this.#flown = new Map();
    this.drones.clear();
    this.drones.only(clock ? null : this.#only);
    this.view.crowd(null);
    this.view.map.getContainer().classList.toggle("map-past", clock !== null);
    if (clock === null) for (const drone of this.roster.all()) this.drones.set(drone.id, drone);
  }

  /** Shows these flights of the past. */
  flown(flights: readonly PastFlight[]): void {
    const now = new Map(flights.map((each) => [each.id, each]));
    for (const id of this.#flown.keys()) if (!now.has(id)) this.drones.set(id, undefined);
    for (const [id, { flight }] of now) if (!this.#flown.has(id)) this.drones.set(id, droneOf(flight, id));
    this.#flown = now;
  }

  /** By which id a drone's flight of the past is drawn; `null` where it is in none. */
  flownBy(drone: string | null): string | null {
    for (const { id, flight } of this.#flown.values()) if (flight.drone === drone) return id;
    return null;
  }

  #now(): number {
    return this.#past ? this.#past.now() : this.telemetry.now();
  }

  /** Shows how many drones there are, where they are too many to draw each. */
  crowd(crowd: Crowd | null): void {
    this.#crowded = crowd !== null;
    if (this.#past) return;
    this.view.map.getContainer().classList.toggle("map-crowded", this.#crowded);
    this.view.crowd(crowd);
  }

  /** Wants the next click for a place. */
  pickPlaces(on: boolean): void {
    this.picking = on;
    this.view.map.getCanvas().style.cursor = on ? "crosshair" : "";
  }

  /** Moves to a place. */
  go(latitude: number, longitude: number): void {
    this.view.map.easeTo({ center: [longitude, latitude], zoom: Math.max(this.view.map.getZoom(), 14) });
  }

  /** Keeps a place in the middle, without easing: called each frame, moves only where that can be seen. */
  keep(latitude: number, longitude: number): void {
    const { map } = this.view;
    const [at, middle] = [map.project([longitude, latitude]), map.project(map.getCenter())];
    if (Math.hypot(at.x - middle.x, at.y - middle.y) > KEEP_PIXELS) map.setCenter([longitude, latitude]);
  }

  /** The drone under a point of the map, px. */
  droneAt(x: number, y: number, shown: ReadonlySet<DroneState>): Drone | null {
    const now = this.#now();
    let nearest: Drone | null = null;
    let least = REACH_PIXELS;
    // Most drones are nowhere near: a look at their degrees is cheaper than at their pixels.
    const [low, high] = [this.view.map.unproject([x - REACH_PIXELS, y + REACH_PIXELS]), this.view.map.unproject([x + REACH_PIXELS, y - REACH_PIXELS])];
    const drones = this.#past ? dronesOf([...this.#flown.values()]).values() : this.roster.all();
    for (const drone of drones) {
      if (isParked(drone.state) || drone.state === "maintenance" || !shown.has(drone.state) || (!this.#past && this.#only !== null && !this.#only.has(drone.id))) continue;
      const { latitude, longitude } = fixOf(drone, now);
      if (latitude < low.lat || latitude > high.lat || longitude < low.lng || longitude > high.lng) continue;
      const at = this.view.map.project([longitude, latitude]);
      const away = Math.hypot(at.x - x, at.y - y);
      if (away < least) [nearest, least] = [drone, away];
    }
    return nearest;
  }

  /** Subscribes to what is in view, where that has changed enough. */
  subscribe(receive: Parameters<Telemetry["subscribe"]>[2]): void {
    const ask = (): void => {
      const seen = boxOf(this.view.map);
      if (this.#box && !this.#crowded && within(seen, this.#box) && this.#box[2] - this.#box[0] < (seen[2] - seen[0]) * 4) return;
      this.#box = boxOf(this.view.map, MARGIN);
      this.telemetry.subscribe("fleet", { topic: "fleet", mode: "legs", bbox: this.#box, hz: 10 }, receive);
    };
    this.view.map.on("moveend", ask);
    ask();
  }

  #listen(): void {
    const { map } = this.view;
    map.on("moveend", () => this.events.moved(this.view.view()));
    map.on("dragstart", () => this.events.dragged());
    map.on("click", (event: MapMouseEvent) => {
      if (this.picking) return this.events.place({ latitude: event.lngLat.lat, longitude: event.lngLat.lng });
      if (!this.#past && this.view.isCrowd(event.point.x, event.point.y)) return void map.easeTo({ center: event.lngLat, zoom: map.getZoom() + CROWD_ZOOM });
      this.events.drone(this.droneAt(event.point.x, event.point.y, this.#visible())?.id ?? null);
    });
    map.on("mousemove", (event: MapMouseEvent) => {
      if (this.picking || (this.#past ? this.#flown : this.roster).size > HOVER_DRONES_MAX) return;
      const over = this.#crowded && !this.#past ? this.view.isCrowd(event.point.x, event.point.y) : this.droneAt(event.point.x, event.point.y, this.#visible());
      map.getCanvas().style.cursor = over ? "pointer" : "";
    });
  }

  /** Tells which states are shown; the page sets it. */
  #visible: () => ReadonlySet<DroneState> = () => new Set();

  /** Asks here which states are shown. */
  visibleBy(ask: () => ReadonlySet<DroneState>): void {
    this.#visible = ask;
  }
}
