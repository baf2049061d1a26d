// A real browser for the tests: Debian's chromium, driven by playwright-core.
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { chromium } from "playwright-core";

/** The running service. */
export const SERVICE = (process.env.SKYHAUL_URL ?? "http://localhost:8080").replace(/\/$/, "");

/** Where screenshots go; none are taken where it is not set. */
const SCREENSHOTS = process.env.SKYHAUL_SCREENSHOTS;

/** How long a page may take to be ready or to answer, ms: a browser that draws in software compiles its shaders at first, on a busy machine for a minute. */
export const PATIENCE_MS = 120_000;

const FLAGS = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--enable-unsafe-swiftshader",
];

/** Flags of a browser without WebGL. */
export const NO_WEBGL = ["--disable-webgl", "--disable-webgl2", "--disable-3d-apis"];

/** Starts the browser. */
export function launch(more = []) {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: [...FLAGS, ...more] });
}

/** Opens a page of the service (with less motion unless told otherwise: software rendering needs the time) and waits until it says that it is ready. `complaints` fills with what went wrong on it. `first` is done to the page before anything is loaded. */
export async function open(browser, where, { width = 1360, height = 820, tone = "light", motion = "reduce", first } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: tone, reducedMotion: motion });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(`${error.stack ?? error.message}`));
  page.on("console", (message) => {
    const { url, line, column } = message.location();
    if (message.type() === "error") complaints.push(`${message.text()} (${url}:${line}:${column})`);
  });
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (/^https?:$/.test(url.protocol) && url.origin !== SERVICE) complaints.push(`a request left the service: ${url.href}`);
  });
  await first?.(page);
  await page.goto(`${SERVICE}${where}`);
  await page.waitForFunction(() => document.documentElement.dataset.ready === "true", null, { timeout: PATIENCE_MS });
  return { page, complaints, close: () => context.close() };
}

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What of the page keeps people out, by axe: serious and critical findings, each with where it is. */
export async function barriers(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  return serious.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id} at ${target.join(" ")}: ${failureSummary}`));
}

/** How many pixels of a part of the page have a colour, or nearly. */
export async function inked(page, clip, colour) {
  const picture = (await page.screenshot({ clip })).toString("base64");
  const count = async ([picture, colour]) => {
    const image = await createImageBitmap(new Blob([Uint8Array.from(atob(picture), (byte) => byte.charCodeAt(0))]));
    const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
    canvas.drawImage(image, 0, 0);
    const { data } = canvas.getImageData(0, 0, image.width, image.height);
    let found = 0;
    for (let at = 0; at < data.length; at += 4) if (colour.every((part, index) => Math.abs(data[at + index] - part) < 12)) found += 1;
    return found;
  };
  return page.evaluate(count, [picture, colour]);
}

/** Keeps a picture of the page. */
export async function picture(page, name) {
  if (!SCREENSHOTS) return;
  await mkdir(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: path.join(SCREENSHOTS, `${name}.png`) });
}
