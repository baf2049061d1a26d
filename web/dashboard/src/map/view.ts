import { addProtocol, AttributionControl, GeoJSONSource, Map as LibreMap, Marker, NavigationControl, ScaleControl, setWorkerUrl } from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import { PMTiles, Protocol } from "pmtiles";
import type { Area } from "../api/model";
import { splitAt, type Flight, type Line } from "../telemetry/flight";
import { Archive } from "./archive";
import { gridOf } from "./grid";
import { circle } from "./mercator";
import type { Tone } from "./palette";
import { BASEMAP_URL, hasStreets, styleOf } from "./style";

/** Where the map looks. */
export interface View {
  readonly zoom: number;
  readonly latitude: number;
  readonly longitude: number;
}

/** What a map is opened with. */
export interface MapOptions {
  readonly container: HTMLElement;
  readonly area: Area;
  readonly tone: Tone;
  readonly view: View | null;
  /** Whether a phone's page scrolls past the map: two fingers move it then. */
  readonly cooperative?: boolean;
}

/** Zoom that shows a circle of a radius (m) in a square of `pixels`. */
export function zoomFor(radius: number, latitude: number, pixels: number): number {
  const metresPerPixel = (2 * radius) / Math.max(1, pixels);
  return Math.log2((40_075_016.7 * Math.cos((latitude * Math.PI) / 180)) / (512 * metresPerPixel));
}

const NO_LINES: readonly Line[] = [];

const collection = (features: GeoJSON.Feature[]): GeoJSON.FeatureCollection => ({ type: "FeatureCollection", features });

let prepared = false;

/** Once a page: the worker's own file (the library is ESM only), and tiles out of one archive by HTTP ranges. */
function prepare(): void {
  if (prepared) return;
  prepared = true;
  setWorkerUrl(workerUrl);
  const protocol = new Protocol();
  protocol.add(new PMTiles(new Archive(BASEMAP_URL)));
  addProtocol("pmtiles", protocol.tile);
}

/** The map with its ground, zones and route; throws where the browser has no WebGL 2. */
export class MapView {
  readonly map: LibreMap;
  readonly #streets: boolean;
  readonly #ready: Promise<void>;
  /** The lines that are shown while nothing moves. */
  #still: { lines: readonly Line[]; count: number } | null = null;

  constructor({ container, area, tone, view, cooperative }: MapOptions) {
    prepare();
    const [latitude, longitude] = area.centre;
    const { width, height } = container.getBoundingClientRect();
    const side = Math.min(width, height) || 600;
    this.#streets = hasStreets(latitude, longitude);
    this.map = new LibreMap({
      container,
      style: styleOf(tone, this.#streets),
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
    this.#ready = new Promise((resolve) => void this.map.once("load", () => resolve()));
    this.#ground(area);
  }

  /** Settles when style and first tiles are there. */
  get ready(): Promise<void> {
    return this.#ready;
  }

  /** Draws for light or dark, keeping sources and layers. */
  tone(tone: Tone): void {
    const style = styleOf(tone, this.#streets);
    void this.#ready.then(() => {
      for (const layer of style.layers) {
        for (const [name, value] of Object.entries(layer.paint ?? {})) this.map.setPaintProperty(layer.id, name as "fill-color", value as string);
      }
    });
  }

  /** Shows the no-fly zones. */
  zones(zones: GeoJSON.FeatureCollection): void {
    this.#put("zones", zones);
  }

  /** Shows a flight, cut into flown and planned, or nothing; `before` was flown earlier. */
  route(flight: Flight | null, now: number, before: readonly Line[] = NO_LINES): void {
    const part = (name: string, line: Line): GeoJSON.Feature => ({ type: "Feature", properties: { part: name }, geometry: { type: "LineString", coordinates: [...line] } });
    const earlier = before.map((line) => part("flown", line));
    // What stands still needs no redraw of the map.
    const still = flight === null && this.#still?.lines === before && this.#still.count === before.length;
    this.#still = flight === null ? { lines: before, count: before.length } : null;
    if (still) return;
    if (flight === null) return this.#put("route", collection(earlier));
    const { flown, planned } = splitAt(flight, now);
    this.#put("route", collection([...earlier, part("flown", flown), part("planned", planned)]));
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
