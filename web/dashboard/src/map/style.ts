import type { ExpressionSpecification, FilterSpecification, LayerSpecification, StyleSpecification } from "maplibre-gl";
import { GROUND, type GroundColours, type Tone } from "./palette";

/** The street map's tiles, served with the page. */
export const BASEMAP_URL = "/basemap/firenze.pmtiles";

/** Where that street map has anything: west, south, east, north. */
export const BASEMAP_BOUNDS: readonly [number, number, number, number] = [11.154026, 43.7270125, 11.3289395, 43.8325455];

/** What its licence asks to be shown. */
const ATTRIBUTION = '<a href="https://www.openstreetmap.org/copyright" target="_blank" rel="noopener">© OpenStreetMap contributors</a> · Protomaps';

const SOURCE = "streets";

/** Whether the street map covers a point. */
export function hasStreets(latitude: number, longitude: number): boolean {
  const [west, south, east, north] = BASEMAP_BOUNDS;
  return longitude >= west && longitude <= east && latitude >= south && latitude <= north;
}

const kind = (...kinds: string[]): ExpressionSpecification => ["in", ["get", "pmap:kind"], ["literal", kinds]];
const grow = (base: number, ...stops: number[]): ExpressionSpecification => ["interpolate", ["exponential", base], ["zoom"], ...stops] as unknown as ExpressionSpecification;

function fill(id: string, layer: string, colour: string, filter?: FilterSpecification): LayerSpecification {
  return { id, type: "fill", source: SOURCE, "source-layer": layer, paint: { "fill-color": colour, "fill-antialias": true }, ...(filter ? { filter } : {}) };
}

function line(id: string, layer: string, colour: string, width: ExpressionSpecification, filter: FilterSpecification, more: { minzoom?: number; dash?: number[] } = {}): LayerSpecification {
  return {
    id,
    type: "line",
    source: SOURCE,
    "source-layer": layer,
    filter,
    ...(more.minzoom === undefined ? {} : { minzoom: more.minzoom }),
    layout: { "line-cap": more.dash ? "butt" : "round", "line-join": "round" },
    paint: { "line-color": colour, "line-width": width, ...(more.dash ? { "line-dasharray": more.dash } : {}) },
  };
}

function land(c: GroundColours): LayerSpecification[] {
  return [
    fill("earth", "earth", c.earth),
    fill("farm", "landuse", c.farm, kind("farmland")),
    fill("built", "landuse", c.built, kind("industrial", "aerodrome", "pedestrian")),
    fill("wild", "natural", c.green),
    fill("park", "landuse", c.green, kind("park", "cemetery")),
    fill("care", "landuse", c.care, kind("hospital", "school")),
    fill("water", "water", c.water),
    line("stream", "physical_line", c.water, grow(1.4, 11, 0.5, 16, 3), kind("waterway")),
    line("runway", "transit", c.runway, grow(1.8, 11, 1, 16, 26), kind("aeroway")),
    { ...fill("building", "buildings", c.building), minzoom: 13.2, paint: { "fill-color": c.building, "fill-outline-color": c.buildingEdge, "fill-opacity": ["interpolate", ["linear"], ["zoom"], 13.2, 0, 14.2, 1] } } as LayerSpecification,
  ];
}

function roads(c: GroundColours): LayerSpecification[] {
  const minor = grow(1.6, 12, 0.4, 14, 1.6, 18, 14);
  const medium = grow(1.6, 11, 0.6, 14, 3, 18, 18);
  const major = grow(1.6, 10, 0.8, 14, 4.5, 18, 22);
  const highway = grow(1.6, 9, 1, 14, 6, 18, 26);
  const edge = (...stops: number[]): ExpressionSpecification => grow(1.6, ...stops);
  return [
    line("path", "roads", c.path, grow(1.5, 14, 0.6, 18, 4), kind("other"), { minzoom: 14.2 }),
    line("minor-edge", "roads", c.streetEdge, edge(13, 1.4, 14, 2.8, 18, 17), kind("minor_road"), { minzoom: 13 }),
    line("medium-edge", "roads", c.streetEdge, edge(11, 1.2, 14, 4.4, 18, 21), kind("medium_road")),
    line("major-edge", "roads", c.roadEdge, edge(10, 1.4, 14, 6, 18, 25), kind("major_road")),
    line("highway-edge", "roads", c.roadEdge, edge(9, 1.8, 14, 7.6, 18, 29), kind("highway")),
    line("minor", "roads", c.street, minor, kind("minor_road")),
    line("medium", "roads", c.street, medium, kind("medium_road")),
    line("major", "roads", c.road, major, kind("major_road")),
    line("highway", "roads", c.motorway, highway, kind("highway")),
    line("rail", "transit", c.rail, grow(1.4, 11, 0.6, 16, 2.4), kind("railway"), { minzoom: 11 }),
  ];
}

