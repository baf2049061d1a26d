/** Half an icon's width, px: from near, from afar, and where there are too many for that. */
const ICON_PIXELS_MAX = 17;
const ICON_PIXELS_FAR = 8;
const ICON_PIXELS_MIN = 4;

/** Above so many drones their icons become smaller. */
const CROWDED_DRONES = 2_500;

/** Half an icon's width, px: larger from near, smaller where so many drones would hide each other and the map. */
export function iconPixels(zoom: number, drones: number): number {
  const alone = Math.min(ICON_PIXELS_MAX, Math.max(ICON_PIXELS_FAR, 4 + (zoom - 9) * 2.2));
  return Math.max(ICON_PIXELS_MIN, alone * Math.min(1, Math.sqrt(CROWDED_DRONES / Math.max(1, drones))));
}
