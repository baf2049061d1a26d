/** A difference greater than this many seconds of wall time is jumped, not slewed. */
const SLEW_SECONDS_MAX = 2;

/** Time constant of the slew, wall milliseconds: after three of these a correction is over. */
const SLEW_MS = 800;

/**
 * Virtual time between two words from the server: runs at the server's speed from the last `hello` or `clock`, and works small
 * corrections in over a second, so that drones never twitch. Wall times are `performance.now()`.
 */
export class SimClock {
  #anchor: { wall: number; virtual: number; speed: number; error: number } | null = null;
  #last = -Infinity;

  /** Whether the server has said what time it is. */
  get known(): boolean {
    return this.#anchor !== null;
  }

  /** Virtual seconds a wall second; `null` where the world runs as fast as it can, or nothing is known. */
  get speed(): number | null {
    const speed = this.#anchor?.speed ?? 0;
    return speed > 0 ? speed : null;
  }

  /** Takes the server's time (virtual milliseconds) as of the wall time `wall`. */
  sync(virtual: number, speed: number | null, wall: number): void {
    const rate = speed !== null && Number.isFinite(speed) && speed > 0 ? speed : 0;
    const shown = this.#anchor === null ? virtual : this.#at(wall);
    const difference = shown - virtual;
    const jump = this.#anchor === null || Math.abs(difference) > SLEW_SECONDS_MAX * 1_000 * Math.max(rate, 1);
    if (jump) this.#last = -Infinity;
    this.#anchor = { wall, virtual, speed: rate, error: jump ? 0 : difference };
  }

  /** Takes a virtual time that has surely come, where no speed tells how fast time goes. */
  reach(virtual: number, wall: number): void {
    if (this.#anchor !== null && this.#anchor.speed === 0 && virtual > this.#anchor.virtual) this.#anchor = { ...this.#anchor, virtual, wall };
  }

  /** Virtual milliseconds at a wall time; never goes back between two jumps. */
  at(wall: number): number {
    this.#last = Math.max(this.#last, this.#at(wall));
    return this.#last;
  }

  #at(wall: number): number {
    if (this.#anchor === null) return Date.now();
    const passed = wall - this.#anchor.wall;
    return this.#anchor.virtual + passed * this.#anchor.speed + this.#anchor.error * Math.exp(-Math.max(0, passed) / SLEW_MS);
  }
}
