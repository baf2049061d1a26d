import { api, Problem } from "../api/client";
import { confirmed } from "../page/dialog";
import { element } from "../page/element";
import { mayCancel } from "./steps";
import type { Tracker } from "./tracker";

/** The button that cancels a delivery, there while that is allowed; `said` hears of a decision that is still to come. */
export class CancelButton {
  readonly root = element("button", { type: "button", class: "button danger", hidden: true, onclick: () => void this.#ask() }, "Cancel delivery…");

  constructor(
    private readonly tracker: () => Tracker | null,
    private readonly said: (text: string) => void,
  ) {}

  /** The delivery is in this stage now. */
  update(stage: string): void {
    this.root.hidden = !mayCancel(stage);
  }

  async #ask(): Promise<void> {
    await confirmed({
      title: "Cancel this delivery?",
      text: "It can be cancelled until the parcel is picked up, and not be taken up again afterwards.",
      act: "Cancel the delivery",
      danger: true,
      does: () => this.#cancel(),
    });
  }

  async #cancel(): Promise<void> {
    const tracker = this.tracker();
    if (tracker === null) return;
    try {
      const decided = await api.cancel(tracker.id);
      await tracker.refresh();
      this.said(decided ? "" : "The cancellation was taken and is being decided.");
    } catch (problem) {
      await tracker.refresh();
      throw problem instanceof Problem && problem.status === 409 ? new Problem(409, `Too late to cancel: ${problem.message}`) : problem;
    }
  }
}
