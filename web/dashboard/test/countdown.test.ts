import { describe, expect, it } from "vitest";
import { Countdown } from "../src/track/countdown";

describe("the countdown", () => {
  it("has nothing to say before the first estimate", () => {
    expect(new Countdown().left(0, 0)).toBeNull();
  });

  it("counts down to the estimate and never below zero", () => {
    const countdown = new Countdown();
    countdown.update(60_000, 0);
    expect(countdown.left(0, 0)).toBe(60);
    expect(countdown.left(59_000, 59_000)).toBe(1);
    expect(countdown.left(90_000, 90_000)).toBe(0);
  });

  it("eases small corrections in: no step is larger than a second or two", () => {
    const countdown = new Countdown();
    countdown.update(300_000, 0);
    let before = countdown.left(0, 0) ?? 0;
    countdown.update(340_000, 0);
    for (let wall = 100; wall < 60_000; wall += 100) {
      const left = countdown.left(wall, wall) ?? 0;
      expect(Math.abs(left - before)).toBeLessThan(2);
      before = left;
    }
    expect(countdown.eta).toBeCloseTo(340_000, -2);
  });

  it("shows a large change at once: it is news", () => {
    const countdown = new Countdown();
    countdown.update(300_000, 0);
    countdown.update(900_000, 0);
    expect(countdown.left(0, 0)).toBe(900);
  });

  it("keeps what it shows when an estimate cannot be read", () => {
    const countdown = new Countdown();
    countdown.update(60_000, 0);
    countdown.update(Number.NaN, 0);
    expect(countdown.left(0, 0)).toBe(60);
  });
});
