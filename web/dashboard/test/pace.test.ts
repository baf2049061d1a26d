import { describe, expect, it } from "vitest";
import type { Simulation } from "../src/api/model";
import { deedOf, lagWords, runsAs, speedValue, SPEEDS } from "../src/simulation/pace";

const calm: Simulation = { now: "2026-05-12T09:00:00.000Z", speed: 60, paused: false, steppingTo: null, behindS: 0, behindSince: null, behindCause: null, behindRemedy: null };
const page = { tag: "BODY", role: null, editable: false };

describe("the control of time", () => {
  it("says how the simulation runs", () => {
    expect(runsAs(calm)).toBe("Running, ×60");
    expect(runsAs({ ...calm, speed: null })).toBe("Running, as fast as it can");
    expect(runsAs({ ...calm, paused: true })).toBe("Paused");
    expect(runsAs({ ...calm, paused: true, steppingTo: calm.now })).toMatch(/^Stepping to /);
  });

  it("names a lag, what keeps the engine and what is done about it", () => {
    expect(lagWords(calm)).toBe("");
    const late = { ...calm, behindS: 75, behindSince: calm.now, behindCause: "journalStuck", behindRemedy: "catchingUp" };
    expect(lagWords(late)).toMatch(/^The clock is 75 s behind since .*: the journal cannot be written\. Events show late until it has caught up; nothing is skipped\.$/);
    expect(lagWords({ ...late, behindCause: "unheard of", behindRemedy: "clockWaits" })).toMatch(/the engine cannot follow\. Time goes slower/);
  });

  it("offers the speeds the service takes", () => {
    expect(SPEEDS.filter((speed) => speed !== "max").every((speed) => speed >= 0.1 && speed <= 1_000)).toBe(true);
    expect([speedValue(0.5), speedValue(null)]).toEqual(["0.5", "max"]);
  });

  it("is held by keyboard, but not while a person types or presses something else", () => {
    expect(deedOf(" ", false, page)).toEqual({ do: "pause" });
    expect(deedOf(" ", true, page)).toEqual({ do: "resume" });
    expect([deedOf(".", true, page), deedOf(".", false, page)]).toEqual([{ do: "next" }, null]);
    for (const busy of [{ ...page, tag: "INPUT" }, { ...page, tag: "BUTTON" }, { ...page, editable: true }]) expect(deedOf(" ", false, busy)).toBeNull();
    expect(deedOf("x", true, page)).toBeNull();
  });
});
