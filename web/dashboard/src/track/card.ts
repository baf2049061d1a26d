import { element, say } from "../page/element";
import { arrivalWords, clockTime, countdown, speedWords } from "../page/words";
import { Countdown } from "./countdown";
import { doorWords, isFinal, stageWords, stepsOf, type Step } from "./steps";
import type { Tracked } from "./tracker";

/** Stage, arrival and steps of one delivery, as text: works without any map. */
export class DeliveryCard {
  readonly root: HTMLElement;
  readonly #stage = element("p", { class: "track-stage", role: "status" });
  readonly #figure = element("p", { class: "track-figure" });
  readonly #note = element("p", { class: "track-note" });
  readonly #steps = element("ol", { class: "steps", "aria-label": "Steps of this delivery" });
  readonly #eta = new Countdown();
  #tracked: Tracked | null = null;

  constructor() {
    this.root = element("div", { class: "track-card" }, this.#stage, this.#figure, this.#note, this.#steps);
  }

  /** Shows a change. */
  update(tracked: Tracked, wall: number): void {
    this.#tracked = tracked;
    this.#eta.update(tracked.deliveryEta, wall);
    const wanted = tracked.delivery.confirmationRequired;
    say(this.#stage, isAtDoor(tracked) ? doorWords(wanted) : stageWords(tracked.stage, tracked.carrier !== null));
    this.root.dataset["stage"] = tracked.stage;
    this.#steps.replaceChildren(...stepsOf(tracked.stage, tracked.reached, wanted === "None" ? null : tracked.arrivedAt).map(stepElement));
  }

  /** Shows time passing; call it a few times a second. */
  tick(now: number, wall: number, speed: number | null): void {
    const tracked = this.#tracked;
    if (tracked === null) return;
    if (isFinal(tracked.stage)) {
      const done = tracked.stage === "Completed";
      say(this.#figure, done ? clockTime(tracked.deliveryEta) : "—");
      say(this.#note, done ? (tracked.carrier === null ? "It arrived. Thank you for flying with us." : "It arrived.") : "This delivery will not be made.");
      return;
    }
    if (isAtDoor(tracked)) {
      say(this.#figure, "At the door");
      say(this.#note, `Put down at ${clockTime(tracked.arrivedAt)}`);
      return;
    }
    const left = this.#eta.left(now, wall) ?? 0;
    say(this.#figure, left < 1 ? "Any moment now" : countdown(left));
    const hurried = speed === 1 ? "" : speed === 0 ? " · time is paused" : ` · time runs ${speedWords(speed)}`;
    say(this.#note, `${arrivalWords(this.#eta.eta ?? tracked.deliveryEta, tracked.deliveryLow, tracked.deliveryHigh)}${hurried}`);
  }
}

/** Whether it was put down and has not ended: nothing is counted down to any more. */
function isAtDoor(tracked: Tracked): tracked is Tracked & { readonly arrivedAt: number } {
  return tracked.arrivedAt !== null && !isFinal(tracked.stage);
}

function stepElement({ label, state, at }: Step): HTMLElement {
  const words = { done: "done", current: "now", todo: "to come", stopped: "stopped" }[state];
  return element(
    "li",
    { class: `step step-${state}`, ...(state === "current" ? { "aria-current": "step" } : {}) },
    element("span", { class: "step-label" }, label),
    element("span", { class: "visually-hidden" }, ` (${words})`),
    at === null ? null : element("time", { datetime: new Date(at).toISOString() }, clockTime(at)),
  );
}
