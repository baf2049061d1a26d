import { describe, expect, it } from "vitest";
import { ANY_DELIVERY, listQuery } from "../src/deliveries/filter";
import { bringer } from "../src/deliveries/table";
import { corners } from "../src/fleet/chart";
import { performanceWords } from "../src/fleet/figures";
import { ALL_DRONES, isFiltering, queryOf } from "../src/fleet/filters";
import { meaningOf } from "../src/fleet/search";

describe("a search", () => {
  it("is read as a drone, a delivery, a point, else a place", () => {
    expect(meaningOf(" 12 ")).toEqual({ kind: "drone", name: "drone-12" });
    expect(meaningOf("Drone-7")).toEqual({ kind: "drone", name: "drone-7" });
    expect(meaningOf("0A1B2C3D-1111-4222-8333-444455556666")).toEqual({ kind: "delivery", name: "0a1b2c3d-1111-4222-8333-444455556666" });
    expect(meaningOf("43.77, 11.25")).toEqual({ kind: "point", latitude: 43.77, longitude: 11.25 });
    expect(meaningOf("Santa Croce")).toEqual({ kind: "place", name: "Santa Croce" });
    expect(meaningOf("  ")).toBeNull();
  });
});

describe("filters", () => {
  it("ask the service for what fits", () => {
    expect([isFiltering(ALL_DRONES), queryOf(ALL_DRONES)]).toEqual([false, ""]);
    const filter = { depot: "Porta al Prato", battery: 30, late: true };
    expect([isFiltering(filter), queryOf(filter)]).toEqual([true, "depot=Porta+al+Prato&batteryBelow=0.3&late=true"]);
    expect(listQuery(ANY_DELIVERY, 40)).toBe("limit=40");
    expect(listQuery({ stage: "Completed", by: "carrier", carrier: "van & co", late: true }, 40, "ff")).toBe("limit=40&stage=Completed&by=carrier&carrier=van+%26+co&late=true&cursor=ff");
  });
});

describe("the table of deliveries", () => {
  it("says who brings one", () => {
    expect([bringer({ droneId: "drone-3", by: "drone", carrier: null }), bringer({ droneId: null, by: "carrier", carrier: null }), bringer({ droneId: null, by: "carrier", carrier: "van" }), bringer({ droneId: null, by: null, carrier: null })]).toEqual(["drone-3", "Carrier", "van", "–"]);
  });
});

describe("figures", () => {
  it("say nothing before there is anything", () => {
    const none = { onTimeShare: null, withEstimate: 0, etaErrorP50S: 0, etaErrorP95S: 0, energyWh: 0, energyPerDeliveryWh: null };
    expect(performanceWords(none)).toEqual({ onTime: "–", etaError: "–", energy: "–", energyAll: "0.0 kWh" });
  });

  it("say how well deliveries are made", () => {
    const told = { onTimeShare: 0.964, withEstimate: 9, etaErrorP50S: 4.2, etaErrorP95S: 130, energyWh: 12_345, energyPerDeliveryWh: 66.6 };
    expect(performanceWords(told)).toEqual({ onTime: "96 %", etaError: "4 s · 2 min", energy: "67 Wh", energyAll: "12.3 kWh" });
  });

  it("are drawn with the newest on the right, and none above the top", () => {
    expect(corners([0, 5, 10], 10)).toBe("57,28.0 58,15.5 59,3.0");
    expect(corners([7], 0)).toBe("59,3.0");
  });
});
