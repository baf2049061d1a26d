import { api } from "../api/client";
import type { Alert } from "../api/model";
import { element, say } from "../page/element";
import { Rows } from "../page/rows";
import { clockTime } from "../page/words";

/** How often alerts are asked for, ms. */
const POLL_MS = 4_000;

/** What the list tells the page. */
export interface AlertsEvents {
  readonly unread: (count: number) => void;
  readonly drone: (drone: string) => void;
  readonly delivery: (delivery: string) => void;
}

/** What needs attention, newest first. */
export class AlertList {
  readonly root: HTMLElement;
  readonly #list = element("ul", { class: "list", "aria-label": "Alerts" });
  // What an alert says does not change, so its row is never redrawn.
  readonly #rows = new Rows<Alert>(this.#list, (alert) => String(alert.number), (alert) => ({ root: this.#row(alert), update: () => undefined }));
  readonly #count = element("p", { class: "faint", role: "status" }, "Asking…");
  #newest = -1;
  #seen: number | null = null;
  #open = false;

  constructor(private readonly events: AlertsEvents) {
    this.root = element("div", { class: "stack" }, element("h2", {}, "Alerts"), this.#count, this.#list);
    void this.#poll();
  }

  /** Tells whether a person looks at it: what is looked at is read. */
  opened(open: boolean): void {
    this.#open = open;
    if (open) {
      this.#seen = this.#newest;
      this.events.unread(0);
    }
  }

  async #poll(): Promise<void> {
    try {
      if (!document.hidden) this.#show(await api.alerts());
    } catch {
      say(this.#count, "Alerts cannot be read at the moment.");
    }
    window.setTimeout(() => void this.#poll(), POLL_MS);
  }

  #show(alerts: readonly Alert[]): void {
    this.#newest = Math.max(-1, ...alerts.map((alert) => alert.number));
    if (this.#seen === null || this.#open) this.#seen = this.#newest;
    this.events.unread(alerts.filter((alert) => alert.number > (this.#seen ?? -1)).length);
    say(this.#count, alerts.length === 0 ? "Nothing needs attention." : `${alerts.length} in the log, newest first`);
    this.#rows.update(alerts);
  }

  #row(alert: Alert): HTMLElement {
    const { drone, delivery } = alert;
    const link = (text: string, act: () => void): HTMLElement => element("button", { type: "button", class: "link-button", onclick: act }, text);
    return element(
      "li",
      { class: `alert alert-${alert.severity.toLowerCase()}` },
      element("span", { class: "alert-head" }, element("b", {}, alert.severity), element("time", { datetime: alert.at }, clockTime(Date.parse(alert.at), true))),
      element("span", {}, alert.text),
      element("span", { class: "alert-links" }, drone ? link(drone, () => this.events.drone(drone)) : null, delivery ? link("delivery", () => this.events.delivery(delivery)) : null),
    );
  }
}
