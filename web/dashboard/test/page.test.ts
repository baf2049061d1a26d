import { describe, expect, it } from "vitest";
import { ANY_DELIVERY } from "../src/deliveries/filter";
import { ALL_DRONES } from "../src/fleet/filters";
import { gridOf, gridStep } from "../src/map/grid";
import { circle } from "../src/map/mercator";
import { TileType } from "pmtiles";
import { archiveMap, basemapOf, PLAIN } from "../src/map/basemap";
import { AIRPORTS } from "../src/map/airport";
import { ABOVE_GROUND, ROOM, styleOf } from "../src/map/style";
import { hasStreets } from "../src/map/streets";
import { hashOf, PLAYED_SPEED, stateOf, trackedIn, type PageState } from "../src/page/address";
import { compass, countdown, short, span, speedWords } from "../src/page/words";
import { distance } from "../src/telemetry/flight";
import { doorWords, mayCancel, stepsOf } from "../src/track/steps";

describe("the address", () => {
  it("keeps what the page shows", () => {
    const state: PageState = {
      view: { zoom: 13.25, latitude: 43.77, longitude: 11.25 },
      tab: "order",
      drone: "drone-7",
      delivery: "a-b",
      depot: "Santa Maria Novella",
      find: "piazza & co",
      played: { at: Date.parse("2026-01-01T12:34:56.789Z"), speed: 60 },
      hidden: ["idle", "charging"],
      drones: { depot: "Campo di Marte", battery: 30, late: true },
      deliveries: { stage: "Completed", by: "carrier", carrier: "van & co", late: true },
    };
    expect(stateOf(hashOf(state))).toEqual(state);
  });

  it("ignores what makes no sense", () => {
    expect(stateOf("#map=x/1/2&tab=fleet&hide=none,idle&battery=-3&at=noon&pace=5")).toEqual({ view: null, tab: "fleet", drone: null, delivery: null, depot: null, find: null, played: null, hidden: ["idle"], drones: ALL_DRONES, deliveries: ANY_DELIVERY });
    expect(stateOf("#map=12/99/11").view).toBeNull();
    expect(stateOf("").view).toBeNull();
    expect(stateOf("#by=drone&carrier=van").deliveries).toEqual({ ...ANY_DELIVERY, by: "drone" });
    expect(stateOf("#at=2026-01-01T12:00:00Z&pace=-1").played).toEqual({ at: Date.parse("2026-01-01T12:00:00Z"), speed: PLAYED_SPEED });
  });

  it("names the tracked delivery, and only on its page", () => {
    expect(trackedIn("/track/abc-1")).toEqual({ delivery: "abc-1", token: null });
    expect(trackedIn("/track/a%20b/")).toEqual({ delivery: "a b", token: null });
    expect(trackedIn("/track/%E0%A4%A")).toBeNull();
    expect(trackedIn("/")).toBeNull();
  });
});

describe("a link to a delivery", () => {
  const token = Buffer.from(`00112233445566778899aabbccddeeff${"5a".repeat(28)}`, "hex").toString("base64url");

  it("names its delivery, and is what the service is asked by", () => {
    expect(trackedIn(`/track/${token}`)).toEqual({ delivery: "00112233-4455-6677-8899-aabbccddeeff", token });
  });

  it("is told from a delivery's id and from what is no token", () => {
    for (const other of ["00112233-4455-6677-8899-aabbccddeeff", token.slice(4), `${token}${token}`]) expect(trackedIn(`/track/${other}`)).toEqual({ delivery: other, token: null });
  });
});

describe("words", () => {
  it("say spans and countdowns as people do", () => {
    expect([span(45), span(240), span(3_900)]).toEqual(["45 s", "4 min", "1 h 5 min"]);
    expect([countdown(247), countdown(0), countdown(3_847), countdown(-5)]).toEqual(["4:07", "0:00", "1:04:07", "0:00"]);
    expect([speedWords(1), speedWords(60), speedWords(null), speedWords(0)]).toEqual(["real time", "×60", "as fast as it can", "paused"]);
    expect([compass(0), compass(350), compass(135), compass(-90)]).toEqual(["N", "N", "SE", "W"]);
    expect([short("drone-12"), short("0a1b2c3d-1111-4222-8333-444455556666")]).toEqual(["drone-12", "0a1b2c3d"]);
  });
});

