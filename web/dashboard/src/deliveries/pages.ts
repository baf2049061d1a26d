import { api } from "../api/client";
import type { DeliveryRow, Page } from "../api/model";
import type { DeliveryFilter } from "./filter";

/** How often the service is asked for one page, at most: it looks through ten thousand deliveries each time. */
const ASKED_MAX = 10;

/** A page of so many deliveries. Where few fit the filter the service answers with less than a page and goes on at the cursor: it is asked again until the page is full. */
export async function pageOf(filter: DeliveryFilter, limit: number, cursor: string | null, ask = api.deliveries): Promise<Page<DeliveryRow>> {
  const items: DeliveryRow[] = [];
  let next = cursor;
  for (let asked = 0; asked < ASKED_MAX && items.length < limit && (asked === 0 || next !== null); asked += 1) {
    const page: Page<DeliveryRow> = await ask(filter, limit - items.length, next);
    items.push(...page.items);
    next = page.nextCursor;
  }
  return { items, nextCursor: next };
}
