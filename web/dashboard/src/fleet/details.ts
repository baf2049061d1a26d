import { api } from "../api/client";
import type { DroneDetails } from "../api/model";
import { confirmed } from "../page/dialog";
import { element, say } from "../page/element";
import { Rows, type Row } from "../page/rows";
import { clockTime, compass, countdown, short } from "../page/words";
import type { Telemetry } from "../telemetry/connection";
import { fixAt, lineOf, type Flight, type Line as Path } from "../telemetry/flight";
import type { DronePosition, FleetChange } from "../telemetry/frame";
import { stateIcon } from "./icon";
import { flownIn } from "../track/tracker";
import { fixOf, isStale, type Drone } from "./roster";
import { grown, lastFlown, thinned } from "./trail";
import { stateOfName, stateOfPosition, stateOfPurpose, STATE_WORDS } from "./state";

/** How often the page asks what no frame says (depot, type, state of a standing drone), ms. */
const ASK_MS = 5_000;

/** A drone that flies home left its last delivery this long before at most, virtual ms. */
const BACK_MS = 10 * 60_000;

/** A line of a drone's panel: what, how it is, and what a press on it does. */
export interface Line {
  readonly label: string;
  readonly value: string;
  readonly press?: () => void;
}

/** The delivery a drone has: which, and when it arrives, virtual ms. */
interface Mission {
  readonly delivery: string;
  readonly eta: number;
}

/** What the panel asks of the page. */
export interface DetailsEvents {
  readonly closed: () => void;
  readonly follow: (on: boolean) => void;
  /** It is known for the first time where the drone is. */
  readonly heard: () => void;
  readonly delivery: (delivery: string) => void;
}

/** The panel of one drone: what it does, how fast, how high, for whom, and when it arrives. */
export class DroneDetailsPanel {
  readonly root: HTMLElement;
  /** The leg it flies now. */
  flight: Flight | null = null;
  /** Legs it flew since it was chosen. */
  #since: readonly Path[] = [];
  #position: DronePosition | null = null;
  #known: DroneDetails | null = null;
  /** The delivery it has, as far as the service told. */
  #mission: Mission | null = null;
  #before: readonly Path[] = [];
  #trail: readonly Path[] = [];
  /** Whether it was asked what it flew before; once is enough. */
  #lookedBack = false;
  #missing = false;
  #asked = 0;
  readonly #title = element("h2", { tabindex: -1 });
  readonly #state = element("p", { class: "details-state" });
  readonly #list = element("dl", { class: "rows" });
  readonly #rows = new Rows<Line>(this.#list, ({ label }) => label, lineRow);
  readonly #follow: HTMLButtonElement;
  readonly #recall = element("button", { type: "button", class: "button danger", onclick: () => void this.#recalled() }, "Recall…");
  readonly #bar = element("span", { class: "meter-bar" });
  readonly #track = element("span", { class: "meter-track", role: "meter", "aria-label": "Battery", "aria-valuemin": 0, "aria-valuemax": 100 }, this.#bar);
  readonly #percent = element("b");
  readonly #battery = element("div", { class: "meter" }, element("span", {}, "Battery"), this.#track, this.#percent);

