// The city that the service runs, and what every test does in it.
import assert from "node:assert/strict";
import { PATIENCE_MS, SERVICE } from "./browser.mjs";

/** The administrator's key, where the service asks for one. */
const SHOWN = process.env.SKYHAUL_ADMIN ? { Authorization: `Bearer ${process.env.SKYHAUL_ADMIN}` } : {};

/** What the service answers. */
export const get = async (path) => (await fetch(`${SERVICE}${path}`, { headers: SHOWN })).json();

/** What it answers to something that is asked of it, which is done. */
export async function call(method, path, body) {
  const answer = await fetch(`${SERVICE}${path}`, { method, headers: { "Content-Type": "application/json", ...SHOWN }, body: JSON.stringify(body) });
  const text = await answer.text();
  assert.ok(answer.ok, `${path}: ${answer.status} ${text}`);
  return text === "" ? null : JSON.parse(text);
}

export const post = (path, body) => call("POST", path, body);

export const { area } = await get("/api/config");
export const [latitude, longitude] = area.centre;

/** A point so many kilometres east and north of the centre, as a person types it. */
export function point(east, north) {
  const [lat, lon] = [latitude + north / 111.195, longitude + east / (111.195 * Math.cos((latitude * Math.PI) / 180))];
  return `${lat.toFixed(5)}, ${lon.toFixed(5)}`;
}

/** Orders by the form; answers the delivery's id. */
export async function order(page, { from = point(-0.6, -0.4), to = point(0.7, -0.9), weight = "0.5", more } = {}) {
  await page.getByRole("tab", { name: "Order" }).click();
  await page.locator("#order-pickup").fill(from);
  await page.locator("#order-dropoff").fill(to);
  await page.getByLabel("Weight, kg").fill(weight);
  await more?.();
  await page.getByRole("button", { name: "Request delivery" }).click();
  const panel = page.locator("[data-delivery]");
  await panel.waitFor();
  return panel.getAttribute("data-delivery");
}

export const stage = (page, name, timeout) => page.locator(`[data-stage="${name}"]`).first().waitFor({ state: "attached", timeout });

/** Presses a button that asks first, and says yes. */
export async function confirmed(page, button, yes) {
  await page.getByRole("button", { name: button }).click();
  await page.getByRole("dialog").getByRole("button", { name: yes }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
}

/** Waits until something holds; what takes time are the page's own polls. */
export async function until(what, holds) {
  const end = Date.now() + PATIENCE_MS;
  for (let found = await holds(); !found; found = await holds()) {
    assert.ok(Date.now() < end, `it never came to this: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
