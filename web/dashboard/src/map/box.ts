import type { Map as LibreMap } from "maplibre-gl";

/** West, south, east, north in degrees. */
export type Box = readonly [number, number, number, number];

/** What a map shows, widened on each side by a share of it, as far as there is a map. */
export function boxOf(map: Pick<LibreMap, "getBounds">, margin = 0): Box {
  const bounds = map.getBounds();
  const [west, south, east, north] = [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
  const [wide, high] = [(east - west) * margin, (north - south) * margin];
  return [Math.max(-180, west - wide), Math.max(-85, south - high), Math.min(180, east + wide), Math.min(85, north + high)];
}

/** Whether a box lies in another one. */
export function within(inner: Box, outer: Box): boolean {
  return inner[0] >= outer[0] && inner[1] >= outer[1] && inner[2] <= outer[2] && inner[3] <= outer[3];
}
