import { beforeEach, describe, expect, it } from "vitest";
import { Backoff } from "../src/telemetry/backoff";
import { Telemetry, type Link, type Surroundings } from "../src/telemetry/connection";
import type { Payload } from "../src/telemetry/frame";
import { cellOf, clockOf, golden, viewOf } from "./golden";

/** A socket in the test's hands. */
class FakeSocket {
  readyState = 1;
  onmessage: ((message: { data: string | ArrayBuffer }) => void) | null = null;
  onclose: (() => void) | null = null;
  readonly sent: Record<string, unknown>[] = [];
  closed = false;

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }

  close(): void {
    this.closed = true;
  }

  hear(frame: object | ArrayBuffer): void {
    this.onmessage?.({ data: frame instanceof ArrayBuffer ? frame : JSON.stringify(frame) });
  }
}

/** A browser whose time the test moves. */
class FakeBrowser implements Surroundings {
  now = 0;
  readonly sockets: FakeSocket[] = [];
  #timers: { at: number; act: () => void }[] = [];

  open = (): WebSocket => {
    const socket = new FakeSocket();
    this.sockets.push(socket);
    return socket as unknown as WebSocket;
  };

  wall = (): number => this.now;

  after = (ms: number, act: () => void): void => {
    this.#timers.push({ at: this.now + ms, act });
  };

  pass(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      this.#timers.sort((a, b) => a.at - b.at);
      const next = this.#timers[0];
      if (!next || next.at > end) break;
      this.#timers.shift();
      this.now = next.at;
      next.act();
    }
    this.now = end;
  }

  get socket(): FakeSocket {
    const last = this.sockets.at(-1);
    if (!last) throw new Error("no socket was opened");
    return last;
  }
}

const HELLO = { type: "hello", version: 1, now: "2026-01-01T00:00:00.000Z", speed: 1, limits: {} };
const delta = (seq: number) => viewOf(seq);
const whole = (seq: number) => viewOf(seq, { whole: true });

let browser: FakeBrowser;
let telemetry: Telemetry;
let links: Link["state"][];
let received: Payload[];

beforeEach(() => {
  browser = new FakeBrowser();
  telemetry = new Telemetry("ws://here/telemetry", browser, new Backoff(() => 1));
  links = [];
  received = [];
  telemetry.onLink((link) => links.push(link.state));
  telemetry.subscribe("fleet", { topic: "fleet", mode: "legs", bbox: [11, 43, 12, 44] }, (payload) => received.push(payload));
});

