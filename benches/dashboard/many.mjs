// The operations page in Chromium with a sky full of drones: whether it can be worked with, and what a frame costs the processor apart from drawing it,
// which is done in software here. Usage: node benches/dashboard/many.mjs BINARY [SCENARIO]; pictures go where SKYHAUL_SCREENSHOTS says.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** How long each part is watched, ms. */
const WATCHED_MS = 10_000;

/** Virtual seconds a wall second until enough fly. */
const HURRY = 100;

/** The page is measured once fewer than this are ready at their depots: a page of the service's list. */
const READY_MAX = 1_000;

const [binary, scenario = fileURLToPath(new URL("sky.toml", import.meta.url))] = process.argv.slice(2);

/** Starts the service; answers where it is, and how it is stopped. */
async function serve() {
  const data = await mkdtemp(path.join(tmpdir(), "skyhaul-"));
  const child = spawn(binary, ["serve", "--scenario", scenario, "--data", data, "--bind", "127.0.0.1:0", "--telemetry-bind", "127.0.0.1:0", "--speed", String(HURRY)], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  let url;
  for await (const line of createInterface({ input: child.stdout })) if ((url = /http:\/\/[^\s/]+/.exec(line)?.[0])) break;
  child.stdout.resume();
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
    await rm(data, { recursive: true });
  };
  return { url, stop };
}

/** Put into the page before anything else: counts its frames, what they do, and what it hears. */
function counter() {
  const told = (window.told = { frames: 0, js: 0, worst: 0, draws: 0, uploaded: 0, messages: 0, heard: 0, longest: 0, gaps: [] });
  const raf = window.requestAnimationFrame.bind(window);
  let last = 0;
  let spent = 0;
  window.requestAnimationFrame = (act) =>
    raf((time) => {
      const from = performance.now();
      act(time);
      const took = performance.now() - from;
      if (time !== last) {
        told.frames += 1;
        if (last > 0) told.gaps.push(time - last);
        spent = 0;
      }
      last = time;
      spent += took;
      told.js += took;
      told.worst = Math.max(told.worst, spent);
    });
  const gl = WebGL2RenderingContext.prototype;
  const wrap = (name, note) => {
    const was = gl[name];
    gl[name] = function (...said) {
      if (this.canvas.className === "drones") note(...said);
      return was.apply(this, said);
    };
  };
  wrap("drawArrays", () => (told.draws += 1));
  wrap("bufferData", (_, data) => (told.uploaded += data.byteLength));
  wrap("bufferSubData", (_, at, data, from, length) => (told.uploaded += length * data.BYTES_PER_ELEMENT));
  const { set, get } = Object.getOwnPropertyDescriptor(WebSocket.prototype, "onmessage");
  Object.defineProperty(WebSocket.prototype, "onmessage", {
    get,
    set(hear) {
      set.call(this, (event) => {
        const from = performance.now();
        hear(event);
        const took = performance.now() - from;
        told.messages += 1;
        told.heard += took;
        told.longest = Math.max(told.longest, took);
      });
    },
  });
}

const { url, stop } = await serve();
process.env.SKYHAUL_URL = url;
const { launch, open, picture } = await import("../../web/dashboard/e2e/browser.mjs");
const { get, post, until } = await import("../../web/dashboard/e2e/city.mjs");
const browser = await launch(["--use-gl=angle", "--use-angle=swiftshader"]);

/** Watches a part of the page's work and says what it cost. */
async function watch(page, session, name, act = () => page.waitForTimeout(WATCHED_MS)) {
  const metrics = async () => Object.fromEntries((await session.send("Performance.getMetrics")).metrics.map(({ name, value }) => [name, value]));
  const count = () => page.evaluate(() => ({ ...window.told, gaps: window.told.gaps.splice(0), worst: [window.told.worst, (window.told.worst = 0)][0], longest: [window.told.longest, (window.told.longest = 0)][0] }));
  const [told, spent, begun] = [await count(), await metrics(), performance.now()];
  await act();
  const seconds = (performance.now() - begun) / 1_000;
  const [now, after] = [await count(), await metrics()];
  const since = (key) => now[key] - told[key];
  const gaps = now.gaps.sort((a, b) => a - b);
  const each = (value, by, digits) => (by > 0 ? (value / by).toFixed(digits) : "–");
  const line = [
    name,
    each(since("draws"), seconds, 1),
    `${each(since("js"), since("frames"), 2)} · ${now.worst.toFixed(1)}`,
    gaps.length > 0 ? `${gaps[Math.floor(gaps.length / 2)].toFixed(0)} · ${gaps[Math.floor(gaps.length * 0.95)].toFixed(0)}` : "–",
    `${each(since("heard"), since("messages"), 2)} · ${now.longest.toFixed(1)}`,
    each(since("uploaded") / 1_024, seconds, 0),
    each((after.ScriptDuration - spent.ScriptDuration) * 100, seconds, 1),
    each((after.TaskDuration - spent.TaskDuration) * 100, seconds, 1),
  ];
  console.log(`| ${line.join(" | ")} |`);
}

