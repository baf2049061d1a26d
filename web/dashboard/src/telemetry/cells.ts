import type { CellFrame, CellName, ViewFrame } from "./binary";
import { droneName } from "./columns";
import type { Flight } from "./flight";
import type { DronePosition, FleetChange } from "./frame";

/** What is known of a drone: that it flies a leg, or where it is. */
type Known = { readonly flight: Flight } | { readonly position: DronePosition; readonly flies: boolean };

/** A drone, and in how many cells it is. */
interface Entry {
  known: Known;
  cells: number;
}

const flies = (known: Known): boolean => "flight" in known || known.flies;

/**
 * The tables of a subscription's cells: what is to be seen is all of them together. A leg is in every tile that it touches, and is read
 * once. Numbers of drones are names here; the page hears of them by name.
 */
export class Cells {
  readonly #cells = new Map<CellName, Set<number>>();
  readonly #drones = new Map<number, Entry>();
  /** What was known, before this view, of drones that it touches. */
  #before = new Map<number, Known | undefined>();

  /** Takes a view with all its cells; answers what has changed, all that is known where the view is whole. */
  take(view: ViewFrame, frames: readonly CellFrame[]): FleetChange {
    this.#before = new Map();
    if (view.whole) {
      this.#cells.clear();
      this.#drones.clear();
    }
    for (const cell of view.left) this.#leave(cell);
    for (const frame of frames) this.#hear(frame);
    return this.#change();
  }

  #leave(cell: CellName): void {
    const held = this.#cells.get(cell);
    this.#cells.delete(cell);
    for (const drone of held ?? []) this.#drop(drone);
  }

  #hear(frame: CellFrame): void {
    if (frame.whole) this.#leave(frame.cell);
    const held = this.#cells.get(frame.cell) ?? new Set();
    this.#cells.set(frame.cell, held);
    const gone = (drone: number): void => {
      if (held.delete(drone)) this.#drop(drone);
    };
    if (frame.dropsFlying) for (const drone of [...held]) if (this.#fliesIn(drone)) gone(drone);
    for (const drone of frame.gone) gone(drone);
    frame.legs.drones.forEach((drone, row) => {
      const known = this.#drones.get(drone)?.known;
      const same = known && "flight" in known && frame.legs.tells(row, known.flight) ? known : null;
      this.#put(held, drone, same ?? { flight: frame.legs.flight(row) });
    });
    frame.fixes.drones.forEach((drone, row) => this.#put(held, drone, { position: frame.fixes.position(row), flies: frame.fixes.flies(row) }));
  }

  /** Whether a drone flew when the view began: another cell of the same view may have told otherwise since. */
  #fliesIn(drone: number): boolean {
    const known = this.#before.get(drone) ?? this.#drones.get(drone)?.known;
    return known !== undefined && flies(known);
  }

  #touch(drone: number): void {
    if (!this.#before.has(drone)) this.#before.set(drone, this.#drones.get(drone)?.known);
  }

  #put(held: Set<number>, drone: number, known: Known): void {
    this.#touch(drone);
    const entry = this.#drones.get(drone);
    const more = held.has(drone) ? 0 : 1;
    held.add(drone);
    if (entry) {
      entry.known = known;
      entry.cells += more;
    } else this.#drones.set(drone, { known, cells: 1 });
  }

  #drop(drone: number): void {
    this.#touch(drone);
    const entry = this.#drones.get(drone);
    if (entry && --entry.cells === 0) this.#drones.delete(drone);
  }

  #change(): FleetChange {
    const change = { flights: [] as Flight[], positions: [] as DronePosition[], removed: [] as string[] };
    for (const [drone, before] of this.#before) {
      const known = this.#drones.get(drone)?.known;
      if (known === before) continue;
      // A flight that is over is removed, also where the drone stands in view from now on.
      if (before && (!known || ("flight" in before && "position" in known))) change.removed.push(droneName(drone));
      if (known && "flight" in known) change.flights.push(known.flight);
      else if (known) change.positions.push(known.position);
    }
    this.#before = new Map();
    return change;
  }
}
