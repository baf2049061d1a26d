import type { Flight } from "./flight";

/** A drone at an instant, as the protocol's fixes hold it. */
export interface DronePosition {
  readonly drone: string;
  readonly state: string;
  /** It is no drone of the fleet, but an aircraft that flies elsewhere and says where it is. */
  readonly external: boolean;
  /** Nothing was heard of it for some seconds. */
  readonly stale: boolean;
  readonly latitude: number;
  readonly longitude: number;
  readonly altitude: number;
  /** Degrees clockwise from north. */
  readonly heading: number;
  /** Over the ground, m/s. */
  readonly speed: number;
  /** Share of the capacity, 0 to 1; `null` where it is not known. */
  readonly battery: number | null;
  readonly delivery: string | null;
}

/** Changes of what a subscription to drones shows; `removed` comes before what else is told of the same drone. */
export interface FleetChange {
  readonly flights: readonly Flight[];
  readonly positions: readonly DronePosition[];
  readonly removed: readonly string[];
}

/** How many drones there are in a tile of the map. */
export interface TileCount {
  readonly column: number;
  readonly row: number;
  readonly flying: number;
  readonly standing: number;
}

/** A delivery at an instant; times are virtual ms. */
export interface DeliveryFrame {
  readonly stage: string;
  readonly droneId: string | null;
  /** The third party that has it, or brought it. */
  readonly carrier: string | null;
  readonly lastKnownLocation: { readonly altitude: number; readonly latitude: number; readonly longitude: number };
  readonly pickupEta: number;
  readonly deliveryEta: number;
  /** Between when it arrives, most likely. */
  readonly deliveryLow: number;
  readonly deliveryHigh: number;
  /** When it was put down where it goes; `null` before that. It may wait there for what its receiver must give. */
  readonly arrivedAt: number | null;
  readonly flight: Flight | null;
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
  | { readonly kind: "counts"; readonly zoom: number; readonly tiles: readonly TileCount[] }
  | { readonly kind: "delivery"; readonly delivery: DeliveryFrame }
  | { readonly kind: "stats"; readonly stats: StatsFrame };

/** What the server says as text, understood. */
export type Text =
  | { readonly type: "hello"; readonly now: number; readonly speed: number | null }
  | { readonly type: "gap"; readonly id: string; readonly missed: number }
  | { readonly type: "error"; readonly id: string | null; readonly code: string; readonly message: string };

/** Reads a text message; `null` for what this page does not know, as a newer server may say more. */
export function textOf(text: string): Text | null {
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return null;
  }
  switch (fields["type"]) {
    case "hello": {
      const now = Date.parse(String(fields["now"]));
      const speed = typeof fields["speed"] === "number" ? fields["speed"] : null;
      return Number.isNaN(now) ? null : { type: "hello", now, speed };
    }
    case "gap":
      return { type: "gap", id: String(fields["id"]), missed: Number(fields["missed"]) };
    case "error":
      return { type: "error", id: typeof fields["id"] === "string" ? fields["id"] : null, code: String(fields["code"]), message: String(fields["message"]) };
    default:
      return null;
  }
}
