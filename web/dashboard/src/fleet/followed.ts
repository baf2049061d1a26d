import { NOWHERE, type End, type Ends } from "../map/ends";
import { FollowPanel } from "../order/follow";
import type { Telemetry } from "../telemetry/connection";
import type { Tracked } from "../track/tracker";
import type { FleetMap } from "./fleet-map";

/** What it tells the page. */
export interface FollowedEvents {
  /** The map, once there is one. */
  readonly map: () => FleetMap | null;
  readonly drone: (drone: string) => void;
  /** Another delivery is followed, or none. */
  readonly changed: (delivery: string | null) => void;
}

/** The delivery that is followed in a panel of its own, and the ends that the map shows: its, or those of the order that is written. */
export class Followed {
  #panel: FollowPanel | null = null;
  #ends = NOWHERE;

  constructor(
    private readonly cards: HTMLElement,
    private readonly telemetry: Telemetry,
    private readonly events: FollowedEvents,
  ) {}

  /** Which one it is. */
  get delivery(): string | null {
    return this.#panel?.delivery ?? null;
  }

  /** What is known of it. */
  get tracked(): Tracked | null {
    return this.#panel?.tracker.tracked ?? null;
  }

  /** Follows a delivery. Who asks for it wants it in view: `focus`. */
  follow(delivery: string, focus: boolean): void {
    if (this.delivery !== delivery) {
      this.#panel?.stop();
      let framed = false;
      this.#panel = new FollowPanel(delivery, this.telemetry, {
        closed: () => this.stop(),
        drone: this.events.drone,
        changed: (tracked) => {
          this.#show(tracked);
          if (!framed && focus) this.events.map()?.view.frame([tracked.delivery.pickup, tracked.delivery.dropoff], 90);
          framed = true;
        },
      });
      this.cards.prepend(this.#panel.root);
      this.events.changed(delivery);
    }
    if (focus) this.#panel?.focus();
  }

  /** Follows none. */
  stop(): void {
    this.#panel?.stop();
    this.#panel = null;
    this.#put(NOWHERE);
    this.events.changed(null);
  }

  /** Shows an end of the order that is written. */
  place(end: End, at: Ends[End]): void {
    this.#put({ ...this.#ends, [end]: at });
  }

  /** Tells the time. */
  tick(now: number, wall: number): void {
    this.#panel?.tick(now, wall);
  }

  #show({ delivery: { pickup, dropoff } }: Tracked): void {
    this.#put({ pickup, dropoff });
  }

  #put(ends: Ends): void {
    this.#ends = ends;
    this.events.map()?.pins.show(ends);
  }
}