  constructor(
    readonly drone: string,
    private readonly telemetry: Telemetry,
    private readonly events: DetailsEvents,
  ) {
    this.#follow = element("button", { type: "button", class: "button small", "aria-pressed": "false", onclick: () => this.following(this.#follow.getAttribute("aria-pressed") !== "true") }, "Follow");
    const close = element("button", { type: "button", class: "icon-button", "aria-label": "Close", onclick: () => this.events.closed() }, "✕");
    this.#title.textContent = drone;
    this.root = element("section", { class: "details", "aria-label": `Details of ${drone}` }, element("div", { class: "details-head" }, this.#title, this.#follow, close), this.#state, this.#battery, this.#list, element("div", { class: "buttons" }, this.#recall));
    this.#recall.hidden = this.#isExternal;
    if (this.#isExternal) return;
    telemetry.subscribe("details", { topic: `drone:${drone}`, mode: "positions", hz: 1 }, (payload) => {
      if (payload.kind === "fleet") this.#take(payload.change);
    });
    telemetry.subscribe("details-leg", { topic: `drone:${drone}`, mode: "legs", hz: 1 }, (payload) => {
      if (payload.kind === "fleet") this.#take(payload.change);
    });
  }

  /** Ends it. */
  stop(): void {
    this.telemetry.unsubscribe("details");
    this.telemetry.unsubscribe("details-leg");
    this.root.remove();
  }

  /** Whether it is no drone of the fleet. What is known of it is what the map's own subscription says. */
  get #isExternal(): boolean {
    return this.drone.startsWith("external-");
  }

  /** Takes what the map shows of an aircraft that is no drone of the fleet. */
  show(position: DronePosition | null): void {
    if (!this.#isExternal) return;
    if (position && this.#position) this.#trail = grown(this.#trail, this.#position, position);
    this.#position = position;
  }

  /** Puts the focus on it. */
  focus(): void {
    this.#title.focus({ preventScroll: true });
  }

  /** Follows the drone with the map, or no longer. */
  following(on: boolean): void {
    this.#follow.setAttribute("aria-pressed", String(on));
    this.#follow.textContent = on ? "Following" : "Follow";
    this.events.follow(on);
  }

  /** What it flew: for the delivery it has, and since it was chosen. */
  get flown(): readonly Path[] {
    return this.#trail;
  }

  /** The drone as far as this panel knows it. */
  get seen(): Drone | null {
    if (!this.flight && !this.#position) return null;
    return { id: this.drone, state: this.#stateName(), flight: this.flight, stands: this.flight ? null : this.#position };
  }

  /** Redraws. */
  update(now: number, wall: number): void {
    if (this.#isExternal) this.#missing = this.#position === null;
    else if (wall - this.#asked > ASK_MS) {
      this.#asked = wall;
      void this.#ask();
    }
    if (this.#missing) {
      say(this.#state, "No drone of this name is known.");
      return;
    }
    const state = this.#stateName();
    const stale = this.seen && isStale(this.seen, now, this.telemetry.clock.speed);
    this.#state.replaceChildren(stateIcon(state), element("span", {}, stale ? `${STATE_WORDS[state]} · no news of it` : STATE_WORDS[state]));
    this.#meter();
    this.#rows.update(this.#lines(now));
  }

  get #delivery(): string | null {
    return this.flight ? this.flight.delivery : (this.#position?.delivery ?? null);
  }

  async #recalled(): Promise<void> {
    await confirmed({
      title: `Recall ${this.drone}?`,
      text: "It flies home. A delivery it is on the way to is given to another; a parcel it has aboard it brings first.",
      act: "Recall it",
      danger: true,
      does: () => api.recallDrone(this.drone),
    });
  }

  #stateName(): Drone["state"] {
    if (this.flight) return stateOfPurpose(this.flight.purpose);
    return this.#position ? stateOfPosition(this.#position) : stateOfName(this.#known?.state);
  }

  #meter(): void {
    const share = this.#position?.battery ?? null;
    this.#battery.hidden = share === null;
    if (share === null) return;
    const percent = Math.round(share * 100);
    this.#bar.style.width = `${percent}%`;
    this.#bar.dataset["low"] = String(percent < 30);
    this.#track.setAttribute("aria-valuenow", String(percent));
    say(this.#percent, `${percent} %`);
  }

  #lines(now: number): Line[] {
    const fix = this.seen && fixOf(this.seen, now);
    const delivery = this.#delivery;
    const lines: Line[] = [
      { label: "Mission", value: this.#isExternal ? "Not of this fleet" : missionWords(this.flight?.purpose ?? null, delivery) },
      { label: "Speed", value: fix && fix.speed > 0 ? `${fix.speed.toFixed(1)} m/s ${compass(fix.heading)}` : "stands" },
      { label: "Altitude", value: `${Math.round(fix?.altitude ?? 0)} m` },
    ];
    if (this.flight && now < this.flight.arrivesAt) {
      lines.push({ label: "Leg ends", value: `in ${countdown((this.flight.arrivesAt - now) / 1_000)} (${clockTime(this.flight.arrivesAt)})` });
      lines.push({ label: "Energy left", value: `${fixAt(this.flight, now).batteryWh.toFixed(0)} Wh` });
    }
    if (delivery) lines.push({ label: "Delivery", value: short(delivery), press: () => this.events.delivery(delivery) });
    if (delivery && this.#mission?.delivery === delivery) {
      const { eta } = this.#mission;
      lines.push({ label: "Parcel arrives", value: eta > now ? `in ${countdown((eta - now) / 1_000)} (${clockTime(eta)})` : clockTime(eta) });
    }
    if (this.#known) lines.push({ label: "Aircraft", value: this.#known.aircraft }, { label: "Home depot", value: this.#known.depot });
    return lines;
  }

  #take(change: FleetChange): void {
    const before = this.seen;
    for (const flight of change.flights) {
      if (this.flight && this.flight.departsAt !== flight.departsAt) this.#left(lineOf(this.flight));
      this.flight = flight;
    }
    for (const position of change.positions) {
      this.#position = position;
      // A drone that stands has ended its leg, whether or not the page's clock says so yet.
      if (this.flight && position.speed === 0 && position.altitude === 0 && this.telemetry.now() >= this.flight.arrivesAt) this.#land();
    }
    if (change.removed.includes(this.drone)) this.#land();
    if (before === null && this.seen) this.events.heard();
  }

  #land(): void {
    if (this.flight) this.#left(lineOf(this.flight));
    this.flight = null;
  }

  #left(path: Path): void {
    this.#since = thinned([...this.#since, path]);
    this.#trail = [...this.#before, ...this.#since];
  }

  /** Asks what it flew before it was chosen, where it flies for nobody: its last flight is the way that it came. */
  async #askWayHere({ departsAt }: Flight): Promise<void> {
    this.#lookedBack = true;
    const before = lastFlown(await api.past(departsAt - BACK_MS, departsAt), this.drone, departsAt);
    if (this.flight?.departsAt !== departsAt) return;
    this.#before = before;
    this.#trail = [...this.#before, ...this.#since];
  }

  /** Asks for the delivery it has: when it arrives, and what was flown for it before this drone was chosen. */
  async #askMission(delivery: string): Promise<void> {
    const isNew = this.#mission?.delivery !== delivery;
    const [status, track] = await Promise.all([api.status(delivery), isNew ? api.track(delivery) : null]);
    this.#mission = { delivery, eta: Date.parse(status.deliveryETA) };
    if (track === null) return;
    this.#before = flownIn(track);
    this.#trail = [...this.#before, ...this.#since];
  }

  async #ask(): Promise<void> {
    try {
      this.#known = await api.drone(this.drone);
      this.#missing = false;
      const delivery = this.#delivery;
      if (delivery) await this.#askMission(delivery);
      else if (this.flight && this.#before.length + this.#since.length === 0 && !this.#lookedBack) await this.#askWayHere(this.flight);
    } catch {
      this.#missing = this.#known === null && !this.flight && !this.#position;
    }
  }
}

/** What a drone is about, in words. */
export function missionWords(purpose: string | null, delivery: string | null): string {
  switch (purpose) {
    case "pickup":
      return "Fetches a parcel";
    case "dropoff":
      return "Brings a parcel";
    case "return":
      return "Flies home";
    case "reposition":
      return "Goes where it is needed";
    case "divert":
      return "Gives way to a closed zone";
    default:
      return delivery ? "Hands over a parcel" : "None";
  }
}

/** A line as a row. */
export function lineRow({ label, press }: Line): Row<Line> {
  const value = press ? element("button", { type: "button", class: "link-button" }) : element("span");
  let act = press;
  value.addEventListener("click", () => act?.());
  const update = (line: Line): void => {
    act = line.press;
    say(value, line.value);
  };
  return { root: element("div", { class: "row" }, element("dt", {}, label), element("dd", {}, value)), update };
}