describe("the connection", () => {
  it("subscribes once the server has said hello", () => {
    expect(browser.socket.sent).toEqual([]);
    browser.socket.hear(HELLO);
    expect(browser.socket.sent).toEqual([{ op: "subscribe", id: "fleet", topic: "fleet", mode: "legs", bbox: [11, 43, 12, 44] }]);
    expect(links).toEqual(["connecting", "live"]);
  });

  it("comes back after a loss, with what it had subscribed to", () => {
    browser.socket.hear(HELLO);
    browser.socket.onclose?.();
    expect(telemetry.link.state).toBe("lost");
    browser.pass(500);
    expect(browser.sockets).toHaveLength(2);
    browser.socket.hear(HELLO);
    expect(telemetry.link.state).toBe("live");
    expect(browser.socket.sent).toHaveLength(1);
  });

  it("waits longer after each failure, up to a bound, and starts anew after a success", () => {
    const opened = () => browser.sockets.length;
    browser.socket.onclose?.();
    browser.pass(499);
    expect(opened()).toBe(1);
    browser.pass(1);
    expect(opened()).toBe(2);
    browser.socket.onclose?.();
    browser.pass(999);
    expect(opened()).toBe(2);
    for (let failure = 0; failure < 12; failure += 1) {
      browser.socket.onclose?.();
      browser.pass(15_000);
    }
    const before = opened();
    browser.socket.hear(HELLO);
    browser.socket.onclose?.();
    browser.pass(500);
    expect(opened()).toBe(before + 1);
  });

  it("gives a silent link up, and keeps one that speaks", () => {
    browser.socket.hear(HELLO);
    for (let beat = 0; beat < 6; beat += 1) {
      browser.pass(10_000);
      browser.socket.hear(clockOf());
    }
    expect(telemetry.link.state).toBe("live");
    const silent = browser.socket;
    browser.pass(31_000);
    expect(silent.closed).toBe(true);
    expect(browser.sockets.length).toBeGreaterThan(1);
  });

  it("asks for a fresh picture where a number is missing, but not after a gap the server told of", () => {
    browser.socket.hear(HELLO);
    browser.socket.hear(whole(1));
    browser.socket.hear(delta(2));
    expect(browser.socket.sent).toHaveLength(1);
    browser.socket.hear({ type: "gap", id: "fleet", missed: 5 });
    browser.socket.hear(whole(9));
    browser.socket.hear(delta(10));
    expect(browser.socket.sent).toHaveLength(1);
    browser.socket.hear(delta(12));
    expect(browser.socket.sent.slice(1).map((message) => message["op"])).toEqual(["unsubscribe", "subscribe"]);
    expect(received).toHaveLength(5);
  });

  it("tells a snapshot from a change, and ignores what it does not know", () => {
    browser.socket.hear(HELLO);
    browser.socket.hear(whole(1));
    browser.socket.hear(delta(2));
    browser.socket.hear({ type: "weather", id: "fleet" });
    browser.socket.onmessage?.({ data: "not JSON" });
    browser.socket.hear(new ArrayBuffer(24));
    browser.socket.hear(viewOf(3, { id: "another" }));
    expect(received.map((payload) => payload.kind === "fleet" && payload.whole)).toEqual([true, false]);
  });

  it("takes a view when all its cells are there, and those of one that has ended go nowhere", () => {
    browser.socket.hear(HELLO);
    browser.socket.hear(viewOf(1, { whole: true, frames: 2 }));
    browser.socket.hear(cellOf({ cell: [2, 1], whole: true, legs: [[7, 0]] }));
    expect(received).toEqual([]);
    browser.socket.hear(cellOf({ cell: [2, 2], whole: true, legs: [[7, 0]], fixes: [8] }));
    expect(received).toMatchObject([{ kind: "fleet", whole: true, change: { flights: [{ drone: "drone-7" }], positions: [{ drone: "drone-8", state: "charging" }] } }]);
    telemetry.unsubscribe("fleet");
    browser.socket.hear(viewOf(2, { frames: 1 }));
    browser.socket.hear(cellOf({ gone: [7] }));
    expect(received).toHaveLength(1);
  });

  it("shows an aircraft that is no drone of the fleet, and that nothing is heard of it", () => {
    const [EXTERNAL, STALE, NUMBER] = [1_024, 2_048, 2 ** 31 + 7];
    browser.socket.hear(HELLO);
    browser.socket.hear(viewOf(1, { whole: true, frames: 1 }));
    browser.socket.hear(cellOf({ cell: [6, 0], whole: true, fixes: [NUMBER], state: EXTERNAL }));
    expect(received).toMatchObject([{ change: { positions: [{ drone: "external-7", external: true, stale: false, state: "idle" }] } }]);
    browser.socket.hear(viewOf(2, { frames: 1 }));
    browser.socket.hear(cellOf({ cell: [6, 0], whole: true, fixes: [NUMBER], state: EXTERNAL + STALE }));
    expect(received.at(-1)).toMatchObject({ change: { positions: [{ stale: true }], removed: [] } });
    browser.socket.hear(viewOf(3, { frames: 1 }));
    browser.socket.hear(cellOf({ cell: [6, 0], whole: true }));
    expect(received.at(-1)).toMatchObject({ change: { positions: [], removed: ["external-7"] } });
  });

  it("hears how many drones there are where they are too many to tell of each", () => {
    telemetry.subscribe("map", { topic: "fleet" }, (payload) => received.push(payload));
    browser.socket.hear(HELLO);
    browser.socket.hear(golden("counts"));
    expect(received).toMatchObject([{ kind: "counts", zoom: 13, tiles: [{ standing: 21_000 }, { standing: 21_000 }] }]);
  });

  it("goes on where the last socket broke off, by epoch and tick", () => {
    browser.socket.hear(HELLO);
    browser.socket.hear(viewOf(1, { whole: true, tick: 70, frames: 1 }));
    browser.socket.hear(cellOf({ cell: [2, 1], whole: true, legs: [[7, 0]], fixes: [8] }));
    browser.socket.hear(viewOf(2, { tick: 75 }));
    browser.socket.hear(viewOf(3, { tick: 80, frames: 2 }));
    browser.socket.onclose?.();
    browser.pass(500);
    browser.socket.hear(HELLO);
    // The last view never was whole on this side of the wire, so it does not count.
    expect(browser.socket.sent).toEqual([{ op: "subscribe", id: "fleet", topic: "fleet", mode: "legs", bbox: [11, 43, 12, 44], epoch: 5, tick: 75 }]);
    browser.socket.hear(viewOf(1, { answer: true, tick: 90, frames: 1 }));
    browser.socket.hear(cellOf({ cell: [2, 1], gone: [8] }));
    expect(received.at(-1)).toMatchObject({ kind: "fleet", whole: false, change: { flights: [], positions: [], removed: ["drone-8"] } });
    expect(browser.socket.sent).toHaveLength(1);
  });

  it("takes a whole picture where the server knows the old one no more", () => {
    browser.socket.hear(HELLO);
    browser.socket.hear(viewOf(1, { whole: true, frames: 1 }));
    browser.socket.hear(cellOf({ cell: [2, 1], whole: true, fixes: [8] }));
    browser.socket.onclose?.();
    browser.pass(500);
    browser.socket.hear(HELLO);
    browser.socket.hear(viewOf(1, { whole: true, frames: 1 }));
    browser.socket.hear(cellOf({ cell: [2, 1], whole: true, fixes: [9] }));
    expect(received.at(-1)).toMatchObject({ kind: "fleet", whole: true, change: { positions: [{ drone: "drone-9" }] } });
  });

  it("comes back with the part of the map that its tables are of, and then asks for the one that is wanted", () => {
    const moved = [10, 42, 11, 43] as const;
    browser.socket.hear(HELLO);
    browser.socket.hear(viewOf(1, { whole: true, tick: 70 }));
    telemetry.subscribe("fleet", { topic: "fleet", bbox: moved }, (payload) => received.push(payload));
    browser.socket.hear(viewOf(2, { tick: 71 }));
    browser.socket.onclose?.();
    browser.pass(500);
    browser.socket.hear(HELLO);
    expect(browser.socket.sent).toMatchObject([{ bbox: [11, 43, 12, 44], epoch: 5, tick: 71 }]);
    browser.socket.hear(viewOf(1, { answer: true, tick: 80 }));
    expect(browser.socket.sent.slice(1)).toEqual([{ op: "subscribe", id: "fleet", topic: "fleet", bbox: moved }]);
    browser.socket.hear(viewOf(2, { answer: true, tick: 81 }));
    browser.socket.onclose?.();
    browser.pass(500);
    browser.socket.hear(HELLO);
    expect(browser.socket.sent).toMatchObject([{ bbox: moved, epoch: 5, tick: 81 }]);
  });

  it("asks for one part of the map at a time, and for the last that was wanted", () => {
    const box = (east: number) => ({ topic: "fleet", bbox: [10, 42, east, 43] as const });
    const look = (east: number) => telemetry.subscribe("fleet", box(east), (payload) => received.push(payload));
    browser.socket.hear(HELLO);
    browser.socket.hear(viewOf(1, { whole: true }));
    [11, 12, 13].forEach(look);
    expect(browser.socket.sent.slice(1)).toMatchObject([box(11)]);
    browser.socket.hear(viewOf(2));
    expect(browser.socket.sent).toHaveLength(2);
    browser.socket.hear(viewOf(3, { answer: true }));
    expect(browser.socket.sent.slice(2)).toMatchObject([box(13)]);
    browser.socket.hear({ type: "error", id: "fleet", code: "bad_bbox", message: "no" });
    look(14);
    expect(browser.socket.sent.slice(3)).toMatchObject([box(14)]);
  });

  it("begins anew after counts, which leave it nothing to go on from", () => {
    telemetry.subscribe("map", { topic: "fleet" }, (payload) => received.push(payload));
    browser.socket.hear(HELLO);
    browser.socket.hear(viewOf(1, { id: "map", whole: true, tick: 70 }));
    browser.socket.hear(golden("counts"));
    browser.socket.onclose?.();
    browser.pass(500);
    browser.socket.hear(HELLO);
    expect(browser.socket.sent.find(({ id }) => id === "map")).toEqual({ op: "subscribe", id: "map", topic: "fleet" });
  });

  it("sends only the new view when a subscription moves, and ends one that changes its topic", () => {
    browser.socket.hear(HELLO);
    browser.socket.hear(whole(1));
    telemetry.subscribe("fleet", { topic: "fleet", bbox: [10, 42, 11, 43] }, () => undefined);
    telemetry.subscribe("fleet", { topic: "stats" }, () => undefined);
    telemetry.unsubscribe("fleet");
    telemetry.unsubscribe("fleet");
    expect(browser.socket.sent.slice(1).map((message) => message["op"])).toEqual(["subscribe", "unsubscribe", "subscribe", "unsubscribe"]);
  });

  it("asks again, once, where the address had too many clients", () => {
    const full = { type: "error", id: "fleet", code: "client_limit", message: "an address has at most 1 clients" };
    const asked = () => browser.socket.sent.filter(({ id }) => id === "fleet").length;
    telemetry.subscribe("fleet", { topic: "fleet" }, (payload) => received.push(payload));
    browser.socket.hear(HELLO);
    expect(asked()).toBe(1);
    browser.socket.hear(full);
    browser.socket.hear(full);
    browser.pass(15_000);
    expect(asked()).toBe(2);
    browser.socket.hear(full);
    telemetry.unsubscribe("fleet");
    const asides = asked();
    browser.pass(15_000);
    expect(asked()).toBe(asides);
  });

  it("passes the server's complaints on", () => {
    const complaints: string[] = [];
    telemetry.onError((code, message) => complaints.push(`${code}: ${message}`));
    browser.socket.hear({ type: "error", code: "bad_topic", message: "no such topic" });
    expect(complaints).toEqual(["bad_topic: no such topic"]);
  });
});
