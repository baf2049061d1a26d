import { describe, expect, it } from "vitest";
import { problemOf } from "../src/api/client";
import { coordinates } from "../src/order/form";
import { problemsFrom, problemsIn, requestOf, type OrderFields } from "../src/order/request";
import { quoteWords } from "../src/order/quote";
import { clockTime } from "../src/page/words";

const order: OrderFields = { pickup: "43.77,11.24", dropoff: "Ponte Vecchio", weight: "0,8", size: "Small", expedited: true, owner: " me ", label: "", confirmation: "None", pickupAt: "", deadline: "" };

describe("an order", () => {
  it("becomes the request of the contract", () => {
    expect(requestOf(order)).toEqual({
      ownerId: "me",
      pickupLocation: "43.77,11.24",
      dropOffLocation: "Ponte Vecchio",
      pickupTime: null,
      deadline: "",
      expedited: true,
      confirmationRequired: "None",
      packageInfo: { packageId: "", size: "Small", weight: 0.8, tag: "" },
    });
  });

  it("is checked before it is sent, field by field", () => {
    expect(problemsIn(order)).toEqual({});
    expect(Object.keys(problemsIn({ ...order, pickup: " ", weight: "heavy", owner: "" }))).toEqual(["pickup", "weight", "owner"]);
    expect(problemsIn({ ...order, weight: "-1" }).weight).toBeDefined();
    expect(problemsIn({ ...order, dropoff: order.pickup }).dropoff).toBeDefined();
    expect(problemsIn({ ...order, pickupAt: "2026-01-01T12:00", deadline: "2026-01-01T11:00" }).deadline).toBeDefined();
  });

  it("shows the service's reasons beside their fields, and the others in a line", () => {
    const { fields, others } = problemsFrom({ "packageInfo.weight": ["is above every aircraft"], dropOffLocation: ["is outside the area", "is in a zone"], color: ["is odd"] });
    expect(fields).toEqual({ weight: "Is above every aircraft.", dropoff: "Is outside the area; is in a zone." });
    expect(others).toEqual(["color: is odd"]);
  });

  it("reads coordinates, and leaves all else to the service", () => {
    expect(coordinates(" 43.77, 11.24 ")).toEqual({ latitude: 43.77, longitude: 11.24 });
    expect(coordinates("91,11")).toBeNull();
    expect(coordinates("my pickup")).toBeNull();
  });
});

describe("a problem", () => {
  it("is read from problem+json, with one reason or many", () => {
    const problem = problemOf(422, JSON.stringify({ title: "Unprocessable", detail: "See the fields.", errors: { weight: "is too much", size: ["a", "b"] } }));
    expect(problem).toMatchObject({ status: 422, message: "See the fields.", fields: { weight: ["is too much"], size: ["a", "b"] } });
  });

  it("says something where the body is no problem at all", () => {
    expect(problemOf(502, "<html>").message).toBe("The service answered 502.");
  });
});

describe("a quote", () => {
  const quote = { by: "drone", carrier: null, price: 6.4, deliveryETA: "2026-05-12T10:00:00Z", reason: "Ready" };
  const time = clockTime(Date.parse(quote.deliveryETA));

  it("says who brings it, for how much, when, and why so", () => {
    expect(quoteWords(quote)).toEqual({ head: `By drone · $6.40 · arrives about ${time}`, text: "A drone stands ready." });
    expect(quoteWords({ ...quote, by: "carrier", carrier: "van", price: null, reason: "TooHeavy" })).toEqual({ head: `van · arrives about ${time}`, text: "It is too heavy for a drone." });
    expect(quoteWords({ ...quote, by: "carrier", reason: "Newer" }).text).toBe("Not by drone: Newer.");
  });
});
