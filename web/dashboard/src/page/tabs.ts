import { element, say } from "./element";

/** A tab and what it shows. */
export interface Tab {
  readonly name: string;
  readonly label: string;
  readonly content: HTMLElement;
}

/** Tabs after the WAI-ARIA pattern: arrow keys move between them. */
export class Tabs {
  readonly root: HTMLElement;
  #opened = "";
  readonly #buttons = new Map<string, HTMLButtonElement>();
  readonly #panels = new Map<string, HTMLElement>();
  readonly #badges = new Map<string, HTMLElement>();

  constructor(
    tabs: readonly Tab[],
    private readonly chosen: (name: string) => void,
  ) {
    const bar = element("div", { class: "tabs", role: "tablist", "aria-label": "Views" });
    this.root = element("div", { class: "tabbed" }, bar);
    for (const { name, label, content } of tabs) {
      const badge = element("span", { class: "badge", hidden: true });
      const button = element("button", { type: "button", role: "tab", id: `tab-${name}`, "aria-controls": `panel-${name}`, onclick: () => this.open(name) }, label, badge);
      button.addEventListener("keydown", (event) => this.#key(event));
      const panel = element("div", { class: "panel", role: "tabpanel", id: `panel-${name}`, "aria-labelledby": `tab-${name}`, tabindex: 0, hidden: true }, content);
      this.#buttons.set(name, button);
      this.#panels.set(name, panel);
      this.#badges.set(name, badge);
      bar.append(button);
      this.root.append(panel);
    }
  }

  /** Which is open. */
  get opened(): string {
    return this.#opened;
  }

  /** Opens one; an unknown name opens the first. */
  open(name: string): void {
    const known = this.#panels.has(name) ? name : ([...this.#panels.keys()][0] ?? name);
    if (known === this.#opened) return;
    this.#opened = known;
    for (const [each, panel] of this.#panels) panel.hidden = each !== known;
    for (const [each, button] of this.#buttons) {
      button.setAttribute("aria-selected", String(each === known));
      button.tabIndex = each === known ? 0 : -1;
    }
    this.chosen(known);
  }

  /** Shows a count beside a tab's name. */
  badge(name: string, count: number): void {
    const badge = this.#badges.get(name);
    if (!badge) return;
    badge.hidden = count === 0;
    say(badge, count > 99 ? "99+" : String(count));
  }

  #key(event: KeyboardEvent): void {
    const names = [...this.#buttons.keys()];
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const at = names.indexOf(this.#opened);
    const next = event.key === "Home" ? 0 : event.key === "End" ? names.length - 1 : step === undefined ? null : (at + step + names.length) % names.length;
    const name = next === null ? undefined : names[next];
    if (name === undefined) return;
    event.preventDefault();
    this.open(name);
    this.#buttons.get(name)?.focus();
  }
}
