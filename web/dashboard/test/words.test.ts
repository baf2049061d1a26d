import { expect, it } from "vitest";
import { arrivalWords, clockTime } from "../src/page/words";

const at = (hours: number, minutes: number): number => new Date(2026, 4, 12, hours, minutes, 30).getTime();

it("says between when a parcel arrives, where that is more than a minute", () => {
  const words = arrivalWords(at(12, 4), at(12, 3), at(12, 6));
  expect(words).toBe(`Arrives between ${clockTime(at(12, 3))} and ${clockTime(at(12, 6))}`);
});

it("says about when it arrives, where both bounds are the same minute or are not known", () => {
  expect(arrivalWords(at(12, 4), at(12, 4), at(12, 4))).toBe(`Arrives about ${clockTime(at(12, 4))}`);
  expect(arrivalWords(at(12, 4), Number.NaN, Number.NaN)).toBe(`Arrives about ${clockTime(at(12, 4))}`);
});

it("never says a span in which the estimate does not lie", () => {
  expect(arrivalWords(at(12, 8), at(12, 3), at(12, 6))).toBe(`Arrives between ${clockTime(at(12, 3))} and ${clockTime(at(12, 8))}`);
});
