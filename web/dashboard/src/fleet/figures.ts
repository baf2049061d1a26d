import { drawing, element, say } from "../page/element";
import { span } from "../page/words";
import type { StatsFrame } from "../telemetry/frame";
import { stateIcon } from "./icon";
import { DRONE_STATES, STATE_WORDS, type DroneState } from "./state";

/** Points of the small chart: at one a second, the last two minutes. */
const HISTORY_MAX = 120;

const DELIVERY_ROWS: readonly (readonly [string, string])[] = [
  ["Waiting for a drone", "waiting"],
  ["On the way to pickup", "HeadedToPickup"],
  ["On the way to drop-off", "HeadedToDropoff"],
  ["Completed", "Completed"],
  ["Cancelled", "Cancelled"],
];

/** The fleet's counters: also the map's legend, and the filter of what it shows. */
export class Figures {
  readonly root: HTMLElement;
  readonly #counts = new Map<string, HTMLElement>();
  readonly #chips = new Map<DroneState, HTMLButtonElement>();
  readonly #chart = drawing("svg", { viewBox: `0 0 ${HISTORY_MAX} 30`, preserveAspectRatio: "none", class: "spark", "aria-hidden": "true" });
  readonly #history: number[] = [];
  #latest: number | null = null;
  readonly #shown = new Set<DroneState>(DRONE_STATES);

  constructor(private readonly filtered: (shown: ReadonlySet<DroneState>) => void) {
    const chips = element("div", { class: "chips", role: "group", "aria-label": "Drones by state; press to hide or show on the map" });
    for (const state of DRONE_STATES) chips.append(this.#chip(state));
    const rows = element("dl", { class: "rows" }, ...DELIVERY_ROWS.map(([label, name]) => this.#row(label, name)));
    const speed = element("div", { class: "tiles" }, this.#tile("Completed in the last minute", "perMinute", this.#chart), this.#tile("Wait for pickup, half within", "p50"), this.#tile("95 in 100 within", "p95"));
    this.root = element("div", { class: "stack" }, element("h2", {}, "Drones"), chips, element("h2", {}, "Deliveries"), rows, speed);
  }

  /** Which states are shown. */
  get shown(): ReadonlySet<DroneState> {
    return this.#shown;
  }

  /** Shows new figures. */
  update(stats: StatsFrame): void {
    const set = (name: string, text: string): void => {
      const target = this.#counts.get(name);
      if (target) say(target, text);
    };
    for (const state of DRONE_STATES) set(state, String(stats.drones[state] ?? 0));
    for (const [, name] of DELIVERY_ROWS) set(name, (name === "waiting" ? stats.waiting : (stats.deliveries[name] ?? 0)).toLocaleString());
    set("perMinute", String(stats.completedPerMinute));
    set("p50", stats.waitP50S > 0 ? span(stats.waitP50S) : "–");
    set("p95", stats.waitP95S > 0 ? span(stats.waitP95S) : "–");
    this.#latest = stats.completedPerMinute;
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

  #tile(label: string, name: string, extra?: Node): HTMLElement {
    const value = element("b", {}, "–");
    this.#counts.set(name, value);
    return element("div", { class: "tile" }, element("span", {}, label), value, extra);
  }

  /** Adds the latest figure to the chart; call it once a second, since figures come only when they change. */
  tick(): void {
    if (this.#latest === null) return;
    this.#history.push(this.#latest);
    if (this.#history.length > HISTORY_MAX) this.#history.shift();
    const top = Math.max(...this.#history, 1);
    const points = this.#history.map((each, index) => `${HISTORY_MAX - this.#history.length + index},${(28 - (each / top) * 25).toFixed(1)}`);
    this.#chart.replaceChildren(drawing("polyline", { points: points.join(" "), fill: "none", stroke: "currentColor", "stroke-width": 1.5, "vector-effect": "non-scaling-stroke" }));
  }
}
