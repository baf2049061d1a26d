/** What a row is made of: its element, and how it takes a new value. */
export interface Row<T> {
  readonly root: HTMLElement;
  readonly update: (item: T) => void;
}

/** A list whose rows stay the same elements while their values change: a click or the focus is never lost to a redraw. */
export class Rows<T> {
  #rows = new Map<string, Row<T>>();

  constructor(
    private readonly target: HTMLElement,
    private readonly keyOf: (item: T) => string,
    private readonly make: (item: T) => Row<T>,
  ) {}

  /** Shows these items, in this order. */
  update(items: readonly T[]): void {
    const before = this.#rows;
    this.#rows = new Map();
    for (const item of items) {
      const key = this.keyOf(item);
      const row = before.get(key) ?? this.make(item);
      row.update(item);
      this.#rows.set(key, row);
    }
    for (const [key, row] of before) if (!this.#rows.has(key)) row.root.remove();
    let place: Element | null = this.target.firstElementChild;
    for (const { root } of this.#rows.values()) {
      if (root === place) place = place.nextElementSibling;
      else this.target.insertBefore(root, place);
    }
  }
}
