import { addProtocol, AttributionControl, GeoJSONSource, Map as LibreMap, Marker, NavigationControl, ScaleControl, setWorkerUrl } from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import { PMTiles, Protocol } from "pmtiles";
import { api } from "../api/client";
import type { Area, Config } from "../api/model";
import { splitAt, type Flight, type Line } from "../telemetry/flight";
import type { Payload } from "../telemetry/frame";
import { Archive } from "./archive";
import { AIRPORTS, airportPicture } from "./airport";
import { gridOf } from "./grid";
import { circle } from "./mercator";
import type { Tone } from "./palette";
import { isActive } from "../zones/force";
import { basemapOf, PLAIN, type Basemap } from "./basemap";
import { crowdOf } from "./crowd";
import { lay, leftOutWords } from "./lay";
import { CROWD, LABELS_FROM_ZOOM, ROOM, styleOf } from "./style";

/** Where the map looks. */
export interface View {
  readonly zoom: number;
  readonly latitude: number;
  readonly longitude: number;
}

/** What a map is opened with. */
export interface MapOptions {
  readonly container: HTMLElement;
  readonly config: Config;
  readonly tone: Tone;
  readonly view: View | null;
  /** Whether a phone's page scrolls past the map: two fingers move it then. */
  readonly cooperative?: boolean;
  /** Hears what is wrong with the base map that was brought, in words. */
  readonly trouble?: (words: string) => void;
}

/** Zoom that shows a circle of a radius (m) in a square of `pixels`. */
export function zoomFor(radius: number, latitude: number, pixels: number): number {
  const metresPerPixel = (2 * radius) / Math.max(1, pixels);
  return Math.log2((40_075_016.7 * Math.cos((latitude * Math.PI) / 180)) / (512 * metresPerPixel));
}

/** How many drones there are by tile. */
export type Crowd = Extract<Payload, { kind: "counts" }>;

const NO_LINES: readonly Line[] = [];

const collection = (features: GeoJSON.Feature[]): GeoJSON.FeatureCollection => ({ type: "FeatureCollection", features });

let protocol: Protocol | null = null;

/** Once a page: the worker's own file (the library is ESM only), and tiles out of archives by HTTP ranges. */
function prepare(): Protocol {
  if (protocol) return protocol;
  setWorkerUrl(workerUrl);
  protocol = new Protocol();
  addProtocol("pmtiles", protocol.tile);
  return protocol;
}

/** The map with its ground, zones and route; throws where the browser has no WebGL 2. */
export class MapView {
  readonly map: LibreMap;
  /** From this zoom on there is room for labels that stand over the map. */
  readonly labelsFromZoom = LABELS_FROM_ZOOM;
  #basemap = PLAIN;
  #tone: Tone;
  readonly #ready: Promise<void>;
  #crowd: Crowd | null = null;
  /** The zones that are shown, and which of them as in force. */
  #zones: { readonly of: GeoJSON.FeatureCollection; readonly active: readonly boolean[] } | null = null;
  /** What is shown of a flight, and as of when; what is the same again needs no redraw of the map. */
  #route: { flight: Flight | null; now: number; lines: readonly Line[]; count: number } | null = null;

  constructor({ container, config, tone, view, cooperative, trouble }: MapOptions) {
    prepare();
    const { area } = config;
    this.#tone = tone;
    const [latitude, longitude] = area.centre;
    const { width, height } = container.getBoundingClientRect();
    const side = Math.min(width, height) || 600;
    this.map = new LibreMap({
      container,
      style: styleOf(tone, PLAIN),
      center: view ? [view.longitude, view.latitude] : [longitude, latitude],
      zoom: view?.zoom ?? zoomFor(area.radius * 0.82, latitude, side),
      minZoom: 3,
      maxZoom: 19,
      maxPitch: 0,
      dragRotate: false,
      attributionControl: false,
      cooperativeGestures: cooperative ?? false,
      fadeDuration: 100,
    });
    this.map.addControl(new AttributionControl({ compact: false }), "bottom-right");
    this.map.addControl(new ScaleControl({ maxWidth: 90 }), "bottom-left");
    this.map.addControl(new NavigationControl({ showCompass: false }), "top-left");
    // North stays up: nothing here is easier to read turned.
    this.map.touchZoomRotate.disableRotation();
    const loaded = new Promise<void>((resolve) => void this.map.once("load", () => resolve()));
    const brought = config.basemap ?? null;
    this.#ready = this.#build(loaded, basemapOf(brought, latitude, longitude), brought !== null, trouble ?? (() => undefined));
    this.#ground(area);
    this.map.on("zoomend", () => this.#crowd && this.crowd(this.#crowd));
  }

  /** Settles when style and first tiles are there. */
  get ready(): Promise<void> {
    return this.#ready;
  }

  /** Draws for light or dark, keeping sources and layers. */
  tone(tone: Tone): void {
    this.#tone = tone;
    void this.#ready.then(() => {
      const style = styleOf(tone, this.#basemap);
      for (const layer of style.layers.filter(({ id }) => this.map.getLayer(id))) {
        for (const [name, value] of Object.entries(layer.paint ?? {})) this.map.setPaintProperty(layer.id, name as "fill-color", value as string);
      }
    });
  }

