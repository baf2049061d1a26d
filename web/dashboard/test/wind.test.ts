import { describe, expect, it } from "vitest";
import { skyWords, windWords } from "../src/map/wind";

const STILL = { windMps: 0, windFromDeg: 0, gustMps: 0, rainMmH: 0, visibilityM: null, temperatureC: 15 };

describe("the weather", () => {
  it("says from where the wind comes, and gusts where they are stronger", () => {
    expect(windWords(STILL)).toBe("No wind");
    expect(windWords({ ...STILL, windMps: 6.25, windFromDeg: 315, gustMps: 6.5 })).toBe("6.3 m/s from NW");
    expect(windWords({ ...STILL, windMps: 6, windFromDeg: 200, gustMps: 11.2 })).toBe("6.0 m/s from S, gusts 11");
    expect(windWords({ ...STILL, gustMps: 4 })).toBe("Calm, gusts 4 m/s");
  });

  it("tells of rain and sight where there is something to tell", () => {
    expect(skyWords(STILL)).toBe("15 °C");
    expect(skyWords({ ...STILL, rainMmH: 2.44, visibilityM: 900, temperatureC: -3.2 })).toBe("-3 °C · rain 2.4 mm/h · sight 0.9 km");
    expect(skyWords({ ...STILL, visibilityM: 16_093 })).toBe("15 °C · sight 16 km");
  });
});