const listed = (page) => page.locator("aside p.faint[role=status]", { hasText: /^[1-9].* in view/ });

try {
  await until("nearly all fly", async () => (await get(`/api/drones?state=idle&limit=${READY_MAX}`)).items.length < READY_MAX);
  await post("/api/simulation/speed", { factor: 1 });
  const opened = performance.now();
  const first = (page) => page.addInitScript(counter);
  const { page, complaints } = await open(browser, "/", { first, motion: "no-preference" });
  await listed(page).waitFor();
  const took = ((performance.now() - opened) / 1_000).toFixed(1);
  const { heard, messages } = await page.evaluate(() => window.told);
  const flying = await Promise.all(["To pickup", "Delivering", "Returning"].map((state) => page.locator(".chip", { hasText: state }).locator("b").innerText()));
  console.log(`${await listed(page).innerText()}, ${flying.reduce((sum, count) => sum + Number(count), 0)} of the fleet in the air; shown ${took} s after the page was asked for, ${heard.toFixed(0)} ms of it to take in ${messages} messages`);
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  console.log("| part | drawn a second | script a frame, ms: mean · worst | between frames, ms: p50 · p95 | a message, ms: mean · worst | uploaded, KiB/s | script, % of a core | all of the page's thread, % |");
  console.log("|---|---|---|---|---|---|---|---|");
  await watch(page, session, "the whole sky");
  await picture(page, "many-whole");
  const map = await page.locator(".map").boundingBox();
  const [x, y] = [map.x + map.width / 2, map.y + map.height / 2];
  await watch(page, session, "zoomed by the wheel, dragged", async () => {
    await page.mouse.move(x, y);
    for (let turn = 0; turn < 8; turn += 1) {
      await page.mouse.wheel(0, -200);
      await page.waitForTimeout(250);
    }
    await page.mouse.down();
    for (let move = 1; move <= 40; move += 1) {
      await page.mouse.move(x - 5 * move, y - 3 * move);
      await page.waitForTimeout(25);
    }
    await page.mouse.up();
    await page.waitForTimeout(2_000);
  });
  await page.waitForTimeout(3_000);
  await watch(page, session, "near");
  await picture(page, "many-near");
  await watch(page, session, "the pointer over drones", async () => {
    for (let move = 0; move < 60; move += 1) {
      await page.mouse.move(x - 150 + 5 * move, y - 20 + (move % 7));
      await page.waitForTimeout(25);
    }
  });
  await page.locator(".list-held .list-row", { hasText: "Delivering" }).first().click();
  await page.locator(".details").getByRole("button", { name: "Follow" }).click();
  await page.waitForTimeout(3_000);
  await watch(page, session, "following one");
  await picture(page, "many-follow");
  await page.keyboard.press("Escape");
  await page.locator(".maplibregl-ctrl-zoom-out").click({ clickCount: 1 });
  for (let turn = 0; turn < 5; turn += 1) await page.locator(".maplibregl-ctrl-zoom-out").click();
  await page.waitForTimeout(3_000);
  await page.locator(".chip", { hasText: "Returning" }).click();
  await page.getByLabel("Home").selectOption("roof-0");
  await watch(page, session, "filtered by state and depot");
  await listed(page).waitFor();
  console.log(`filtered: ${await listed(page).innerText()}`);
  await picture(page, "many-filtered");
  console.log(`heap ${((await page.evaluate(() => performance.memory.usedJSHeapSize)) / 2 ** 20).toFixed(0)} MiB`);
  assert.deepEqual(complaints, []);
} finally {
  await browser.close();
  await stop();
}
