import { element, say } from "../page/element";

/** Which drones are shown, beyond their state. */
export interface DroneFilter {
  /** A depot's name. */
  readonly depot: string | null;
  /** Less than this share of their battery, per cent. */
  readonly battery: number | null;
  /** Only those whose delivery comes after its deadline. */
  readonly late: boolean;
}

/** Nothing is left out. */
export const ALL_DRONES: DroneFilter = { depot: null, battery: null, late: false };

const BATTERIES: readonly (readonly [string, string])[] = [
  ["", "Any charge"],
  ["50", "Below 50 %"],
  ["30", "Below 30 %"],
  ["20", "Below 20 %"],
];

/** Whether the filter leaves anything out. */
export function isFiltering({ depot, battery, late }: DroneFilter): boolean {
  return depot !== null || battery !== null || late;
}

/** The query that the service is asked by. */
export function queryOf({ depot, battery, late }: DroneFilter): string {
  const fields = new URLSearchParams();
  if (depot !== null) fields.set("depot", depot);
  if (battery !== null) fields.set("batteryBelow", String(battery / 100));
  if (late) fields.set("late", "true");
  return fields.toString();
}

/** The controls by which a person says which drones are shown. */
export class FilterBar {
  readonly root: HTMLElement;
  #filter = ALL_DRONES;
  readonly #depot = element("select", { id: "filter-depot", onchange: () => this.#said() }, element("option", { value: "" }, "Any depot"));
  readonly #battery = element("select", { id: "filter-battery", onchange: () => this.#said() }, ...BATTERIES.map(([value, label]) => element("option", { value }, label)));
  readonly #late = element("input", { type: "checkbox", id: "filter-late", onchange: () => this.#said() });

  readonly #held = element("p", { class: "faint", role: "status" });

  constructor(private readonly changed: (filter: DroneFilter) => void) {
    const field = (label: string, control: HTMLElement): HTMLElement => element("div", { class: "field" }, element("label", { for: control.id }, label), control);
    this.root = element(
      "div",
      { class: "filters", role: "group", "aria-label": "Show only some drones" },
      field("Home", this.#depot),
      field("Battery", this.#battery),
      element("div", { class: "check" }, this.#late, element("label", { for: "filter-late" }, "Late deliveries only")),
      this.#held,
    );
  }

  /** Takes no choice while the past is played, or takes them again: whose battery and delivery stood how is not kept. */
  hold(on: boolean): void {
    for (const control of [this.#depot, this.#battery, this.#late]) control.disabled = on;
    say(this.#held, on ? "Home, battery and lateness of then are not kept, and leave nothing out." : "");
  }

  /** What is shown. */
  get filter(): DroneFilter {
    return this.#filter;
  }

  /** Offers depots to choose from, keeping the choice. */
  offer(depots: readonly string[]): void {
    const known = new Set([...this.#depot.options].map((option) => option.value));
    for (const name of depots) if (!known.has(name)) this.#depot.append(element("option", { value: name }, name));
    this.#depot.value = this.#filter.depot ?? "";
  }

  /** Takes a filter, as from the page's address. */
  set(filter: DroneFilter): void {
    this.#filter = filter;
    if (filter.depot !== null) this.offer([filter.depot]);
    this.#depot.value = filter.depot ?? "";
    this.#battery.value = filter.battery === null ? "" : String(filter.battery);
    this.#late.checked = filter.late;
  }

  #said(): void {
    this.#filter = { depot: this.#depot.value || null, battery: Number(this.#battery.value) || null, late: this.#late.checked };
    this.changed(this.#filter);
  }
}
