import { api, freshKey, Problem } from "../api/client";
import type { Quote } from "../api/model";
import { NOWHERE, type End, type Ends } from "../map/ends";
import { element, say } from "../page/element";
import { QuoteCard } from "./quote";
import { problemsFrom, problemsIn, requestOf, type FieldName, type FieldProblems, type OrderFields } from "./request";

/** Letters below which every place would fit. */
const LETTERS_MIN = 2;

/** Places offered while somebody types. */
const PLACES_MAX = 12;

/** What the form tells the page. */
export interface FormEvents {
  /** A click on the map is wanted for this end, or for none. */
  readonly picking: (end: End | null) => void;
  /** A place was typed, picked or cleared: its coordinates, where they are known. */
  readonly placed: (end: End, at: Ends[End]) => void;
  readonly ordered: (delivery: string) => void;
}

type Control = HTMLInputElement | HTMLSelectElement;

/** Each end, and the field of the request that says where it is. */
const ENDS: readonly (readonly [End, string])[] = [
  ["pickup", "pickupLocation"],
  ["dropoff", "dropOffLocation"],
];

/** Reads `latitude,longitude`; anything else is a place for the service to find. */
export function coordinates(text: string): { latitude: number; longitude: number } | null {
  const found = /^\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)\s*$/.exec(text);
  const [latitude, longitude] = [Number(found?.[1]), Number(found?.[2])];
  return found && Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? { latitude, longitude } : null;
}

/** The form that asks for a delivery. */
export class OrderForm {
  readonly root: HTMLFormElement;
  readonly #controls = new Map<FieldName, Control>();
  readonly #errors = new Map<FieldName, HTMLElement>();
  readonly #picks = new Map<End, HTMLButtonElement>();
  readonly #places = element("datalist", { id: "places" });
  readonly #quote = new QuoteCard((quote) => this.#resolved(quote));
  readonly #said = element("p", { class: "form-said", role: "alert" });
  readonly #send = element("button", { type: "submit", class: "button primary" }, "Request delivery");
  #picking: End | null = null;
  #ends: Ends = NOWHERE;
  /** What is said of a text that names no place. */
  #unknown = "This address is not known: pick it on the map.";
  #looked = false;
  #key: { key: string; body: string } | null = null;

  /** `owner` is for whom is ordered, where that may be nobody else. */
  constructor(
    private readonly events: FormEvents,
    private readonly owner: string | null,
  ) {
    this.root = element("form", { class: "stack", novalidate: true, autocomplete: "off", "aria-label": "Order a delivery" });
    this.root.append(
      element("h2", {}, "New delivery"),
      this.#place("pickup", "Pickup", "Address, depot or lat, lon"),
      this.#place("dropoff", "Drop-off", "Address, depot or lat, lon"),
      this.#places,
      element("div", { class: "pair" }, this.#field("weight", "Weight, kg", element("input", { inputmode: "decimal", value: "0.8" })), this.#field("size", "Size", select(["Small", "Medium", "Large"]))),
      this.#check("expedited", "Expedited: before all others"),
      this.#more(),
      this.#quote.root,
      this.#said,
      this.#send,
    );
    this.root.addEventListener("input", () => this.#quoted());
    this.root.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#submit();
    });
  }

  /** Where both ends are, as far as that is known. */
  get ends(): Ends {
    return this.#ends;
  }

  /** Whether a click on the map is wanted. */
  get picking(): boolean {
    return this.#picking !== null;
  }

  /** There is no map to click. */
  withoutMap(): void {
    for (const pick of this.#picks.values()) pick.hidden = true;
    this.#unknown = "This address is not known: take one that is offered, or give latitude, longitude.";
  }

  /** Offers places by name, until somebody types one. */
  offer(places: readonly string[]): void {
    if (!this.#looked) this.#list(places);
  }

  #list(places: readonly string[]): void {
    this.#places.replaceChildren(...places.map((value) => element("option", { value })));
  }

  /** Offers the places that the service knows by what is typed. */
  async #look(text: string): Promise<void> {
    if (text.trim().length < LETTERS_MIN || coordinates(text) !== null) return;
    const found = await api.places(text.trim(), PLACES_MAX).catch(() => []);
    this.#looked = true;
    this.#list(found.map((place) => place.name));
  }

  /** Takes a click on the map; it sets the end that was asked for, then asks for the other where that is empty. */
  pick(latitude: number, longitude: number): void {
    const end = this.#picking;
    if (end === null) return;
    const control = this.#controls.get(end);
    if (control) control.value = `${latitude.toFixed(5)}, ${longitude.toFixed(5)}`;
    this.#complain(end, undefined);
    this.#quoted();
    this.#placed(end, { latitude, longitude });
    const other: End = end === "pickup" ? "dropoff" : "pickup";
    this.#pickFor(this.#value(other) === "" ? other : null);
  }

