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
export function quoteWords({ by, carrier, price, deliveryETA, reason }: Pick<Quote, "by" | "carrier" | "price" | "deliveryETA" | "reason">): { head: string; text: string } {
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
  /** What was asked last, and the answer to it. */
  #last: { readonly body: string; readonly quote: Promise<Quote | null> } | null = null;

  /** `told` hears each quote. */
  constructor(private readonly told: (quote: Quote) => void) {
    this.root.append(this.#head, this.#text);
  }

  /** The order is this now; nothing where it is not whole. */
  update(request: DeliveryRequest | null): void {
    window.clearTimeout(this.#timer);
    this.#asked += 1;
    if (request === null) this.root.hidden = true;
    else this.#timer = window.setTimeout(() => void this.#ask(request), TYPED_MS);
  }

  /** The quote of an order that is about to be sent, as soon as it is there; nothing where the service says none. */
  async of(request: DeliveryRequest): Promise<Quote | null> {
    window.clearTimeout(this.#timer);
    return this.#last?.body === JSON.stringify(request) ? this.#last.quote : this.#ask(request);
  }

  #ask(request: DeliveryRequest): Promise<Quote | null> {
    const quote = this.#show(request);
    this.#last = { body: JSON.stringify(request), quote };
    return quote;
  }

  async #show(request: DeliveryRequest): Promise<Quote | null> {
    const asked = this.#asked;
    const answer = await answerTo(request);
    if (asked !== this.#asked) return answer?.quote ?? null;
    // What a way to a point that is made up would come to helps nobody.
    this.root.hidden = answer === null || (answer.quote !== null && answer.quote.placeholders.length > 0);
    this.root.dataset["by"] = answer?.by ?? "";
    say(this.#head, answer?.head ?? "");
    say(this.#text, answer?.text ?? "");
    if (answer?.quote) this.told(answer.quote);
    return answer?.quote ?? null;
  }
}

/** What the service says; nothing where the form itself will say what is wrong. */
async function answerTo(request: DeliveryRequest): Promise<{ quote: Quote | null; by: string; head: string; text: string } | null> {
  try {
    const quote = await api.quote(request);
    return { quote, by: quote.by, ...quoteWords(quote) };
  } catch (problem) {
    return problem instanceof Problem && problem.status === 409 ? { quote: null, by: "nobody", head: "Nobody can bring this", text: problem.message } : null;
  }
}
