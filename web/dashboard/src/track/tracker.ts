import { api, Problem } from "../api/client";
import type { Delivery, Location, Milestone } from "../api/model";
import type { Telemetry } from "../telemetry/connection";
import type { Flight, Line } from "../telemetry/flight";
import type { DeliveryFrame } from "../telemetry/frame";
import { isFinal } from "./steps";

/** While the socket says nothing of the delivery, the status is asked for this often, ms. */
const POLL_MS = 5_000;

/** What is known of one delivery. */
export interface Tracked {
  readonly delivery: Delivery;
  readonly stage: string;
  readonly droneId: string | null;
  readonly carrier: string | null;
  readonly at: Location;
  /** Virtual ms. */
  readonly pickupEta: number;
  readonly deliveryEta: number;
  /** Between when it arrives, most likely. */
  readonly deliveryLow: number;
  readonly deliveryHigh: number;
  /** When it was put down where it goes; `null` before that. */
  readonly arrivedAt: number | null;
  readonly flight: Flight | null;
  /** What was flown for it before. */
  readonly flown: readonly Line[];
  /** When each stage was entered last, virtual ms. */
  readonly reached: ReadonlyMap<string, number>;
  /** Every change of stage, oldest first. */
  readonly history: readonly Milestone[];
}

/** What a tracker tells. */
export interface TrackerEvents {
  readonly changed: (tracked: Tracked) => void;
  readonly failed: (problem: Problem) => void;
}

/** Follows one delivery: by the socket, and by asking while that is down. */
export class Tracker {
  #tracked: Tracked | null = null;
  #stopped = false;
  #heard = 0;
  readonly #topic: string;

  constructor(
    readonly id: string,
    private readonly telemetry: Telemetry,
    private readonly events: TrackerEvents,
  ) {
    this.#topic = `track-${id}`;
    void this.#begin();
  }

  /** What is known now. */
  get tracked(): Tracked | null {
    return this.#tracked;
  }

  /** Ends it. */
  stop(): void {
    this.#stopped = true;
    this.telemetry.unsubscribe(this.#topic);
  }

  /** Asks the service how it stands, as after a cancellation. */
  async refresh(): Promise<void> {
    try {
      const [delivery, status] = await Promise.all([api.delivery(this.id), api.status(this.id)]);
      await this.#take(delivery, {
        stage: status.stage,
        droneId: delivery.droneId,
        carrier: status.carrier,
        lastKnownLocation: status.lastKnownLocation,
        pickupEta: Date.parse(status.pickupETA),
        deliveryEta: Date.parse(status.deliveryETA),
        deliveryLow: Date.parse(status.deliveryETALow),
        deliveryHigh: Date.parse(status.deliveryETAHigh),
        arrivedAt: status.arrivedAt === null ? null : Date.parse(status.arrivedAt),
        flight: this.#tracked?.flight ?? null,
      });
    } catch (problem) {
      if (!this.#stopped && problem instanceof Problem) this.events.failed(problem);
    }
  }

  async #begin(): Promise<void> {
    await this.refresh();
    if (this.#stopped) return;
    if (this.#tracked !== null && isFinal(this.#tracked.stage)) return;
    if (this.#tracked !== null) {
      this.telemetry.subscribe(this.#topic, { topic: `delivery:${this.id}` }, (payload) => {
        if (payload.kind !== "delivery" || !this.#tracked) return;
        this.#heard = performance.now();
        void this.#take(this.#tracked.delivery, payload.delivery);
      });
    }
    this.#poll();
  }

  #poll(): void {
    window.setTimeout(() => {
      if (this.#stopped || (this.#tracked !== null && isFinal(this.#tracked.stage))) return;
      if (this.#tracked === null) void this.#begin();
      else {
        if (performance.now() - this.#heard > POLL_MS) void this.refresh();
        this.#poll();
      }
    }, POLL_MS);
  }

  async #take(delivery: Delivery, frame: DeliveryFrame): Promise<void> {
    const before = this.#tracked;
    const news = isNews(before, frame);
    this.#tracked = {
      delivery,
      stage: frame.stage,
      droneId: frame.droneId,
      carrier: frame.carrier,
      at: frame.lastKnownLocation,
      pickupEta: frame.pickupEta,
      deliveryEta: frame.deliveryEta,
      deliveryLow: frame.deliveryLow,
      deliveryHigh: frame.deliveryHigh,
      arrivedAt: frame.arrivedAt,
      flight: isFinal(frame.stage) ? null : frame.flight,
      flown: before?.flown ?? [],
      reached: before?.reached ?? new Map(),
      history: before?.history ?? [],
    };
    if (!this.#stopped) this.events.changed(this.#tracked);
    if (news) await this.#lookUp();
    if (isFinal(frame.stage)) this.telemetry.unsubscribe(this.#topic);
  }

  /** Asks for what no frame says: where it is fetched and goes, its history, and what was flown for it. */
  async #lookUp(): Promise<void> {
    try {
      const [delivery, milestones, track] = await Promise.all([api.delivery(this.id), api.history(this.id), api.track(this.id)]);
      if (this.#stopped || !this.#tracked) return;
      const reached = new Map(milestones.map(({ stage, at }) => [stage, Date.parse(at)]));
      this.#tracked = { ...this.#tracked, delivery, reached, history: milestones, flown: flownIn(track) };
      this.events.changed(this.#tracked);
    } catch {
      // The times beside the steps and the trail are a comfort; the steps themselves stand without.
    }
  }
}

/** Whether a frame tells of something that it does not say all of: another stage, bringer or leg; or any change while it waits after being rescheduled, which may be the next one. */
export function isNews(before: Pick<Tracked, "stage" | "droneId" | "carrier" | "flight" | "arrivedAt"> | null, frame: DeliveryFrame): boolean {
  if (before === null || frame.stage === "Rescheduled") return true;
  const same = before.stage === frame.stage && before.droneId === frame.droneId && before.carrier === frame.carrier;
  return !same || before.flight?.departsAt !== frame.flight?.departsAt || before.arrivedAt !== frame.arrivedAt;
}

/** The lines of a track that are flown already. */
export function flownIn(track: GeoJSON.FeatureCollection): Line[] {
  return track.features.flatMap(({ geometry, properties }) => (geometry.type === "LineString" && properties?.["state"] === "flown" ? [geometry.coordinates.map(([longitude = 0, latitude = 0]): [number, number] => [longitude, latitude])] : []));
}
