import { readFileSync } from "node:fs";

/** The protocol's golden frames, each by its title: the bytes that the server's own tests hold it to. */
export function goldenFrames(): Map<string, ArrayBuffer> {
  const text = readFileSync(new URL("../../../telemetry/tests/golden/frames.txt", import.meta.url), "utf8");
  return new Map(
    text.split("# ").slice(1).map((part) => {
      const [title = "", ...lines] = part.split("\n");
      const digits = lines.flatMap((line) => /^[0-9a-f]{4} {2}(.*)$/.exec(line)?.[1] ?? []).join("").replaceAll(" ", "");
      return [title, Uint8Array.from(digits.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16)).buffer];
    }),
  );
}

/** The golden frame whose title begins so. */
export function golden(title: string): ArrayBuffer {
  for (const [name, bytes] of goldenFrames()) if (name.startsWith(title)) return bytes;
  throw new Error(`no golden frame begins with ${title}`);
}

/** What a hand-made cell tells. */
export interface Told {
  readonly cell?: readonly [number, number];
  readonly whole?: boolean;
  readonly dropsFlying?: boolean;
  readonly gone?: readonly number[];
  /** Flights from one place to another a minute away, each by its drone and when it departs, s. */
  readonly legs?: readonly (readonly [number, number])[];
  readonly fixes?: readonly number[];
  /** Set in the states of the fixes: 4 is `charging`, which is said where nothing else is. */
  readonly state?: number;
}

const NOW = Date.parse("2026-01-01T12:00:00.000Z");

function message(kind: number, flags: number, cell: readonly [number, number], body: readonly number[]): ArrayBuffer {
  const bytes = new ArrayBuffer(24 + 4 * body.length);
  const view = new DataView(bytes);
  [kind, 1, flags, cell[0]].forEach((value, at) => view.setUint8(at, value));
  view.setUint32(4, cell[1], true);
  view.setFloat64(16, NOW, true);
  body.forEach((word, index) => view.setUint32(24 + 4 * index, word, true));
  return bytes;
}

function words(text: string): number[] {
  const bytes = new Uint8Array(Math.ceil(text.length / 4) * 4);
  bytes.set(new TextEncoder().encode(text));
  return [...new Uint32Array(bytes.buffer)];
}

/** A view of a subscription, to be followed by so many cells, as of a tick of picture 5. */
export function viewOf(seq: number, { id = "fleet", whole = false, answer = false, tick = 0, frames = 0, left = [] as readonly (readonly [number, number])[] } = {}): ArrayBuffer {
  const bytes = viewMessage(seq, { id, whole, answer: answer || whole, frames, left });
  new DataView(bytes).setUint32(8, 5, true);
  new DataView(bytes).setUint32(12, tick, true);
  return bytes;
}

function viewMessage(seq: number, { id, whole, answer, frames, left }: { id: string; whole: boolean; answer: boolean; frames: number; left: readonly (readonly [number, number])[] }): ArrayBuffer {
  return message(2, (whole ? 1 : 0) + (answer ? 2 : 0), [0, 0], [seq, frames, left.length, id.length, ...words(id), ...left.map(([kind]) => kind), ...left.map(([, number]) => number)]);
}

/** A cell with flights and with drones that stand. */
export function cellOf({ cell = [1, 0], whole = false, dropsFlying = false, gone = [], legs = [], fixes = [], state = 4 }: Told): ArrayBuffer {
  const each = <T>(values: readonly T[], of: (value: T) => number): number[] => values.map(of);
  const two = (value: number): number[] => legs.flatMap(() => [value, value]);
  const flights = [legs.length, 2 * legs.length, 0, ...each(legs, ([drone]) => drone), ...each(legs, () => 0), ...each(legs, ([, at]) => at * 1_000), ...each(legs, ([, at]) => (at + 60) * 1_000), ...each(legs, () => 9), ...each(legs, () => 8)];
  const paths = [...legs.map((_, row) => 2 * row + 2), ...two(437_700_000), ...two(112_500_000), ...legs.flatMap(() => [0, 60_000]), ...legs.map(() => 0)];
  const halves = Array.from({ length: 4 * Math.ceil(fixes.length / 2) }, () => 0);
  const standing = [fixes.length, 0, ...fixes, ...each(fixes, () => state), ...each(fixes, () => 437_700_000), ...each(fixes, () => 112_500_000), ...each(fixes, () => 0x80000000), ...halves];
  return message(whole ? 3 : 4, dropsFlying ? 1 : 0, cell, [gone.length, ...gone, ...flights, ...paths, ...standing]);
}

/** The clock at so many seconds, running at real time. */
export function clockOf(): ArrayBuffer {
  const bytes = message(1, 0, [0, 0], [0, 0]);
  new DataView(bytes).setFloat64(24, 1, true);
  return bytes;
}
