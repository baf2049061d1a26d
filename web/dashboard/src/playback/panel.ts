import { api, Problem } from "../api/client";
import { within, type Box } from "../map/box";
import { element, say } from "../page/element";
import { PLAYED_SPEED, type Played } from "../page/address";
import { clockTime } from "../page/words";
import { Past, PastClock, type PastFlight } from "./past";

/** Speeds that are offered. */
const SPEEDS: readonly number[] = [1, 5, 20, 60];

/** So much of the past is asked for at once, virtual ms. */
const CHUNK_MS = 10 * 60_000;

/** The next part is asked for when so little of what is known is left, wall ms. */
const AHEAD_MS = 4_000;

/** What is in the air is looked at again after this, ms. */
const LOOK_MS = 100;

/** Between two attempts to read what could not be read, ms. */
const AGAIN_MS = 2_000;

/** While it runs, the time that is shown is told this often, wall ms. */
const TELL_MS = 2_000;

/** A day, ms: what the time line shows at most. */
const DAY_MS = 86_400_000;

/** What playback tells the page. */
export interface PlaybackEvents {
  /** It began, with the clock that drones then go by; or it ended. */
  readonly changed: (clock: PastClock | null) => void;
  /** These flights are in the air. */
  readonly shown: (flights: readonly PastFlight[]) => void;
  /** This time is shown, and played at this speed; `null` for the present. While it runs that is told every few seconds. */
  readonly went: (played: Played | null) => void;
  /** Virtual now. */
  readonly now: () => number;
  /** What the map shows, widened by a share of it on each side; `null` while there is none. */
  readonly seen: (margin: number) => Box | null;
  /** The drone that is chosen. */
  readonly chosen: () => string | null;
}

/** Where only what is shown is asked for, what is beside it by this share is asked for as well, so that a small move asks for nothing. */
const MARGIN = 0.5;

/** Where that is so many times as wide as what is shown by now, less is asked for. */
const WIDER_MAX = 4;

/** The past day on a time line. */
export class Playback {
  readonly root: HTMLElement;
  readonly #open = element("button", { type: "button", class: "button small", onclick: () => this.#switch() }, "Play back…");
  readonly #bar = element("div", { class: "playback-bar", hidden: true });
  readonly #run = element("button", { type: "button", class: "button small", onclick: () => this.#press() });
  readonly #line = element("input", { type: "range", id: "playback-line", class: "playback-line", "aria-label": "Time that is shown", step: 1_000, oninput: () => this.#seek(Number(this.#line.value)) });
  readonly #speed = element("select", { id: "playback-speed", "aria-label": "Speed of playback", onchange: () => this.#paced() }, ...SPEEDS.map((speed) => element("option", { value: speed }, `×${speed}`)));
  readonly #time = element("time", { class: "playback-time" });
  readonly #said = element("span", { class: "faint", role: "status" });
  #clock: PastClock | null = null;
  #past = new Past();
  /** Where a fleet is so large that an answer leaves out some of it: near what box is asked, and for which drone besides. */
  #only: { readonly bbox: Box; readonly drone: string | null } | null = null;
  #kept = 0;
  #asking = false;
  #timer = 0;
  /** What was told last, and when. */
  #told: Played | null = null;
  #toldAt = 0;

