import type { Performance } from "../api/model";
import { element, say } from "../page/element";
import { span } from "../page/words";
import type { StatsFrame } from "../telemetry/frame";
import { Chart } from "./chart";
import { stateIcon } from "./icon";
import { DRONE_STATES, isFlown, STATE_WORDS, type DroneState } from "./state";

const DELIVERY_ROWS: readonly (readonly [string, string])[] = [
  ["Waiting for a drone", "waiting"],
  ["On the way to pickup", "HeadedToPickup"],
  ["On the way to drop-off", "HeadedToDropoff"],
  ["Completed", "Completed"],
  ["Cancelled", "Cancelled"],
];

/** Virtual time between two points of the charts, ms. */
const POINT_MS = 10_000;

/** Figures that have a chart: a label, and how each is read. */
const CHARTS: readonly { readonly name: string; readonly label: string; readonly of: (stats: StatsFrame) => number }[] = [
  { name: "perMinute", label: "Completed in the last minute", of: (stats) => stats.completedPerMinute },
  { name: "flying", label: "Under way", of: ({ drones }) => (drones["toPickup"] ?? 0) + (drones["toDropoff"] ?? 0) + (drones["returning"] ?? 0) },
  { name: "onPads", label: "Charging", of: ({ drones }) => drones["charging"] ?? 0 },
  { name: "queued", label: "Requests waiting", of: (stats) => stats.waiting },
  { name: "waits", label: "Wait for pickup: half · 95 in 100 within", of: (stats) => stats.waitP95S },
];

/** Figures of how well deliveries are made: a label, and how each is read for its chart; nothing is drawn while there is none. */
const PERFORMANCE: readonly { readonly name: string; readonly label: string; readonly of: (told: Performance) => number | null }[] = [
  { name: "etaError", label: "Arrival off by: half · 95 in 100 within", of: (told) => (told.withEstimate > 0 ? told.etaErrorP95S : null) },
  { name: "onTime", label: "On time, of those with a deadline", of: (told) => told.onTimeShare },
  { name: "energy", label: "Energy a delivery", of: (told) => told.energyPerDeliveryWh },
];

/** The performance's figures in words, by the name of their tile. */
export function performanceWords(told: Performance): Record<string, string> {
  const share = told.onTimeShare === null ? "–" : `${Math.round(told.onTimeShare * 100)} %`;
  const known = told.withEstimate > 0;
  return {
    onTime: share,
    etaError: known ? `${span(told.etaErrorP50S)} · ${span(told.etaErrorP95S)}` : "–",
    energy: told.energyPerDeliveryWh === null ? "–" : `${told.energyPerDeliveryWh.toFixed(0)} Wh`,
    energyAll: `${(told.energyWh / 1_000).toFixed(1)} kWh`,
  };
}

/** The fleet's counters and charts: also the map's legend, and the filter of what it shows. */
export class Figures {
  readonly root: HTMLElement;
  /** The drones by state: legend and filter. */
  readonly legend: HTMLElement;
  readonly #counts = new Map<string, HTMLElement>();
  readonly #chips = new Map<DroneState, HTMLButtonElement>();
  readonly #charts = new Map<string, Chart>();
  #latest: StatsFrame | null = null;
  /** How many aircraft there are that are no drones of the fleet. */
  #externals = 0;
  /** How many drones were in each state at the time that is played, where one is. */
  #past: ReadonlyMap<DroneState, number> | null = null;
  readonly #asOf = element("p", { class: "faint", hidden: true });
  readonly #ofNow = element("p", { class: "faint", hidden: true }, "These figures are of now, not of the time that is played.");
  #told: Performance | null = null;
  #drawn = -Infinity;
  readonly #shown = new Set<DroneState>(DRONE_STATES);

