import { api } from "../api/client";
import type { NamedPlace } from "../api/model";
import { drawing, element } from "../page/element";
import { Rows } from "../page/rows";
import { coordinates } from "../order/form";

/** A person has stopped typing after this, ms. */
const TYPED_MS = 250;

/** Places offered. */
const PLACES_MAX = 6;

/** Letters below which every place would fit. */
const LETTERS_MIN = 2;

/** What a search means. */
export type Meaning = { readonly kind: "drone" | "delivery" | "place"; readonly name: string } | { readonly kind: "point"; readonly latitude: number; readonly longitude: number } | null;

/** A delivery's id, or its beginning: of eight characters at least, which are those that lists show. */
const DELIVERY = /^[0-9a-f]{8}(-[0-9a-f-]{0,27})?$/;

/** Reads a search: a delivery's id or how it begins, a drone's name or number, coordinates, else the name of a place. */
export function meaningOf(text: string): Meaning {
  const said = text.trim().toLowerCase();
  if (said === "") return null;
  if (DELIVERY.test(said)) return { kind: "delivery", name: said };
  if (/^\d+$/.test(said)) return { kind: "drone", name: `drone-${said}` };
  if (/^drone-\d+$/.test(said)) return { kind: "drone", name: said };
  const point = coordinates(said);
  return point ? { kind: "point", ...point } : { kind: "place", name: text.trim() };
}

/** What the search tells the page. */
export interface SearchEvents {
  /** The text changed. */
  readonly typed: () => void;
  /** A person asked for what the text means; `null` where it means no place that is known. */
  readonly wanted: (meaning: Meaning) => void;
  readonly place: (place: NamedPlace) => void;
}

/** A pin: fonts need not have one. */
function placeIcon(): SVGElement {
  return drawing("svg", { viewBox: "0 0 24 24", width: 18, height: 18 }, drawing("path", { d: "M12 22 6 13a7 7 0 1 1 12 0Zm0-16a3 3 0 1 0 0 6 3 3 0 0 0 0-6Z", fill: "currentColor", "fill-rule": "evenodd" }));
}

/** One field to find a drone, a delivery or a place. */
export class Search {
  readonly root: HTMLElement;
  readonly #input = element("input", { type: "search", id: "drone-search", placeholder: "drone-12, a delivery’s id, a place", autocomplete: "off", "aria-keyshortcuts": "/" });
  readonly #places = element("ul", { class: "list", "aria-label": "Places of this name" });
  readonly #rows = new Rows<NamedPlace>(this.#places, ({ name }) => name, (place) => ({ root: element("li", {}, element("button", { type: "button", class: "list-row", onclick: () => this.events.place(place) }, element("span", { class: "list-icon", "aria-hidden": "true" }, placeIcon()), element("span", { class: "list-main" }, place.name))), update: () => undefined }));
  #found: readonly NamedPlace[] = [];
  #timer = 0;

  constructor(private readonly events: SearchEvents) {
    this.#input.addEventListener("input", () => this.#typed());
    this.#input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") void this.#enter();
    });
    this.root = element("div", { class: "stack" }, element("h2", {}, element("label", { for: "drone-search" }, "Find")), this.#input, this.#places);
  }

  /** What was typed. */
  get text(): string {
    return this.#input.value;
  }

  /** Takes a text, as from the page's address. */
  set(text: string): void {
    if (text === this.text) return;
    this.#input.value = text;
    void this.#look();
  }

  /** Puts the focus on it. */
  focus(): void {
    this.#input.focus();
    this.#input.select();
  }

  #typed(): void {
    this.events.typed();
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.#look(), TYPED_MS);
  }

  async #look(): Promise<void> {
    const meaning = meaningOf(this.text);
    const { text } = this;
    const found = meaning?.kind === "place" && meaning.name.length >= LETTERS_MIN ? await api.places(meaning.name, PLACES_MAX).catch(() => []) : [];
    if (text !== this.text) return;
    this.#found = found;
    this.#rows.update(found);
  }

  async #enter(): Promise<void> {
    const meaning = meaningOf(this.text);
    if (meaning?.kind !== "place") return this.events.wanted(meaning);
    window.clearTimeout(this.#timer);
    await this.#look();
    const [first] = this.#found;
    if (first) this.events.place(first);
    else this.events.wanted(null);
  }
}
