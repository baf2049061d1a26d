import { describe, expect, it } from "vitest";
import { linkToHandOut } from "../src/order/link";

const DAY_MS = 86_400_000;
const link = (days: number) => ({ url: `/track/${days}`, expiresAt: new Date(days * DAY_MS).toISOString() });

describe("the link to hand out", () => {
  it("is the one that is good for longest", () => {
    expect(linkToHandOut([link(9), link(13), link(11)], 0)?.url).toBe("/track/13");
  });

  it("is none where each ends within a week, or none was made", () => {
    expect(linkToHandOut([link(3), link(6.9)], 0)).toBeNull();
    expect(linkToHandOut([link(8)], 2 * DAY_MS)).toBeNull();
    expect(linkToHandOut([], 0)).toBeNull();
  });
});