  constructor(private readonly filtered: (shown: ReadonlySet<DroneState>) => void) {
    const chips = element("div", { class: "chips", role: "group", "aria-label": "Drones by state; press to hide or show on the map" });
    for (const state of DRONE_STATES) chips.append(this.#chip(state));
    const rows = element("dl", { class: "rows" }, ...DELIVERY_ROWS.map(([label, name]) => this.#row(label, name)));
    const charts = element("div", { class: "tiles" }, ...CHARTS.map(({ name, label }) => this.#charted(label, name)));
    const tiles = element(
      "div",
      { class: "tiles" },
      ...PERFORMANCE.map(({ name, label }) => this.#charted(label, name)),
      this.#tile("Energy flown in all", "energyAll"),
    );
    this.legend = element("div", { class: "stack" }, element("h2", {}, "Drones"), this.#asOf, chips);
    this.external(0);
    this.root = element("div", { class: "stack" }, this.#ofNow, element("h2", {}, "Deliveries"), rows, element("h2", {}, "Lately"), charts, element("h2", {}, "How well"), tiles);
  }

  /** Which states are shown. */
  get shown(): ReadonlySet<DroneState> {
    return this.#shown;
  }

  /** Hides these states and shows the others, as from the page's address. */
  hide(states: readonly DroneState[]): void {
    for (const state of DRONE_STATES) if (states.includes(state) === this.#shown.has(state)) this.#press(state);
  }

  /** Shows new figures. */
  update(stats: StatsFrame): void {
    for (const [, name] of DELIVERY_ROWS) this.#set(name, (name === "waiting" ? stats.waiting : (stats.deliveries[name] ?? 0)).toLocaleString());
    for (const { name, of } of CHARTS) this.#set(name, of(stats).toLocaleString());
    this.#set("waits", stats.waitP50S > 0 ? `${span(stats.waitP50S)} · ${span(stats.waitP95S)}` : "–");
    this.#latest = stats;
    this.#count();
  }

  /** Counts drones as they were at the time that is played, as of `time`; `null`: as they are. What stood then is not known. */
  back(past: { readonly counts: ReadonlyMap<DroneState, number>; readonly time: string } | null): void {
    this.#past = past?.counts ?? null;
    this.#asOf.hidden = this.#ofNow.hidden = past === null;
    if (past) say(this.#asOf, `In the air at ${past.time}. What stood on the ground then is not kept. Zones are drawn as they were in force then.`);
    this.#count();
  }

  #count(): void {
    const counts = this.#past;
    for (const state of DRONE_STATES) {
      const now = state === "external" ? this.#externals : (this.#latest?.drones[state] ?? null);
      const shown = counts ? (counts.get(state) ?? (isFlown(state) ? 0 : null)) : now;
      this.#set(state, shown === null ? "–" : String(shown));
    }
  }

  /** Shows how many aircraft there are that are no drones of the fleet; nothing is said of them where there are none. */
  external(count: number): void {
    this.#externals = count;
    this.#count();
    const chip = this.#chips.get("external");
    if (chip) chip.hidden = count === 0;
  }

  /** Shows how well deliveries are made. */
  perform(told: Performance): void {
    this.#told = told;
    for (const [name, words] of Object.entries(performanceWords(told))) this.#set(name, words);
  }

  /** Draws the charts on to virtual `now`, since figures come only when they change. */
  tick(now: number): void {
    const stats = this.#latest;
    if (stats === null || (now < this.#drawn + POINT_MS && now >= this.#drawn)) return;
    this.#drawn = now;
    for (const { name, of } of CHARTS) this.#charts.get(name)?.add(of(stats));
    for (const { name, of } of PERFORMANCE) {
      const value = this.#told && of(this.#told);
      if (value !== null) this.#charts.get(name)?.add(value);
    }
  }

  #set(name: string, text: string): void {
    const target = this.#counts.get(name);
    if (target) say(target, text);
  }

  #chip(state: DroneState): HTMLButtonElement {
    const count = element("b", { class: "chip-count" }, "–");
    const made = element("button", { type: "button", class: "chip", "aria-pressed": "true", onclick: () => this.#press(state) });
    made.append(stateIcon(state), element("span", { class: "chip-label" }, STATE_WORDS[state]), count);
    this.#counts.set(state, count);
    this.#chips.set(state, made);
    return made;
  }

  #press(state: DroneState): void {
    if (this.#shown.has(state)) this.#shown.delete(state);
    else this.#shown.add(state);
    this.#chips.get(state)?.setAttribute("aria-pressed", String(this.#shown.has(state)));
    this.filtered(this.#shown);
  }

  #row(label: string, name: string): HTMLElement {
    const value = element("dd", {}, "–");
    this.#counts.set(name, value);
    return element("div", { class: "row" }, element("dt", {}, label), value);
  }

  #charted(label: string, name: string): HTMLElement {
    const chart = new Chart();
    this.#charts.set(name, chart);
    return this.#tile(label, name, chart.root);
  }

  #tile(label: string, name: string, extra?: Node): HTMLElement {
    const value = element("b", {}, "–");
    this.#counts.set(name, value);
    return element("div", { class: "tile" }, element("span", {}, label), value, extra);
  }
}
