import { describe, expect, it } from "vitest";
import { findDelivery } from "../src/deliveries/find";
import { meaningOf } from "../src/fleet/search";

const [FIRST, SECOND, OLD] = ["0a1b2c3d-1111-4222-8333-444455556666", "0a1b2c3d-9999-4222-8333-444455556666", "77777777-1111-4222-8333-444455556666"];

describe("a delivery", () => {
  it("is found by how its id begins, among those at hand before the service is asked", async () => {
    let asked = 0;
    const newest = (): Promise<string[]> => Promise.resolve((asked += 1) > 0 ? [OLD, FIRST] : []);
    expect(await findDelivery(" 0A1B2C3D ", [FIRST, FIRST], newest)).toEqual({ delivery: FIRST });
    expect(asked).toBe(0);
    expect(await findDelivery("77777777-11", [FIRST], newest)).toEqual({ delivery: OLD });
    expect(asked).toBe(1);
  });

  it("is not guessed where several begin so, or none", async () => {
    const none = (): Promise<string[]> => Promise.resolve([]);
    expect(await findDelivery("0a1b2c3d", [FIRST, SECOND], none)).toEqual({ said: "2 deliveries begin with 0a1b2c3d. Say more of it." });
    expect(await findDelivery("0a1b2c3e", [FIRST, SECOND], none)).toEqual({ said: "None of the newest 1,000 deliveries begins with 0a1b2c3e." });
    expect(await findDelivery("0a1b2c3e", [], () => Promise.reject(new Error("no answer")))).toEqual({ said: "no answer" });
  });

  it("is taken by its whole id without looking", async () => {
    expect(await findDelivery(OLD, [FIRST], () => Promise.reject(new Error("asked")))).toEqual({ delivery: OLD });
  });

  it("is meant by the first eight characters, which are what lists show, and not by fewer, which are a drone's number or a place", () => {
    expect(["0a1b2c3d", "77777777", "0a1b2c3d-11", OLD].map((text) => meaningOf(text)?.kind)).toEqual(["delivery", "delivery", "delivery", "delivery"]);
    expect(["7", "drone-7", "facade"].map((text) => meaningOf(text)?.kind)).toEqual(["drone", "drone", "place"]);
  });
});
