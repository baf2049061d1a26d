import type { Weather } from "../api/model";
import { drawing, element, say } from "../page/element";
import { compass } from "../page/words";

/** A wind weaker than this, m/s, is none. */
const CALM_MPS = 0.3;

/** The wind in words. */
export function windWords({ windMps, windFromDeg, gustMps }: Weather): string {
  if (gustMps < CALM_MPS) return "No wind";
  const gusts = gustMps - windMps >= 1 ? `, gusts ${gustMps.toFixed(0)}` : "";
  return windMps < CALM_MPS ? `Calm${gusts} m/s` : `${windMps.toFixed(1)} m/s from ${compass(windFromDeg)}${gusts}`;
}

/** What else of the weather matters to a drone, in words. */
export function skyWords({ rainMmH, visibilityM, temperatureC }: Weather): string {
  const rain = rainMmH > 0 ? `rain ${rainMmH.toFixed(1)} mm/h` : null;
  const sight = visibilityM === null ? null : `sight ${visibilityM >= 10_000 ? (visibilityM / 1_000).toFixed(0) : (visibilityM / 1_000).toFixed(1)} km`;
  return [`${temperatureC.toFixed(0)} °C`, rain, sight].filter(Boolean).join(" · ");
}

/** The weather on the map: an arrow that blows with the wind, and what it means in words. */
export class Wind {
  readonly root = element("section", { class: "wind", "aria-label": "Weather", hidden: true });
  readonly #arrow = drawing("path", { d: "M0 -10 L5 2 L1.4 0.6 L1.4 10 L-1.4 10 L-1.4 0.6 L-5 2 Z" });
  readonly #wind = element("b");
  readonly #sky = element("span", { class: "faint" });

  constructor() {
    this.root.append(drawing("svg", { viewBox: "-12 -12 24 24", class: "wind-arrow", "aria-hidden": "true" }, this.#arrow), element("div", { class: "wind-words" }, this.#wind, this.#sky));
  }

  /** Shows the weather as it is now. */
  update(weather: Weather): void {
    this.root.hidden = false;
    // It comes from there, and blows the other way.
    this.#arrow.setAttribute("transform", `rotate(${weather.windFromDeg + 180})`);
    this.#arrow.classList.toggle("calm", weather.windMps < CALM_MPS);
    say(this.#wind, windWords(weather));
    say(this.#sky, skyWords(weather));
  }
}
