const STORED_AS = "skyhaul.key";

/** What keeps text for as long as a tab is open; a test gives its own. */
export type Keep = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** The tab's storage; it may be refused, as in a private window: the key then lasts as long as the page. */
function tab(): Keep | null {
  try {
    return window.sessionStorage;
  } catch {
    return null;
  }
}

/** The key this page shows to the service, where the service asks for one. It leaves the tab only in calls to the service. */
export class ServiceKey {
  #key: string | null;

  constructor(private readonly keep: Keep | null) {
    this.#key = keep?.getItem(STORED_AS) ?? null;
  }

  /** The key; `null` where none was given. */
  get value(): string | null {
    return this.#key;
  }

  /** Takes a key, or forgets the one there is. */
  set(key: string | null): void {
    this.#key = key;
    if (key === null) this.keep?.removeItem(STORED_AS);
    else this.keep?.setItem(STORED_AS, key);
  }

  /** Shows this key for as long as the page is open, and leaves what the tab keeps. */
  show(key: string): void {
    this.#key = key;
  }

  /** The headers a call shows it by. */
  headers(): Record<string, string> {
    return this.#key === null ? {} : { Authorization: `Bearer ${this.#key}` };
  }

  /** A socket's address with the key in it: a browser's socket can send no header. */
  address(url: string): string {
    return this.#key === null ? url : `${url}?access_token=${encodeURIComponent(this.#key)}`;
  }
}

/** The page's key. */
export const key = new ServiceKey(typeof window === "undefined" ? null : tab());
