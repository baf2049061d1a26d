import { Backoff } from "./backoff";
import { binaryOf, type BinaryFrame, type CellFrame, type ViewFrame } from "./binary";
import { SimClock } from "./clock";
import { textOf, type Payload } from "./frame";
import { Subscription, type Topic } from "./subscription";

/** How the page is connected. `since` is wall time, `performance.now()`. */
export type Link =
  | { readonly state: "connecting" }
  | { readonly state: "live" }
  | { readonly state: "lost"; readonly since: number; readonly retryAt: number };

/** Silence longer than this, ms, is a dead link: the server sends its clock every 10 s. */
const SILENCE_MS = 25_000;

/** How often silence is looked for, ms. */
const WATCH_MS = 5_000;

/** How long the page waits, ms, until it asks again where an address has as many clients as it may. */
const AGAIN_MS = 15_000;

/** A view whose cells are still coming. */
interface Incoming {
  readonly view: ViewFrame;
  readonly cells: CellFrame[];
}

/** What the connection needs of the browser; a test gives its own. */
export interface Surroundings {
  readonly open: (url: string, protocol: string) => WebSocket;
  readonly wall: () => number;
  readonly after: (ms: number, act: () => void) => void;
}

const browser: Surroundings = {
  open: (url, protocol) => new WebSocket(url, protocol),
  wall: () => performance.now(),
  after: (ms, act) => void window.setTimeout(act, ms),
};

/** The page's one WebSocket: keeps itself open, keeps its subscriptions over reconnects, and keeps the virtual clock. */
export class Telemetry {
  /** Virtual time. */
  readonly clock = new SimClock();
  #socket: WebSocket | null = null;
  #link: Link = { state: "connecting" };
  #heard = 0;
  #attempt = 0;
  #lostSince: number | null = null;
  #incoming: Incoming | null = null;
  readonly #subscriptions = new Map<string, Subscription>();
  /** Which of them will be asked for again. */
  readonly #queued = new Set<Subscription>();
  readonly #watchers = new Set<(link: Link) => void>();
  readonly #hearers = new Set<() => void>();
  readonly #complaints = new Set<(code: string, message: string) => void>();

  constructor(
    private readonly url: string,
    private readonly around: Surroundings = browser,
    private readonly backoff = new Backoff(),
  ) {
    this.#open();
    this.#watch();
  }

  /** How it is connected now. */
  get link(): Link {
    return this.#link;
  }

  /** Virtual now, ms. */
  now(): number {
    return this.clock.at(this.around.wall());
  }

