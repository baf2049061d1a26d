import { api, Problem } from "../api/client";
import type { DeliveryRow } from "../api/model";
import { isFinal } from "../track/steps";

/** How long it is taken for granted who has a delivery that is not over, wall ms: a carrier may fail and another be booked. */
const KEPT_MS = 60_000;

/** What a row says of who brings it. */
type Brought = Pick<DeliveryRow, "id" | "by" | "stage">;

/** Which carriers have the deliveries of a page. Lists say only that one has it, so each is asked for, one after the other, and kept as long as it is listed. */
export class Carriers {
  #known = new Map<string, { readonly carrier: string; readonly until: number }>();
  #asking = false;

  constructor(
    private readonly ask: (delivery: string) => Promise<{ readonly carrier: string }> = api.booking,
    private readonly wall: () => number = () => performance.now(),
  ) {}

  /** The name of the carrier that has a delivery; `null` where it is not known. */
  of(delivery: string): string | null {
    return this.#known.get(delivery)?.carrier ?? null;
  }

  /** Asks for those of a page that are not known; settles with whether any was learnt. */
  async learn(rows: readonly Brought[]): Promise<boolean> {
    if (this.#asking) return false;
    this.#asking = true;
    const booked = rows.filter(({ by }) => by === "carrier");
    const listed = new Set(booked.map(({ id }) => id));
    this.#known = new Map([...this.#known].filter(([id]) => listed.has(id)));
    const wanted = booked.filter(({ id }) => this.wall() >= (this.#known.get(id)?.until ?? 0));
    for (const { id, stage } of wanted) {
      try {
        const { carrier } = await this.ask(id);
        this.#known.set(id, { carrier, until: isFinal(stage) ? Infinity : this.wall() + KEPT_MS });
      } catch (problem) {
        // One that is about to be booked is not found yet. Else the table stands without names; the next look asks for the rest.
        if (!(problem instanceof Problem && problem.status === 404)) break;
      }
    }
    this.#asking = false;
    return wanted.length > 0;
  }
}
