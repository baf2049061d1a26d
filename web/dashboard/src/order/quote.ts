import { api, Problem } from "../api/client";
import type { DeliveryRequest, Quote } from "../api/model";
import { element, say } from "../page/element";
import { clockTime } from "../page/words";

/** A person has stopped typing after this, ms. */
const TYPED_MS = 600;

/** Why a carrier brings it, or how soon a drone does, by the service's word for it. */
const REASONS: Readonly<Record<string, string>> = {
  Ready: "A drone stands ready.",
  Waits: "All drones are busy: one has to come free first.",
  TooHeavy: "It is too heavy for a drone.",
  OutOfRange: "It is too far for a drone.",
  OutsideArea: "It leaves the area that drones serve.",
  NoFlyZone: "No drone may fly there.",
  Wind: "The wind is too strong for drones.",
  Weather: "The weather keeps drones on the ground.",
  Grounded: "The depots near it are grounded.",
  WaitedTooLong: "No drone comes free in time.",
  CarrierCheaper: "A drone would take longer than it is worth.",
};

/** A quote in words: who brings it, for how much, when, and why so. */
export function quoteWords({ by, carrier, price, deliveryETA, reason }: Quote): { head: string; text: string } {
  const who = by === "carrier" ? (carrier ?? "A carrier") : "By drone";
  const cost = price === null ? "" : ` · $${price.toFixed(2)}`;
  return { head: `${who}${cost} · arrives about ${clockTime(Date.parse(deliveryETA))}`, text: REASONS[reason] ?? `Not by drone: ${reason}.` };
}

/** What an order would come to, asked whenever it changes; nothing is reserved. */
export class QuoteCard {
  readonly root = element("div", { class: "quote", role: "status", hidden: true });
  readonly #head = element("b");
  readonly #text = element("span", { class: "faint" });
  #timer = 0;
  #asked = 0;

  constructor() {
    this.root.append(this.#head, this.#text);
  }

  /** The order is this now; nothing where it is not whole. */
  update(request: DeliveryRequest | null): void {
    window.clearTimeout(this.#timer);
    this.#asked += 1;
    if (request === null) this.root.hidden = true;
    else this.#timer = window.setTimeout(() => void this.#ask(request), TYPED_MS);
  }

  async #ask(request: DeliveryRequest): Promise<void> {
    const asked = this.#asked;
    const told = await answerTo(request);
    if (asked !== this.#asked) return;
    this.root.hidden = told === null;
    this.root.dataset["by"] = told?.by ?? "";
    say(this.#head, told?.head ?? "");
    say(this.#text, told?.text ?? "");
  }
}

/** What the service says; nothing where the form itself will say what is wrong. */
async function answerTo(request: DeliveryRequest): Promise<{ by: string; head: string; text: string } | null> {
  try {
    const quote = await api.quote(request);
    return { by: quote.by, ...quoteWords(quote) };
  } catch (problem) {
    return problem instanceof Problem && problem.status === 409 ? { by: "nobody", head: "Nobody can bring this", text: problem.message } : null;
  }
}
