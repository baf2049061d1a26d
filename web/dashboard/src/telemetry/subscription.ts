import type { CellFrame, ViewFrame } from "./binary";
import { Cells } from "./cells";
import type { FleetChange, Payload } from "./frame";

/** What to subscribe to, as the protocol's `subscribe` names it. */
export interface Topic {
  readonly topic: string;
  readonly mode?: "legs" | "positions";
  readonly bbox?: readonly [number, number, number, number];
  readonly hz?: number;
}

/** Whether frames of this say which question they answer: those of drones do. */
const saysWhatItAnswers = ({ topic }: Topic): boolean => topic !== "stats" && !topic.startsWith("delivery:");

/**
 * One subscription of the page, over however many sockets: what is wanted, what was asked for, what the frames that came are of. Of drones only one question
 * is open at a time, so that it is always known which part of the map the tables hold; by that, and the tick of the last frame, a new socket goes on
 * where the last one broke off.
 */
export class Subscription {
  /** The number of the last frame; `null` where any may come. */
  seq: number | null = null;
  readonly #cells = new Cells();
  /** What was asked for last on this socket, and whether it was answered. */
  #asked: Topic | null = null;
  #answered = false;
  /** What the tables are of. */
  #held: Topic | null = null;
  /** When they were so: the picture and the tick of the last frame. */
  #seen: { readonly epoch: number; readonly tick: number } | null = null;

  constructor(
    readonly id: string,
    public topic: Topic,
    public receive: (payload: Payload) => void,
  ) {}

  /** The first message on a new socket. */
  begin(): object {
    this.seq = null;
    if (this.#held === null || this.#seen === null) return this.#ask(this.topic);
    return { ...this.#ask(this.#held), ...this.#seen };
  }

  /** The message that asks for what is wanted now; `null` where that waits for an answer. */
  change(): object | null {
    const waits = this.#asked !== null && !this.#answered && saysWhatItAnswers(this.topic);
    return waits ? null : this.#ask(this.topic);
  }

  /** The message that asks for everything anew, after an `unsubscribe`. */
  startOver(): object {
    this.seq = null;
    this.#forget();
    return this.#ask(this.topic);
  }

  /** Takes a view with all its cells. */
  take(view: ViewFrame, cells: readonly CellFrame[]): FleetChange {
    if (view.answer) this.#answer();
    const change = this.#cells.take(view, cells);
    this.#seen = { epoch: view.epoch, tick: view.tick };
    return change;
  }

  /** Counts came in the place of drones; the tables hold nothing then. */
  crowd(answer: boolean): void {
    this.#forget();
    if (answer) this.#answer();
  }

  /** The question was refused. */
  refuse(): void {
    this.#answered = true;
  }

  /** The message that is due after an answer: where something else is wanted by now. */
  due(): object | null {
    return this.#answered && this.#asked !== null && this.#asked !== this.topic && saysWhatItAnswers(this.topic) ? this.#ask(this.topic) : null;
  }

  #ask(topic: Topic): object {
    this.#asked = topic;
    this.#answered = false;
    return { op: "subscribe", id: this.id, ...topic };
  }

  #answer(): void {
    this.#answered = true;
    this.#held = this.#asked;
  }

  #forget(): void {
    this.#held = null;
    this.#seen = null;
  }
}
