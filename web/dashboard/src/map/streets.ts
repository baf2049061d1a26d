import type { ExpressionSpecification, FilterSpecification, LayerSpecification, SymbolLayerSpecification } from "maplibre-gl";
import type { GroundColours } from "./palette";

/** Where that street map has anything: west, south, east, north. */
export const BASEMAP_BOUNDS: readonly [number, number, number, number] = [11.154026, 43.7270125, 11.3289395, 43.8325455];

/** The street map that is served with the page, and what its licence asks to be shown. */
export const BUILT_IN = {
  url: "/basemap/firenze.pmtiles",
  attribution: '<a href="https://www.openstreetmap.org/copyright" target="_blank" rel="noopener">© OpenStreetMap contributors</a> · Protomaps',
};

const SOURCE = "streets";

type SymbolLayout = NonNullable<SymbolLayerSpecification["layout"]>;

/** Whether the street map covers a point. */
export function hasStreets(latitude: number, longitude: number): boolean {
  const [west, south, east, north] = BASEMAP_BOUNDS;
  return longitude >= west && longitude <= east && latitude >= south && latitude <= north;
}

// Newer archives say `kind`, older ones `pmap:kind`.
const kind = (...kinds: string[]): ExpressionSpecification => ["in", ["coalesce", ["get", "pmap:kind"], ["get", "kind"]], ["literal", kinds]];
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
    line("path", "roads", c.path, grow(1.5, 14, 0.6, 18, 4), kind("other", "path"), { minzoom: 14.2 }),
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

/** How a name moves aside for what is placed before it, such as a depot's: it goes only where there is no room on any side. */
function yielding(): Pick<SymbolLayout, "text-variable-anchor" | "text-radial-offset" | "text-justify"> {
  return { "text-variable-anchor": ["center", "bottom", "top", "right", "left"], "text-radial-offset": 1.3, "text-justify": "auto" };
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
      filter: kind("neighbourhood", "macrohood"),
      layout: { "text-field": ["get", "name"], "text-size": grow(1.2, 11, 11, 15, 14), "text-max-width": 7, "text-padding": 10, ...yielding() },
      paint: { ...paint, "text-color": c.textFaint },
    },
    {
      ...base,
      id: "city-name",
      "source-layer": "places",
      maxzoom: 14,
      filter: kind("city", "locality"),
      layout: { "text-field": ["get", "name"], "text-size": grow(1.2, 9, 14, 13, 21), "text-letter-spacing": 0.04, ...yielding() },
      paint: { ...paint, "text-color": c.text, "text-halo-width": 2 },
    },
  ];
}

/** A map after the scheme of Protomaps. */
export function landOf(c: GroundColours): LayerSpecification[] {
  return [...land(c), ...roads(c), ...labels(c)];
}

const oneOf = (...classes: string[]): ExpressionSpecification => ["in", ["get", "class"], ["literal", classes]];

/** A map after the scheme of OpenMapTiles: fewer layers, the same look. */
export function openLayers(c: GroundColours): LayerSpecification[] {
  const name: ExpressionSpecification = ["coalesce", ["get", "name:latin"], ["get", "name"]];
  return [
    fill("cover", "landcover", c.green, oneOf("wood", "grass", "wetland")),
    fill("park", "park", c.green),
    fill("built", "landuse", c.built, oneOf("industrial", "commercial", "retail", "railway")),
    fill("water", "water", c.water),
    line("stream", "waterway", c.water, grow(1.4, 11, 0.5, 16, 3), ["has", "class"]),
    { ...fill("building", "building", c.building), minzoom: 13.2 } as LayerSpecification,
    line("minor", "transportation", c.street, grow(1.6, 12, 0.4, 14, 1.6, 18, 14), oneOf("minor", "service", "track")),
    line("medium", "transportation", c.street, grow(1.6, 11, 0.6, 14, 3, 18, 18), oneOf("secondary", "tertiary")),
    line("major", "transportation", c.road, grow(1.6, 10, 0.8, 14, 4.5, 18, 22), oneOf("primary", "trunk")),
    line("highway", "transportation", c.motorway, grow(1.6, 9, 1, 14, 6, 18, 26), oneOf("motorway")),
    line("rail", "transportation", c.rail, grow(1.4, 11, 0.6, 16, 2.4), oneOf("rail"), { minzoom: 11 }),
    { id: "place-name", type: "symbol", source: SOURCE, "source-layer": "place", filter: oneOf("city", "town", "suburb", "quarter", "village"), layout: { "text-field": name, "text-size": 13, ...yielding() }, paint: { "text-color": c.text, "text-halo-color": c.halo, "text-halo-width": 1.6 } },
  ];
}