  /** Shows the no-fly zones: those that are in force at virtual `now` otherwise than those to come or over. Asked often, it draws them where that has changed. */
  zones(zones: GeoJSON.FeatureCollection, now: number): void {
    const active = zones.features.map((zone) => isActive(zone, now));
    if (this.#zones?.of === zones && this.#zones.active.every((each, index) => each === active[index])) return;
    this.#zones = { of: zones, active };
    this.#put("zones", collection(zones.features.map((zone, index) => ({ ...zone, properties: { ...zone.properties, active: active[index] } }))));
  }

  /** Shows a flight, cut into flown and planned, or nothing; `before` was flown earlier. */
  route(flight: Flight | null, now: number, before: readonly Line[] = NO_LINES): void {
    const part = (name: string, line: Line): GeoJSON.Feature => ({ type: "Feature", properties: { part: name }, geometry: { type: "LineString", coordinates: [...line] } });
    const earlier = before.map((line) => part("flown", line));
    const shown = this.#route;
    const same = shown !== null && shown.flight === flight && shown.lines === before && shown.count === before.length && (flight === null || shown.now === now);
    if (same) return;
    this.#route = { flight, now, lines: before, count: before.length };
    if (flight === null) return this.#put("route", collection(earlier));
    const { flown, planned } = splitAt(flight, now);
    this.#put("route", collection([...earlier, part("flown", flown), part("planned", planned)]));
  }

  /** Shows how many drones there are, or no longer. */
  crowd(crowd: Crowd | null): void {
    if (crowd === null && this.#crowd === null) return;
    this.#crowd = crowd;
    this.#put(CROWD, crowd ? crowdOf(crowd.zoom, crowd.tiles, this.map.getZoom()) : collection([]));
  }

  /** Whether a point of the map, px, is on a circle that counts drones. */
  isCrowd(x: number, y: number): boolean {
    return this.#crowd !== null && this.map.queryRenderedFeatures([x, y], { layers: [CROWD] }).length > 0;
  }

  /** Has the map's own names move aside for labels that stand over it, each below its point. */
  makeRoom(labels: readonly { readonly label: string; readonly latitude: number; readonly longitude: number }[]): void {
    this.#put(ROOM, collection(labels.map(({ label, latitude, longitude }): GeoJSON.Feature => ({ type: "Feature", properties: { label }, geometry: { type: "Point", coordinates: [longitude, latitude] } }))));
  }

  /** Puts an element on the map. */
  mark(element: HTMLElement, latitude: number, longitude: number, anchor: "center" | "bottom" = "center"): Marker {
    return new Marker({ element, anchor }).setLngLat([longitude, latitude]).addTo(this.map);
  }

  /** Moves so that all the points are seen. */
  frame(points: readonly { latitude: number; longitude: number }[], padding: number): void {
    const first = points[0];
    if (!first) return;
    const bounds: [[number, number], [number, number]] = [
      [Math.min(...points.map((p) => p.longitude)), Math.min(...points.map((p) => p.latitude))],
      [Math.max(...points.map((p) => p.longitude)), Math.max(...points.map((p) => p.latitude))],
    ];
    this.map.fitBounds(bounds, { padding, maxZoom: 16, duration: 700 });
  }

  /** Where it looks. */
  view(): View {
    const { lat, lng } = this.map.getCenter();
    return { zoom: this.map.getZoom(), latitude: lat, longitude: lng };
  }

  /** Lays the base map as soon as there is a map; airports stand on it unless it was brought; without one, and where it cannot be shown, they and the places' names stand on the plain ground. */
  async #build(loaded: Promise<void>, wanted: Promise<Basemap>, brought: boolean, trouble: (words: string) => void): Promise<void> {
    const [, read] = await Promise.allSettled([loaded, wanted]);
    try {
      if (read.status === "rejected") throw read.reason;
      if (read.value.archive) prepare().add(new PMTiles(new Archive(read.value.archive)));
      const left = lay(this.map, read.value, this.#tone);
      this.#basemap = read.value;
      if (left.length > 0) trouble(leftOutWords(left));
    } catch (problem) {
      trouble(`The base map cannot be shown: ${problem instanceof Error ? problem.message : String(problem)}.`);
    }
    if (this.#basemap === PLAIN || !brought) void this.#name().catch(() => undefined);
  }

  /** Names airports, and places where there is no base map that does. */
  async #name(): Promise<void> {
    const { features } = await api.landmarks();
    const of = (kind: string): GeoJSON.FeatureCollection => collection(features.filter(({ properties }) => properties?.["kind"] === kind));
    const { image, options } = airportPicture();
    this.map.addImage(AIRPORTS, image, options);
    this.#put(AIRPORTS, of("airport"));
    if (this.#basemap === PLAIN) this.#put("places", of("place"));
  }

  #ground({ centre: [latitude, longitude], radius }: Area): void {
    const ring = circle(latitude, longitude, radius);
    this.#put("area", collection([{ type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [ring] } }]));
    this.#put("grid", gridOf(latitude, longitude, radius));
  }

  #put(source: string, data: GeoJSON.FeatureCollection): void {
    void this.#ready.then(() => {
      const found = this.map.getSource(source);
      if (found instanceof GeoJSONSource) void found.setData(data);
    });
  }
}
