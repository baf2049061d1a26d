/** Web Mercator, the whole world as the unit square: x east, y south. */
export function mercator(latitude: number, longitude: number): [number, number] {
  const angle = Math.PI / 4 + (latitude * Math.PI) / 360;
  return [(longitude + 180) / 360, (1 - Math.log(Math.tan(angle)) / Math.PI) / 2];
}

/** The place of a point of that square: latitude, longitude. */
export function place(x: number, y: number): [number, number] {
  return [(Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI, x * 360 - 180];
}

/** Metres a unit of that square is at a latitude. */
export function metresPerUnit(latitude: number): number {
  return 40_075_016.7 * Math.cos((latitude * Math.PI) / 180);
}

/** A circle on the ground as a closed ring of `[longitude, latitude]`. */
export function circle(latitude: number, longitude: number, radius: number, corners = 96): [number, number][] {
  const high = radius / 111_194.93;
  const wide = high / Math.cos((latitude * Math.PI) / 180);
  return Array.from({ length: corners + 1 }, (_, corner) => {
    const angle = ((corner % corners) / corners) * 2 * Math.PI;
    return [longitude + wide * Math.sin(angle), latitude + high * Math.cos(angle)];
  });
}
