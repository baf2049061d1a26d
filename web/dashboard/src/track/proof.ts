import { api } from "../api/client";
import type { Confirmation } from "../api/model";
import { element } from "../page/element";
import { clockTime } from "../page/words";
import type { Tracked } from "./tracker";

/** What a confirmation is called. */
const KINDS: Readonly<Record<string, string>> = { FingerPrint: "Finger print", Picture: "Picture", Voice: "Voice" };

/** A line of what proves a delivery. */
export type ProofLine = readonly [string, string];

/** What proves that a delivery was made, as far as it was; before that, what will be asked for. */
export function proofOf(tracked: Pick<Tracked, "delivery" | "stage" | "arrivedAt" | "at" | "droneId" | "carrier">, confirmations: readonly Confirmation[]): ProofLine[] {
  const { delivery, stage, arrivedAt, at, droneId, carrier } = tracked;
  const wanted = KINDS[delivery.confirmationRequired];
  const lines: ProofLine[] = [];
  if (arrivedAt !== null) {
    lines.push(["Put down", clockTime(arrivedAt, true)]);
    lines.push(["Where", `${at.latitude.toFixed(5)}, ${at.longitude.toFixed(5)}`]);
    const by = droneId ?? carrier;
    if (by !== null) lines.push(["By", by]);
  }
  for (const { confirmationType, takenAt, blobSha256 } of confirmations) {
    lines.push([KINDS[confirmationType] ?? confirmationType, `taken ${clockTime(Date.parse(takenAt), true)} · ${blobSha256.slice(0, 8)}`]);
  }
  if (wanted && confirmations.length === 0) lines.push([wanted, stage === "Completed" ? "was not given" : "is asked for at the door"]);
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

  /** Shows it as it is now; confirmations are asked for when something has happened. */
  async update(tracked: Tracked): Promise<void> {
    const state = `${tracked.history.length} ${tracked.stage} ${tracked.arrivedAt}`;
    if (state === this.#asked) return;
    this.#asked = state;
    const confirmations = await api.confirmations(this.delivery).catch(() => []);
    const lines = proofOf(tracked, confirmations);
    this.root.hidden = lines.length === 0;
    this.#list.replaceChildren(...lines.map(([label, value]) => element("div", { class: "row" }, element("dt", {}, label), element("dd", {}, value))));
  }
}
