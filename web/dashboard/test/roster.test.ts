import { describe, expect, it } from "vitest";
import { movementOf } from "../src/fleet/list";
import { deliveryOf, fixOf, isStale, Roster, type Drone } from "../src/fleet/roster";
import type { DronePosition } from "../src/telemetry/frame";
import type { Flight } from "../src/telemetry/flight";

const DEPARTS = Date.parse("2026-01-01T12:00:00Z");

const flight = (drone: string, purpose = "pickup"): Flight => ({
  drone,
  delivery: purpose === "return" ? null : "d-1",
  purpose,
  path: [
    [43.77, 11.24, 0, 0],
    [43.78, 11.25, 0, 100],
  ],
  departsAt: DEPARTS,
  arrivesAt: DEPARTS + 100_000,
  batteryWh: 10,
  batteryWhEnd: 5,
});

const stands = (drone: string, state = "idle"): DronePosition => ({ drone, state, external: false, stale: false, latitude: 43.8, longitude: 11.2, altitude: 0, heading: 0, speed: 0, battery: 0.5, delivery: null });

describe("the roster", () => {
  it("knows what flies and what stands", () => {
    const roster = new Roster();
    roster.apply({ flights: [flight("drone-1"), flight("drone-2", "return")], positions: [stands("drone-3", "charging")], removed: [] }, true);
    expect([...roster.all()].map((drone) => [drone.id, drone.state])).toEqual([
      ["drone-3", "charging"],
      ["drone-1", "toPickup"],
      ["drone-2", "returning"],
    ]);
  });

  it("keeps a drone that landed and is told of in the same frame", () => {
    const roster = new Roster();
    roster.apply({ flights: [flight("drone-1")], positions: [], removed: [] }, true);
    roster.apply({ flights: [], positions: [stands("drone-1", "charging")], removed: ["drone-1"] }, false);
    expect(roster.get("drone-1")).toMatchObject({ state: "charging", flight: null });
  });

  it("forgets all that a whole picture does not hold, and says so", () => {
    const roster = new Roster();
    const told: string[][] = [];
    roster.onChange((changed) => told.push([...changed].sort()));
    roster.apply({ flights: [flight("drone-1"), flight("drone-2")], positions: [], removed: [] }, true);
    roster.apply({ flights: [flight("drone-2")], positions: [], removed: [] }, true);
    roster.apply({ flights: [], positions: [], removed: ["drone-2"] }, false);
    expect(told).toEqual([["drone-1", "drone-2"], ["drone-1", "drone-2"], ["drone-2"]]);
    expect(roster.size).toBe(0);
  });

  it("knows none where there are too many, and each again once there are fewer", () => {
    const roster = new Roster();
    roster.apply({ flights: [flight("drone-1")], positions: [], removed: [] }, true);
    roster.crowd();
    expect([roster.size, roster.crowded]).toEqual([0, true]);
    roster.apply({ flights: [flight("drone-1")], positions: [], removed: [] }, true);
    expect([roster.size, roster.crowded]).toEqual([1, false]);
  });

  it("counts the aircraft that are no drones of the fleet, as they come and go", () => {
    const roster = new Roster();
    const elsewhere = (drone: string): DronePosition => ({ ...stands(drone), external: true });
    const take = (positions: DronePosition[], removed: string[], whole = false): number => {
      roster.apply({ flights: [flight("drone-1")], positions, removed }, whole);
      return roster.externals;
    };
    expect(take([elsewhere("external-1"), elsewhere("external-2"), stands("drone-3")], [], true)).toBe(2);
    expect(take([elsewhere("external-2")], ["external-1"])).toBe(1);
    expect(take([], [], true)).toBe(0);
  });

  it("says of a drone that climbs that it is in the air", () => {
    const path = [[43.77, 11.24, 0, 0], [43.77, 11.24, 60, 20], [43.78, 11.24, 60, 100]] as const;
    const climbing = { id: "drone-1", state: "toPickup", flight: { ...flight("drone-1"), path }, stands: null } as const;
    const said = [0, 10, 60, 200].map((second) => movementOf(climbing, DEPARTS + second * 1_000));
    expect(said).toEqual(["on the ground", "30 m up", "14 m/s N", "60 m up"]);
    expect(movementOf({ id: "drone-2", state: "idle", flight: null, stands: stands("drone-2") }, DEPARTS)).toBe("on the ground");
  });

  it("says of a drone whose link was lost in flight how it flew then, and of one that stood that it stands", () => {
    const lost = (motion: Partial<DronePosition>): Drone => ({ id: "drone-1", state: "toPickup", flight: null, stands: { ...stands("drone-1", "toPickup"), stale: true, ...motion } });
    const drones = [lost({ speed: 14, heading: 90, altitude: 60 }), lost({ altitude: 30 }), lost({})];
    expect(drones.map((drone) => movementOf(drone, DEPARTS))).toEqual(["14 m/s E", "30 m up", "on the ground"]);
    expect(drones.map((drone) => fixOf(drone, DEPARTS).speed)).toEqual([14, 0, 0]);
    expect(fixOf({ ...lost({}), stands: { ...stands("drone-1"), speed: 14 } }, DEPARTS).speed).toBe(0);
  });

  it("says where a drone is, for whom, and when news of it is overdue", () => {
    const roster = new Roster();
    roster.apply({ flights: [flight("drone-1")], positions: [stands("drone-2", "idle")], removed: [] }, true);
    const flying = roster.get("drone-1");
    const standing = roster.get("drone-2");
    if (!flying || !standing) throw new Error("both are known");
    expect(fixOf(flying, DEPARTS + 50_000).latitude).toBeCloseTo(43.775, 9);
    expect(fixOf(standing, DEPARTS)).toMatchObject({ latitude: 43.8, longitude: 11.2 });
    expect([deliveryOf(flying), deliveryOf(standing)]).toEqual(["d-1", null]);
    expect(isStale(flying, DEPARTS + 110_000, 1)).toBe(false);
    expect(isStale(flying, DEPARTS + 130_000, 1)).toBe(true);
    expect(isStale(flying, DEPARTS + 130_000, 60)).toBe(false);
    expect(isStale(standing, DEPARTS + 1e9, 1)).toBe(false);
  });
});
