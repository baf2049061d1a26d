import type { Leg } from "./flight";

/** A drone at an instant, as `positions` hold it. `state` is sent for drones that stand. */
export interface DronePosition {
  readonly drone: string;
  readonly latitude: number;
  readonly longitude: number;
  readonly altitude: number;
  readonly heading_deg: number;
  readonly speed_mps: number;
  /** Share of the capacity, 0 to 1. */
  readonly battery: number;
  readonly delivery: string | null;
  readonly eta: string | null;
  readonly state?: string;
}

/** Changes of a fleet, drone or depot subscription. */
export interface FleetChange {
  readonly legs: readonly Leg[];
  readonly positions: readonly DronePosition[];
  readonly removed: readonly string[];
}

/** A delivery at an instant. */
export interface DeliveryFrame {
  readonly deliveryId: string;
  readonly stage: string;
  readonly droneId: string | null;
  /** The third party that has it, or brought it. */
  readonly carrier?: string | null;
  readonly lastKnownLocation: { readonly altitude: number; readonly latitude: number; readonly longitude: number };
  readonly pickupETA: string;
  readonly deliveryETA: string;
  /** Between when it arrives, most likely. */
  readonly deliveryETALow: string;
  readonly deliveryETAHigh: string;
  readonly leg: Leg | null;
}

/** The fleet's figures. */
export interface StatsFrame {
  readonly drones: Readonly<Record<string, number>>;
  readonly deliveries: Readonly<Record<string, number>>;
  readonly completedPerMinute: number;
  readonly waitP50S: number;
  readonly waitP95S: number;
  readonly waiting: number;
  readonly behindS: number;
}

/** What a subscription receives. */
export type Payload =
  | { readonly kind: "fleet"; readonly whole: boolean; readonly change: FleetChange }
  | { readonly kind: "delivery"; readonly delivery: DeliveryFrame }
  | { readonly kind: "stats"; readonly stats: StatsFrame };

/** A frame of the server, understood. */
export type Frame =
  | { readonly type: "time"; readonly now: number; readonly speed: number | null }
  | { readonly type: "data"; readonly id: string; readonly seq: number; readonly first: boolean; readonly payload: Payload }
  | { readonly type: "gap"; readonly id: string; readonly missed: number }
  | { readonly type: "error"; readonly code: string; readonly message: string };

type Fields = Record<string, unknown>;

function list<T>(value: unknown): readonly T[] {
  return Array.isArray(value) ? (value as T[]) : [];
}

function payloadOf(fields: Fields, whole: boolean): Payload {
  if ("deliveryId" in fields) return { kind: "delivery", delivery: fields as unknown as DeliveryFrame };
  if ("waiting" in fields) return { kind: "stats", stats: fields as unknown as StatsFrame };
  const change = { legs: list<Leg>(fields["legs"]), positions: list<DronePosition>(fields["positions"]), removed: list<string>(fields["removed"]) };
  return { kind: "fleet", whole, change };
}

/** Reads a frame; `null` for what this page does not know, as a newer server may say more. */
export function frameOf(text: string): Frame | null {
  let fields: Fields;
  try {
    fields = JSON.parse(text) as Fields;
  } catch {
    return null;
  }
  const id = String(fields["id"]);
  switch (fields["type"]) {
    case "hello":
    case "clock": {
      const now = Date.parse(String(fields["now"]));
      const speed = typeof fields["speed"] === "number" ? fields["speed"] : null;
      return Number.isNaN(now) ? null : { type: "time", now, speed };
    }
    case "snapshot":
    case "delta":
    case "delivery":
    case "stats": {
      const first = fields["type"] === "snapshot";
      return { type: "data", id, seq: Number(fields["seq"]), first, payload: payloadOf(fields, first) };
    }
    case "gap":
      return { type: "gap", id, missed: Number(fields["missed"]) };
    case "error":
      return { type: "error", code: String(fields["code"]), message: String(fields["message"]) };
    default:
      return null;
  }
}
