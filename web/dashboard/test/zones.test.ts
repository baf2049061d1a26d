import { describe, expect, it } from "vitest";
import { forceWords, isActive } from "../src/zones/force";
import { featureOf, flawOf, type Corner } from "../src/zones/draw";
import { listed } from "../src/zones/panel";
import { clockTime } from "../src/page/words";

const zone = (properties: Record<string, unknown>): GeoJSON.Feature => ({ type: "Feature", properties, geometry: { type: "Polygon", coordinates: [] } });

describe("a zone", () => {
  const [from, until] = ["2026-05-12T09:00:00Z", "2026-05-12T10:00:00Z"];
  const at = (text: string): number => Date.parse(`2026-05-12T${text}Z`);

  it("is in force from its beginning until just before its end", () => {
    expect(["08:59:59", "09:00:00", "09:59:59", "10:00:00"].map((time) => isActive(zone({ from, until }), at(time)))).toEqual([false, true, true, false]);
    expect(isActive(zone({}), at("03:00:00"))).toBe(true);
  });

  it("says when", () => {
    expect(forceWords(zone({}), at("09:00:00"))).toBe("in force");
    expect(forceWords(zone({ from, until }), at("08:50:00"))).toBe(`from ${clockTime(at("09:00:00"))}, in 10 min`);
    expect(forceWords(zone({ from, until }), at("09:30:00"))).toBe(`in force until ${clockTime(at("10:00:00"))}`);
    expect(forceWords(zone({ from, until }), at("11:00:00"))).toBe("over");
  });
});

describe("an outline", () => {
  const square: Corner[] = [[11.2, 43.7], [11.3, 43.7], [11.3, 43.8], [11.2, 43.8]];

  it("has three corners or more and does not cross itself", () => {
    expect([flawOf(square), flawOf(square.slice(0, 3))]).toEqual([null, null]);
    expect(flawOf(square.slice(0, 2))).toMatch(/three corners/);
    expect(flawOf([[11.2, 43.7], [11.3, 43.8], [11.3, 43.7], [11.2, 43.8]])).toMatch(/crosses itself/);
  });

  it("becomes a closed ring with a name and an end", () => {
    const feature = featureOf(square, "fire", "2h");
    expect(feature).toMatchObject({ type: "Feature", properties: { name: "fire" }, until: "2h" });
    const [ring] = feature.geometry.type === "Polygon" ? feature.geometry.coordinates : [];
    expect([ring?.length, ring?.at(-1)]).toEqual([5, ring?.[0]]);
    expect("until" in featureOf(square, "fire", null)).toBe(false);
  });
});

describe("the list of zones", () => {
  it("begins with those that have a time, in force before the others, and holds what is looked for", () => {
    const [from, until, now] = ["2026-05-12T09:00:00Z", "2026-05-12T10:00:00Z", Date.parse("2026-05-12T08:00:00Z")];
    const zones = [zone({ name: "hospital" }), zone({ name: "match", from, until }), zone({ name: "fire", until })];
    const names = (text: string): unknown[] => listed(zones, text, now).map((each) => each.properties?.["name"]);
    expect(names("")).toEqual(["fire", "match", "hospital"]);
    expect(names(" HOSP")).toEqual(["hospital"]);
  });
});
