import { Cursor, droneName, FixColumns, LegColumns } from "./columns";
import type { DeliveryFrame, StatsFrame, TileCount } from "./frame";

/** The layout this page reads. */
const LAYOUT = 1;

const STAGES = ["Created", "Rescheduled", "HeadedToPickup", "HeadedToDropoff", "Completed", "Cancelled"];
const DRONE_STATES = ["idle", "toPickup", "toDropoff", "returning", "charging", "maintenance", "failed"];

/** Where the sections of a cell, and the fields of other frames, begin. */
const BODY = 24;

/** A part of what a subscription shows, as one number: its kind and which. */
export type CellName = number;

/** A tick's news of a subscription; the next `frames` messages are its cells. */
export interface ViewFrame {
  readonly kind: "view";
  readonly id: string;
  readonly seq: number;
  /** Which picture of the server's it is of, and when it was taken. */
  readonly epoch: number;
  readonly tick: number;
  readonly whole: boolean;
  /** The first one of what was asked for last. */
  readonly answer: boolean;
  readonly frames: number;
  readonly left: readonly CellName[];
}

/** What a cell holds, or what has changed in it. */
export interface CellFrame {
  readonly kind: "cell";
  readonly cell: CellName;
  readonly whole: boolean;
  /** All drones that fly are to be dropped first. */
  readonly dropsFlying: boolean;
  readonly gone: Uint32Array;
  readonly legs: LegColumns;
  readonly fixes: FixColumns;
}

/** A binary message of the server, understood. */
export type BinaryFrame =
  | { readonly kind: "clock"; readonly now: number; readonly speed: number | null }
  | ViewFrame
  | CellFrame
  | { readonly kind: "counts"; readonly id: string; readonly seq: number; readonly first: boolean; readonly answer: boolean; readonly zoom: number; readonly tiles: readonly TileCount[] }
  | { readonly kind: "delivery"; readonly id: string; readonly seq: number; readonly first: boolean; readonly delivery: DeliveryFrame }
  | { readonly kind: "stats"; readonly id: string; readonly seq: number; readonly first: boolean; readonly stats: StatsFrame };

/** The name of a cell by its kind and number. */
export function cellName(kind: number, number: number): CellName {
  return kind * 2 ** 32 + number;
}

/** Reads a binary message; `null` for a kind or layout this page does not know, and for one that ends too early. */
export function binaryOf(buffer: ArrayBuffer): BinaryFrame | null {
  try {
    const [kind, layout] = new Uint8Array(buffer, 0, 2);
    const reader = kind === undefined || layout !== LAYOUT ? undefined : READERS[kind];
    return reader?.(new Message(buffer)) ?? null;
  } catch (problem) {
    if (problem instanceof RangeError) return null;
    throw problem;
  }
}

/** A message's header, and texts out of its body. */
class Message {
  readonly view: DataView;

  constructor(readonly buffer: ArrayBuffer) {
    this.view = new DataView(buffer);
  }

  has(flag: number): boolean {
    return (this.view.getUint8(2) & flag) !== 0;
  }

  word(at: number): number {
    return this.view.getUint32(at, true);
  }

  signed(at: number): number {
    return this.view.getInt32(at, true);
  }

  double(at: number): number {
    return this.view.getFloat64(at, true);
  }

  get cell(): CellName {
    return cellName(this.view.getUint8(3), this.word(4));
  }

  get epoch(): number {
    return this.word(8);
  }

  get tick(): number {
    return this.word(12);
  }

  get time(): number {
    return this.double(16);
  }

  text(at: number, bytes: number): string {
    return new TextDecoder().decode(new Uint8Array(this.buffer, at, bytes));
  }
}

const padded = (bytes: number): number => bytes + (-bytes & 3);

const READERS: Readonly<Record<number, (message: Message) => BinaryFrame>> = {
  1: clockOf,
  2: viewOf,
  3: (message) => cellOf(message, true),
  4: (message) => cellOf(message, false),
  5: countsOf,
  6: deliveryOf,
  7: statsOf,
};

function clockOf(message: Message): BinaryFrame {
  const speed = message.double(BODY);
  return { kind: "clock", now: message.time, speed: Number.isFinite(speed) ? speed : null };
}

function viewOf(message: Message): BinaryFrame {
  const named = message.word(36);
  const cursor = new Cursor(message.buffer, 40 + padded(named));
  const left = message.word(32);
  const [kinds, numbers] = [cursor.words(left), cursor.words(left)];
  return {
    kind: "view",
    id: message.text(40, named),
    seq: message.word(24),
    epoch: message.epoch,
    tick: message.tick,
    whole: message.has(1),
    answer: message.has(2),
    frames: message.word(28),
    left: Array.from(kinds, (kind, index) => cellName(kind, numbers[index] ?? 0)),
  };
}

function cellOf(message: Message, whole: boolean): BinaryFrame {
  const cursor = new Cursor(message.buffer, BODY);
  const gone = cursor.words(cursor.word());
  const legs = new LegColumns(cursor, message.time);
  const fixes = new FixColumns(cursor);
  return { kind: "cell", cell: message.cell, whole, dropsFlying: !whole && message.has(1), gone, legs, fixes };
}

function countsOf(message: Message): BinaryFrame {
  const named = message.word(36);
  const cursor = new Cursor(message.buffer, 40 + padded(named));
  const count = message.word(32);
  const [tiles, flying, standing] = [cursor.words(count), cursor.words(count), cursor.words(count)];
  return {
    kind: "counts",
    id: message.text(40, named),
    seq: message.word(24),
    first: message.has(1),
    answer: message.has(2),
    zoom: message.word(28),
    tiles: Array.from(tiles, (tile, index) => ({ column: tile & 0xffff, row: tile >>> 16, flying: flying[index] ?? 0, standing: standing[index] ?? 0 })),
  };
}

function deliveryOf(message: Message): BinaryFrame {
  const [named, carrierNamed] = [message.word(28), message.word(32)];
  const carrierAt = 120 + padded(named);
  const cursor = new Cursor(message.buffer, carrierAt + padded(carrierNamed));
  const leg = message.has(4) ? new LegColumns(cursor, message.time) : null;
  const delivery: DeliveryFrame = {
    stage: STAGES[message.word(36)] ?? "Created",
    droneId: message.has(2) ? droneName(message.word(40)) : null,
    carrier: message.has(8) ? message.text(carrierAt, carrierNamed) : null,
    lastKnownLocation: { latitude: message.signed(44) / 1e7, longitude: message.signed(48) / 1e7, altitude: message.signed(52) / 10 },
    pickupEta: message.double(56),
    deliveryEta: message.double(80),
    deliveryLow: message.double(88),
    deliveryHigh: message.double(96),
    arrivedAt: message.has(16) ? message.double(cursor.at) : null,
    flight: leg?.flight(0) ?? null,
  };
  return { kind: "delivery", id: message.text(120, named), seq: message.word(24), first: message.has(1), delivery };
}

function statsOf(message: Message): BinaryFrame {
  const counted = (names: readonly string[], at: number): Record<string, number> => Object.fromEntries(names.map((name, index) => [name, message.word(at + 4 * index)]));
  const stats: StatsFrame = {
    completedPerMinute: message.word(32),
    waitP50S: message.word(36) / 1_000,
    waitP95S: message.word(40) / 1_000,
    waiting: message.word(44),
    behindS: message.word(48) / 1_000,
    drones: counted(DRONE_STATES, 52),
    deliveries: counted(STAGES, 80),
  };
  return { kind: "stats", id: message.text(104, message.word(28)), seq: message.word(24), first: message.has(1), stats };
}
