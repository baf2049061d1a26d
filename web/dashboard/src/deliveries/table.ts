import { api, Problem } from "../api/client";
import type { DeliveryRow, Page } from "../api/model";
import { element, say } from "../page/element";
import { Rows, type Row } from "../page/rows";
import { clockTime, short } from "../page/words";
import { stageWords } from "../track/steps";
import { ANY_DELIVERY, type DeliveryFilter } from "./filter";
import { pageOf } from "./pages";

/** How often the table is asked for while it is open, ms. */
const POLL_MS = 4_000;

/** Rows of a page. */
const ROWS_MAX = 40;

const STAGES: readonly (readonly [string, string])[] = [
  ["", "Any state"],
  ["Created", "Waiting"],
  ["Rescheduled", "Rescheduled"],
  ["HeadedToPickup", "To pickup"],
  ["HeadedToDropoff", "To drop-off"],
  ["Completed", "Completed"],
  ["Cancelled", "Cancelled"],
];

const BRINGERS: readonly (readonly [string, string])[] = [
  ["", "Drone or carrier"],
  ["drone", "Drone"],
  ["carrier", "Carrier"],
];

/** What the table tells the page. */
export interface TableEvents {
  readonly chosen: (delivery: string) => void;
  /** A person asked for the delivery of an id, or of how it begins. */
  readonly wanted: (text: string) => void;
  readonly filtered: (filter: DeliveryFilter) => void;
}

/** Who brings a delivery, in a word: a carrier by its name, once it is booked. */
export function bringer({ droneId, by, carrier }: Pick<DeliveryRow, "droneId" | "by" | "carrier">): string {
  return droneId ?? (by === "carrier" ? (carrier ?? "Carrier") : "–");
}

/** What stands in the value of a choice before a carrier's name. */
const ONE_CARRIER = "carrier:";

/** Deliveries by state, newest first, page by page; a way to find one. */
export class DeliveryTable {
  readonly root: HTMLElement;
  readonly #body = element("tbody");
  readonly #rows = new Rows<DeliveryRow>(this.#body, ({ id }) => id, (delivery) => this.#row(delivery));
  readonly #count = element("p", { class: "faint", role: "status" });
  readonly #stage = choice("deliveries-stage", STAGES, () => this.#said());
  readonly #by = choice("deliveries-by", BRINGERS, () => this.#said());
  readonly #late = element("input", { type: "checkbox", id: "deliveries-late", onchange: () => this.#said() });
  readonly #older = element("button", { type: "button", class: "button small", onclick: () => this.#turn(this.#next) }, "Older");
  readonly #newest = element("button", { type: "button", class: "button small", onclick: () => this.#turn(null) }, "Newest");
  #filter = ANY_DELIVERY;
  #offered = false;
  #cursor: string | null = null;
  #next: string | null = null;
  #chosen: string | null = null;
  #open = false;
  #asked = 0;

