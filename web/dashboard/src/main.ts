import { askForKey, watchKey } from "./access/form";
import { api, Problem } from "./api/client";
import { key } from "./api/key";
import type { Config } from "./api/model";
import { trackedIn } from "./page/address";
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

/** Asks until the service answers, and for a key where it wants one: an operator's for the operations page. */
async function config(forOperators: boolean): Promise<Config> {
  const opens = (): Promise<unknown> => (forOperators ? api.simulation() : api.config());
  for (;;) {
    try {
      const settings = await api.config();
      await opens();
      return settings;
    } catch (problem) {
      if (problem instanceof Problem && (problem.status === 401 || problem.status === 403)) {
        await askForKey(page, problem, opens);
        continue;
      }
      page.replaceChildren(element("main", { class: "empty" }, notice("The service does not answer yet. Trying again…")));
      await new Promise((resolve) => window.setTimeout(resolve, RETRY_MS));
    }
  }
}

/** The address of the telemetry listener: on the page's own host, unless the service names another. */
function telemetryUrl({ telemetry: { host, port, path } }: Config): string {
  const scheme = window.location.protocol === "https:" ? "wss" : "ws";
  const named = host?.includes(":") ? `[${host}]` : host;
  return `${scheme}://${named ?? window.location.hostname}:${port}${path}`;
}

async function start(): Promise<void> {
  const theme = new Theme();
  const delivery = trackedIn(window.location.pathname);
  const settings = await config(delivery === null);
  watchKey();
  const telemetry = new Telemetry(key.address(telemetryUrl(settings)));
  window.addEventListener("online", () => telemetry.retry());
  if (delivery === null) {
    const { FleetPage } = await import("./fleet/page");
    await new FleetPage(page, settings, telemetry, theme).open();
  } else {
    const { TrackPage } = await import("./track/page");
    await new TrackPage(delivery, page, settings, telemetry, theme).open();
  }
  // For whoever drives a browser: everything is there now.
  document.documentElement.dataset["ready"] = "true";
}

void start();
