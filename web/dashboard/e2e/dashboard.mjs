// The dashboard in a real browser, against a running service (SKYHAUL_URL) whose time runs fast.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { barriers, launch, NO_WEBGL, open, PATIENCE_MS, picture, SERVICE } from "./browser.mjs";
import { area, latitude, order, point, stage, until } from "./city.mjs";

/** How long a delivery may take, wall ms; the service's speed must be high enough for it. */
const DELIVERY_MS = Number(process.env.SKYHAUL_DELIVERY_MS ?? 240_000);

describe("the dashboard", { timeout: 1_500_000 }, () => {
  let browser;
  // Without WebGL a page costs little on a machine that draws in software; what is not about the map is tried there.
  let plain;

  before(async () => {
    browser = await launch();
    plain = await launch(NO_WEBGL);
  });

  after(async () => {
    await browser.close();
    await plain.close();
  });

  it("shows the fleet on its map, live", async () => {
    const { page, complaints, close } = await open(browser, "/", { motion: "no-preference" });
    await page.locator('.link[data-state="live"]').waitFor();
    await page.waitForFunction(() => [...document.querySelectorAll(".chip-count")].some((count) => Number(count.textContent) > 0));
    await page.locator(".depot").first().waitFor();
    await page.locator(".map canvas.drones").waitFor();
    if (area.radius < 20_000 && Math.abs(latitude - 43.78) < 0.1) assert.match(await page.locator(".maplibregl-ctrl-attrib").innerText(), /OpenStreetMap contributors/);
    await page.waitForTimeout(1_000);
    await picture(page, "fleet-light");
    assert.deepEqual(await barriers(page), []);
    assert.deepEqual(complaints, []);
    await close();
  });

  it("shows on the map what was told before there was one, and fits a small phone", async () => {
    const told = new Set();
    // Each is told once and never again.
    const once = (route) => {
      const asked = new URL(route.request().url()).pathname;
      if (told.has(asked)) return;
      told.add(asked);
      return route.continue();
    };
    const first = async (page) => {
      await page.route("**/api/depots", once);
      await page.route("**/api/zones", once);
    };
    const { page, complaints, close } = await open(browser, "/", { width: 360, height: 740, first });
    await page.locator(".depot").first().waitFor();
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth && [...document.querySelectorAll(".bar > *")].every((part) => part.getBoundingClientRect().right <= innerWidth)));
    assert.deepEqual(complaints, []);
    await close();
  });

  it("keeps the chosen drone in the address, in dark colours too", async () => {
    const { page, complaints, close } = await open(browser, "/", { tone: "dark" });
    await page.locator(".list-row:visible").first().click();
    const drone = await page.locator(".details h2").innerText();
    await page.waitForURL((url) => url.hash.includes(`drone=${drone}`));
    await page.locator(".details dt", { hasText: "Home depot" }).waitFor();
    await page.waitForTimeout(1_000);
    await picture(page, "fleet-dark");
    assert.deepEqual(await barriers(page), []);
    await page.reload();
    await page.locator(".details h2", { hasText: drone }).waitFor();
    await page.keyboard.press("Escape");
    await page.locator(".details").waitFor({ state: "detached" });
    assert.deepEqual(complaints, []);
    await close();
  });

  it("goes on where its socket broke off", async () => {
    const sockets = [];
    const cut = (page) =>
      page.routeWebSocket(/telemetry/, (socket) => {
        const server = socket.connectToServer();
        const heard = { socket, asked: [], views: [] };
        sockets.push(heard);
        socket.onMessage((message) => {
          heard.asked.push(JSON.parse(message));
          server.send(message);
        });
        server.onMessage((message) => {
          // Kind 2 is a view; its flags say whether it is whole.
          if (typeof message !== "string" && message[0] === 2) heard.views.push(message[2]);
          socket.send(message);
        });
      });
    const { page, complaints, close } = await open(plain, "/", { first: cut });
    await page.locator(".list-row").first().waitFor();
    await sockets[0].socket.close({ code: 1011, reason: "cut by the test" });
    await page.locator('.link[data-state="lost"]').waitFor();
    await page.locator('.link[data-state="live"]').waitFor();
    await until("the new socket is told something", () => sockets[1]?.views.length > 0);
    const { topic, epoch, tick } = sockets[1].asked.find(({ id }) => id === "fleet");
    assert.equal(topic, "fleet");
    assert.ok(epoch >= 0 && tick > 0, `it says what it holds: ${epoch}, ${tick}`);
    assert.equal(sockets[0].views[0] & 1, 1, "the first socket began with the whole");
    assert.equal(sockets[1].views[0] & 1, 0, "the second one with what had changed");
    assert.deepEqual(complaints, []);
    await close();
  });

  it("places a delivery on the page and sees it completed, also on the customer's page of a phone", async () => {
    const { page, complaints, close } = await open(browser, "/");
    const delivery = await order(page);
    const link = page.locator("[data-delivery] a", { hasText: "Customer’s page" });
    await page.waitForFunction((delivery) => !document.querySelector("[data-delivery] a[href^='/track/']")?.getAttribute("href").includes(delivery), delivery);
    const customer = await open(browser, await link.getAttribute("href"), { width: 360, height: 740 });
    await customer.page.locator(".steps .step").first().waitFor();
    await picture(page, "order");
    await picture(customer.page, "track-phone");
    assert.deepEqual([...(await barriers(page)), ...(await barriers(customer.page))], []);
    const [wide, tall] = await customer.page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(wide <= tall, `the page is ${wide} px wide on a screen of ${tall} px`);
    await stage(page, "Completed", DELIVERY_MS);
    await stage(customer.page, "Completed", PATIENCE_MS);
    await customer.page.getByText("Delivered", { exact: true }).first().waitFor();
    await picture(customer.page, "track-phone-completed");
    const status = await (await fetch(`${SERVICE}/api/deliveries/${delivery}/status`)).json();
    assert.equal(status.stage, "Completed");
    assert.deepEqual([...complaints, ...customer.complaints], []);
    await customer.close();
    await close();
  });

  it("takes both ends from clicks on the map", async () => {
    const { page, complaints, close } = await open(browser, "/#tab=order");
    const map = await page.locator(".map").boundingBox();
    await page.getByRole("button", { name: "Pick on map: pickup" }).click();
    await page.mouse.click(map.x + map.width * 0.45, map.y + map.height * 0.52);
    await page.mouse.click(map.x + map.width * 0.55, map.y + map.height * 0.58);
    for (const end of ["pickup", "dropoff"]) assert.match(await page.locator(`#order-${end}`).inputValue(), /^-?\d+\.\d{5}, -?\d+\.\d{5}$/);
    assert.equal(await page.locator(".pin").count(), 2);
    await picture(page, "order-form");
    assert.deepEqual(complaints, []);
    await close();
  });

  it("cancels a delivery that waits for its time", async () => {
    const { page, complaints, close } = await open(plain, "/");
    const { now } = await (await fetch(`${SERVICE}/api/config`)).json();
    const later = new Date(Date.parse(now) + 5 * 86_400_000).toISOString().slice(0, 16);
    await order(page, {
      more: async () => {
        await page.getByText("More options").click();
        await page.getByLabel("Not before").fill(later);
      },
    });
    await page.getByRole("button", { name: "Cancel delivery…" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel the delivery" }).click();
    await stage(page, "Cancelled", PATIENCE_MS);
    assert.deepEqual(complaints, []);
    await close();
  });

  it("finds a place by name and shows only drones that fit, kept in the address", async () => {
    const { page, complaints, close } = await open(browser, "/");
    const [depot] = await (await fetch(`${SERVICE}/api/depots`)).json();
    await page.keyboard.press("/");
    await page.keyboard.type(depot.name.slice(0, 4));
    await page.getByRole("list", { name: "Places of this name" }).getByRole("button").first().click();
    await page.waitForURL((url) => /map=14/.test(url.hash) && url.hash.includes("find="));
    await page.locator("#drone-search").fill("");
    await page.getByLabel("Home").selectOption(depot.name);
    await page.getByLabel("Battery").selectOption("50");
    await page.waitForURL((url) => url.hash.includes("battery=50"));
    const fits = new Set((await (await fetch(`${SERVICE}/api/drones?limit=1000&depot=${encodeURIComponent(depot.name)}`)).json()).items.map(({ id }) => id));
    await page.waitForFunction((known) => [...document.querySelectorAll(".list-held .list-main")].every((row) => known.includes(row.textContent)), [...fits]);
    await page.reload();
    await page.waitForFunction(() => document.documentElement.dataset.ready === "true");
    assert.equal(await page.getByLabel("Home").inputValue(), depot.name);
    assert.deepEqual(complaints, []);
    await close();
  });

  it("goes to a drone that is searched for while the map is elsewhere", async () => {
    const { page, complaints, close } = await open(browser, `/#map=14/${(latitude + 1).toFixed(5)}/11.00000`);
    await page.getByText("0 drones in view").waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("drone-1");
    await page.keyboard.press("Enter");
    await page.locator(".details h2", { hasText: "drone-1" }).waitFor();
    await page.waitForURL((url) => Math.abs(Number(/map=[\d.]+\/([\d.-]+)/.exec(url.hash)?.[1]) - latitude) < 0.5);
    await page.locator(".list-held .list-row", { hasText: "drone-1" }).first().waitFor();
    assert.deepEqual(complaints, []);
    await close();
  });

  it("lists deliveries by state and opens one with its history", async () => {
    const asked = [];
    const first = (page) => page.on("request", (request) => request.url().includes("/api/deliveries?") && asked.push(new URL(request.url()).searchParams.get("stage")));
    const { page, complaints, close } = await open(plain, "/#tab=deliveries&stage=Completed", { first });
    const rows = page.locator(".deliveries tbody tr");
    await rows.first().waitFor({ timeout: DELIVERY_MS });
    assert.equal(await page.locator("#deliveries-stage").inputValue(), "Completed");
    for (const state of await rows.locator("td:first-child").allInnerTexts()) assert.equal(state.trim(), "Completed");
    assert.deepEqual([...new Set(asked)], ["Completed"], "no others are asked for before the address is read");
    await rows.first().getByRole("button").click();
    await page.locator("[data-delivery] summary", { hasText: "History" }).click();
    await page.locator("[data-delivery] td", { hasText: "Delivered" }).waitFor();
    await picture(page, "deliveries");
    const whole = await rows.last().getAttribute("data-id");
    await page.locator("#delivery-search").fill(whole.slice(0, 8));
    await page.locator("#delivery-search").press("Enter");
    await page.locator(`[data-delivery="${whole}"]`).getByText(whole, { exact: true }).waitFor();
    assert.deepEqual(await barriers(page), []);
    assert.deepEqual(complaints, []);
    await close();
  });

  it("asks for a key where the service wants one, and shows it in every call and to the socket", async () => {
    const context = await plain.newContext();
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    await page.route("**/api/**", (route) => {
      const shown = route.request().headers()["authorization"];
      return shown === "Bearer right" ? route.continue() : route.fulfill({ status: 401, contentType: "application/problem+json", body: "{}" });
    });
    const sockets = [];
    page.on("websocket", (socket) => sockets.push(socket.url()));
    await page.goto(`${SERVICE}/`);
    await page.getByLabel("API key").fill("wrong");
    await page.getByRole("button", { name: "Open" }).click();
    await page.getByText("does not take this key").waitFor();
    assert.deepEqual(await barriers(page), []);
    await picture(page, "key");
    await page.getByLabel("API key").fill("right");
    await page.getByRole("button", { name: "Open" }).click();
    await page.locator('.link[data-state="live"]').waitFor();
    assert.ok(sockets.length > 0 && sockets.every((url) => url.endsWith("access_token=right")), String(sockets));
    assert.equal(await page.evaluate(() => localStorage.length), 0, "nothing of it is kept beyond the tab");
    await page.reload();
    await page.locator('.link[data-state="live"]').waitFor();
    await context.close();
  });

  it("says what is wrong with an order beside the field", async () => {
    const { page, close } = await open(plain, "/#tab=order");
    await page.getByRole("button", { name: "Request delivery" }).click();
    assert.notEqual(await page.locator("#order-pickup-error").innerText(), "");
    await page.locator("#order-pickup").fill(point(0, 0));
    await page.locator("#order-dropoff").fill(point(0.5, 0));
    await page.getByLabel("Weight, kg").fill("99999");
    await page.getByRole("button", { name: "Request delivery" }).click();
    await page.locator("#order-weight-error", { hasText: /./ }).waitFor();
    assert.equal(await page.locator("#order-weight").getAttribute("aria-invalid"), "true");
    await picture(page, "order-refused");
    await close();
  });

  it("moves between its tabs by keyboard", async () => {
    const { page, complaints, close } = await open(plain, "/");
    await page.getByRole("tab", { name: "Fleet" }).focus();
    for (const name of ["Order", "Deliveries", "Alerts", "Zones", "Fleet"]) {
      await page.keyboard.press("ArrowRight");
      assert.equal(await page.getByRole("tab", { name }).getAttribute("aria-selected"), "true");
    }
    assert.deepEqual(complaints, []);
    await close();
  });

  it("is usable on a phone", async () => {
    const { page, complaints, close } = await open(browser, "/", { width: 390, height: 780 });
    const [wide, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(wide <= screen, `the page is ${wide} px wide on a screen of ${screen} px`);
    await page.waitForTimeout(1_000);
    await picture(page, "fleet-phone");
    assert.deepEqual(complaints, []);
    await close();
  });

  it("holds time: pause, step, speed, by mouse and by keyboard", async () => {
    const { page, complaints, close } = await open(browser, "/", { motion: "no-preference" });
    const simulation = async () => (await fetch(`${SERVICE}/api/simulation`)).json();
    const { speed } = await simulation();
    const state = (text) => page.locator(".pace-state", { hasText: text }).waitFor();
    const shown = () => page.locator(".clock-time").innerText();
    await state("Running");
    await page.getByRole("button", { name: "Pause the simulation" }).click();
    await state("Paused");
    await page.locator(".clock-speed", { hasText: "paused" }).waitFor();
    const { now } = await simulation();
    const told = (text) => document.querySelector(".clock-time")?.textContent === new Date(text).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
    await page.waitForFunction(told, now);
    const stood = await shown();
    await page.waitForTimeout(1_500);
    assert.equal((await simulation()).now, now, "it stands");
    assert.equal(await shown(), stood, "and so does what is shown");
    await page.getByRole("button", { name: "Step by 1 minute" }).click();
    await page.waitForFunction(told, new Date(Date.parse(now) + 60_000).toISOString());
    assert.equal(Date.parse((await simulation()).now) - Date.parse(now), 60_000);
    await picture(page, "simulation-paused");
    await page.locator(".map").focus().catch(() => undefined);
    await page.evaluate(() => document.activeElement instanceof HTMLElement && document.activeElement.blur());
    const before = Date.parse((await simulation()).now);
    await page.keyboard.press(".");
    await page.waitForFunction(async (before) => Date.parse((await (await fetch("/api/simulation")).json()).now) > before, before);
    // Time has moved before the page is answered, and meanwhile it takes no other key.
    await page.waitForFunction(() => document.querySelector(".pace button:disabled") === null);
    await page.keyboard.press(" ");
    await state("Running");
    await page.getByLabel("Speed", { exact: true }).selectOption("10");
    await state("×10");
    await page.locator(".clock-speed", { hasText: "×10" }).waitFor();
    await picture(page, "simulation-running");
    await page.getByLabel("Speed", { exact: true }).selectOption(speed === null ? "max" : String(speed));
    await state("Running");
    assert.deepEqual(complaints, []);
    await close();
  });

  it("revokes the links that were sent, and has a new one", async () => {
    const { page, complaints, close } = await open(plain, "/");
    const delivery = await order(page, { from: point(0.3, 0.5), to: point(-0.4, -0.6) });
    const links = async () => (await (await fetch(`${SERVICE}/api/deliveries/${delivery}/trackinglinks`)).json()).map(({ url }) => url);
    const shown = page.locator("[data-delivery] a", { hasText: "Customer’s page" });
    await until("it has a link", async () => (await links()).includes(await shown.getAttribute("href")));
    const sent = await links();
    await page.getByRole("button", { name: "Revoke links…" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Revoke the links" }).click();
    await page.getByText("All links that were sent are revoked.").waitFor();
    const left = await links();
    assert.ok(left.length === 1 && !sent.includes(left[0]), `${sent} became ${left}`);
    assert.equal(await shown.getAttribute("href"), left[0]);
    assert.deepEqual(complaints, []);
    await close();
  });

  it("keeps nobody out in the dark: every tab, and the panel of a drone", async () => {
    const { page, complaints, close } = await open(plain, "/", { tone: "dark" });
    for (const name of ["Order", "Deliveries", "Alerts", "Zones", "Fleet"]) {
      await page.getByRole("tab", { name }).click();
      assert.deepEqual(await barriers(page), [], name);
    }
    await page.locator(".list-row:visible").first().click();
    await page.locator(".details h2").waitFor();
    await page.getByRole("tab", { name: "Deliveries" }).click();
    await page.locator(".deliveries tbody tr").first().getByRole("button").click();
    await page.locator("[data-delivery]").getByRole("button", { name: "Revoke links…" }).click();
    await page.getByRole("dialog").waitFor();
    assert.deepEqual(await barriers(page), [], "a dialogue over the panels");
    await page.getByRole("dialog").getByRole("button", { name: "Leave it" }).click();
    assert.deepEqual(complaints, []);
    await close();
  });

  it("tells who follows a wrong link that there is no such delivery", async () => {
    const { page, close } = await open(plain, "/track/00000000-0000-4000-8000-000000000000", { width: 360, height: 740 });
    await page.getByRole("heading", { name: "No such delivery" }).waitFor();
    await picture(page, "track-unknown");
    await close();
  });

  it("works as text where the browser has no WebGL", async () => {
    const fleet = await open(plain, "/");
    await fleet.page.getByText("WebGL 2 is missing").waitFor();
    const delivery = await order(fleet.page, { from: point(0.4, 0.2), to: point(-0.5, -0.7) });
    const customer = await open(plain, `/track/${delivery}`, { width: 360, height: 740, tone: "dark" });
    await customer.page.locator(".steps .step").first().waitFor();
    assert.notEqual(await customer.page.locator(".track-figure").innerText(), "");
    const [wide, screen] = await customer.page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(wide <= screen, `the page is ${wide} px wide on a screen of ${screen} px`);
    assert.deepEqual(await barriers(customer.page), []);
    await picture(customer.page, "track-text");
    await customer.close();
    await fleet.close();
  });
});
