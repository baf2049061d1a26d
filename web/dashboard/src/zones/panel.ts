import { api } from "../api/client";
import { confirmed } from "../page/dialog";
import { drawing, element, say } from "../page/element";
import { Rows, type Row } from "../page/rows";
import { CORNERS_MIN, featureOf, flawOf, type Corner, type Outline } from "./draw";
import { forceWords, isActive } from "./force";

/** Zones that are listed; a city has more round its hospitals than anyone reads. */
const ROWS_MAX = 60;

const SPANS: readonly (readonly [string, string])[] = [
  ["30m", "30 minutes"],
  ["2h", "2 hours"],
  ["8h", "8 hours"],
  ["24h", "A day"],
  ["", "Until it is lifted"],
];

/** What the panel tells the page. */
export interface ZonesEvents {
  /** Zones were changed: ask for them anew. */
  readonly changed: () => void;
  /** Show this zone on the map. */
  readonly shown: (zone: GeoJSON.Feature) => void;
}

interface Item {
  readonly zone: GeoJSON.Feature;
  readonly now: number;
}

/** A zone's name, by which the service knows it. */
export function nameOf(zone: GeoJSON.Feature): string {
  return String(zone.properties?.["name"] ?? "");
}

/** The corners of a zone. */
export function pointsOf({ geometry }: GeoJSON.Feature): { latitude: number; longitude: number }[] {
  const rings = geometry.type === "Polygon" ? geometry.coordinates : [];
  return rings.flat().map(([longitude = 0, latitude = 0]) => ({ latitude, longitude }));
}

/** The zones that fit a text, those that somebody can still do something about first: in force, to come, over. */
export function listed(zones: readonly GeoJSON.Feature[], text: string, now: number): GeoJSON.Feature[] {
  const wanted = text.trim().toLowerCase();
  const limited = (zone: GeoJSON.Feature): number => (typeof zone.properties?.["until"] === "string" || typeof zone.properties?.["from"] === "string" ? 0 : 1);
  const found = zones.filter((zone) => nameOf(zone).toLowerCase().includes(wanted));
  return found.sort((a, b) => limited(a) - limited(b) || Number(isActive(b, now)) - Number(isActive(a, now)) || nameOf(a).localeCompare(nameOf(b)));
}

/** The sign for no entry: fonts need not have it. */
function zoneIcon(): SVGElement {
  return drawing("svg", { viewBox: "0 0 24 24", width: 18, height: 18, class: "zone-icon" }, drawing("circle", { cx: 12, cy: 12, r: 9, fill: "currentColor" }), drawing("path", { d: "M7.5 12H16.5", class: "core-line", "stroke-width": 2.6, "stroke-linecap": "round" }));
}

/** No-fly zones: which there are, closing one by drawing it, lifting one. */
export class ZonesPanel {
  readonly root: HTMLElement;
  readonly #list = element("ul", { class: "list", "aria-label": "No-fly zones" });
  readonly #rows = new Rows<Item>(this.#list, ({ zone }) => nameOf(zone), (item) => this.#row(item));
  readonly #count = element("p", { class: "faint", role: "status" });
  readonly #search = element("input", { type: "search", id: "zone-search", placeholder: "A zone’s name", autocomplete: "off", oninput: () => this.#draw() });
  readonly #hint = element("p", { class: "faint", role: "status" });
  readonly #start = element("button", { type: "button", class: "button", onclick: () => this.#begin() }, "Draw a zone on the map");
  readonly #undo = element("button", { type: "button", class: "button small", onclick: () => this.#outline?.undo() }, "Take back");
  readonly #leave = element("button", { type: "button", class: "button small", onclick: () => this.stop() }, "Leave it");
  readonly #close = element("button", { type: "button", class: "button small primary", onclick: () => void this.#closed() }, "Close it…");
  readonly #tools = element("div", { class: "buttons", hidden: true }, this.#undo, this.#leave, this.#close);
  #outline: Outline | null = null;
  #zones: readonly GeoJSON.Feature[] = [];
  #now = 0;

