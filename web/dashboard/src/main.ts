import { askForKey, watchKey } from "./access/form";
import { api, Problem } from "./api/client";
import { key } from "./api/key";
import type { Config } from "./api/model";
import { trackedIn, type TrackedBy } from "./page/address";
import { element } from "./page/element";
import { notice } from "./page/shell";
import { Theme } from "./page/tone";
import { Telemetry } from "./telemetry/connection";
import "./page/base.css";
import "./page/parts.css";
import "./page/layout.css";
import "./fleet/fleet.css";
import "./order/order.css";
import "./simulation/simulation.css";
import "./track/track.css";

/** Between attempts to reach a service that is not there yet, ms. */
const RETRY_MS = 2_000;

const page = document.getElementById("page") ?? document.body;

/**
 * Asks until the service answers, and for a key where it wants one that `opens` what the page is of. Whoever came by a link that has ended is told so;
 * nothing else comes then.
 */
async function config(tracked: TrackedBy | null, opens: () => Promise<unknown>): Promise<Config> {
  for (;;) {
    try {
      await opens();
      return await api.config();
    } catch (problem) {
      if (tracked?.token && problem instanceof Problem && problem.status === 401) return ended();
      if (problem instanceof Problem && (problem.status === 401 || problem.status === 403)) {
        await askForKey(page, problem, opens);
        continue;
      }
      page.replaceChildren(element("main", { class: "empty" }, notice("The service does not answer yet. Trying again…")));
      await new Promise((resolve) => window.setTimeout(resolve, RETRY_MS));
    }
  }
}

/** Says that a link shows nothing any more. */
function ended(): Promise<never> {
  const words = element("p", {}, "Links to deliveries are good for two weeks, unless they are revoked before. Ask whoever sent it to you for another.");
  page.replaceChildren(element("main", { class: "empty stack" }, element("h1", {}, "This link has ended"), words));
  document.title = "This link has ended · Skyhaul";
  document.documentElement.dataset["ready"] = "true";
  return new Promise(() => undefined);
}

/** The address of the telemetry listener: on the page's own host, unless the service names another. */
function telemetryUrl({ telemetry: { host, port, path } }: Config): string {
  const scheme = window.location.protocol === "https:" ? "wss" : "ws";
  const named = host?.includes(":") ? `[${host}]` : host;
  return `${scheme}://${named ?? window.location.hostname}:${port}${path}`;
}

async function start(): Promise<void> {
  const theme = new Theme();
  const tracked = trackedIn(window.location.pathname);
  if (tracked?.token) key.show(tracked.token);
  const orders = /^\/order\/?$/.test(window.location.pathname);
  // The operations page is the operators'; the others are for whoever has a key or a link.
  const settings = await config(tracked, tracked !== null || orders ? api.config : api.simulation);
  watchKey();
  const telemetry = new Telemetry(key.address(telemetryUrl(settings)));
  window.addEventListener("online", () => telemetry.retry());
  if (orders) {
    const { OrderPage } = await import("./order/page");
    await new OrderPage(page, settings, telemetry, theme).open();
  } else if (tracked === null) {
    const { FleetPage } = await import("./fleet/page");
    await new FleetPage(page, settings, telemetry, theme).open();
  } else {
    const { TrackPage } = await import("./track/page");
    await new TrackPage(tracked.delivery, page, settings, telemetry, theme).open();
  }
  // For whoever drives a browser: everything is there now.
  document.documentElement.dataset["ready"] = "true";
}

void start();
