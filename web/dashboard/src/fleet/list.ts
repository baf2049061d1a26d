import { element, say } from "../page/element";
import { Rows, type Row } from "../page/rows";
import { compass, short } from "../page/words";
import { stateIcon } from "./icon";
import { deliveryOf, fixOf, saysMotion, type Drone } from "./roster";
import { STATE_WORDS, type DroneState } from "./state";

/** Rows shown at once; more than a person reads, few enough to redraw each second. */
const ROWS_MAX = 50;

/** The number in a drone's name. */
function numberOf({ id }: Drone): number {
  return Number(id.slice(id.lastIndexOf("-") + 1));
}

/** How many drones fit, and those of the lowest numbers, `most` of them, in order: found in one pass, as there may be twenty thousand. */
export function firstOf(drones: Iterable<Drone>, fits: (drone: Drone) => boolean, most: number): { readonly count: number; readonly first: readonly Drone[] } {
  const first: Drone[] = [];
  const numbers: number[] = [];
  let count = 0;
  for (const drone of drones) {
    if (!fits(drone)) continue;
    count += 1;
    const number = numberOf(drone);
    if (first.length === most && number >= (numbers[most - 1] ?? Infinity)) continue;
    let place = first.length;
    while (place > 0 && (numbers[place - 1] ?? 0) > number) place -= 1;
    first.splice(place, 0, drone);
    numbers.splice(place, 0, number);
    first.length = numbers.length = Math.min(first.length, most);
  }
  return { count, first };
}

/** A drone as a row shows it. */
interface ListItem {
  readonly drone: Drone;
  readonly now: number;
  readonly stale: boolean;
  readonly selected: boolean;
}

/** The drones that a list is of. */
export interface Listed {
  readonly drones: Iterable<Drone>;
  /** Whether there are too many to tell of each. */
  readonly crowded: boolean;
  /** Where, or when, they are. */
  readonly where: string;
  /** Of which of them nothing is heard any more. */
  readonly isStale: (drone: Drone) => boolean;
}

/** Text by which a drone is found. */
function textOf(drone: Drone): string {
  return `${drone.id} ${STATE_WORDS[drone.state]} ${deliveryOf(drone) ?? ""}`.toLowerCase();
}

/** The drones in view as a list: the map for those who do not use a pointer. */
export class DroneList {
  readonly root: HTMLElement;
  readonly #list = element("ul", { class: "list list-held", "aria-label": "Drones" });
  readonly #rows: Rows<ListItem>;
  readonly #count = element("p", { class: "faint", role: "status" });

  constructor(private readonly choose: (drone: string) => void) {
    this.root = element("div", { class: "stack" }, this.#count, this.#list);
    this.#rows = new Rows(this.#list, (item) => item.drone.id, (item) => this.#row(item));
  }

  /** Redraws: drones in these states, of these (all where it is `null`), that `text` names. */
  update({ drones, crowded, where, isStale }: Listed, now: number, shown: ReadonlySet<DroneState>, only: ReadonlySet<string> | null, text: string, selected: string | null): void {
    if (crowded) {
      say(this.#count, "There are too many drones in view to show each. Circles count them; one under way counts in each tile of the map that it crosses. Go nearer to see them.");
      return this.#rows.update([]);
    }
    const wanted = text.trim().toLowerCase();
    const fits = (drone: Drone): boolean => shown.has(drone.state) && (only === null || only.has(drone.id)) && (wanted === "" || textOf(drone).includes(wanted));
    // By name and not by state, so that no row moves away under the pointer.
    const { count, first } = firstOf(drones, fits, ROWS_MAX);
    const more = count > ROWS_MAX ? `; the first ${ROWS_MAX} are listed` : "";
    say(this.#count, `${count.toLocaleString()} ${count === 1 ? "drone" : "drones"} ${where}${more}`);
    this.#rows.update(first.map((drone) => ({ drone, now, stale: isStale(drone), selected: drone.id === selected })));
  }

  #row({ drone: { id } }: ListItem): Row<ListItem> {
    const icon = element("span", { class: "list-icon" });
    const words = element("span", { class: "faint" });
    const button = element("button", { type: "button", class: "list-row", onclick: () => this.choose(id) }, icon, element("span", { class: "list-main" }, id), words);
    let drawn: DroneState | null = null;
    const update = ({ drone, now, stale, selected }: ListItem): void => {
      if (drawn !== drone.state) icon.replaceChildren(stateIcon(drone.state));
      drawn = drone.state;
      say(words, wordsOf(drone, now, stale));
      button.classList.toggle("stale", stale);
      button.setAttribute("aria-pressed", String(selected));
    };
    return { root: element("li", {}, button), update };
  }
}

/** How a drone moves, in words: also one that climbs, sinks or hovers over a spot is in the air. */
export function movementOf(drone: Drone, now: number): string {
  const { speed, heading, altitude } = fixOf(drone, now);
  const flies = drone.flight !== null || saysMotion(drone.stands);
  if (flies && speed > 0) return `${Math.round(speed)} m/s ${compass(heading)}`;
  return flies && altitude >= 1 ? `${Math.round(altitude)} m up` : "on the ground";
}

function wordsOf(drone: Drone, now: number, stale: boolean): string {
  const delivery = deliveryOf(drone);
  const what = stale ? "no news of it" : movementOf(drone, now);
  return [STATE_WORDS[drone.state], what, delivery && short(delivery)].filter(Boolean).join(" · ");
}
