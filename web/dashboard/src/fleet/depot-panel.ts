import { api } from "../api/client";
import type { Depot } from "../api/model";
import { confirmed } from "../page/dialog";
import { element, say } from "../page/element";

/** What the panel tells the page. */
export interface DepotEvents {
  readonly closed: () => void;
  /** The depot was changed: ask anew. */
  readonly changed: () => void;
  /** Show only its drones. */
  readonly filter: (depot: string) => void;
}

/** A depot's figures, in the order in which they are shown. */
export function depotFigures(depot: Depot): readonly (readonly [string, number])[] {
  return [
    ["Ready", depot.idle],
    ["In the air", depot.flying],
    ["At a pickup or drop-off", depot.handling],
    ["Charging", depot.charging],
    ["Waiting for a pad", depot.queue],
    ["In maintenance", depot.maintenance],
    ["Out of order", depot.failed],
    ["Pads", depot.pads],
  ];
}

/** The panel of one depot: what its drones do; grounding it and releasing it. */
export class DepotPanel {
  readonly root: HTMLElement;
  readonly #title: HTMLElement;
  readonly #state = element("p", { class: "details-state", role: "status" });
  readonly #list = element("dl", { class: "rows" });
  readonly #act = element("button", { type: "button", class: "button danger", onclick: () => void this.#switch() });
  #depot: Depot;

  constructor(
    depot: Depot,
    private readonly events: DepotEvents,
  ) {
    this.#depot = depot;
    this.#title = element("h2", { tabindex: -1 }, depot.name);
    const only = element("button", { type: "button", class: "button", onclick: () => events.filter(depot.name) }, "Only its drones");
    const close = element("button", { type: "button", class: "icon-button", "aria-label": "Close", onclick: () => events.closed() }, "✕");
    this.root = element("section", { class: "details", "aria-label": `Depot ${depot.name}`, "data-depot": depot.name }, element("div", { class: "details-head" }, this.#title, close), this.#state, this.#list, element("div", { class: "buttons" }, only, this.#act));
    this.update(depot);
  }

  /** Which. */
  get name(): string {
    return this.#depot.name;
  }

  /** Puts the focus on it. */
  focus(): void {
    this.#title.focus({ preventScroll: true });
  }

  /** Shows it as it is now. */
  update(depot: Depot): void {
    this.#depot = depot;
    say(this.#state, depot.isGrounded ? "Grounded: nothing takes off" : "Open");
    this.root.dataset["grounded"] = String(depot.isGrounded);
    this.#list.replaceChildren(...depotFigures(depot).map(([label, count]) => element("div", { class: "row" }, element("dt", {}, label), element("dd", {}, String(count)))));
    say(this.#act, depot.isGrounded ? "Release…" : "Ground…");
  }

  async #switch(): Promise<void> {
    const { name, isGrounded } = this.#depot;
    const done = await confirmed(
      isGrounded
        ? { title: `Release ${name}?`, text: "Its drones take off again, unless the weather keeps them down.", act: "Release it", does: () => api.releaseDepot(name) }
        : { title: `Ground ${name}?`, text: "No drone takes off from here until it is released. What flies goes on.", act: "Ground it", danger: true, does: () => api.groundDepot(name) },
    );
    if (done) this.events.changed();
  }
}