  /** Calls at each change of the link, and once now. */
  onLink(watcher: (link: Link) => void): void {
    this.#watchers.add(watcher);
    watcher(this.#link);
  }

  /** Calls whenever the server says what time it is. */
  onClock(hearer: () => void): void {
    this.#hearers.add(hearer);
  }

  /** Calls for each `error` the server sends. */
  onError(complaint: (code: string, message: string) => void): void {
    this.#complaints.add(complaint);
  }

  /** Subscribes, or changes what the subscription of this id looks at. */
  subscribe(id: string, topic: Topic, receive: (payload: Payload) => void): void {
    const known = this.#subscriptions.get(id);
    if (known && known.topic.topic === topic.topic) {
      known.topic = topic;
      known.receive = receive;
      if (this.#isLive) this.#send(known.change());
      return;
    }
    if (known) this.#send({ op: "unsubscribe", id });
    const fresh = new Subscription(id, topic, receive);
    this.#subscriptions.set(id, fresh);
    if (this.#isLive) this.#send(fresh.begin());
  }

  /** Ends a subscription. */
  unsubscribe(id: string): void {
    if (this.#subscriptions.delete(id)) this.#send({ op: "unsubscribe", id });
  }

  /** Tries again at once, as when the browser says that the network is back. */
  retry(): void {
    if (this.#link.state === "lost") this.#open();
  }

  #open(): void {
    const attempt = ++this.#attempt;
    const socket = this.around.open(this.url, "skyhaul.v1.bin");
    const current = (): boolean => attempt === this.#attempt;
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    this.#incoming = null;
    this.#heard = this.around.wall();
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => current() && this.#hear(data);
    socket.onclose = () => current() && this.#lose();
  }

  #watch(): void {
    this.around.after(WATCH_MS, () => {
      const silent = this.around.wall() - this.#heard > SILENCE_MS;
      if (silent && this.#socket !== null) {
        this.#socket.close();
        this.#lose();
      }
      this.#watch();
    });
  }

  #lose(): void {
    const wait = this.backoff.next();
    const attempt = ++this.#attempt;
    this.#socket = null;
    this.#lostSince ??= this.around.wall();
    this.#change({ state: "lost", since: this.#lostSince, retryAt: this.around.wall() + wait });
    this.around.after(wait, () => attempt === this.#attempt && this.#open());
  }

  #change(link: Link): void {
    this.#link = link;
    for (const watcher of this.#watchers) watcher(link);
  }

  get #isLive(): boolean {
    return this.#link.state === "live" && this.#socket?.readyState === 1;
  }

  #send(message: object | null): void {
    if (message !== null && this.#isLive) this.#socket?.send(JSON.stringify(message));
  }

  #hear(data: string | ArrayBuffer): void {
    this.#heard = this.around.wall();
    if (typeof data === "string") this.#hearText(data);
    else this.#hearFrame(binaryOf(data));
  }

  #hearText(text: string): void {
    const said = textOf(text);
    switch (said?.type) {
      case "hello":
        return this.#tell(said.now, said.speed);
      case "gap": {
        // A whole picture follows and replaces everything, so there is nothing to do but to begin counting anew.
        const subscription = this.#subscriptions.get(said.id);
        if (subscription) subscription.seq = null;
        return;
      }
      case "error": {
        const refused = said.id === null ? undefined : this.#subscriptions.get(said.id);
        refused?.refuse();
        this.#send(refused?.due() ?? null);
        if (refused && said.code === "client_limit") this.#askAgain(refused);
        for (const complaint of this.#complaints) complaint(said.code, said.message);
      }
    }
  }

  /** Asks again after a while: another client may have left by then. */
  #askAgain(subscription: Subscription): void {
    if (this.#queued.has(subscription)) return;
    this.#queued.add(subscription);
    const attempt = this.#attempt;
    this.around.after(AGAIN_MS, () => {
      this.#queued.delete(subscription);
      const isWanted = this.#subscriptions.get(subscription.id) === subscription;
      if (isWanted && attempt === this.#attempt) this.#send(subscription.begin());
    });
  }

  #hearFrame(frame: BinaryFrame | null): void {
    if (frame === null) return;
    switch (frame.kind) {
      case "clock":
        return this.#tell(frame.now, frame.speed);
      case "view":
        this.#incoming = { view: frame, cells: [] };
        return this.#complete();
      case "cell":
        this.#incoming?.cells.push(frame);
        return this.#complete();
      case "counts":
        this.#subscriptions.get(frame.id)?.crowd(frame.answer);
        return this.#pass(frame.id, frame.seq, frame.first, frame);
      default:
        return this.#pass(frame.id, frame.seq, frame.first, frame);
    }
  }

  #tell(now: number, speed: number | null): void {
    this.clock.sync(now, speed, this.around.wall());
    for (const hear of this.#hearers) hear();
    if (this.#link.state === "live") return;
    this.backoff.reset();
    this.#lostSince = null;
    this.#change({ state: "live" });
    for (const subscription of this.#subscriptions.values()) this.#send(subscription.begin());
  }

  /** Takes the view that was coming, once all its cells are there. */
  #complete(): void {
    if (this.#incoming === null || this.#incoming.cells.length < this.#incoming.view.frames) return;
    const { view, cells } = this.#incoming;
    this.#incoming = null;
    const subscription = this.#subscriptions.get(view.id);
    if (!subscription) return;
    const change = subscription.take(view, cells);
    // Where no speed tells how fast time goes, what has happened tells that it came.
    for (const flight of change.flights) this.clock.reach(flight.departsAt, this.around.wall());
    this.#pass(view.id, view.seq, view.whole, { kind: "fleet", whole: view.whole, change });
  }

  #pass(id: string, seq: number, first: boolean, payload: Payload): void {
    const subscription = this.#subscriptions.get(id);
    if (!subscription) return;
    const lost = subscription.seq !== null && !first && seq !== subscription.seq + 1;
    subscription.seq = seq;
    subscription.receive(payload);
    if (lost) {
      // The server promises that this cannot happen; should it, a fresh picture is what helps.
      this.#send({ op: "unsubscribe", id });
      this.#send(subscription.startOver());
    } else this.#send(subscription.due());
  }
}