  constructor(private readonly events: TableEvents) {
    const find = element("input", { type: "search", id: "delivery-search", placeholder: "A delivery’s id, or how it begins", autocomplete: "off" });
    find.addEventListener("keydown", (event) => {
      const text = find.value.trim();
      if (event.key === "Enter" && text !== "") this.events.wanted(text);
    });
    const field = (label: string, control: HTMLElement): HTMLElement => element("div", { class: "field" }, element("label", { for: control.id }, label), control);
    const head = element("thead", {}, element("tr", {}, ...["State", "Delivery", "By", "Arrives"].map((name) => element("th", { scope: "col" }, name))));
    this.root = element(
      "div",
      { class: "stack" },
      element("h2", {}, element("label", { for: "delivery-search" }, "Find a delivery")),
      find,
      element("div", { class: "filters", role: "group", "aria-label": "List only some deliveries" }, field("State", this.#stage), field("Brought by", this.#by), element("div", { class: "check" }, this.#late, element("label", { for: "deliveries-late" }, "Late only"))),
      this.#count,
      element("table", { class: "table deliveries" }, element("caption", { class: "visually-hidden" }, "Deliveries, newest first"), head, this.#body),
      element("div", { class: "buttons" }, this.#newest, this.#older),
    );
    this.#label();
    window.setInterval(() => void this.#poll(), POLL_MS);
  }

  /** Tells whether a person looks at it. */
  opened(open: boolean): void {
    this.#open = open;
    void this.#poll();
  }

  /** Takes a filter, as from the page's address. */
  set(filter: DeliveryFilter): void {
    this.#filter = filter;
    this.#stage.value = filter.stage ?? "";
    if (filter.carrier !== null) this.#offer(filter.carrier);
    this.#by.value = filter.carrier === null ? (filter.by ?? "") : ONE_CARRIER + filter.carrier;
    this.#late.checked = filter.late;
    this.#turn(null);
  }

  /** The ids that are listed. */
  get listed(): readonly string[] {
    return Array.from(this.#body.querySelectorAll<HTMLElement>("tr"), (row) => row.dataset["id"] ?? "");
  }

  /** Marks the delivery that is followed. */
  mark(delivery: string | null): void {
    this.#chosen = delivery;
    for (const row of this.#body.querySelectorAll<HTMLElement>("tr")) row.setAttribute("aria-selected", String(row.dataset["id"] === delivery));
  }

  #said(): void {
    const carrier = this.#by.value.startsWith(ONE_CARRIER) ? this.#by.value.slice(ONE_CARRIER.length) : null;
    this.#filter = { stage: this.#stage.value || null, by: carrier === null ? this.#by.value || null : "carrier", carrier, late: this.#late.checked };
    this.events.filtered(this.#filter);
    this.#turn(null);
  }

  #turn(cursor: string | null): void {
    this.#cursor = cursor;
    void this.#poll();
  }

  async #poll(): Promise<void> {
    if (!this.#open || document.hidden) return;
    const asked = ++this.#asked;
    void this.#offerCarriers().catch(() => undefined);
    try {
      const page = await pageOf(this.#filter, ROWS_MAX, this.#cursor);
      // An answer to an older question says nothing about this page.
      if (asked !== this.#asked) return;
      this.#next = page.nextCursor;
      this.#draw(page);
    } catch (problem) {
      if (asked !== this.#asked) return;
      const unknown = problem instanceof Problem ? problem.fields["carrier"] : undefined;
      if (unknown) this.#draw({ items: [], nextCursor: (this.#next = null) });
      say(this.#count, unknown ? `${this.#filter.carrier ?? ""} ${unknown.join(", ")}` : "Deliveries cannot be read at the moment.");
    }
    this.#label();
  }

  #draw({ items, nextCursor }: Page<DeliveryRow>): void {
    const none = nextCursor === null ? "No such delivery." : "None so far: there are older ones.";
    say(this.#count, items.length === 0 ? none : this.#cursor === null ? "Newest first" : "Older ones");
    this.#rows.update(items);
    this.mark(this.#chosen);
  }

  /** Offers the carriers there are to choose, once. */
  async #offerCarriers(): Promise<void> {
    if (this.#offered) return;
    for (const carrier of await api.carriers()) this.#offer(carrier);
    this.#offered = true;
  }

  /** Offers a carrier to choose. */
  #offer(carrier: string): void {
    const value = ONE_CARRIER + carrier;
    if ([...this.#by.options].every((option) => option.value !== value)) this.#by.append(element("option", { value }, `Carrier: ${carrier}`));
  }

  #label(): void {
    this.#older.disabled = this.#next === null;
    this.#newest.disabled = this.#cursor === null;
  }

  #row({ id }: DeliveryRow): Row<DeliveryRow> {
    const dot = element("span");
    const stage = element("span");
    const owner = element("span", { class: "faint" });
    const by = element("td");
    const time = element("span");
    const late = element("span", { class: "tag tag-late", hidden: true }, "late");
    const open = element("button", { type: "button", class: "link-button mono", "aria-label": `Follow delivery ${id}`, onclick: () => this.events.chosen(id) }, short(id));
    const root = element("tr", { "data-id": id }, element("td", {}, element("span", { class: "state-cell" }, dot, stage)), element("td", {}, open, element("br"), owner), by, element("td", {}, time, " ", late));
    const update = (row: DeliveryRow): void => {
      dot.className = `stage-dot stage-${row.stage}`;
      say(stage, STAGES.find(([name]) => name === row.stage)?.[1] ?? stageWords(row.stage, row.by === "carrier"));
      say(owner, row.expedited ? `${row.owner.userId}, expedited` : row.owner.userId);
      say(by, bringer(row));
      const at = Date.parse(row.deliveryETA ?? "");
      say(time, Number.isNaN(at) || row.stage === "Cancelled" ? "–" : clockTime(at));
      late.hidden = !row.late;
    };
    return { root, update };
  }
}

function choice(id: string, options: readonly (readonly [string, string])[], changed: () => void): HTMLSelectElement {
  return element("select", { id, onchange: changed }, ...options.map(([value, label]) => element("option", { value }, label)));
}
