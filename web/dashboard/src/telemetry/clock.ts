/** A difference greater than this many seconds of wall time is jumped, not slewed. */
const SLEW_SECONDS_MAX = 2;

/** Time constant of the slew, wall milliseconds: after three of these a correction is over. */
const SLEW_MS = 800;

/** What is left of a correction after this, wall ms, is less than can be seen: the clock then shows exactly what it was told. */
const SLEW_OVER_MS = 5 * SLEW_MS;

/**
 * Virtual time between two words from the server: runs at the server's speed from the last `hello` or `clock`, and works small
 * corrections in over a second, so that drones never twitch. Wall times are `performance.now()`.
 */
export class SimClock {
  #anchor: { wall: number; virtual: number; speed: number; unpaced: boolean; error: number; glides: boolean } | null = null;
  #last = -Infinity;

  /** Whether the server has said what time it is. */
  get known(): boolean {
    return this.#anchor !== null;
  }

  /** Virtual seconds a wall second: 0 while the world is paused, `null` where it runs as fast as it can, or nothing is known. */
  get speed(): number | null {
    return this.#anchor === null || this.#anchor.unpaced ? null : this.#anchor.speed;
  }

  /** Takes the server's time (virtual milliseconds) as of the wall time `wall`. */
  sync(virtual: number, speed: number | null, wall: number): void {
    const unpaced = speed === null || !Number.isFinite(speed);
    const rate = unpaced ? 0 : Math.max(0, speed);
    const before = this.#anchor?.speed ?? 0;
    const shown = this.#anchor === null ? virtual : this.#at(wall);
    const difference = shown - virtual;
    const jump = this.#anchor === null || Math.abs(difference) > SLEW_SECONDS_MAX * 1_000 * Math.max(rate, before, 1);
    if (jump) this.#last = -Infinity;
    // A clock that went too fast for a moment, before it heard that time is paused or slower, glides back.
    this.#anchor = { wall, virtual, speed: rate, unpaced, error: jump ? 0 : difference, glides: rate < before };
  }

  /** Takes a virtual time that has surely come, where no speed tells how fast time goes. */
  reach(virtual: number, wall: number): void {
    if (this.#anchor?.unpaced && virtual > this.#anchor.virtual) this.#anchor = { ...this.#anchor, virtual, wall };
  }

  /** Virtual milliseconds at a wall time; never goes back between two jumps or slowdowns. */
  at(wall: number): number {
    const now = this.#at(wall);
    this.#last = this.#anchor?.glides ? now : Math.max(this.#last, now);
    return this.#last;
  }

  #at(wall: number): number {
    if (this.#anchor === null) return Date.now();
    const passed = wall - this.#anchor.wall;
    const error = passed < SLEW_OVER_MS ? this.#anchor.error * Math.exp(-Math.max(0, passed) / SLEW_MS) : 0;
    return this.#anchor.virtual + passed * this.#anchor.speed + error;
  }
}
