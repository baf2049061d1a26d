// What an operator of a small town does on its map, while time stands and is stepped: against a service of its own (SKYHAUL_URL) that nobody else asks for
// anything, and that listens at SKYHAUL_MAVLINK to aircraft which fly elsewhere.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { fly } from "./aircraft.mjs";
import { barriers, inked, launch, NO_WEBGL, open, picture } from "./browser.mjs";
import { confirmed, get, latitude, longitude, point, post, until } from "./city.mjs";

/** A small map: it is drawn in software. */
const SMALL = { width: 1000, height: 640 };

/** The colour of aircraft from elsewhere in the light tone, as red, green and blue. */
const EXTERNAL = [0x1b, 0x24, 0x30];

/** The ground in a zone that is in force, in the light tone. */
const CLOSED = [237, 221, 217];

/** The colour of an airport in each tone. */
const AIRPORT = { light: [0x37, 0x41, 0x4c], dark: [0xcf, 0xd6, 0xdd] };

/** The page's own address for what is shown, with the town's middle in the map's. */
const shown = (more) => `/#${more}map=14/${latitude.toFixed(5)}/${longitude.toFixed(5)}`;

/** The middle of the page's map, px. */
async function middle(page) {
  const box = await page.locator(".map").boundingBox();
  return [box.x + box.width / 2, box.y + box.height / 2];
}

/** West, south, east and north ends of a zone. */
function boxOf({ geometry }) {
  const [longitudes, latitudes] = [0, 1].map((axis) => geometry.coordinates[0].map((corner) => corner[axis]));
  return [Math.min(...longitudes), Math.min(...latitudes), Math.max(...longitudes), Math.max(...latitudes)];
}

/** Whether the way from one `[longitude, latitude]` to another leads through a box. */
function crosses(from, to, [west, south, east, north]) {
  const within = ([lon, lat]) => west < lon && lon < east && south < lat && lat < north;
  return Array.from({ length: 201 }, (_, part) => [0, 1].map((axis) => from[axis] + ((to[axis] - from[axis]) * part) / 200)).some(within);
}

