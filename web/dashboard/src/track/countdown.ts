/** A change smaller than this, ms of virtual time, is eased in; a larger one is real news and shown at once. */
const EASE_MS_MAX = 120_000;

/** Time constant of the easing, wall ms. */
const EASE_MS = 4_000;

/** Counts down to an estimate without jumping: small corrections flow in over seconds, and an open delivery's never lies in the past. */
export class Countdown {
  #target: number | null = null;
  #shown = 0;
  #wall = 0;

  /** The estimate that is shown, virtual ms; `null` before the first. */
  get eta(): number | null {
    return this.#target === null ? null : this.#shown;
  }

  /** Takes a new estimate. */
  update(eta: number, wall: number): void {
    if (!Number.isFinite(eta)) return;
    if (this.#target === null || Math.abs(eta - this.#shown) > EASE_MS_MAX) this.#shown = eta;
    else this.#ease(wall);
    this.#target = eta;
    this.#wall = wall;
  }

  /** Seconds left at virtual `now`; never below zero. */
  left(now: number, wall: number): number | null {
    if (this.#target === null) return null;
    this.#ease(wall);
    return Math.max(0, (this.#shown - now) / 1_000);
  }

  #ease(wall: number): void {
    if (this.#target === null) return;
    const part = 1 - Math.exp(-Math.max(0, wall - this.#wall) / EASE_MS);
    this.#shown += (this.#target - this.#shown) * part;
    this.#wall = wall;
  }
}
