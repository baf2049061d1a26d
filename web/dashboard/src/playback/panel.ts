import { api, Problem } from "../api/client";
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
}

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

  #switch(): void {
    if (this.#clock) this.#stop();
    else this.#start(this.events.now() - CHUNK_MS, true);
  }

  #start(at: number, runs: boolean): void {
    this.#clock = new PastClock(at);
    this.#clock.pace(Number(this.#speed.value));
    this.#past = new Past();
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
      const answer = await api.past(from, to);
      if (clock === null || clock !== this.#clock) return;
      this.#kept = Date.parse(answer.keptSince);
      this.#past.take(answer);
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
}
