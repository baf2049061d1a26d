import type { TileCount } from "../telemetry/frame";
import { place } from "./mercator";

/** Circles are drawn for tiles that are at least so wide on the screen, px: their numbers then have room. */
const TILE_PIXELS_MIN = 72;

/** Pixels a tile of the map's own zoom is wide. */
const TILE_PIXELS = 512;

/** Radii of the smallest and the largest circle, px. */
const RADIUS_MIN = 13;
const RADIUS_MAX = 33;

const NUMBER = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });

/** What is counted in a tile, and where its middle is. */
interface Circle {
  flying: number;
  standing: number;
  x: number;
  y: number;
}

const weight = ({ flying, standing }: { flying: number; standing: number }): number => flying + standing;

/** Tiles of a zoom put together until they are wide enough to be read at the map's zoom; the middle of each is where its drones are. */
function merged(zoom: number, tiles: readonly TileCount[], mapZoom: number): Circle[] {
  const coarse = Math.min(zoom, Math.max(0, Math.floor(mapZoom + Math.log2(TILE_PIXELS / TILE_PIXELS_MIN))));
  const size = 2 ** zoom;
  const circles = new Map<string, Circle>();
  for (const tile of tiles) {
    const name = `${tile.column >>> (zoom - coarse)}/${tile.row >>> (zoom - coarse)}`;
    const circle = circles.get(name) ?? { flying: 0, standing: 0, x: 0, y: 0 };
    circles.set(name, circle);
    circle.flying += tile.flying;
    circle.standing += tile.standing;
    circle.x += (weight(tile) * (tile.column + 0.5)) / size;
    circle.y += (weight(tile) * (tile.row + 0.5)) / size;
  }
  return [...circles.values()].filter((circle) => weight(circle) > 0);
}

/** Circles with numbers, for where there are too many drones to draw each. */
export function crowdOf(zoom: number, tiles: readonly TileCount[], mapZoom: number): GeoJSON.FeatureCollection {
  const circles = merged(zoom, tiles, mapZoom);
  const most = Math.max(1, ...circles.map(weight));
  const features = circles.map((circle): GeoJSON.Feature => {
    const drones = weight(circle);
    const [latitude, longitude] = place(circle.x / drones, circle.y / drones);
    const radius = RADIUS_MIN + (RADIUS_MAX - RADIUS_MIN) * Math.sqrt(drones / most);
    return { type: "Feature", properties: { drones, flying: circle.flying, radius, label: NUMBER.format(drones) }, geometry: { type: "Point", coordinates: [longitude, latitude] } };
  });
  return { type: "FeatureCollection", features };
}