  constructor(private readonly events: PlaybackEvents) {
    this.#speed.value = String(PLAYED_SPEED);
    this.#bar.append(this.#run, this.#time, this.#line, this.#speed, this.#said);
    this.root = element("section", { class: "playback", "aria-label": "Playback" }, this.#open, this.#bar);
  }

  /** Shows a time, standing, as an address says it; `null` for the present. What was told last is shown already. */
  show(played: Played | null): void {
    if (played?.at === this.#told?.at && played?.speed === this.#told?.speed) return;
    if (played === null) return this.#stop();
    if (SPEEDS.includes(played.speed)) this.#speed.value = String(played.speed);
    if (!this.#clock) return this.#start(played.at, false);
    this.#clock.run(false);
    this.#clock.seek(played.at);
    this.#paced();
    this.#look();
  }

  /** The zones of the time that is shown; `null` while they are not known. */
  get zones(): GeoJSON.FeatureCollection | null {
    return this.#clock && this.#past.knows(this.#clock.now()) ? this.#past.zones : null;
  }

  /** Whether only what was in view then is known. */
  get isNarrow(): boolean {
    return this.#only !== null;
  }

  #switch(): void {
    if (this.#clock) this.#stop();
    else this.#start(this.events.now() - CHUNK_MS, true);
  }

  #start(at: number, runs: boolean): void {
    this.#clock = new PastClock(at);
    this.#clock.pace(Number(this.#speed.value));
    this.#past = new Past();
    this.#only = null;
    this.#kept = this.events.now() - DAY_MS;
    this.#bar.hidden = false;
    say(this.#open, "Back to now");
    this.events.changed(this.#clock);
    this.#clock.run(runs);
    this.#timer = window.setInterval(() => this.#look(), LOOK_MS);
    this.#look();
    this.#tell();
  }

  #stop(): void {
    window.clearInterval(this.#timer);
    this.#clock = null;
    this.#bar.hidden = true;
    say(this.#open, "Play back…");
    this.events.changed(null);
    this.#tell();
  }

  #press(): void {
    this.#clock?.run(!this.#clock.runs);
    this.#look();
    this.#tell();
  }

  #seek(at: number): void {
    this.#clock?.seek(at);
    this.#look();
    this.#tell();
  }

  #paced(): void {
    this.#clock?.pace(Number(this.#speed.value));
    this.#tell();
  }

  #tell(): void {
    this.#toldAt = performance.now();
    this.#told = this.#clock && { at: Math.round(this.#clock.now()), speed: Number(this.#speed.value) };
    this.events.went(this.#told);
  }

  /** Shows what is in the air at the time that is shown, and asks for what comes next. */
  #look(): void {
    const clock = this.#clock;
    if (!clock) return;
    const present = this.events.now();
    if (clock.now() >= present) {
      clock.seek(present);
      clock.run(false);
    }
    if (this.#only && this.#isElsewhere(this.#only)) this.#narrow();
    const at = clock.now();
    if (clock.runs && performance.now() - this.#toldAt > TELL_MS) this.#tell();
    this.#line.min = String(Math.floor(Math.max(this.#kept, present - DAY_MS)));
    this.#line.max = String(Math.floor(present));
    if (document.activeElement !== this.#line || clock.runs) this.#line.value = String(Math.floor(at));
    this.#line.setAttribute("aria-valuetext", clockTime(at, true));
    say(this.#time, clockTime(at, true));
    say(this.#run, clock.runs ? "❚❚ Stop" : "▶ Play");
    if (this.#past.knows(at)) this.events.shown(this.#past.at(at));
    const wanted = this.#past.knows(at) ? this.#past.to : at;
    const left = (this.#past.to - at) / Math.max(1, clock.speed);
    if (!this.#asking && wanted < present && (!this.#past.knows(at) || left < AHEAD_MS)) void this.#ask(wanted, Math.min(wanted + CHUNK_MS, present));
  }

  async #ask(from: number, to: number): Promise<void> {
    this.#asking = true;
    const clock = this.#clock;
    try {
      const only = this.#only;
      const [answer, own, zones] = await Promise.all([api.past(from, to, only ? { bbox: only.bbox } : {}), only?.drone ? api.past(from, to, { drone: only.drone }) : null, api.pastZones(from, to)]);
      if (clock === null || clock !== this.#clock || only !== this.#only) return;
      if (answer.leftOut > 0 && only === null && this.#narrow()) return;
      this.#kept = Date.parse(answer.keptSince);
      this.#past.take({ ...answer, flights: [...answer.flights, ...(own?.flights ?? [])] }, zones);
      this.#past.forgetBefore(Math.min(from, clock.now()) - CHUNK_MS);
      if (clock.now() < this.#kept) clock.seek(this.#kept);
      say(this.#said, answer.leftOut > 0 ? `${answer.leftOut} flights are left out` : "");
    } catch (problem) {
      say(this.#said, problem instanceof Problem ? problem.message : String(problem));
      await new Promise((resolve) => window.setTimeout(resolve, AGAIN_MS));
    } finally {
      this.#asking = false;
    }
  }

  /** Whether something else is shown than what is asked for. */
  #isElsewhere({ bbox, drone }: { readonly bbox: Box; readonly drone: string | null }): boolean {
    const seen = this.events.seen(0);
    const isOther = seen !== null && (!within(seen, bbox) || bbox[2] - bbox[0] > (seen[2] - seen[0]) * WIDER_MAX);
    return isOther || drone !== this.events.chosen();
  }

  /** Asks only for what is shown from now on, all of it anew; `false` where nothing is. */
  #narrow(): boolean {
    const bbox = this.events.seen(MARGIN);
    if (bbox === null) return false;
    this.#only = { bbox, drone: this.events.chosen() };
    this.#past = new Past();
    return true;
  }
}
