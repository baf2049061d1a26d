import { describe, expect, it } from "vitest";
import type { Flight } from "../src/telemetry/flight";
import type { DeliveryFrame } from "../src/telemetry/frame";
import { isNews } from "../src/track/tracker";

const flight: Flight = { drone: "drone-1", delivery: "d", purpose: "dropoff", path: [], departsAt: 1, arrivesAt: 9, batteryWh: 0, batteryWhEnd: 0 };
const frame: DeliveryFrame = { stage: "HeadedToDropoff", droneId: "drone-1", carrier: null, lastKnownLocation: { altitude: 0, latitude: 0, longitude: 0 }, pickupEta: 1, deliveryEta: 9, deliveryLow: 9, deliveryHigh: 9, arrivedAt: null, flight };

describe("whoever follows a delivery", () => {
  it("asks again what no frame says: at first, and where stage, bringer, leg or arrival are others", () => {
    expect(isNews(null, frame)).toBe(true);
    for (const other of [{ stage: "Completed" }, { droneId: "drone-2" }, { droneId: null, carrier: "van" }, { flight: { ...flight, departsAt: 2 } }, { flight: null }, { arrivedAt: 9 }]) {
      expect(isNews(frame, { ...frame, ...other }), JSON.stringify(other)).toBe(true);
    }
  });

  it("asks nothing where the parcel only comes nearer", () => {
    expect(isNews(frame, { ...frame, deliveryEta: 20, lastKnownLocation: { altitude: 60, latitude: 1, longitude: 1 } })).toBe(false);
  });

  it("asks at each frame while it waits rescheduled, since that may be the next change", () => {
    const waiting = { ...frame, stage: "Rescheduled", droneId: null, flight: null };
    expect(isNews(waiting, { ...waiting, deliveryEta: 20 })).toBe(true);
  });
});
