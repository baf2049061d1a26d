import { describe, expect, it } from "vitest";
import type { DeliveryRow, Page } from "../src/api/model";
import { ANY_DELIVERY } from "../src/deliveries/filter";
import { pageOf } from "../src/deliveries/pages";

const row = (id: string): DeliveryRow => ({ id }) as DeliveryRow;

/** A service that answers with these pages, one after the other. */
function service(...pages: readonly (readonly string[])[]): { asked: [number, string | null][]; ask: (filter: unknown, limit: number, cursor: string | null) => Promise<Page<DeliveryRow>> } {
  const asked: [number, string | null][] = [];
  const ask = (_: unknown, limit: number, cursor: string | null): Promise<Page<DeliveryRow>> => {
    asked.push([limit, cursor]);
    const last = asked.length === pages.length;
    return Promise.resolve({ items: (pages[asked.length - 1] ?? []).map(row), nextCursor: last ? null : `after ${asked.length}` });
  };
  return { asked, ask };
}

describe("a page of deliveries", () => {
  it("is asked for on and on where the service cuts it short, and holds no more than it has room for", async () => {
    const { asked, ask } = service(["a"], [], ["b", "c"], ["d"]);
    const { items, nextCursor } = await pageOf(ANY_DELIVERY, 3, "from", ask);
    expect([items.map(({ id }) => id), nextCursor]).toEqual([["a", "b", "c"], "after 3"]);
    expect(asked).toEqual([[3, "from"], [2, "after 1"], [2, "after 2"]]);
  });

  it("ends where there are no more, or after ten questions", async () => {
    expect(await pageOf(ANY_DELIVERY, 3, null, service(["a"]).ask)).toEqual({ items: [row("a")], nextCursor: null });
    const { asked, ask } = service(...Array.from({ length: 12 }, () => []));
    expect(await pageOf(ANY_DELIVERY, 3, null, ask)).toEqual({ items: [], nextCursor: "after 10" });
    expect(asked.length).toBe(10);
  });
});
