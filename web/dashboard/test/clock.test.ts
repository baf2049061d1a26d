import { describe, expect, it } from "vitest";
import { SimClock } from "../src/telemetry/clock";

describe("the virtual clock", () => {
  it("runs at the server's speed", () => {
    const clock = new SimClock();
    clock.sync(1_000_000, 60, 0);
    expect(clock.at(500)).toBe(1_030_000);
    expect(clock.speed).toBe(60);
  });

  it("works a small correction in without a jump and without going back", () => {
    const clock = new SimClock();
    clock.sync(0, 1, 0);
    const shown = clock.at(10_000);
    clock.sync(9_400, 1, 10_000);
    expect(clock.at(10_000)).toBe(shown);
    let before = shown;
    for (let wall = 10_000; wall < 20_000; wall += 16) {
      const now = clock.at(wall);
      expect(now).toBeGreaterThanOrEqual(before);
      expect(now - before).toBeLessThan(40);
      before = now;
    }
    expect(clock.at(20_000)).toBeCloseTo(19_400, -1);
  });

  it("jumps where the difference is too large to slew", () => {
    const clock = new SimClock();
    clock.sync(0, 1, 0);
    clock.sync(3_600_000, 1, 1_000);
    expect(clock.at(1_000)).toBe(3_600_000);
    clock.sync(60_000, 1, 2_000);
    expect(clock.at(2_000)).toBe(60_000);
  });

  it("stands while it is paused, and glides back to where that was", () => {
    const clock = new SimClock();
    clock.sync(0, 60, 0);
    expect(clock.at(1_100)).toBe(66_000);
    clock.sync(60_000, 0, 1_100);
    expect(clock.speed).toBe(0);
    expect(clock.at(1_100)).toBe(66_000);
    expect(clock.at(8_000)).toBeCloseTo(60_000, -1);
    clock.reach(90_000, 8_000);
    expect(clock.at(9_000)).toBeCloseTo(60_000, -1);
    clock.sync(120_000, 0, 9_000);
    expect(clock.at(9_000)).toBe(120_000);
  });

  it("takes another speed without a jump", () => {
    const clock = new SimClock();
    clock.sync(0, 1, 0);
    const shown = clock.at(10_000);
    clock.sync(10_050, 60, 10_000);
    expect(clock.at(10_000)).toBeCloseTo(shown, 5);
    expect(clock.at(14_000)).toBeCloseTo(250_050, -2);
  });

  it("stands between frames where no speed is told, and goes on to what has surely come", () => {
    const clock = new SimClock();
    clock.sync(5_000, null, 0);
    expect(clock.at(9_000)).toBe(5_000);
    expect(clock.speed).toBeNull();
    clock.reach(8_000, 9_000);
    expect(clock.at(9_000)).toBe(8_000);
    clock.reach(7_000, 9_500);
    expect(clock.at(9_500)).toBe(8_000);
  });
});
