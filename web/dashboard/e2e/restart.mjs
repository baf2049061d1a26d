// The page while the service dies and comes back: it says so, goes on by itself, and shows the fleet again. Says `live` on a line of its own when the
// service may be killed.
import assert from "node:assert/strict";
import { launch, NO_WEBGL, open } from "./browser.mjs";

const browser = await launch(NO_WEBGL);
try {
  const { page } = await open(browser, "/");
  const link = (state) => page.locator(`.link[data-state="${state}"]`).waitFor();
  await link("live");
  await page.locator(".list-held .list-row").first().waitFor();
  const drones = await page.locator(".list-held .list-row").count();
  console.log("live");
  await link("lost");
  await link("live");
  await page.locator(".list-held .list-row").first().waitFor();
  assert.equal(await page.locator(".list-held .list-row").count(), drones, "the fleet is there again");
  const seen = await page.locator(".clock-time").innerText();
  await page.waitForFunction((seen) => document.querySelector(".clock-time")?.textContent !== seen, seen);
} finally {
  await browser.close();
}