function labels(c: GroundColours): LayerSpecification[] {
  const base = { source: SOURCE, type: "symbol" as const };
  const paint = { "text-halo-color": c.halo, "text-halo-width": 1.4 };
  return [
    {
      ...base,
      id: "street-name",
      "source-layer": "roads",
      minzoom: 14.6,
      filter: ["all", ["has", "name"], kind("highway", "major_road", "medium_road", "minor_road")],
      layout: { "symbol-placement": "line", "text-field": ["get", "name"], "text-size": 11, "text-max-angle": 30 },
      paint: { ...paint, "text-color": c.textFaint },
    },
    {
      ...base,
      id: "water-name",
      "source-layer": "physical_line",
      minzoom: 12,
      filter: ["all", ["has", "name"], ["==", ["get", "waterway"], "river"]],
      layout: { "symbol-placement": "line", "text-field": ["get", "name"], "text-size": 12, "text-letter-spacing": 0.15 },
      paint: { ...paint, "text-color": c.textFaint },
    },
    {
      ...base,
      id: "quarter-name",
      "source-layer": "places",
      minzoom: 11.2,
      filter: kind("neighbourhood"),
      layout: { "text-field": ["get", "name"], "text-size": grow(1.2, 11, 11, 15, 14), "text-max-width": 7, "text-padding": 10 },
      paint: { ...paint, "text-color": c.textFaint },
    },
    {
      ...base,
      id: "city-name",
      "source-layer": "places",
      maxzoom: 14,
      filter: kind("city"),
      layout: { "text-field": ["get", "name"], "text-size": grow(1.2, 9, 14, 13, 21), "text-letter-spacing": 0.04 },
      paint: { ...paint, "text-color": c.text, "text-halo-width": 2 },
    },
  ];
}

const EMPTY = { type: "FeatureCollection" as const, features: [] };

/** Radius from which a zone is large, m. */
const LARGE_ZONE_METRES = 1_000;

function zoneName(id: string, c: GroundColours, minzoom: number, large: boolean): LayerSpecification {
  const size: ExpressionSpecification = [large ? ">=" : "<", ["coalesce", ["get", "radius"], 0], LARGE_ZONE_METRES];
  return {
    id,
    type: "symbol",
    source: "zones",
    minzoom,
    filter: ["all", ["has", "name"], size],
    layout: { "text-field": ["get", "name"], "text-size": large ? 12 : 11, "text-max-width": 9 },
    paint: { "text-color": c.zone, "text-halo-color": c.halo, "text-halo-width": 1.6 },
  };
}

/** What is Skyhaul's own: the grid and service area below the streets, zones above them, routes on top. */
function own(c: GroundColours): { below: LayerSpecification[]; above: LayerSpecification[] } {
  return {
    below: [
      { id: "area-fill", type: "fill", source: "area", paint: { "fill-color": c.earth } },
      { id: "grid", type: "line", source: "grid", paint: { "line-color": c.grid, "line-width": 1 } },
    ],
    above: [
      { id: "area-line", type: "line", source: "area", paint: { "line-color": c.area, "line-width": 1.5, "line-opacity": 0.55, "line-dasharray": [4, 4] } },
      { id: "zone-fill", type: "fill", source: "zones", paint: { "fill-color": c.zone, "fill-opacity": 0.1 } },
      { id: "zone-line", type: "line", source: "zones", paint: { "line-color": c.zone, "line-width": 1.4, "line-opacity": 0.85, "line-dasharray": [3, 2] } },
      // A large zone is named from afar; the many small ones only where there is room for their names.
      zoneName("zone-name-large", c, 10.5, true),
      zoneName("zone-name", c, 14.8, false),
      { id: "route-edge", type: "line", source: "route", layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": c.halo, "line-width": 6, "line-opacity": 0.8 } },
      { id: "route-flown", type: "line", source: "route", filter: ["==", ["get", "part"], "flown"], layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": c.route, "line-width": 3, "line-opacity": 0.45 } },
      { id: "route-planned", type: "line", source: "route", filter: ["==", ["get", "part"], "planned"], layout: { "line-join": "round" }, paint: { "line-color": c.route, "line-width": 3, "line-dasharray": [2, 1.4] } },
    ],
  };
}

/** The whole style in a tone; without streets, a clean ground of area, grid and zones. */
export function styleOf(tone: Tone, streets: boolean): StyleSpecification {
  const c = GROUND[tone];
  const { below, above } = own(c);
  const street: LayerSpecification[] = streets ? [...land(c), ...roads(c), ...labels(c)] : [];
  return {
    version: 8,
    sources: {
      ...(streets ? { [SOURCE]: { type: "vector" as const, url: `pmtiles://${BASEMAP_URL}`, attribution: ATTRIBUTION } } : {}),
      area: { type: "geojson", data: EMPTY },
      grid: { type: "geojson", data: EMPTY },
      zones: { type: "geojson", data: EMPTY },
      route: { type: "geojson", data: EMPTY },
    },
    layers: [{ id: "void", type: "background", paint: { "background-color": c.void } }, ...below, ...street, ...above],
  };
}
