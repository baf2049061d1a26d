// What an operator does on the page, in a real browser, and what comes of it in the service.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { barriers, launch, NO_WEBGL, open, picture } from "./browser.mjs";
import { confirmed, get, order, point, until } from "./city.mjs";

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
    await page.waitForURL((url) => new URLSearchParams(url.hash.slice(1)).get("open") === name);
    await page.reload();
    await page.locator(`[data-depot="${name}"] .details-state`, { hasText: "Grounded" }).waitFor();
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

  it("plays the past back from where the time line is dragged to", async () => {
    const { page, complaints, close } = await open(browser, "/", { tone: "dark" });
    const { now } = await get("/api/config");
    await page.getByRole("button", { name: "Play back…" }).click();
    const line = page.locator("#playback-line");
    await page.waitForFunction(() => Number(document.querySelector("#playback-line").max) > 0);
    await page.getByRole("button", { name: /Stop/ }).click();
    const value = () => line.evaluate((input) => Number(input.value));
    const before = await value();
    const box = await line.boundingBox();
    const asked = page.waitForResponse((response) => response.url().includes("/api/playback"));
    await page.mouse.move(box.x + box.width - 8, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, box.y + box.height / 2, { steps: 8 });
    await page.mouse.up();
    const dragged = await value();
    assert.ok(dragged < before && dragged < Date.parse(now), "it is the past");
    const answer = await (await asked).json();
    assert.ok(Date.parse(answer.keptSince) <= Date.parse(now));
    await page.getByLabel("Speed of playback").selectOption("60");
    await page.getByRole("button", { name: /Play$/ }).click();
    await page.waitForFunction((from) => Number(document.querySelector("#playback-line").value) > from + 5_000, dragged);
    await page.getByText(/drones? in the air then/).waitFor();
    await page.getByText(/In the air at .* What stood on the ground then is not kept/).waitFor();
    for (const filter of ["#filter-depot", "#filter-battery", "#filter-late"]) assert.ok(await page.locator(filter).isDisabled(), filter);
    await page.locator(".list-held .list-row").first().waitFor();
    await page.getByRole("button", { name: /Stop/ }).click();
    const row = page.locator(".list-held .list-row", { hasText: "m/s" }).first();
    const drone = await row.locator(".list-main").innerText();
    await row.click();
    const then = page.locator(".details", { has: page.getByRole("heading", { name: drone, exact: true }) });
    await then.getByText(/ at \d/).waitFor();
    await picture(page, "playback");
    await page.keyboard.press("Escape");
    await then.waitFor({ state: "detached" });
    const map = await page.locator(".map").boundingBox();
    // A depot's label may lie over the drone.
    await page.evaluate(() => document.querySelectorAll(".depot").forEach((depot) => (depot.style.pointerEvents = "none")));
    await page.mouse.click(map.x + map.width / 2, map.y + map.height / 2);
    await page.locator(".details dt", { hasText: "Mission" }).waitFor();
    assert.deepEqual(await barriers(page), []);
    await page.waitForURL((url) => /&at=.*&pace=60/.test(url.hash) && url.hash.includes("drone="));
    const shown = () => page.locator(".playback-time").innerText();
    const stood = await shown();
    await page.reload();
    await page.locator(".details dt", { hasText: "Mission" }).waitFor();
    assert.equal(await shown(), stood, "a link shows the same instant");
    assert.equal(await page.getByLabel("Speed of playback").inputValue(), "60");
    await page.getByRole("button", { name: "Back to now" }).click();
    await page.getByRole("button", { name: "Play back…" }).waitFor();
    await page.getByText(/drones? in view/).waitFor();
    await page.waitForURL((url) => !url.hash.includes("at="));
    assert.ok(await page.locator("#filter-battery").isEnabled());
    await page.locator(".details dt", { hasText: "Home depot" }).waitFor();
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
