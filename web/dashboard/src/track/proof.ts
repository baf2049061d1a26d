import { api } from "../api/client";
import type { Confirmation, Delivery, Milestone } from "../api/model";
import { element } from "../page/element";
import { clockTime } from "../page/words";

/** What a confirmation is called. */
const KINDS: Readonly<Record<string, string>> = { FingerPrint: "Finger print", Picture: "Picture", Voice: "Voice" };

/** A line of what proves a delivery. */
export type ProofLine = readonly [string, string];

/** What proves that a delivery was made, as far as it was; before that, what will be asked for. */
export function proofOf(delivery: Pick<Delivery, "confirmationRequired">, history: readonly Milestone[], confirmations: readonly Confirmation[]): ProofLine[] {
  const wanted = KINDS[delivery.confirmationRequired];
  const lines: ProofLine[] = [];
  const done = history.find(({ stage }) => stage === "Completed");
  if (done) {
    lines.push(["Put down", clockTime(Date.parse(done.at), true)]);
    if (done.location) lines.push(["Where", `${done.location.latitude.toFixed(5)}, ${done.location.longitude.toFixed(5)}`]);
    if (done.droneId) lines.push(["By", done.droneId]);
  }
  for (const { confirmationType, takenAt, blobSha256 } of confirmations) {
    lines.push([KINDS[confirmationType] ?? confirmationType, `taken ${clockTime(Date.parse(takenAt), true)} · ${blobSha256.slice(0, 8)}`]);
  }
  if (wanted && confirmations.length === 0) lines.push([wanted, done ? "not given yet" : "is asked for at the door"]);
  return lines;
}

/** What proves the delivery, as a list; nothing is shown while there is nothing to say. */
export class Proof {
  readonly root = element("section", { class: "stack", "aria-label": "Proof of delivery", hidden: true });
  readonly #list = element("dl", { class: "rows" });
  #asked = "";

  constructor(private readonly delivery: string) {
    this.root.append(element("h2", {}, "Proof of delivery"), this.#list);
  }

  /** Shows it as it is now; confirmations are asked for when the stage has changed. */
  async update(delivery: Delivery, history: readonly Milestone[]): Promise<void> {
    const state = `${history.length}`;
    if (state === this.#asked) return;
    this.#asked = state;
    const confirmations = await api.confirmations(this.delivery).catch(() => []);
    const lines = proofOf(delivery, history, confirmations);
    this.root.hidden = lines.length === 0;
    this.#list.replaceChildren(...lines.map(([label, value]) => element("div", { class: "row" }, element("dt", {}, label), element("dd", {}, value))));
  }
}
