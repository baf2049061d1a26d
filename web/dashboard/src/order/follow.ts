import type { Problem } from "../api/client";
import { element, say } from "../page/element";
import { clockTime, short } from "../page/words";
import type { Telemetry } from "../telemetry/connection";
import { DeliveryCard } from "../track/card";
import { CancelButton } from "../track/cancel";
import { stageWords } from "../track/steps";
import { Tracker, type Tracked } from "../track/tracker";
import { CustomerLink } from "./link";

/** What the panel tells the page. */
export interface FollowEvents {
  readonly changed: (tracked: Tracked) => void;
  readonly closed: () => void;
  /** A drone was pressed; left out where there is nothing to show of one. */
  readonly drone?: (drone: string) => void;
}

/** One delivery followed beside the map: steps, arrival, its link for the customer, and cancelling while that is allowed. */
export class FollowPanel {
  readonly root: HTMLElement;
  readonly tracker: Tracker;
  readonly #card = new DeliveryCard();
  readonly #said = element("p", { class: "form-said", role: "alert" });
  readonly #drone = element("p", { class: "follow-drone" });
  readonly #cancel = new CancelButton(
    () => this.tracker,
    (text) => say(this.#said, text),
  );
  readonly #link: CustomerLink;
  readonly #title = element("h2", { tabindex: -1 });
  readonly #history = element("tbody");

  constructor(
    readonly delivery: string,
    private readonly telemetry: Telemetry,
    private readonly events: FollowEvents,
  ) {
    this.#title.textContent = `Delivery ${short(delivery)}`;
    this.#link = new CustomerLink(delivery, (text) => say(this.#said, text));
    this.root = element(
      "section",
      { class: "stack follow", "aria-label": `Delivery ${delivery}`, "data-delivery": delivery },
      element("div", { class: "details-head" }, this.#title, element("button", { type: "button", class: "icon-button", "aria-label": "Close", onclick: () => events.closed() }, "✕")),
      element("p", { class: "faint mono whole-id" }, delivery),
      this.#card.root,
      this.#drone,
      element("details", { class: "more" }, element("summary", {}, "History"), element("table", { class: "table history" }, element("caption", { class: "visually-hidden" }, "Every change of this delivery"), element("thead", {}, element("tr", {}, ...["When", "What", "By"].map((name) => element("th", { scope: "col" }, name)))), this.#history)),
      element("div", { class: "buttons" }, ...this.#link.parts, this.#cancel.root),
      this.#said,
    );
    this.tracker = new Tracker(delivery, telemetry, { changed: (tracked) => this.#changed(tracked), failed: (problem) => this.#failed(problem) });
  }

  /** Ends it. */
  stop(): void {
    this.tracker.stop();
    this.root.remove();
  }

  /** Puts the focus on it. */
  focus(): void {
    this.#title.focus({ preventScroll: true });
  }

  /** Shows time passing. */
  tick(now: number, wall: number): void {
    this.#card.tick(now, wall, this.telemetry.clock.speed);
  }

  #changed(tracked: Tracked): void {
    say(this.#said, "");
    this.#card.update(tracked, performance.now());
    this.root.dataset["stage"] = tracked.stage;
    this.#cancel.update(tracked.stage);
    this.#bringer(tracked);
    this.#history.replaceChildren(...tracked.history.map(({ at, stage, droneId, carrier }) => element("tr", {}, element("td", {}, clockTime(Date.parse(at), true)), element("td", {}, stageWords(stage, carrier !== null)), element("td", {}, droneId ?? carrier ?? "–"))));
    this.events.changed(tracked);
  }

  #bringer({ carrier, droneId }: Tracked): void {
    const { drone: pressed } = this.events;
    const drone = droneId && (pressed ? element("button", { type: "button", class: "link-button", onclick: () => pressed(droneId) }, droneId) : droneId);
    if (carrier) say(this.#drone, `Brought by ${carrier}, a third party`);
    else if (this.#drone.textContent !== `Flown by ${droneId ?? ""}`) this.#drone.replaceChildren(...(drone ? ["Flown by ", drone] : []));
  }

  #failed(problem: Problem): void {
    say(this.#said, problem.status === 404 || problem.status === 400 ? `No delivery ${this.delivery} is known.` : problem.message);
  }
}
