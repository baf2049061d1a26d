// What an operator does on the page, in a real browser, and what comes of it in the service.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { barriers, launch, NO_WEBGL, open, PATIENCE_MS, picture, SERVICE } from "./browser.mjs";
import { order, point } from "./city.mjs";

const get = async (path) => (await fetch(`${SERVICE}${path}`)).json();

/** Waits until the service says so; the page's own polls are what takes time. */
async function until(what, holds) {
  const end = Date.now() + PATIENCE_MS;
  for (let found = await holds(); !found; found = await holds()) {
    assert.ok(Date.now() < end, `it never came to this: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Presses a button that asks first, and says yes. */
async function confirmed(page, button, yes) {
  await page.getByRole("button", { name: button }).click();
  await page.getByRole("dialog").getByRole("button", { name: yes }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
}

describe("an operator", { timeout: 900_000 }, () => {
  let browser;
  // What is not about the map is tried where no map costs time.
  let plain;

  before(async () => {
    browser = await launch();
    plain = await launch(NO_WEBGL);
  });

  after(async () => {
    await browser.close();
    await plain.close();
  });

  it("keeps a depot on the ground, acknowledges the alert of it, and lets it fly again", async () => {
    const { page, complaints, close } = await open(browser, "/");
    const [{ name }] = await get("/api/depots");
    const grounded = async () => (await get("/api/depots")).find((depot) => depot.name === name).isGrounded;
    await page.locator(".depot", { hasText: name }).first().click();
    await confirmed(page, "Ground…", "Ground it");
    await until("it is grounded", grounded);
    await page.locator(".details-state", { hasText: "Grounded" }).waitFor();
    await page.getByRole("tab", { name: "Alerts" }).click();
    const alert = page.locator("[data-alert]", { hasText: name }).first();
    await alert.waitFor();
    await picture(page, "alerts");
    const number = Number(await alert.getAttribute("data-alert"));
    await alert.getByRole("button", { name: /^Acknowledge/ }).click();
    await until("it is acknowledged", async () => (await get("/api/alerts")).find((each) => each.number === number)?.acknowledgedBy);
    await page.locator(`[data-alert="${number}"]`).waitFor({ state: "detached" });
    await confirmed(page, "Release…", "Release it");
    await until("it is released", async () => !(await grounded()));
    assert.deepEqual(await barriers(page), []);
    assert.deepEqual(complaints, []);
    await close();
  });

  it("calls a drone home", async () => {
    const { page, complaints, close } = await open(plain, "/");
    const delivery = await order(page, { from: point(-1.2, 0.8), to: point(1.1, 0.9) });
    let drone;
    await until("a drone has it", async () => (drone = (await get(`/api/deliveries/${delivery}`)).droneId));
    await page.locator("[data-delivery]").getByRole("button", { name: drone }).click();
    await confirmed(page, "Recall…", "Recall it");
    await until("it is written down", async () => (await get("/api/audit")).items.some(({ action, subject }) => action === "recallDrone" && subject === drone));
    assert.deepEqual(complaints, []);
    await close();
  });
});
