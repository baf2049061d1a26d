/** What a drone does, in the order of the legend; the last is for aircraft that are no drones of the fleet. */
export const DRONE_STATES = ["toPickup", "toDropoff", "returning", "idle", "charging", "failed", "maintenance", "external"] as const;

/** A drone's state by its name on the wire. */
export type DroneState = (typeof DRONE_STATES)[number];

/** Each state in words. */
export const STATE_WORDS: Readonly<Record<DroneState, string>> = {
  toPickup: "To pickup",
  toDropoff: "Delivering",
  returning: "Returning",
  idle: "Ready",
  charging: "Charging",
  failed: "Out of order",
  maintenance: "Maintenance",
  external: "External",
};

/** Whether a drone in this state stands at its depot and is counted there. */
export function isParked(state: DroneState): boolean {
  return state === "idle" || state === "charging";
}

/** Whether a drone in this state flies a leg, or has one before it. */
export function isFlown(state: DroneState): boolean {
  return state === "toPickup" || state === "toDropoff" || state === "returning";
}

/** The state a leg's purpose stands for. */
export function stateOfPurpose(purpose: string): DroneState {
  if (purpose === "pickup") return "toPickup";
  return purpose === "dropoff" ? "toDropoff" : "returning";
}

/** The state a name stands for; a name of a newer server counts as ready. */
export function stateOfName(name: string | undefined): DroneState {
  return DRONE_STATES.find((state) => state === name) ?? "idle";
}

/** The state that a position is shown in. */
export function stateOfPosition({ external, state }: { readonly external: boolean; readonly state: string }): DroneState {
  return external ? "external" : stateOfName(state);
}