  #placed(end: End, at: Ends[End]): void {
    this.#ends = { ...this.#ends, [end]: at };
    this.events.placed(end, at);
  }

  /** Shows what the texts of both ends stand for; whether each names a place. */
  #resolved(quote: Quote): boolean {
    for (const [end, field] of ENDS) {
      const isKnown = !quote.placeholders.includes(field);
      this.#placed(end, isKnown ? quote[end] : null);
      if (!isKnown) this.#complain(end, this.#unknown);
    }
    return quote.placeholders.length === 0;
  }

  /** Ends picking, as when the page shows something else. */
  stopPicking(): void {
    this.#pickFor(null);
  }

  #pickFor(end: End | null): void {
    this.#picking = end;
    for (const [each, button] of this.#picks) {
      button.setAttribute("aria-pressed", String(each === end));
      const words = each === end ? "Click the map…" : "Pick on map";
      button.textContent = words;
      button.setAttribute("aria-label", `${words}: ${each}`);
    }
    this.events.picking(end);
  }

  #place(end: End, label: string, placeholder: string): HTMLElement {
    const input = element("input", { placeholder, list: "places" });
    input.addEventListener("input", () => void this.#look(input.value));
    input.addEventListener("change", () => this.#placed(end, coordinates(input.value)));
    const pick = element("button", { type: "button", class: "button small", "aria-pressed": "false", "aria-label": `Pick on map: ${end}`, onclick: () => this.#pickFor(this.#picking === end ? null : end) }, "Pick on map");
    this.#picks.set(end, pick);
    const field = this.#field(end, label, input);
    field.querySelector("label")?.append(element("span", { class: `end end-${end}`, "aria-hidden": "true" }));
    field.querySelector(".field-line")?.append(pick);
    return field;
  }

  #field(name: FieldName, label: string, control: Control, hint?: string): HTMLElement {
    const id = `order-${name}`;
    const error = element("p", { class: "field-error", id: `${id}-error` });
    control.id = id;
    control.name = name;
    control.setAttribute("aria-describedby", error.id);
    control.addEventListener("input", () => this.#complain(name, undefined));
    this.#controls.set(name, control);
    this.#errors.set(name, error);
    return element("div", { class: "field" }, element("label", { for: id }, label), element("div", { class: "field-line" }, control), hint ? element("p", { class: "faint" }, hint) : null, error);
  }

  #check(name: FieldName, label: string): HTMLElement {
    const control = element("input", { type: "checkbox", id: `order-${name}`, name });
    this.#controls.set(name, control);
    return element("div", { class: "check" }, control, element("label", { for: control.id }, label));
  }

  /** On whose account: to be said where that may be anybody's. */
  #account(): HTMLElement | null {
    const field = this.#field("owner", "Account", element("input", { value: this.owner ?? "dashboard", maxlength: 255 }));
    return this.owner === null ? field : null;
  }

  #more(): HTMLElement {
    return element(
      "details",
      { class: "more" },
      element("summary", {}, "More options"),
      this.#account(),
      this.#field("label", "Your own label", element("input", { maxlength: 255, placeholder: "optional" })),
      this.#field("confirmation", "Proof of delivery", select(["None", "Picture", "FingerPrint", "Voice"])),
      this.#field("pickupAt", "Not before", element("input", { type: "datetime-local" }), "Empty: as soon as can be."),
      this.#field("deadline", "Deliver by", element("input", { type: "datetime-local" })),
    );
  }

  #value(name: FieldName): string {
    return this.#controls.get(name)?.value ?? "";
  }

  #fields(): OrderFields {
    const expedited = this.#controls.get("expedited");
    const [pickup, dropoff, weight, size] = [this.#value("pickup"), this.#value("dropoff"), this.#value("weight"), this.#value("size")];
    const [owner, label, confirmation] = [this.#value("owner"), this.#value("label"), this.#value("confirmation")];
    const [pickupAt, deadline] = [this.#value("pickupAt"), this.#value("deadline")];
    return { pickup, dropoff, weight, size, expedited: expedited instanceof HTMLInputElement && expedited.checked, owner, label, confirmation, pickupAt, deadline };
  }

  #quoted(): void {
    const fields = this.#fields();
    this.#quote.update(Object.keys(problemsIn(fields)).length === 0 ? requestOf(fields) : null);
  }

  #complain(name: FieldName, reason: string | undefined): void {
    const error = this.#errors.get(name);
    if (error) say(error, reason ?? "");
    this.#controls.get(name)?.setAttribute("aria-invalid", String(reason !== undefined));
  }

  #show(problems: FieldProblems, others: readonly string[]): void {
    for (const name of this.#errors.keys()) this.#complain(name, problems[name]);
    say(this.#said, others.join(" "));
    this.#focus();
  }

  /** Puts the focus on the first field of which something is said, where there is one. */
  #focus(): void {
    const control = [...this.#controls.values()].find((each) => each.getAttribute("aria-invalid") === "true");
    control?.closest("details")?.setAttribute("open", "");
    control?.focus();
  }

  async #submit(): Promise<void> {
    const fields = this.#fields();
    const problems = problemsIn(fields);
    this.#show(problems, []);
    if (Object.keys(problems).length > 0 || this.#send.disabled) return;
    const request = requestOf(fields);
    const body = JSON.stringify(request);
    // The same order sent again after a lost answer keeps its key, so that it is made once.
    if (this.#key?.body !== body) this.#key = { key: freshKey(), body };
    this.#send.disabled = true;
    this.#send.textContent = "Sending…";
    try {
      // A text that names no place would be flown to a point that is made up for it.
      const quote = await this.#quote.of(request);
      if (quote && !this.#resolved(quote)) return this.#focus();
      const delivery = await api.request(request, this.#key.key);
      this.#key = null;
      this.#pickFor(null);
      this.events.ordered(delivery);
    } catch (problem) {
      this.#refused(problem instanceof Problem ? problem : new Problem(0, String(problem)));
    } finally {
      this.#send.disabled = false;
      this.#send.textContent = "Request delivery";
    }
  }

  #refused(problem: Problem): void {
    const { fields, others } = problemsFrom(problem.fields);
    this.#show(fields, Object.keys(fields).length > 0 ? others : [problem.message, ...others]);
  }
}

function select(values: readonly string[]): HTMLSelectElement {
  const words: Record<string, string> = { None: "None", Picture: "Picture", FingerPrint: "Finger print", Voice: "Voice" };
  return element("select", {}, ...values.map((value) => element("option", { value }, words[value] ?? value)));
}
