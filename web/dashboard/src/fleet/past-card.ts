import { element, say } from "../page/element";
import { Rows } from "../page/rows";
import { clockTime, compass, short } from "../page/words";
import { lineRow, missionWords, type Line } from "./details";
import { stateIcon } from "./icon";
import { deliveryOf, fixOf, type Drone } from "./roster";
import { STATE_WORDS } from "./state";

/** What the card tells the page. */
export interface PastCardEvents {
  readonly closed: () => void;
  readonly delivery: (delivery: string) => void;
}

/** What is told of a drone that was in the air at a virtual time. */
export function linesThen(drone: Drone, at: number, press: PastCardEvents["delivery"]): Line[] {
  const { speed, heading, altitude } = fixOf(drone, at);
  const delivery = deliveryOf(drone);
  return [
    { label: "Mission", value: missionWords(drone.flight?.purpose ?? null, delivery) },
    { label: "Speed", value: speed > 0 ? `${speed.toFixed(1)} m/s ${compass(heading)}` : "stands" },
    { label: "Altitude", value: `${Math.round(altitude)} m` },
    ...(delivery === null ? [] : [{ label: "Delivery", value: short(delivery), press: () => press(delivery) }]),
  ];
}

/** The panel of one drone while the past is played: as it was at the time that is shown. */
export class PastCard {
  readonly root: HTMLElement;
  readonly #title: HTMLElement;
  readonly #state = element("p", { class: "details-state" });
  readonly #list = element("dl", { class: "rows" });
  readonly #rows = new Rows<Line>(this.#list, ({ label }) => label, lineRow);

  constructor(
    readonly drone: string,
    private readonly events: PastCardEvents,
  ) {
    this.#title = element("h2", { tabindex: -1 }, drone);
    const close = element("button", { type: "button", class: "icon-button", "aria-label": "Close", onclick: () => events.closed() }, "✕");
    this.root = element("section", { class: "details", "aria-label": `${drone} as it was` }, element("div", { class: "details-head" }, this.#title, close), this.#state, this.#list);
  }

  /** Ends it. */
  stop(): void {
    this.root.remove();
  }

  /** Puts the focus on it. */
  focus(): void {
    this.#title.focus({ preventScroll: true });
  }

  /** Shows the drone as it was at a virtual time; `undefined` where it was not in the air. */
  update(drone: Drone | undefined, at: number): void {
    const time = clockTime(at, true);
    this.#rows.update(drone ? linesThen(drone, at, this.events.delivery) : []);
    if (drone) this.#state.replaceChildren(stateIcon(drone.state), element("span", {}, `${STATE_WORDS[drone.state]} at ${time}`));
    else say(this.#state, `Not in the air at ${time}`);
  }
}