describe("the steps", () => {
  const labels = (stage: string) => stepsOf(stage, new Map([["Created", 1]])).map(({ state }) => state);

  it("go from taken to delivered", () => {
    expect(labels("Created")).toEqual(["current", "todo", "todo", "todo"]);
    expect(labels("HeadedToDropoff")).toEqual(["done", "done", "current", "todo"]);
    expect(labels("Completed")).toEqual(["done", "done", "done", "done"]);
  });

  it("have one more where its receiver must give something at the door", () => {
    const step = (stage: string) => stepsOf(stage, new Map([["HeadedToDropoff", 2], ["Completed", 9]]), 5).slice(2);
    expect(step("HeadedToDropoff").map(({ label, state, at }) => [label, state, at])).toEqual([
      ["Picked up, on its way", "done", 2],
      ["At the door", "current", 5],
      ["Delivered", "todo", null],
    ]);
    expect(step("Completed").map(({ state, at }) => [state, at])).toEqual([["done", 2], ["done", 5], ["done", 9]]);
    expect(["Picture", "FingerPrint", "Voice", "None"].map(doorWords)).toEqual(["picture", "finger print", "voice"].map((thing) => `It is at the door; waiting for your ${thing}`).concat("It is at the door"));
  });

  it("end where a delivery was cancelled", () => {
    expect(stepsOf("Cancelled", new Map([["Created", 1], ["Cancelled", 2]]))).toEqual([
      { label: "Order taken", state: "done", at: 1 },
      { label: "Cancelled", state: "stopped", at: 2 },
    ]);
  });

  it("may be cancelled until the parcel is picked up", () => {
    expect(["Created", "Rescheduled", "HeadedToPickup", "HeadedToDropoff", "Completed", "Cancelled"].filter(mayCancel)).toEqual(["Created", "Rescheduled", "HeadedToPickup"]);
  });
});

describe("the ground", () => {
  it("has streets in Florence, and a grid of whole kilometres anywhere", () => {
    expect([hasStreets(43.77, 11.25), hasStreets(47.61, -122.33)]).toEqual([true, false]);
    expect([gridStep(2_000), gridStep(30_000), gridStep(1e9)]).toEqual([1, 5, 200]);
    expect(gridOf(47.61, -122.33, 30_000).features.length).toBeLessThan(60);
    expect(styleOf("dark", PLAIN).layers.some((layer) => "source" in layer && layer.source === "streets")).toBe(false);
  });

  it("draws circles that are round on the ground", () => {
    for (const [longitude, latitude] of circle(43.8, 11.2, 3_000)) expect(distance([43.8, 11.2], [latitude, longitude])).toBeCloseTo(3_000, -2);
  });

  it("colours the same layers in both tones, so that a switch is a repaint, and puts what is ours above them", async () => {
    const streets = await basemapOf(null, 43.77, 11.25);
    const [light, dark] = (["light", "dark"] as const).map((tone) => styleOf(tone, streets).layers.map(({ id }) => id));
    expect(light).toEqual(dark);
    expect(light?.indexOf(ABOVE_GROUND)).toBeGreaterThan(light?.indexOf("building") ?? -1);
    expect(await basemapOf(null, 47.61, -122.33)).toBe(PLAIN);
  });

  it("places labels of depots before all names, which then move aside", async () => {
    const { layers } = styleOf("light", await basemapOf(null, 43.77, 11.25));
    const names = layers.filter((layer) => layer.type === "symbol" && layer.id.endsWith("name")).map(({ id }) => layers.findIndex((layer) => layer.id === id));
    expect(names.length).toBeGreaterThan(3);
    // The map places what is drawn last first.
    expect(layers.findIndex(({ id }) => id === ROOM)).toBeGreaterThan(Math.max(...names));
    const aside = layers.filter((layer) => layer.type === "symbol" && layer.layout?.["text-variable-anchor"] !== undefined).map(({ id }) => id);
    expect(aside).toEqual(["quarter-name", "city-name", ABOVE_GROUND, AIRPORTS]);
  });

  it("is drawn by the scheme of the archive that somebody brought", () => {
    const kinds = (names: string[], type = TileType.Mvt): unknown[] => archiveMap("/own", type, "", names).layers("light").map((layer) => ("source-layer" in layer ? layer["source-layer"] : layer.type));
    expect(kinds(["roads", "earth"])).toContain("roads");
    expect(kinds(["transportation", "water"])).toContain("transportation");
    expect(kinds([], TileType.Png)).toEqual(["raster"]);
  });

});