describe("an operator of a small town", { timeout: 600_000 }, () => {
  let browser;

  before(async () => {
    browser = await launch();
    await post("/api/simulation/pause", {});
  });

  after(() => browser.close());

  it("closes a zone by drawing it, which is flown round, and lifts it again", async () => {
    const { page, complaints, close } = await open(browser, shown("tab=zones&"), SMALL);
    const [x, y] = await middle(page);
    await page.getByRole("button", { name: "Draw a zone on the map" }).click();
    await page.mouse.click(x - 150, y - 150);
    await page.getByRole("button", { name: "Take back" }).click();
    for (const [right, down] of [[-50, -50], [50, -50], [50, 50], [-50, 50]]) await page.mouse.click(x + right, y + down);
    await page.getByText("4 corners.").waitFor();
    await picture(page, "zone-drawn");
    assert.deepEqual(await barriers(page), []);
    await page.getByRole("button", { name: "Close it…" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("drawn by hand");
    await dialog.getByLabel("Closed for").selectOption("");
    await dialog.getByRole("button", { name: "Close the zone" }).click();
    await dialog.waitFor({ state: "detached" });
    const row = page.getByRole("list", { name: "No-fly zones" }).locator("li", { hasText: "drawn by hand" });
    await row.getByText("from", { exact: false }).waitFor();
    const zone = async () => (await get("/api/zones")).features.find(({ properties }) => properties.name === "drawn by hand");
    const box = boxOf(await zone());
    assert.ok(crosses([longitude, latitude], [longitude, latitude], box), "it is where it was drawn");

    await post("/api/simulation/step", { by: "3m" });
    await row.getByText("in force").waitFor();
    const [west, east] = [point(-1, 0), point(1, 0)];
    const asked = (dropOffLocation) => ({ ownerId: "me", pickupLocation: west, dropOffLocation, confirmationRequired: "None", packageInfo: { packageId: "p", size: "Small", weight: 0.5 } });
    const { deliveryId } = await post("/api/deliveryrequests", asked(east));
    let flown;
    await until("the parcel is flown", async () => {
      const { features } = await get(`/api/deliveries/${deliveryId}/track`);
      flown = features.find(({ properties }) => properties.purpose === "dropoff" && properties.state !== "planned")?.geometry.coordinates;
      if (!flown) await post("/api/simulation/step", { by: "20s" });
      return flown;
    });
    assert.ok(crosses(flown[0], flown.at(-1), box), "the straight way leads through it");
    assert.ok(!flown.slice(1).some((to, index) => crosses(flown[index], to, box)), `the drone flies round it: ${JSON.stringify(flown)}`);
    const { by, reason } = await post("/api/quotes", asked(`${latitude}, ${longitude}`));
    assert.deepEqual([by, reason], ["carrier", "NoFlyZone"], "and no drone flies into it");
    const { droneId } = await get(`/api/deliveries/${deliveryId}`);
    await page.evaluate((drone) => (location.hash += `&drone=${drone}`), droneId);
    await page.locator(".details dd", { hasText: "Brings a parcel" }).waitFor();
    await picture(page, "zone-closed");

    const { from } = (await zone()).properties;
    await confirmed(page, "Lift drawn by hand", "Lift the zone");
    await post("/api/simulation/step", { by: "1s" });
    await row.waitFor({ state: "detached" });
    const straight = (await post("/api/quotes", asked(`${latitude}, ${longitude}`))).by;
    assert.equal(straight, "drone", "a drone would fly there again");

    const around = { x: x - 40, y: y - 40, width: 80, height: 80 };
    await until("it is gone from the map", async () => (await inked(page, around, CLOSED)) < 20);
    const then = await open(browser, shown(`at=${new Date(Date.parse(from) + 60_000).toISOString()}&`), SMALL);
    await until("the past has it", async () => (await inked(then.page, around, CLOSED)) > 2_000);
    await picture(then.page, "zone-past");
    assert.deepEqual([...complaints, ...then.complaints], []);
    await then.close();
    await close();
  });

  it("asks of the past for what the map shows, where more was in the air than an answer holds", async () => {
    const asked = [];
    // A town has not thousands of drones: the answer to the first question says that some are left out.
    const crowded = async (route) => {
      const fields = new URL(route.request().url()).searchParams;
      asked.push(fields);
      const response = await route.fetch();
      const leftOut = fields.has("bbox") || fields.has("drone") ? 0 : 5;
      await route.fulfill({ response, json: { ...(await response.json()), leftOut } });
    };
    const { now } = await get("/api/simulation");
    const at = new Date(Date.parse(now) - 60_000).toISOString();
    const { page, complaints, close } = await open(browser, shown(`at=${at}&`), { ...SMALL, first: (page) => page.route("**/api/playback?*", crowded) });
    await page.getByText("in the air near here then").waitFor();
    assert.ok(!asked[0].has("bbox"), "at first for all");
    const [west, south, east, north] = asked[1].get("bbox").split(",").map(Number);
    assert.ok(west < longitude && longitude < east && south < latitude && latitude < north, asked[1].get("bbox"));
    await page.evaluate(() => (location.hash += "&drone=drone-0"));
    await until("the chosen drone is asked for", async () => asked.some((fields) => fields.get("drone") === "drone-0" && !fields.has("bbox")));
    await page.keyboard.press("Escape");
    await page.locator(".details").waitFor({ state: "detached" });
    const [x, y] = await middle(page);
    for (let drag = 0; drag < 2; drag += 1) {
      await page.mouse.move(x + 200, y);
      await page.mouse.down();
      await page.mouse.move(x - 200, y, { steps: 8 });
      await page.mouse.up();
    }
    await until("the map is elsewhere, and so is the box", async () => asked.some((fields) => Number(fields.get("bbox")?.split(",")[0]) > west));
    assert.deepEqual(complaints, []);
    await close();
  });

  it("sees the airfield on the map that is drawn where none was brought, as whoever is sent a link does", async () => {
    const { deliveryId } = await post("/api/deliveryrequests", { ownerId: "me", pickupLocation: point(0.6, 2.4), dropOffLocation: point(2.2, 1.6), confirmationRequired: "None", packageInfo: { size: "Small", weight: 0.5 } });
    const { url } = await post(`/api/deliveries/${deliveryId}/trackinglinks`, {});
    for (const tone of ["light", "dark"]) {
      const { page, complaints, close } = await open(browser, "/#map=14/45.02/10.02", { ...SMALL, tone });
      const [x, y] = await middle(page);
      await until("its picture is drawn", async () => (await inked(page, { x: x - 12, y: y - 12, width: 24, height: 24 }, AIRPORT[tone])) > 40);
      await picture(page, `airport-${tone}`);
      await page.getByRole("tab", { name: "Order" }).click();
      await picture(page, `airport-order-${tone}`);
      const customer = await open(browser, url, { ...SMALL, tone });
      await customer.page.locator(".map .pin").first().waitFor();
      await until("so it is there", async () => (await inked(customer.page, await customer.page.locator(".map").boundingBox(), AIRPORT[tone])) > 40);
      await picture(customer.page, `airport-track-${tone}`);
      assert.deepEqual([...(await barriers(page)), ...(await barriers(customer.page))], []);
      assert.deepEqual([...complaints, ...customer.complaints], []);
      await customer.close();
      await close();
    }
  });

  it("sees an aircraft that flies elsewhere, and what it says of itself", async () => {
    const { page, complaints, close } = await open(browser, shown(""), SMALL);
    const [x, y] = await middle(page);
    const around = { x: x - 24, y: y - 24, width: 48, height: 48 };
    assert.equal(await inked(page, around, EXTERNAL), 0, "nothing flies there");
    const land = fly(process.env.SKYHAUL_MAVLINK, 42, { latitude, longitude, altitude: 80, north: 3 }, 77);
    try {
      await page.locator(".chip", { hasText: "External" }).locator("b", { hasText: "1" }).waitFor();
      await page.locator(".list-held .list-row", { hasText: "external-42" }).getByText("External · 3 m/s N").waitFor();
      await until("its icon is drawn", async () => (await inked(page, around, EXTERNAL)) > 40);
      await page.mouse.click(x, y);
      const panel = page.locator(".details");
      await panel.getByRole("heading", { name: "external-42" }).waitFor();
      for (const words of ["External", "77 %", "Not of this fleet", "3.0 m/s N", "80 m"]) await panel.getByText(words, { exact: true }).first().waitFor();
      assert.deepEqual(await barriers(page), []);
      await picture(page, "external");
      const { features } = await get("/api/drones.geojson");
      assert.ok(features.every(({ properties }) => !String(properties.drone ?? properties.id).startsWith("external")), "it is none of the fleet's drones");
    } finally {
      land();
    }
    await page.locator(".list-held .list-row.stale", { hasText: "external-42" }).getByText("External · no news of it").waitFor();
    assert.deepEqual(complaints, []);
    await close();
  });

  it("lists one carrier's deliveries page by page, however few of the newest are among them", async () => {
    const plain = await launch(NO_WEBGL);
    const parcel = (weight) => ({ ownerId: "me", pickupLocation: point(-0.4, 0), dropOffLocation: point(0.4, 0.2), confirmationRequired: "None", packageInfo: { size: "Large", weight } });
    const order = async (weight) => (await post("/api/deliveryrequests", parcel(weight))).deliveryId;
    const heavy = [];
    for (let count = 0; count < 45; count += 1) heavy.unshift(await order(30));
    for (let count = 0; count < 41; count += 1) await order(6);
    await post("/api/simulation/step", { by: "30s" });
    await until("the wagon is booked", async () => (await get("/api/deliveries?carrier=wagon&limit=100")).items.length === heavy.length);
    const { page, complaints, close } = await open(plain, "/#tab=deliveries", SMALL);
    const rows = page.locator(".deliveries tbody tr");
    const listed = () => rows.evaluateAll((all) => all.map((row) => row.dataset.id));
    await until("the newest are listed", async () => (await listed()).length === 40);
    assert.ok(!(await listed()).some((id) => heavy.includes(id)), "none of them is the wagon's");
    await page.getByLabel("Brought by").selectOption("Carrier: wagon");
    await until("a page of the wagon's is listed", async () => String(await listed()) === String(heavy.slice(0, 40)));
    assert.deepEqual([...new Set(await rows.locator("td:nth-child(3)").allInnerTexts())], ["wagon"]);
    await page.waitForURL((url) => url.hash.includes("carrier=wagon"));
    await picture(page, "deliveries-carrier");
    await page.getByRole("button", { name: "Older" }).click();
    await until("so is the rest", async () => String(await listed()) === String(heavy.slice(40)));
    assert.ok(await page.getByRole("button", { name: "Older" }).isDisabled());
    await page.reload();
    await until("the address keeps it", async () => String(await listed()) === String(heavy.slice(0, 40)));
    assert.equal(await page.getByLabel("Brought by").inputValue(), "carrier:wagon");
    assert.deepEqual(await barriers(page), []);
    assert.deepEqual(complaints, []);
    const unknown = await open(plain, "/#tab=deliveries&by=carrier&carrier=donkey", SMALL);
    await unknown.page.getByText("donkey is no carrier's name; there are: courier, wagon").waitFor();
    await unknown.close();
    await close();
    await plain.close();
  });
});
