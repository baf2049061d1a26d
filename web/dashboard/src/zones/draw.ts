import { GeoJSONSource, type Map as LibreMap, type MapMouseEvent } from "maplibre-gl";

/** A corner: `[longitude, latitude]`. */
export type Corner = readonly [number, number];

/** Most corners of a zone that is drawn by hand; further clicks are left out. */
export const CORNERS_MAX = 60;

/** Corners an outline needs. */
export const CORNERS_MIN = 3;

const SOURCE = "drawn";

/** Whether the ways from `a` to `b` and from `c` to `d` cross. */
function crosses(a: Corner, b: Corner, c: Corner, d: Corner): boolean {
  const side = (p: Corner, q: Corner, r: Corner): number => Math.sign((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]));
  return side(a, b, c) !== side(a, b, d) && side(c, d, a) !== side(c, d, b);
}

/** What keeps corners from being an outline; nothing where they are one. */
export function flawOf(corners: readonly Corner[]): string | null {
  if (corners.length < CORNERS_MIN) return "An outline has three corners or more.";
  const edges = corners.map((corner, index): [Corner, Corner] => [corner, corners[(index + 1) % corners.length] ?? corner]);
  const crossed = edges.some(([a, b], first) => edges.some(([c, d], second) => second > first + 1 && (second + 1) % edges.length !== first && crosses(a, b, c, d)));
  return crossed ? "The outline crosses itself." : null;
}

/** A zone as the service takes it. */
export function featureOf(corners: readonly Corner[], name: string, until: string | null): GeoJSON.Feature & { until?: string } {
  const ring = [...corners, ...corners.slice(0, 1)].map(([longitude, latitude]) => [longitude, latitude]);
  return { type: "Feature", geometry: { type: "Polygon", coordinates: [ring] }, properties: { name }, ...(until === null ? {} : { until }) };
}

function shown(corners: readonly Corner[]): GeoJSON.FeatureCollection {
  const points = corners.map((corner): GeoJSON.Feature => ({ type: "Feature", properties: {}, geometry: { type: "Point", coordinates: [...corner] } }));
  const ring = [...corners, ...corners.slice(0, 1)].map((corner) => [...corner]);
  const outline: GeoJSON.Feature[] = corners.length > 1 ? [{ type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: ring } }] : [];
  return { type: "FeatureCollection", features: [...points, ...outline] };
}

/** Takes corners from clicks on the map, and shows them. */
export class Outline {
  #corners: Corner[] = [];
  #on = false;
  readonly #click = (event: MapMouseEvent): void => this.add([event.lngLat.lng, event.lngLat.lat]);

  readonly #press = (event: KeyboardEvent): void => {
    if (event.key !== "Enter") return;
    const { lng, lat } = this.map.getCenter();
    this.add([lng, lat]);
  };

  constructor(
    private readonly map: LibreMap,
    private readonly changed: (corners: readonly Corner[]) => void,
  ) {}

  /** Whether clicks are taken. */
  get drawing(): boolean {
    return this.#on;
  }

  /** The corners so far. */
  get corners(): readonly Corner[] {
    return this.#corners;
  }

  /** Begins anew. */
  start(): void {
    this.stop();
    this.#on = true;
    this.map.on("click", this.#click);
    this.map.getCanvas().addEventListener("keydown", this.#press);
    this.map.doubleClickZoom.disable();
    this.map.getCanvas().style.cursor = "crosshair";
  }

  /** Takes no more clicks and forgets the corners. */
  stop(): void {
    this.#on = false;
    this.map.off("click", this.#click);
    this.map.getCanvas().removeEventListener("keydown", this.#press);
    this.map.doubleClickZoom.enable();
    this.map.getCanvas().style.cursor = "";
    this.#take([]);
  }

  /** Adds a corner. */
  add(corner: Corner): void {
    if (this.#corners.length < CORNERS_MAX) this.#take([...this.#corners, corner]);
  }

  /** Takes the last corner back. */
  undo(): void {
    this.#take(this.#corners.slice(0, -1));
  }

  #take(corners: Corner[]): void {
    this.#corners = corners;
    const source = this.map.getSource(SOURCE);
    if (source instanceof GeoJSONSource) void source.setData(shown(corners));
    this.changed(corners);
  }
}
