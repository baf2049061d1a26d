import { afterEach, describe, expect, it, vi } from "vitest";
import { basemapOf, PLAIN, type Basemap } from "../src/map/basemap";
import { absolute, styleMap, type GivenStyle } from "../src/map/given";
import { lay, leftOutWords, type Ground } from "../src/map/lay";
import { styleOf } from "../src/map/style";

const BASE = "https://tiles.example/styles/city/style.json";

/** A style that names everything as the page does, and says its addresses from where it is. */
const STYLE: GivenStyle = {
  sources: {
    places: { type: "vector", url: "../../planet.json" },
    zones: { type: "raster", tiles: ["/r/{z}/{x}/{y}.png", "https://other.example/{z}/{x}/{y}.png"] },
    grid: { type: "geojson", data: "lines.geojson" },
    route: { type: "vector", url: "pmtiles://../../city.pmtiles" },
  },
  layers: [
    { id: "ground", type: "background" },
    { id: "place-names", type: "symbol", source: "places", "source-layer": "place", layout: { "icon-image": "dot" } },
    { id: "zone-fill", type: "raster", source: "zones" },
  ],
  sprite: "sprite",
  glyphs: "/fonts/{fontstack}/{range}.pbf",
};

/** A map that knows what is on it, throws at a name that is taken as the real one does, and leaves out layers of a kind it does not know. */
function ground(names: readonly string[] = []): { map: Ground; held: () => string[]; calls: string[] } {
  const [sources, layers, calls] = [new Set(names), new Set<string>(["place-names"]), [] as string[]];
  const take = (set: Set<string>, name: string): void => {
    if (set.has(name)) throw new Error(`${name} exists already`);
    set.add(name);
  };
  const map = {
    addSource: (name: string) => take(sources, name),
    addLayer: (layer: { id: string; type: string }, before: string) => void (layer.type !== "raster" && layers.has(before) && take(layers, layer.id)),
    addSprite: (id: string, url: string) => void calls.push(`${id} ${url}`),
    getLayer: (name: string) => (layers.has(name) ? {} : undefined),
    getSource: (name: string) => (sources.has(name) ? {} : undefined),
    removeLayer: (name: string) => void layers.delete(name),
    removeSource: (name: string) => void sources.delete(name),
    setGlyphs: (url: string | null) => void calls.push(`glyphs ${String(url)}`),
  };
  return { map: map as unknown as Ground, held: () => [...sources, ...layers], calls };
}

describe("a style that somebody else serves", () => {
  afterEach(() => void vi.unstubAllGlobals());

  it("is taken without its ground, by names that are none of the page's own", () => {
    const given = styleMap(STYLE, BASE);
    const own = styleOf("light", PLAIN);
    const layers = given.layers("dark");
    expect(layers).toMatchObject([{ id: "given-place-names", source: "given-places" }, { id: "given-zone-fill", source: "given-zones" }]);
    expect(own.layers.filter(({ id }) => layers.some((layer) => layer.id === id))).toEqual([]);
    expect(Object.keys(own.sources).filter((name) => name in given.sources)).toEqual([]);
  });

  it("says its addresses from where it is, and keeps its icons and fonts", () => {
    const { sources, sprites, glyphs } = styleMap(STYLE, BASE);
    expect(sources).toEqual({
      "given-places": { type: "vector", url: "https://tiles.example/planet.json" },
      "given-zones": { type: "raster", tiles: ["https://tiles.example/r/{z}/{x}/{y}.png", "https://other.example/{z}/{x}/{y}.png"] },
      "given-grid": { type: "geojson", data: "https://tiles.example/styles/city/lines.geojson" },
      "given-route": { type: "vector", url: "pmtiles://https://tiles.example/city.pmtiles" },
    });
    expect([sprites, glyphs]).toEqual([[{ id: "default", url: "https://tiles.example/styles/city/sprite" }], "https://tiles.example/fonts/{fontstack}/{range}.pbf"]);
    expect(styleMap({ layers: [], sprite: [{ id: "more", url: "/icons" }] }, BASE)).toMatchObject({ sprites: [{ id: "more", url: "https://tiles.example/icons" }], glyphs: null });
    expect(absolute("pmtiles://https://other.example/a.pmtiles", BASE)).toBe("pmtiles://https://other.example/a.pmtiles");
  });

  it("is laid below the page's own, without the layers that the map does not understand", () => {
    const { map, held, calls } = ground(["places", "zones", "grid", "route"]);
    const left = lay(map, styleMap(STYLE, BASE), "light");
    expect(left).toEqual(["zone-fill"]);
    expect(held().filter((name) => name.startsWith("given-"))).toEqual(["given-places", "given-zones", "given-grid", "given-route", "given-place-names"]);
    expect(calls).toEqual(["glyphs https://tiles.example/fonts/{fontstack}/{range}.pbf", "default https://tiles.example/styles/city/sprite"]);
    expect(leftOutWords(["a", "b", "c", "d", "e"])).toMatch(/a, b, c and 2 more\.$/);
  });

  it("leaves nothing on the map where it cannot be shown, and says why", () => {
    const { map, held, calls } = ground();
    const before = held();
    const twice: Basemap = { ...styleMap(STYLE, BASE), layers: () => [{ id: "a", type: "background" }, { id: "a", type: "background" }] };
    expect(() => lay(map, twice, "light")).toThrow("a exists already");
    expect(() => lay(map, styleMap({ ...STYLE, layers: [{ id: "zone-fill", type: "raster", source: "zones" }] }, BASE), "light")).toThrow("none of its layers is understood");
    expect(held()).toEqual(before);
    expect(calls.at(-1)).toBe("glyphs null");
  });

  it("that cannot be read is said to be so", async () => {
    const answers = (status: number, body: string): void => void vi.stubGlobal("fetch", () => Promise.resolve(new Response(body, { status })));
    const read = (): Promise<Basemap> => basemapOf({ tiles: null, style: BASE }, 43.77, 11.25);
    answers(404, "");
    await expect(read()).rejects.toThrow("its address answered 404");
    answers(200, "{}");
    await expect(read()).rejects.toThrow("it is no style: it has no layers");
    answers(200, JSON.stringify(STYLE));
    expect((await read()).glyphs).toBe("https://tiles.example/fonts/{fontstack}/{range}.pbf");
  });
});
