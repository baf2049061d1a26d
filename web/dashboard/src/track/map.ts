import type { Config } from "../api/model";
import { stateOfPurpose } from "../fleet/state";
import { DronesCanvas } from "../map/drones-canvas";
import { EndPins, type Ends } from "../map/ends";
import { routeMs } from "../map/motion";
import { MapView } from "../map/view";
import { element } from "../page/element";
import type { Theme } from "../page/tone";
import type { Telemetry } from "../telemetry/connection";
import { isFinal } from "./steps";
import type { Tracked } from "./tracker";

/** Room left around what is framed, px. */
const PADDING = 60;

/** A map of one delivery: its ends, the drone or the courier that has it, what was flown for it and what is planned. Throws where the browser has no WebGL 2. */
export class DeliveryMap {
  readonly #view: MapView;
  readonly #drones: DronesCanvas;
  readonly #pins: EndPins;
  #tracked: Tracked | null = null;
  #courier: { remove: () => void } | null = null;
  #picked: ((at: { latitude: number; longitude: number }) => void) | null = null;

  constructor(
    container: HTMLElement,
    config: Config,
    private readonly telemetry: Telemetry,
    theme: Theme,
  ) {
    this.#view = new MapView({ container, config, tone: theme.tone, view: null, cooperative: window.matchMedia("(max-width: 760px)").matches });
    this.#pins = new EndPins(this.#view);
    const [latitude, longitude] = config.area.centre;
    this.#drones = new DronesCanvas(this.#view.map, { now: () => telemetry.now(), speed: () => telemetry.clock.speed ?? 1 }, { latitude, longitude });
    this.#drones.tone(theme.tone);
    theme.onChange((tone) => {
      this.#view.tone(tone);
      this.#drones.tone(tone);
    });
    this.#view.map.on("click", ({ lngLat }) => this.#picked?.({ latitude: lngLat.lat, longitude: lngLat.lng }));
    window.setInterval(() => this.#route(), routeMs());
  }

  /** Settles when style and first tiles are there. */
  get ready(): Promise<void> {
    return this.#view.ready;
  }

  /** Gives the next clicks away, or no more. */
  pick(picked: ((at: { latitude: number; longitude: number }) => void) | null): void {
    this.#picked = picked;
    this.#view.map.getCanvas().style.cursor = picked ? "crosshair" : "";
  }

  /** Shows the ends of what is not ordered yet. */
  ends(ends: Ends): void {
    const known = [ends.pickup, ends.dropoff].filter((end) => end !== null);
    if (this.#pins.show(ends) && known.length === 2 && !this.#picked) this.#view.frame(known, PADDING);
  }

  /** Shows a delivery as it is now, or none. */
  show(tracked: Tracked | null): void {
    this.#tracked = tracked;
    if (tracked) {
      const { pickup, dropoff } = tracked.delivery;
      if (this.#pins.show({ pickup, dropoff })) this.#view.frame([pickup, dropoff, tracked.at], PADDING);
    }
    const flight = tracked?.flight ?? null;
    this.#parcel(tracked);
    this.#drones.set("drone", flight ? { id: "drone", state: stateOfPurpose(flight.purpose), flight, stands: null } : undefined);
    this.#route();
  }

  /** Where the parcel is, where no drone shows it: a courier has it. */
  #parcel(tracked: Tracked | null): void {
    this.#courier?.remove();
    const seen = tracked?.stage === "HeadedToDropoff" && tracked.flight === null;
    this.#courier = seen ? this.#view.mark(element("div", { class: "parcel", role: "img", "aria-label": "The parcel" }), tracked.at.latitude, tracked.at.longitude) : null;
  }

  #route(): void {
    const tracked = this.#tracked;
    const flight = tracked?.flight && !isFinal(tracked.stage) ? tracked.flight : null;
    this.#view.route(flight, this.telemetry.now(), tracked?.flown);
  }
}
