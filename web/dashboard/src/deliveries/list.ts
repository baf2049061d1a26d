import { api } from "../api/client";
import type { DeliveryRow } from "../api/model";
import { element, say } from "../page/element";
import { Rows, type Row } from "../page/rows";
import { short } from "../page/words";
import { stageWords } from "../track/steps";

/** How often the list is asked for while it is open, ms. */
const POLL_MS = 4_000;

/** Rows asked for. */
const ROWS_MAX = 40;

/** The newest deliveries, and a way to find one. */
export class DeliveryList {
  readonly root: HTMLElement;
  readonly #list = element("ul", { class: "list", "aria-label": "Newest deliveries" });
  readonly #rows = new Rows<DeliveryRow>(this.#list, ({ id }) => id, (delivery) => this.#row(delivery));
  readonly #count = element("p", { class: "faint", role: "status" });
  #open = false;

  constructor(private readonly choose: (delivery: string) => void) {
    const find = element("input", { type: "search", id: "delivery-search", placeholder: "A delivery’s id", autocomplete: "off" });
    find.addEventListener("keydown", (event) => {
      const text = find.value.trim();
      if (event.key === "Enter" && text !== "") this.choose(text);
    });
    this.root = element("div", { class: "stack" }, element("h2", {}, element("label", { for: "delivery-search" }, "Find a delivery")), find, this.#count, this.#list);
    window.setInterval(() => void this.#poll(), POLL_MS);
  }

  /** Tells whether a person looks at it. */
  opened(open: boolean): void {
    this.#open = open;
    void this.#poll();
  }

  async #poll(): Promise<void> {
    if (!this.#open || document.hidden) return;
    try {
      const deliveries = await api.deliveries(ROWS_MAX);
      say(this.#count, deliveries.length === 0 ? "No delivery yet." : "Newest first");
      this.#rows.update(deliveries);
    } catch {
      say(this.#count, "Deliveries cannot be read at the moment.");
    }
  }

  #row({ id }: DeliveryRow): Row<DeliveryRow> {
    const dot = element("span");
    const stageText = element("span");
    const words = element("span", { class: "faint" });
    const main = element("span", { class: "list-main" }, stageText, " ", element("span", { class: "mono faint" }, short(id)));
    const update = ({ stage, owner, droneId, expedited }: DeliveryRow): void => {
      dot.className = `stage-dot stage-${stage}`;
      say(stageText, stageWords(stage));
      say(words, [owner.userId, droneId, expedited ? "expedited" : null].filter(Boolean).join(" · "));
    };
    return { root: element("li", {}, element("button", { type: "button", class: "list-row", onclick: () => this.choose(id) }, dot, main, words)), update };
  }
}
