import { api, Problem } from "../api/client";
import type { Simulation } from "../api/model";
import { element, say } from "../page/element";
import { speedWords } from "../page/words";
import { type Deed, deedOf, lagWords, runsAs, SPEEDS, speedValue, STEPS } from "./pace";

/** How often the state is asked for, ms; each change by this page is shown at once. */
const ASK_MS = 2_000;

/** Pause, step and speed: what an operator does to time, and how it runs. */
export class TimeControls {
  readonly root: HTMLElement;
  readonly #pause = element("button", { type: "button", class: "button small pause", "aria-keyshortcuts": "Space", onclick: () => void this.#act({ do: this.#paused ? "resume" : "pause" }) });
  readonly #steps = STEPS.map(({ label, name, deed }) => {
    const keys = deed.do === "next" ? { "aria-keyshortcuts": "." } : {};
    return element("button", { type: "button", class: "button small", "aria-label": name, title: name, onclick: () => void this.#act(deed), ...keys }, label);
  });
  readonly #speed = element("select", { id: "time-speed", onchange: () => void this.#act({ do: "speed", factor: this.#chosen() }) });
  readonly #state = element("p", { class: "pace-state", role: "status" });
  readonly #beside = element("div", { class: "pace-beside" });
  readonly #lag = element("p", { class: "pace-lag", role: "status", hidden: true });
  readonly #problem = element("p", { class: "pace-problem", role: "alert", hidden: true });
  #paused = false;
  #busy = false;
  #asked = 0;

  constructor() {
    for (const speed of SPEEDS) this.#offer(speedValue(speed === "max" ? null : speed), speed === "max" ? "as fast as it can" : `×${speed}`);
    this.root = element(
      "section",
      { class: "pace", "aria-label": "Simulation control" },
      element("div", { class: "pace-row" }, element("div", { class: "pace-row", role: "group", "aria-label": "Time" }, this.#pause, ...this.#steps, element("label", { for: "time-speed" }, "Speed"), this.#speed, this.#state), this.#beside),
      this.#lag,
      this.#problem,
    );
    this.#label();
  }

  /** Puts something beside it. */
  extend(part: HTMLElement): void {
    this.#beside.append(part);
  }

  /** Keeps what is shown up to date, and listens to the keyboard: space pauses and resumes, a full stop steps to the next event. */
  open(): void {
    document.addEventListener("keydown", (event) => this.#key(event));
    const again = async (): Promise<void> => {
      if (!document.hidden) await this.refresh();
      window.setTimeout(() => void again(), ASK_MS);
    };
    void again();
  }

  /** Asks how the simulation runs, as when the clock was told to have changed. */
  async refresh(): Promise<void> {
    const asked = ++this.#asked;
    try {
      const simulation = await api.simulation();
      // An older answer, or one from before an act, says nothing new.
      if (asked === this.#asked && !this.#busy) this.#show(simulation);
    } catch {
      // The bar says already that the service is not heard of.
    }
  }

  #offer(value: string, label: string): void {
    this.#speed.append(element("option", { value }, label));
  }

  #chosen(): number | "max" {
    return this.#speed.value === "max" ? "max" : Number(this.#speed.value);
  }

  #key(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const target = event.target instanceof HTMLElement ? event.target : document.body;
    const deed = deedOf(event.key, this.#paused, { tag: target.tagName, role: target.getAttribute("role"), editable: target.isContentEditable });
    if (deed === null) return;
    event.preventDefault();
    void this.#act(deed);
  }

  async #act(deed: Deed): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    this.#asked += 1;
    this.#label();
    try {
      const simulation = await perform(deed);
      this.#problem.hidden = true;
      this.#show(simulation);
    } catch (problem) {
      this.#problem.hidden = false;
      say(this.#problem, problem instanceof Problem ? problem.message : "The service did not do it. Try again.");
    } finally {
      this.#busy = false;
      this.#label();
    }
  }

  #show(simulation: Simulation): void {
    this.#paused = simulation.paused;
    this.root.dataset["paused"] = String(simulation.paused);
    say(this.#state, runsAs(simulation));
    const lag = lagWords(simulation);
    this.#lag.hidden = lag === "";
    say(this.#lag, lag);
    const value = speedValue(simulation.speed);
    if (![...this.#speed.options].some((option) => option.value === value)) this.#offer(value, speedWords(simulation.speed));
    if (document.activeElement !== this.#speed || !this.#busy) this.#speed.value = value;
    this.#label();
  }

  #label(): void {
    say(this.#pause, this.#paused ? "▶ Resume" : "❚❚ Pause");
    this.#pause.setAttribute("aria-label", this.#paused ? "Resume the simulation" : "Pause the simulation");
    for (const button of this.#steps) button.disabled = !this.#paused || this.#busy;
  }
}

function perform(deed: Deed): Promise<Simulation> {
  switch (deed.do) {
    case "pause":
    case "resume":
      return api.pace(deed.do);
    case "next":
      return api.pace("step", { by: null });
    case "step":
      return api.pace("step", { by: deed.by });
    case "speed":
      return api.pace("speed", { factor: deed.factor });
  }
}
