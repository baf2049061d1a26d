type Child = Node | string | null | undefined | false;

/** Attributes of an element: functions are listeners, `true` is a bare attribute, `false` and `null` are none. */
export type Attributes = Record<string, string | number | boolean | null | ((event: Event) => void)>;

/** Makes an element. Text is always text, never markup. */
export function element<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Attributes = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  assign(made, attributes);
  made.append(...children.filter((child): child is Node | string => child !== null && child !== undefined && child !== false));
  return made;
}

/** Makes an SVG element. */
export function drawing(tag: string, attributes: Record<string, string | number>, ...children: Node[]): SVGElement {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...children);
  return made;
}

function assign(made: HTMLElement, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null) continue;
    if (typeof value === "function") made.addEventListener(name.replace(/^on/, ""), value);
    else made.setAttribute(name, value === true ? "" : String(value));
  }
}

/** Sets an element's text, only where it differs: screen readers announce what changes. */
export function say(target: Element, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}
