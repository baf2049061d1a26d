import type { Config } from "../api/model";
import type { Problem } from "../api/client";
import { element, say } from "../page/element";
import { Shell } from "../page/shell";
import type { Theme } from "../page/tone";
import { short } from "../page/words";
import type { Telemetry } from "../telemetry/connection";
import { DeliveryCard } from "./card";
import { CancelButton } from "./cancel";
import type { DeliveryMap } from "./map";
import { Proof } from "./proof";
import { Tracker, type Tracked } from "./tracker";

/** How often text is redrawn, ms. */
const TEXT_MS = 500;

/** The customer's page: where is my parcel, and when does it come. Text first; the map comes when it can. */
export class TrackPage {
  readonly #card = new DeliveryCard();
  readonly #stage = element("div", { class: "map", role: "region", "aria-label": "Map of the delivery" });
  readonly #said = element("p", { class: "form-said", role: "alert" });
  readonly #title: HTMLElement;
  readonly #body: HTMLElement;
  readonly #facts = element("p", { class: "faint track-facts" });
  readonly #proof: Proof;
  readonly #cancel = new CancelButton(
    () => this.#tracker,
    (text) => say(this.#said, text),
  );
  #tracker: Tracker | null = null;
  #map: DeliveryMap | null = null;
  #first: ((found: boolean) => void) | null = null;

  constructor(
    private readonly delivery: string,
    private readonly root: HTMLElement,
    private readonly config: Config,
    private readonly telemetry: Telemetry,
    private readonly theme: Theme,
  ) {
    this.#proof = new Proof(delivery);
    this.#title = element("h1", {}, `Delivery ${short(delivery)}`);
    this.#body = element("section", { class: "track-body" }, this.#title, this.#card.root, this.#facts, this.#said, this.#proof.root, this.#cancel.root);
  }

  /** Builds the page; settles when the delivery is shown, or is known not to exist. */
  async open(): Promise<void> {
    const shell = new Shell(this.theme, `Delivery ${short(this.delivery)}`);
    shell.follow(this.telemetry);
    this.root.className = "track";
    this.root.replaceChildren(shell.header, element("main", { class: "track-main" }, this.#stage, this.#body));
    const found = new Promise<boolean>((resolve) => (this.#first = resolve));
    this.#tracker = new Tracker(this.delivery, this.telemetry, { changed: (tracked) => this.#changed(tracked), failed: (problem) => this.#failed(problem) });
    window.setInterval(() => this.#tick(), TEXT_MS);
    if (await found) await this.#openMap();
  }

  async #openMap(): Promise<void> {
    try {
      const { DeliveryMap } = await import("./map");
      this.#map = new DeliveryMap(this.#stage, this.config, this.telemetry, this.theme);
      await this.#map.ready;
      this.#map.show(this.#tracker?.tracked ?? null);
    } catch {
      this.#stage.hidden = true;
    }
  }

  #changed(tracked: Tracked): void {
    say(this.#said, "");
    this.#card.update(tracked, performance.now());
    this.root.dataset["stage"] = tracked.stage;
    say(this.#facts, tracked.carrier ? `Brought by ${tracked.carrier}` : tracked.droneId ? `Flown by ${tracked.droneId}` : "");
    this.#cancel.update(tracked.stage);
    void this.#proof.update(tracked);
    this.#map?.show(tracked);
    this.#tick();
    this.#first?.(true);
  }

  #failed(problem: Problem): void {
    // An id that is none is answered with 400.
    if (problem.status === 404 || problem.status === 400) {
      say(this.#title, "No such delivery");
      say(this.#said, "No delivery is known by this link. Check it for a missing character, or ask whoever sent it to you.");
      this.#card.root.hidden = true;
      this.#cancel.root.hidden = true;
      this.#stage.hidden = true;
      this.#tracker?.stop();
      this.#first?.(false);
    } else {
      say(this.#said, `${problem.message} Trying again…`);
      this.#first?.(true);
    }
  }

  #tick(): void {
    this.#card.tick(this.telemetry.now(), performance.now(), this.telemetry.clock.speed);
  }
}
