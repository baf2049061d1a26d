import { describe, expect, it } from "vitest";
import { crowdOf } from "../src/map/crowd";
import { mercator, place } from "../src/map/mercator";

const tile = (column: number, row: number, flying: number, standing: number) => ({ column, row, flying, standing });

describe("circles that count drones", () => {
  it("put tiles together until their numbers have room", () => {
    const tiles = [tile(4352, 2986, 5, 1_995), tile(4353, 2986, 0, 1_000), tile(4354, 2986, 1, 0)];
    const near = crowdOf(13, tiles, 12).features.map(({ properties }) => properties?.["label"] as string);
    expect(near).toEqual(["2K", "1K", "1"]);
    const far = crowdOf(13, tiles, 9.5).features.map(({ properties }) => [properties?.["drones"], properties?.["flying"]]);
    expect(far).toEqual([[3_000, 5], [1, 1]]);
    expect(crowdOf(13, tiles, 3).features).toHaveLength(1);
  });

  it("stand where most of their drones are, the largest for the most", () => {
    const [circle] = crowdOf(13, [tile(4352, 2986, 0, 3), tile(4353, 2986, 0, 1)], 5).features;
    const [longitude = 0, latitude = 0] = circle?.geometry.type === "Point" ? circle.geometry.coordinates : [];
    const [x, y] = mercator(latitude, longitude);
    expect([x * 8_192, y * 8_192].map((at) => Math.round(at * 100) / 100)).toEqual([4_352.75, 2_986.5]);
    const radii = crowdOf(13, [tile(0, 0, 0, 900), tile(4, 4, 0, 1)], 12).features.map(({ properties }) => properties?.["radius"] as number);
    expect(radii[0]).toBeGreaterThan(2 * (radii[1] ?? 0));
  });

  it("leave out tiles where nothing is, and are placed as the map places things", () => {
    expect(crowdOf(13, [tile(1, 1, 0, 0)], 10).features).toEqual([]);
    const [latitude, longitude] = place(...mercator(43.77, 11.25));
    expect([latitude, longitude]).toEqual([expect.closeTo(43.77, 9), expect.closeTo(11.25, 9)]);
  });
});