  constructor(private readonly events: ZonesEvents) {
    this.root = element("div", { class: "stack" }, element("h2", {}, "Close a zone"), this.#start, this.#hint, this.#tools, element("h2", {}, element("label", { for: "zone-search" }, "Find a zone")), this.#search, this.#count, this.#list);
    this.#start.disabled = true;
  }

  /** Zones can be drawn from now on. */
  drawOn(outline: Outline): void {
    this.#outline = outline;
    this.#start.disabled = false;
  }

  /** Whether somebody draws. */
  get drawing(): boolean {
    return this.#outline?.drawing ?? false;
  }

  /** Shows the zones as of virtual `now`. */
  update(zones: readonly GeoJSON.Feature[], now: number): void {
    this.#zones = zones;
    this.#now = now;
    this.#draw();
  }

  /** The outline has these corners now. */
  drawn(corners: readonly Corner[]): void {
    const flaw = flawOf(corners);
    this.#undo.disabled = corners.length === 0;
    this.#close.disabled = flaw !== null;
    if (this.drawing) say(this.#hint, corners.length < CORNERS_MIN ? `Click the corners on the map, or press Enter on it for its middle: ${corners.length} of at least ${CORNERS_MIN}.` : (flaw ?? `${corners.length} corners.`));
  }

  /** Draws no more. */
  stop(): void {
    this.#outline?.stop();
    this.#start.hidden = false;
    this.#tools.hidden = true;
    say(this.#hint, "");
  }

  #begin(): void {
    this.#outline?.start();
    this.#start.hidden = true;
    this.#tools.hidden = false;
    this.drawn([]);
  }

  async #closed(): Promise<void> {
    const corners = this.#outline?.corners ?? [];
    const name = element("input", { id: "zone-name", name: "name", maxlength: 80, required: true, value: `Closed by hand ${this.#zones.length + 1}` });
    const until = element("select", { id: "zone-until", name: "until" }, ...SPANS.map(([value, label]) => element("option", { value }, label)));
    const more = element("div", { class: "stack" }, element("div", { class: "field" }, element("label", { for: "zone-name" }, "Name"), name), element("div", { class: "field" }, element("label", { for: "zone-until" }, "Closed for"), until));
    const done = await confirmed({
      title: "Close this zone?",
      text: "It comes into force in two minutes. Drones in it leave it by the shortest way, others fly round it; deliveries that end in it come home.",
      act: "Close the zone",
      danger: true,
      more,
      does: (answers) => api.declareZone(featureOf(corners, String(answers.get("name")).trim(), String(answers.get("until")) || null)),
    });
    if (!done) return;
    this.stop();
    this.events.changed();
  }

  #draw(): void {
    const found = listed(this.#zones, this.#search.value, this.#now);
    say(this.#count, `${found.length} ${found.length === 1 ? "zone" : "zones"}${found.length > ROWS_MAX ? `; the first ${ROWS_MAX} are listed` : ""}`);
    this.#rows.update(found.slice(0, ROWS_MAX).map((zone) => ({ zone, now: this.#now })));
  }

  #row({ zone: first }: Item): Row<Item> {
    const name = nameOf(first);
    let zone = first;
    const words = element("span", { class: "faint" });
    const show = element("button", { type: "button", class: "list-row", onclick: () => this.events.shown(zone) }, element("span", { class: "list-icon", "aria-hidden": "true" }, zoneIcon()), element("span", { class: "list-main" }, name), words);
    const lift = element("button", { type: "button", class: "button small", "aria-label": `Lift ${name}`, onclick: () => void this.#lift(name) }, "Lift…");
    const update = (item: Item): void => {
      zone = item.zone;
      say(words, forceWords(zone, item.now));
    };
    return { root: element("li", { class: "zone-row" }, show, lift), update };
  }

  async #lift(name: string): Promise<void> {
    const done = await confirmed({ title: `Lift ${name}?`, text: "Drones may fly there again at once.", act: "Lift the zone", danger: true, does: () => api.liftZone(name) });
    if (done) this.events.changed();
  }
}
