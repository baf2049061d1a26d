import type { Marker } from "maplibre-gl";
import type { Location } from "../api/model";
import { element } from "../page/element";
import type { MapView } from "./view";

/** Which end of a delivery. */
export type End = "pickup" | "dropoff";

/** The ends of a delivery on the map, as far as they are known. */
export type Ends = Readonly<Record<End, Pick<Location, "latitude" | "longitude"> | null>>;

/** No ends at all. */
export const NOWHERE: Ends = { pickup: null, dropoff: null };

const LABELS: Readonly<Record<End, string>> = { pickup: "Pickup", dropoff: "Drop-off" };

/** The pins of a delivery's ends: each stands where its end is, and moves with it. */
export class EndPins {
  readonly #pins = new Map<End, Marker>();

  constructor(private readonly view: Pick<MapView, "mark">) {}

  /** Shows the ends there; whether a pin was put where none was before. */
  show(ends: Ends): boolean {
    const moved = (["pickup", "dropoff"] as const).map((end) => this.#put(end, ends[end]));
    return moved.includes(true);
  }

  #put(end: End, at: Ends[End]): boolean {
    const pin = this.#pins.get(end);
    if (at === null) {
      pin?.remove();
      this.#pins.delete(end);
      return false;
    }
    const stood = pin?.getLngLat();
    if (pin && stood?.lat === at.latitude && stood.lng === at.longitude) return false;
    if (pin) pin.setLngLat([at.longitude, at.latitude]);
    else this.#pins.set(end, this.view.mark(element("div", { class: `pin pin-${end}`, role: "img", "aria-label": LABELS[end] }, element("span", { class: "pin-label" }, LABELS[end]), element("span", { class: "pin-dot" })), at.latitude, at.longitude, "bottom"));
    return true;
  }
}
