/** First wait, ms: short, since most losses are a restart or a lost link of a moment. */
const FIRST_MS = 500;

/** Longest wait, ms: a page left open overnight must come back soon after the service does. */
const MAX_MS = 15_000;

/** How long to wait before the next attempt: doubled each time, bounded, and scattered so that many pages do not come at once. */
export class Backoff {
  #failures = 0;

  /** Draws from `random`, uniform in 0..1. */
  constructor(private readonly random: () => number = Math.random) {}

  /** The next wait, ms: between half and all of what the number of failures asks for. */
  next(): number {
    const full = Math.min(MAX_MS, FIRST_MS * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 16);
    return full * (0.5 + this.random() / 2);
  }

  /** Starts anew after a connection that worked. */
  reset(): void {
    this.#failures = 0;
  }
}
