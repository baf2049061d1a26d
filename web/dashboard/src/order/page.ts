import type { Config } from "../api/model";
import { NOWHERE, type Ends } from "../map/ends";
import { element } from "../page/element";
import { Shell } from "../page/shell";
import type { Theme } from "../page/tone";
import type { Telemetry } from "../telemetry/connection";
import type { DeliveryMap } from "../track/map";
import { FollowPanel } from "./follow";
import { OrderForm } from "./form";

/** How often text is redrawn, ms. */
const TEXT_MS = 500;

/** The delivery that is followed, as the page's address keeps it. */
function followedIn(hash: string): string | null {
  return new URLSearchParams(hash.replace(/^#/, "")).get("delivery");
}

/** The page of whoever orders: the form with its quote, a map for both ends, and then what was ordered. It asks for nothing that a customer's key does not open. */
export class OrderPage {
  readonly #form: OrderForm;
  readonly #stage = element("div", { class: "map", role: "region", "aria-label": "Map of the order" });
  readonly #body = element("section", { class: "track-body" });
  readonly #title = element("h1", { class: "visually-hidden" }, "Order a delivery");
  #map: DeliveryMap | null = null;
  #ends: Ends = NOWHERE;
  #followed: FollowPanel | null = null;

  constructor(
    private readonly root: HTMLElement,
    private readonly config: Config,
    private readonly telemetry: Telemetry,
    private readonly theme: Theme,
  ) {
    const events = {
      picking: () => this.#listen(),
      placed: (end: keyof Ends, at: Ends[keyof Ends]) => this.#place({ ...this.#ends, [end]: at }),
      ordered: (delivery: string) => this.#follow(delivery, true),
    };
    this.#form = new OrderForm(events, config.ownerId);
  }

  /** Builds the page; settles when the map is there, or is known not to come. */
  async open(): Promise<void> {
    const shell = new Shell(this.theme, "Order a delivery");
    shell.follow(this.telemetry);
    this.root.className = "track";
    this.root.replaceChildren(shell.header, element("main", { class: "track-main" }, this.#stage, this.#body));
    const delivery = followedIn(window.location.hash);
    if (delivery === null) this.#order();
    else this.#follow(delivery, false);
    window.setInterval(() => this.#followed?.tick(this.telemetry.now(), performance.now()), TEXT_MS);
    await this.#openMap();
  }

  async #openMap(): Promise<void> {
    try {
      const { DeliveryMap } = await import("../track/map");
      this.#map = new DeliveryMap(this.#stage, this.config, this.telemetry, this.theme);
      this.#listen();
      this.#place(this.#ends);
      this.#map.show(this.#followed?.tracker.tracked ?? null);
      await this.#map.ready;
    } catch {
      this.#stage.hidden = true;
      this.#form.withoutMap();
    }
  }

  /** Clicks on the map are for the form while it wants one. */
  #listen(): void {
    this.#map?.pick(this.#form.picking ? ({ latitude, longitude }) => this.#form.pick(latitude, longitude) : null);
  }

  #place(ends: Ends): void {
    this.#ends = ends;
    this.#map?.ends(ends);
  }

  /** Shows the form, for the next delivery. */
  #order(): void {
    this.#followed?.stop();
    this.#followed = null;
    window.history.replaceState(null, "", "/order");
    this.#map?.show(null);
    this.#place(this.#form.ends);
    this.#body.replaceChildren(this.#title, this.#form.root);
  }

  /** Shows what was ordered in its place. */
  #follow(delivery: string, focus: boolean): void {
    window.history.replaceState(null, "", `#delivery=${encodeURIComponent(delivery)}`);
    const another = element("button", { type: "button", class: "button", onclick: () => this.#order() }, "Order another");
    this.#followed = new FollowPanel(delivery, this.telemetry, { closed: () => this.#order(), changed: (tracked) => this.#map?.show(tracked) });
    this.#body.replaceChildren(this.#title, this.#followed.root, another);
    if (focus) this.#followed.focus();
  }
}
