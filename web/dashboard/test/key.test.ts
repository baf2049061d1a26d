import { afterEach, describe, expect, it, vi } from "vitest";
import { reasonOf } from "../src/access/form";
import { api } from "../src/api/client";
import { key, ServiceKey } from "../src/api/key";

function drawer(): { kept: Map<string, string>; keep: { getItem: (name: string) => string | null; setItem: (name: string, value: string) => void; removeItem: (name: string) => void } } {
  const kept = new Map<string, string>();
  return { kept, keep: { getItem: (name) => kept.get(name) ?? null, setItem: (name, value) => void kept.set(name, value), removeItem: (name) => void kept.delete(name) } };
}

describe("the service's key", () => {
  afterEach(() => {
    key.set(null);
    vi.unstubAllGlobals();
  });

  it("is kept for the tab, and forgotten when told", () => {
    const { kept, keep } = drawer();
    new ServiceKey(keep).set("sky_1");
    const again = new ServiceKey(keep);
    expect(again.value).toBe("sky_1");
    again.set(null);
    expect([again.value, kept.size]).toEqual([null, 0]);
  });

  it("is shown in a header by calls and in the address by the socket, and nowhere where there is none", () => {
    const shown = new ServiceKey(null);
    expect([shown.headers(), shown.address("ws://here/telemetry")]).toEqual([{}, "ws://here/telemetry"]);
    shown.set("a b&c");
    expect(shown.headers()).toEqual({ Authorization: "Bearer a b&c" });
    expect(shown.address("ws://here/telemetry")).toBe("ws://here/telemetry?access_token=a%20b%26c");
  });

  it("goes with each call, and a refusal of it is told once it was taken", async () => {
    const calls: RequestInit[] = [];
    vi.stubGlobal("fetch", (_path: string, init: RequestInit) => {
      calls.push(init);
      return Promise.resolve(new Response("{}", { status: 401 }));
    });
    let refusals = 0;
    api.onRefused(() => (refusals += 1));
    await expect(api.config()).rejects.toMatchObject({ status: 401 });
    expect(refusals).toBe(0);
    key.set("sky_1");
    await expect(api.config()).rejects.toMatchObject({ status: 401 });
    expect(refusals).toBe(1);
    expect(calls.map((call) => (call.headers as Record<string, string>)["Authorization"])).toEqual([undefined, "Bearer sky_1"]);
  });

  it("is asked for with a reason", () => {
    expect(reasonOf(401, false)).toBe("");
    expect(reasonOf(401, true)).toMatch(/does not take this key/);
    expect(reasonOf(403, true)).toMatch(/operator/);
  });
});
