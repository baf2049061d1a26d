import type { Depot } from "../api/model";
import type { MapView } from "../map/view";
import { element, say } from "../page/element";

/** A depot on the map. */
interface Mark {
  readonly root: HTMLElement;
  readonly figures: HTMLElement;
}

/** Depots on the map, each with how many drones stand ready and charge there. */
export class DepotMarkers {
  readonly #markers = new Map<string, Mark>();
  /** What the labels say that the map makes room for. */
  #labels = "";

  constructor(
    private readonly view: MapView,
    private readonly chosen: (depot: string) => void,
  ) {
    const sized = (): void => void view.map.getContainer().classList.toggle("map-far", view.map.getZoom() < view.labelsFromZoom);
    view.map.on("zoom", sized);
    sized();
  }

  /** Shows the depots as they are now. */
  update(depots: readonly Depot[]): void {
    for (const depot of depots) {
      const known = this.#markers.get(depot.name) ?? this.#mark(depot);
      say(known.figures, depot.isGrounded ? "grounded" : `${depot.idle} ready`);
      known.root.dataset["grounded"] = String(depot.isGrounded);
      const words = `${depot.name} ${known.figures.textContent ?? ""}: depot, ${depot.idle} ready, ${depot.charging} charging, ${depot.flying} flying`;
      if (known.root.getAttribute("aria-label") !== words) known.root.setAttribute("aria-label", words);
    }
    const labels = depots.map(({ name, location: { latitude, longitude } }) => ({ label: `${name} ${this.#markers.get(name)?.figures.textContent ?? ""}`, latitude, longitude }));
    const said = labels.map(({ label }) => label).join();
    if (said !== this.#labels) this.view.makeRoom(labels);
    this.#labels = said;
  }

  /** The map hears of clicks on what stands on it, and would look for a drone there. */
  #click(event: Event, depot: string): void {
    event.stopPropagation();
    this.chosen(depot);
  }

  #mark(depot: Depot): Mark {
    const figures = element("span", { class: "depot-figures" });
    const made = element("button", { type: "button", class: "depot", onclick: (event) => this.#click(event, depot.name) }, element("span", { class: "depot-dot" }), element("span", { class: "depot-label" }, element("b", {}, depot.name), " ", figures));
    this.view.mark(made, depot.location.latitude, depot.location.longitude);
    const known = { root: made, figures };
    this.#markers.set(depot.name, known);
    return known;
  }
}
