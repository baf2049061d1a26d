import type { ExpressionSpecification, LayerSpecification, StyleSpecification } from "maplibre-gl";
import { AIRPORTS, airportLayer } from "./airport";
import type { Basemap } from "./basemap";
import { GROUND, type GroundColours, type Tone } from "./palette";

const EMPTY = { type: "FeatureCollection" as const, features: [] };

/** The lowest layer above a base map. */
export const ABOVE_GROUND = "place-names";

/** The source and the layer of circles that count drones. */
export const CROWD = "crowd";

/** The source and the layer of room that is kept for labels which stand over the map. */
export const ROOM = "label-room";

/** Below this zoom such labels are not shown: they would cover each other. */
export const LABELS_FROM_ZOOM = 10.8;

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
      {
        id: ABOVE_GROUND,
        type: "symbol",
        source: "places",
        layout: { "text-field": ["get", "name"], "text-size": 12, "text-max-width": 8, "text-padding": 14, "text-variable-anchor": ["top", "bottom", "left", "right"], "text-radial-offset": 0.7, "text-justify": "auto" },
        paint: { "text-color": c.textFaint, "text-halo-color": c.halo, "text-halo-width": 1.4 },
      },
      { id: "area-line", type: "line", source: "area", paint: { "line-color": c.area, "line-width": 1.5, "line-opacity": 0.55, "line-dasharray": [4, 4] } },
      { id: "zone-fill", type: "fill", source: "zones", paint: { "fill-color": c.zone, "fill-opacity": ["case", ["get", "active"], 0.13, 0.03] } },
      { id: "zone-line", type: "line", source: "zones", paint: { "line-color": c.zone, "line-width": ["case", ["get", "active"], 1.6, 1], "line-opacity": ["case", ["get", "active"], 0.9, 0.45], "line-dasharray": [3, 2] } },
      // A large zone is named from afar; the many small ones only where there is room for their names.
      zoneName("zone-name-large", c, 10.5, true),
      zoneName("zone-name", c, 14.8, false),
      // Above the names of zones: that of the zone round an airport, which is called the same, makes room for the airport's own.
      airportLayer(c),
      { id: "drawn-line", type: "line", source: "drawn", filter: ["==", ["geometry-type"], "LineString"], paint: { "line-color": c.zone, "line-width": 2.5 } },
      { id: "drawn-corner", type: "circle", source: "drawn", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-radius": 5, "circle-color": c.halo, "circle-stroke-color": c.zone, "circle-stroke-width": 2.5 } },
      { id: "route-edge", type: "line", source: "route", layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": c.halo, "line-width": 6, "line-opacity": 0.8 } },
      { id: "route-flown", type: "line", source: "route", filter: ["==", ["get", "part"], "flown"], layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": c.route, "line-width": 3, "line-opacity": 0.45 } },
      { id: "route-planned", type: "line", source: "route", filter: ["==", ["get", "part"], "planned"], layout: { "line-join": "round" }, paint: { "line-color": c.route, "line-width": 3, "line-dasharray": [2, 1.4] } },
      { id: CROWD, type: "circle", source: CROWD, layout: { "circle-sort-key": ["get", "drones"] }, paint: { "circle-radius": ["get", "radius"], "circle-color": c.area, "circle-opacity": 0.88, "circle-stroke-color": c.halo, "circle-stroke-width": 1.5 } },
      // Depots' labels stand over the map, which knows nothing of them: the same words, unseen, have its own names move aside.
      { id: ROOM, type: "symbol", source: ROOM, minzoom: LABELS_FROM_ZOOM, layout: { "text-field": ["get", "label"], "text-size": 12, "text-max-width": 40, "text-padding": 6, "text-anchor": "top", "text-offset": [0, 0.6], "text-allow-overlap": true }, paint: { "text-color": "rgba(0, 0, 0, 0)" } },
      { id: "crowd-number", type: "symbol", source: CROWD, layout: { "text-field": ["get", "label"], "text-size": 12, "text-allow-overlap": true, "text-ignore-placement": true }, paint: { "text-color": c.halo } },
    ],
  };
}

/** The whole style in a tone: a clean ground of area, grid, places and airports, the base map where there is one, zones and routes above it. */
export function styleOf(tone: Tone, basemap: Basemap): StyleSpecification {
  const c = GROUND[tone];
  const { below, above } = own(c);
  return {
    version: 8,
    sources: {
      ...basemap.sources,
      area: { type: "geojson", data: EMPTY },
      grid: { type: "geojson", data: EMPTY },
      places: { type: "geojson", data: EMPTY },
      [AIRPORTS]: { type: "geojson", data: EMPTY },
      zones: { type: "geojson", data: EMPTY },
      drawn: { type: "geojson", data: EMPTY },
      route: { type: "geojson", data: EMPTY },
      [CROWD]: { type: "geojson", data: EMPTY },
      [ROOM]: { type: "geojson", data: EMPTY },
    },
    layers: [{ id: "void", type: "background", paint: { "background-color": c.void } }, ...below, ...basemap.layers(tone), ...above],
  };
}
