import { api } from "../api/client";
import type { TrackingLink } from "../api/model";
import { confirmed } from "../page/dialog";
import { element } from "../page/element";

/** A link is handed out again as long as it is good for this long, ms: a week, in which the delivery is over and its proof looked at. */
const GOOD_FOR_MS = 7 * 86_400_000;

/** The link to hand out of those there are: the one that is good for longest, where that is long enough at `now`. */
export function linkToHandOut(links: readonly TrackingLink[], now: number): TrackingLink | null {
  const good = links.filter(({ expiresAt }) => Date.parse(expiresAt) - now >= GOOD_FOR_MS);
  return good.sort((a, b) => Date.parse(b.expiresAt) - Date.parse(a.expiresAt))[0] ?? null;
}

/** The customer's page of a delivery, by a link that shows nothing else, and the button that revokes all such links. */
export class CustomerLink {
  readonly #page: HTMLAnchorElement;
  readonly #revoke = element("button", { type: "button", class: "button", onclick: () => void this.#ask() }, "Revoke links…");

  constructor(
    private readonly delivery: string,
    private readonly said: (text: string) => void,
  ) {
    // Without a link of its own the page asks for a key, where the service wants one.
    this.#page = element("a", { class: "button", href: `/track/${encodeURIComponent(delivery)}`, target: "_blank", rel: "noopener" }, "Customer’s page");
    void this.#find().catch(() => undefined);
  }

  /** What is shown of it. */
  get parts(): readonly HTMLElement[] {
    return [this.#page, this.#revoke];
  }

  async #find(): Promise<void> {
    const link = linkToHandOut(await api.trackingLinks(this.delivery), Date.now());
    this.#page.href = (link ?? (await api.makeTrackingLink(this.delivery))).url;
  }

  async #ask(): Promise<void> {
    await confirmed({
      title: "Revoke all links to this delivery?",
      text: "Whoever was sent one sees nothing more, and cannot cancel by it. The customer’s page then has a new link.",
      act: "Revoke the links",
      danger: true,
      does: async () => {
        await api.revokeTrackingLinks(this.delivery);
        await this.#find();
        this.said("All links that were sent are revoked.");
      },
    });
  }
}
