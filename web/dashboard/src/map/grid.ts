/** Kilometres between the grid's lines, by how far the service area reaches. */
export function gridStep(radius: number): number {
  return [1, 2, 5, 10, 20, 50, 100].find((step) => (radius * 2) / (step * 1_000) <= 16) ?? 200;
}

/** Lines in steps of whole kilometres round a centre: the ground where there is no street map. */
export function gridOf(latitude: number, longitude: number, radius: number): GeoJSON.FeatureCollection {
  const step = gridStep(radius) * 1_000;
  const reach = Math.ceil((radius * 1.6) / step);
  const high = step / 111_194.93;
  const wide = high / Math.cos((latitude * Math.PI) / 180);
  const line = (from: [number, number], to: [number, number]): GeoJSON.Feature => ({ type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: [from, to] } });
  const steps = Array.from({ length: reach * 2 + 1 }, (_, index) => index - reach);
  return {
    type: "FeatureCollection",
    features: steps.flatMap((at) => [
      line([longitude + at * wide, latitude - reach * high], [longitude + at * wide, latitude + reach * high]),
      line([longitude - reach * wide, latitude + at * high], [longitude + reach * wide, latitude + at * high]),
    ]),
  };
}
