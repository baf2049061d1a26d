import { describe, expect, it } from "vitest";
import { isOpen, seenWords } from "../src/alerts/list";
import { depotFigures } from "../src/fleet/depot-panel";
import { missionWords } from "../src/fleet/details";
import { clockTime } from "../src/page/words";
import { proofOf } from "../src/track/proof";

const at = "2026-05-12T10:00:00Z";
const location = { altitude: 0, latitude: 43.77, longitude: 11.25 };
const asked = (confirmationRequired: string) => ({ delivery: { id: "d", pickup: location, dropoff: location, confirmationRequired, droneId: null, carrier: null }, stage: "HeadedToDropoff", arrivedAt: null, at: location, droneId: "drone-3", carrier: null });
const time = clockTime(Date.parse(at), true);

describe("proof of delivery", () => {
  it("says nothing while there is nothing to say", () => {
    expect(proofOf(asked("None"), [])).toEqual([]);
  });

  it("says what will be asked for, from when it is put down also since when, and what was not given in the end", () => {
    expect(proofOf(asked("Picture"), [])).toEqual([["Picture", "is asked for at the door"]]);
    const waiting = { ...asked("Picture"), arrivedAt: Date.parse(at) };
    expect(proofOf(waiting, [])).toEqual([["Put down", time], ["Where", "43.77000, 11.25000"], ["By", "drone-3"], ["Picture", "is asked for at the door"]]);
    expect(proofOf({ ...waiting, stage: "Completed" }, []).at(-1)).toEqual(["Picture", "was not given"]);
  });

  it("says when, where and by whom, and what was given, whenever that was", () => {
    const given = { confirmationType: "Picture", takenAt: "2026-05-12T10:20:00Z", blobSha256: "0123456789abcdef" };
    const done = { ...asked("Picture"), stage: "Completed", arrivedAt: Date.parse(at), droneId: null, carrier: "van" };
    expect(proofOf(done, [given])).toEqual([
      ["Put down", time],
      ["Where", "43.77000, 11.25000"],
      ["By", "van"],
      ["Picture", `taken ${clockTime(Date.parse(given.takenAt), true)} · 01234567`],
    ]);
  });
});

describe("alerts", () => {
  it("are open until somebody has said that they saw them", () => {
    expect([isOpen({ acknowledgedBy: null }), isOpen({ acknowledgedBy: "operator" })]).toEqual([true, false]);
    expect(seenWords({ acknowledgedBy: "operator", acknowledgedAt: at })).toBe(`seen by operator, ${clockTime(Date.parse(at))}`);
    expect(seenWords({ acknowledgedBy: null, acknowledgedAt: null })).toBe("");
  });
});

describe("panels", () => {
  it("say what a drone is about", () => {
    expect([missionWords("pickup", "d"), missionWords("return", null), missionWords(null, "d"), missionWords(null, null)]).toEqual(["Fetches a parcel", "Flies home", "Hands over a parcel", "None"]);
  });

  it("count a depot's drones", () => {
    const depot = { name: "d", location, idle: 3, charging: 2, flying: 1, queue: 0, pads: 4, handling: 1, maintenance: 0, failed: 0, isGrounded: false };
    const all = depotFigures(depot).filter(([label]) => label !== "Pads");
    expect(all.reduce((sum, [, count]) => sum + count, 0)).toBe(7);
  });
});
