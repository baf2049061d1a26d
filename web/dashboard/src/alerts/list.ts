import { api } from "../api/client";
import type { Alert } from "../api/model";
import { element, say } from "../page/element";
import { Rows, type Row } from "../page/rows";
import { clockTime } from "../page/words";

/** How often alerts are asked for, ms. */
const POLL_MS = 4_000;

/** What the list tells the page. */
export interface AlertsEvents {
  /** So many were not acknowledged yet. */
  readonly open: (count: number) => void;
  readonly drone: (drone: string) => void;
  readonly delivery: (delivery: string) => void;
}

/** What needs attention, newest first. */
export class AlertList {
  readonly root: HTMLElement;
  readonly #list = element("ul", { class: "list", "aria-label": "Alerts" });
  readonly #rows = new Rows<Alert>(this.#list, (alert) => String(alert.number), (alert) => this.#row(alert));
  readonly #count = element("p", { class: "faint", role: "status" }, "Asking…");
  readonly #all = element("input", { type: "checkbox", id: "alerts-all", onchange: () => this.#draw() });
  #alerts: readonly Alert[] = [];

  constructor(private readonly events: AlertsEvents) {
    this.root = element("div", { class: "stack" }, element("h2", {}, "Alerts"), element("div", { class: "check" }, this.#all, element("label", { for: "alerts-all" }, "Show acknowledged ones too")), this.#count, this.#list);
    void this.#poll();
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
    this.#alerts = alerts;
    this.events.open(alerts.filter(isOpen).length);
    this.#draw();
  }

  #draw(): void {
    const shown = this.#all.checked ? this.#alerts : this.#alerts.filter(isOpen);
    say(this.#count, shown.length === 0 ? "Nothing needs attention." : `${shown.length}, newest first`);
    this.#rows.update(shown);
  }

  #row(alert: Alert): Row<Alert> {
    const { drone, delivery } = alert;
    const link = (text: string, act: () => void): HTMLElement => element("button", { type: "button", class: "link-button", onclick: act }, text);
    const seen = element("span", { class: "faint" });
    const button = element("button", { type: "button", class: "button small", "aria-label": `Acknowledge: ${alert.text}`, onclick: () => void this.#acknowledge(alert, button) }, "Acknowledge");
    const root = element(
      "li",
      { class: `alert alert-${alert.severity.toLowerCase()}`, "data-alert": alert.number },
      element("span", { class: "alert-head" }, element("b", {}, alert.severity), element("time", { datetime: alert.at }, clockTime(Date.parse(alert.at), true))),
      element("span", { class: "alert-text" }, alert.text),
      element("span", { class: "alert-links" }, drone ? link(drone, () => this.events.drone(drone)) : null, delivery ? link("delivery", () => this.events.delivery(delivery)) : null, seen, button),
    );
    const update = (now: Alert): void => {
      button.hidden = !isOpen(now);
      say(seen, seenWords(now));
    };
    return { root, update };
  }

  async #acknowledge({ number }: Alert, button: HTMLButtonElement): Promise<void> {
    button.disabled = true;
    try {
      await api.acknowledge(number);
      this.#show(await api.alerts());
    } catch (problem) {
      say(this.#count, problem instanceof Error ? problem.message : String(problem));
    } finally {
      button.disabled = false;
    }
  }
}

/** Whether nobody has said yet that they saw it. */
export function isOpen({ acknowledgedBy }: Pick<Alert, "acknowledgedBy">): boolean {
  return (acknowledgedBy ?? null) === null;
}

/** Who has seen it, and when. */
export function seenWords({ acknowledgedBy, acknowledgedAt }: Pick<Alert, "acknowledgedBy" | "acknowledgedAt">): string {
  if (acknowledgedBy === null || acknowledgedBy === undefined) return "";
  return acknowledgedAt ? `seen by ${acknowledgedBy}, ${clockTime(Date.parse(acknowledgedAt))}` : `seen by ${acknowledgedBy}`;
}
