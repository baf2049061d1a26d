import type { Tone } from "../map/palette";
import { element } from "./element";

const KEY = "skyhaul.tone";

/** Storage may be refused, as in a private window: the page works without. */
function kept(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function keep(tone: Tone): void {
  try {
    localStorage.setItem(KEY, tone);
  } catch {
    // Then the choice lasts as long as the page.
  }
}

/** Light or dark: what the person chose, else what the system says. */
export class Theme {
  readonly #dark = window.matchMedia("(prefers-color-scheme: dark)");
  readonly #watchers = new Set<(tone: Tone) => void>();
  #chosen: Tone | null;

  constructor() {
    const before = kept();
    this.#chosen = before === "light" || before === "dark" ? before : null;
    this.#dark.addEventListener("change", () => this.#apply());
    this.#apply();
  }

  /** What is shown. */
  get tone(): Tone {
    return this.#chosen ?? (this.#dark.matches ? "dark" : "light");
  }

  /** Calls at each change. */
  onChange(watcher: (tone: Tone) => void): void {
    this.#watchers.add(watcher);
  }

  /** The button that switches. */
  button(): HTMLButtonElement {
    const made = element("button", { type: "button", class: "icon-button", onclick: () => this.#toggle() });
    const label = (): void => {
      const other = this.tone === "dark" ? "light" : "dark";
      made.textContent = this.tone === "dark" ? "☀" : "☾";
      made.setAttribute("aria-label", `Switch to ${other} colours`);
      made.title = `Switch to ${other} colours`;
    };
    label();
    this.onChange(label);
    return made;
  }

  #toggle(): void {
    this.#chosen = this.tone === "dark" ? "light" : "dark";
    keep(this.#chosen);
    this.#apply();
  }

  #apply(): void {
    document.documentElement.dataset["tone"] = this.tone;
    for (const watcher of this.#watchers) watcher(this.tone);
  }
}
