// What customers do who have a key of their own, and whoever was sent a link: in a small town of a service that asks for keys (SKYHAUL_URL, and its
// administrator's SKYHAUL_ADMIN), while time stands and is stepped.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { barriers, launch, NO_WEBGL, open, picture } from "./browser.mjs";
import { call, get, point, post, until } from "./city.mjs";

const WIDE = { width: 1000, height: 640 };
const PHONE = { width: 360, height: 740 };

describe("a customer", { timeout: 600_000 }, () => {
  let browser;
  // Without WebGL a page costs little on a machine that draws in software.
  let plain;
  /** A customer's key: shown by pages that are opened with it. */
  let first;

  before(async () => {
    browser = await launch();
    plain = await launch(NO_WEBGL);
    await post("/api/simulation/pause", {});
    const { apiKey } = await post("/api/accounts", { name: "a shop", ownerId: "ann" });
    first = (page) => page.addInitScript((key) => sessionStorage.setItem("skyhaul.key", key), apiKey);
  });

  after(async () => {
    await browser.close();
    await plain.close();
  });

  /** Asks for a delivery of the customer's: its id, and the address of a link to it. */
  async function ordered(more = {}) {
    const asked = { ownerId: "ann", pickupLocation: point(-0.8, 0), dropOffLocation: point(0.8, 0.3), confirmationRequired: "None", packageInfo: { packageId: "p", size: "Small", weight: 0.5 } };
    const { deliveryId } = await post("/api/deliveryrequests", { ...asked, ...more });
    const { url } = await post(`/api/deliveries/${deliveryId}/trackinglinks`);
    return { delivery: deliveryId, url };
  }

  /** Lets time pass until a delivery's status is so. */
  async function stepped(delivery, what, holds, by = "20s") {
    await until(what, async () => {
      const status = await get(`/api/deliveries/${delivery}/status`);
      if (holds(status)) return true;
      await post("/api/simulation/step", { by });
      return false;
    });
    return get(`/api/deliveries/${delivery}/status`);
  }

  it("orders on a page of their own, and is told of an address that is not known before anything flies there", async () => {
    const { page, complaints, close } = await open(browser, "/order", { ...WIDE, first });
    assert.equal(await page.getByLabel("Account").count(), 0, "the owner is the key's");
    await page.locator("#order-pickup").fill("roof");
    await page.locator("#order-dropoff").fill("Via che non esiste 99");
    const said = page.locator("#order-dropoff-error");
    await said.filter({ hasText: "This address is not known: pick it on the map." }).waitFor();
    await page.locator(".pin-pickup").waitFor();
    assert.equal(await page.locator(".pin-dropoff").count(), 0, "nothing stands where nobody meant");
    assert.ok(await page.locator(".quote").isHidden(), "and nothing is quoted");
    await page.getByRole("button", { name: "Request delivery" }).click();
    await page.waitForFunction(() => document.activeElement?.id === "order-dropoff");
    assert.deepEqual((await get("/api/deliveries?ownerId=ann")).items, [], "it is not sent");
    await picture(page, "order-unknown");
    assert.deepEqual(await barriers(page), []);

    await page.getByRole("button", { name: "Pick on map: dropoff" }).click();
    const box = await page.locator(".map").boundingBox();
    await page.mouse.click(box.x + box.width * 0.55, box.y + box.height * 0.4);
    await page.locator(".pin-dropoff").waitFor();
    assert.equal(await said.innerText(), "");
    await page.locator(".quote", { hasText: "By drone" }).waitFor();
    await picture(page, "order-quoted");
    await page.getByRole("button", { name: "Request delivery" }).click();
    const panel = page.locator("[data-delivery]");
    await panel.waitFor();
    const delivery = await panel.getAttribute("data-delivery");
    assert.equal((await get(`/api/deliveries/${delivery}/owner`)).userId, "ann");
    await page.reload();
    await page.locator(`[data-delivery="${delivery}"] .step`).first().waitFor();
    await page.locator(".pin-dropoff").waitFor();
    await picture(page, "order-followed");
    assert.deepEqual(await barriers(page), []);
    await page.getByRole("button", { name: "Order another" }).click();
    await page.locator("#order-pickup").waitFor();
    assert.deepEqual(complaints, []);
    await close();
  });

  it("orders on a phone without a map, in the dark", async () => {
    const { page, complaints, close } = await open(plain, "/order", { ...PHONE, tone: "dark", first });
    assert.equal(await page.getByRole("button", { name: /^Pick on map/ }).count(), 0);
    await page.locator("#order-pickup").fill("nowhere at all");
    await page.locator("#order-dropoff").fill(point(0.4, 0.2));
    await page.locator("#order-pickup-error", { hasText: "take one that is offered" }).waitFor();
    const [wide, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(wide <= screen, `the page is ${wide} px wide on a screen of ${screen} px`);
    assert.deepEqual(await barriers(page), []);
    await picture(page, "order-phone");
    await page.locator("#order-pickup").fill("roof");
    await page.getByRole("button", { name: "Request delivery" }).click();
    await page.locator("[data-delivery] .step").first().waitFor();
    assert.deepEqual(complaints, []);
    await close();
  });

  it("is told that the parcel is at the door and what is waited for, and counts down to nothing", async () => {
    const { delivery, url } = await ordered({ confirmationRequired: "Picture" });
    const { stage, arrivedAt } = await stepped(delivery, "it is put down", (status) => status.arrivedAt !== null);
    assert.equal(stage, "HeadedToDropoff");
    await post("/api/simulation/step", { by: "5m" });
    const { page, complaints, close } = await open(plain, url, PHONE);
    await page.getByText("It is at the door; waiting for your picture").waitFor();
    await page.locator(".track-figure", { hasText: "At the door" }).waitFor();
    const time = (text, seconds) => page.evaluate(([text, more]) => new Date(text).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", ...more }), [text, seconds ? { second: "2-digit" } : {}]);
    assert.equal(await page.locator(".track-note").innerText(), `Put down at ${await time(arrivedAt, false)}`);
    assert.equal(await page.locator(".step-current .step-label").innerText(), "At the door");
    const proof = page.getByRole("region", { name: "Proof of delivery" });
    await proof.locator(".row", { hasText: "Put down" }).getByText(await time(arrivedAt, true)).waitFor();
    assert.deepEqual(await barriers(page), []);
    await picture(page, "track-door");
    await post(`/api/deliveries/${delivery}/confirmations`, { dateTime: { dateTimeValue: arrivedAt }, geoCoordinates: { altitude: 0, latitude: 45, longitude: 10 }, confirmationType: "Picture", confirmationBlob: "aGVsbG8=" });
    await post("/api/simulation/step", { by: "1s" });
    await page.locator(".track-stage", { hasText: "Delivered" }).waitFor();
    await proof.locator(".row", { hasText: "Picture" }).getByText("taken").waitFor();
    await proof.locator(".row", { hasText: "Put down" }).getByText(await time(arrivedAt, true)).waitFor();
    await picture(page, "track-proof");
    assert.deepEqual(complaints, []);
    await close();
  });

  it("reads who brings it, and brought it, where that is a carrier", async () => {
    const { delivery, url } = await ordered({ packageInfo: { packageId: "p", size: "Large", weight: 5 } });
    const { carrier } = await stepped(delivery, "a carrier has it", (status) => status.stage === "HeadedToPickup");
    const customer = await open(plain, url, PHONE);
    await customer.page.getByText("A courier is on the way to the parcel").waitFor();
    await customer.page.getByText(`Brought by ${carrier}`).waitFor();
    await stepped(delivery, "it is brought", (status) => status.stage === "Completed", "5m");
    await customer.page.locator(".track-stage", { hasText: "Delivered" }).waitFor();
    await customer.page.reload();
    await customer.page.getByText(`Brought by ${carrier}`).waitFor();
    await customer.page.getByRole("region", { name: "Proof of delivery" }).locator(".row", { hasText: "By" }).getByText(carrier).waitFor();
    await picture(customer.page, "track-carrier");
    assert.deepEqual(customer.complaints, []);
    await customer.close();

    const shown = (page) => page.addInitScript((key) => sessionStorage.setItem("skyhaul.key", key), process.env.SKYHAUL_ADMIN);
    const operator = await open(plain, `/#delivery=${delivery}`, { ...WIDE, first: shown });
    const panel = operator.page.locator(`[data-delivery="${delivery}"]`);
    await panel.getByText(`Brought by ${carrier}, a third party`).waitFor();
    await panel.getByText("History").click();
    await panel.locator(".history tr", { hasText: "A courier is on the way to the parcel" }).getByText(carrier, { exact: true }).waitFor();
    assert.equal(await panel.locator(".history tr", { hasText: "A drone is on" }).count(), 0);
    await picture(operator.page, "history-carrier");
    assert.deepEqual(operator.complaints, []);
    await operator.close();
  });

  it("sees the pins move when the delivery is rescheduled", async () => {
    const { now } = await get("/api/config");
    const { delivery } = await ordered({ pickupTime: new Date(Date.parse(now) + 3_600_000).toISOString() });
    const { page, complaints, close } = await open(browser, `/track/${delivery}`, { ...WIDE, first });
    const at = async (end) => (await page.locator(`.pin-${end}`).boundingBox()).x;
    await page.locator(".pin-dropoff").waitFor();
    assert.ok((await at("dropoff")) > (await at("pickup")), "it goes east");
    for (const dropOffLocation of [point(-1.6, 0), point(0.5, -0.5), point(-1.4, 0.4)]) {
      const east = dropOffLocation === point(0.5, -0.5);
      await call("PATCH", `/api/deliveryrequests/${delivery}`, { dropOffLocation });
      await post("/api/simulation/step", { by: "1s" });
      await until(`it goes to ${dropOffLocation}`, async () => (await at("dropoff")) > (await at("pickup")) === east);
    }
    assert.equal(await page.locator(".pin").count(), 2);
    await picture(page, "track-rescheduled");
    assert.deepEqual(complaints, []);
    await close();
  });
});
