import { describe, expect, it } from "vitest";
import { Problem } from "../src/api/client";
import { Carriers } from "../src/deliveries/carriers";

type Row = Parameters<Carriers["learn"]>[0][number];

const row = (id: string, stage: Row["stage"] = "HeadedToDropoff", by: string | null = "carrier"): Row => ({ id, stage, by });

describe("the carriers of a page", () => {
  it("are asked for once each, and again where a delivery is not over and another may have it by now", async () => {
    const asked: string[] = [];
    let wall = 0;
    let name = "van";
    const carriers = new Carriers((delivery) => (asked.push(delivery), Promise.resolve({ carrier: name })), () => wall);
    const page = [row("a"), row("b", "Completed"), row("c", "HeadedToPickup", "drone"), row("d", "Created", null)];
    expect(await carriers.learn(page)).toBe(true);
    expect([carriers.of("a"), carriers.of("b"), carriers.of("c"), carriers.of("d")]).toEqual(["van", "van", null, null]);
    expect(await carriers.learn(page)).toBe(false);
    expect(asked).toEqual(["a", "b"]);
    [wall, name] = [60_000, "bicycle"];
    expect(await carriers.learn(page)).toBe(true);
    expect([asked, carriers.of("a"), carriers.of("b")]).toEqual([["a", "b", "a"], "bicycle", "van"]);
  });

  it("are forgotten with the page that they are on, and when a carrier gives a delivery back", async () => {
    const carriers = new Carriers(() => Promise.resolve({ carrier: "van" }), () => 0);
    await carriers.learn([row("a"), row("b")]);
    await carriers.learn([row("b", "Rescheduled", null), row("e")]);
    expect([carriers.of("a"), carriers.of("b"), carriers.of("e")]).toEqual([null, null, "van"]);
  });

  it("that are not booked yet keep no others from being told, and after a failure the rest is asked for at the next look", async () => {
    let fails: Error | null = new Problem(404, "no carrier was booked");
    const carriers = new Carriers((delivery) => (fails && delivery === "a" ? Promise.reject(fails) : Promise.resolve({ carrier: "van" })), () => 0);
    await carriers.learn([row("a"), row("b")]);
    expect([carriers.of("a"), carriers.of("b")]).toEqual([null, "van"]);
    fails = new Problem(0, "no answer");
    await carriers.learn([row("a"), row("c")]);
    expect([carriers.of("a"), carriers.of("c")]).toEqual([null, null]);
    fails = null;
    await carriers.learn([row("a"), row("c")]);
    expect([carriers.of("a"), carriers.of("c")]).toEqual(["van", "van"]);
  });
});
