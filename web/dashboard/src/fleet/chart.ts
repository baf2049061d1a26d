import { drawing } from "../page/element";

/** Points a chart holds: at one each ten virtual seconds, ten minutes at the pace of real time. */
const POINTS_MAX = 60;

/** Height of the drawing; its width is the number of points. */
const HIGH = 30;

/** The corners of a line of values over time, the newest on the right; `top` is what reaches up. */
export function corners(values: readonly number[], top: number): string {
  const most = Math.max(top, 1e-9);
  return values.map((value, index) => `${POINTS_MAX - values.length + index},${(HIGH - 2 - (Math.min(value, most) / most) * (HIGH - 5)).toFixed(1)}`).join(" ");
}

/** A small line of how a figure went. */
export class Chart {
  readonly root = drawing("svg", { viewBox: `0 0 ${POINTS_MAX - 1} ${HIGH}`, preserveAspectRatio: "none", class: "spark", "aria-hidden": "true" });
  readonly #values: number[] = [];
  readonly #line = drawing("polyline", { points: "", fill: "none", stroke: "currentColor", "stroke-width": 1.5, "vector-effect": "non-scaling-stroke" });

  constructor() {
    this.root.append(this.#line);
  }

  /** Adds a value. */
  add(value: number): void {
    this.#values.push(value);
    if (this.#values.length > POINTS_MAX) this.#values.shift();
    this.#line.setAttribute("points", corners(this.#values, Math.max(...this.#values)));
  }
}
