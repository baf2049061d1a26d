import { AlertList } from "../alerts/list";
import { api } from "../api/client";
import type { Config } from "../api/model";
import { DeliveryList } from "../deliveries/list";
import { routeMs } from "../map/motion";
import { OrderForm, type End } from "../order/form";
import { FollowPanel } from "../order/follow";
import { Address } from "../page/address";
import { element } from "../page/element";
import { notice, Shell } from "../page/shell";
import { Tabs } from "../page/tabs";
import type { Theme } from "../page/tone";
import { TimeControls } from "../simulation/controls";
import type { Telemetry } from "../telemetry/connection";
import type { Payload } from "../telemetry/frame";
import type { Tracked } from "../track/tracker";
import { DepotMarkers } from "./depots";
import { DroneDetailsPanel } from "./details";
import { Figures } from "./figures";
import type { Ends, FleetMap } from "./fleet-map";
import { DroneList } from "./list";
import { fixOf, Roster } from "./roster";

/** How often text is redrawn, ms: twice a second reads as live and costs little. */
const TEXT_MS = 500;

/** How often the chart takes a figure, ms. */
const CHART_MS = 1_000;

/** How long a word of the service about its limits stays, ms. */
const SAID_MS = 8_000;

/** How often depots are asked for, ms. */
const DEPOTS_MS = 5_000;

/** How often zones are asked for, ms: they change by an operator's hand. */
const ZONES_MS = 60_000;

const NOWHERE: Ends = { pickup: null, dropoff: null };

/** The operator's page: the fleet on its map, counters, orders, deliveries and alerts. */
export class FleetPage {
  readonly #address = new Address();
  readonly #roster = new Roster();
  readonly #figures = new Figures((shown) => this.#filter(shown));
  readonly #list = new DroneList(this.#roster, (drone) => this.#choose(drone, true));
  readonly #alerts: AlertList;
  readonly #deliveries = new DeliveryList((delivery) => this.#follow(delivery, true));
  readonly #form: OrderForm;
  readonly #tabs: Tabs;
  readonly #cards = element("div", { class: "cards" });
  readonly #stage = element("div", { class: "map", role: "region", "aria-label": "Map of the fleet" });
  #map: FleetMap | null = null;
  #depots: DepotMarkers | null = null;
  #details: DroneDetailsPanel | null = null;
  #followed: FollowPanel | null = null;
  #following = false;
  #ends: Ends = NOWHERE;
  #speed: number | null = null;

  constructor(
    private readonly root: HTMLElement,
    private readonly config: Config,
    private readonly telemetry: Telemetry,
    private readonly theme: Theme,
  ) {
    this.#alerts = new AlertList({ unread: (count) => this.#tabs.badge("alerts", count), drone: (drone) => this.#choose(drone, true), delivery: (delivery) => this.#follow(delivery, true) });
    this.#form = new OrderForm({ picking: (end) => this.#map?.pickPlaces(end !== null), placed: (end, at) => this.#place(end, at), ordered: (delivery) => this.#follow(delivery, true) });
    this.#tabs = new Tabs(
      [
        { name: "fleet", label: "Fleet", content: element("div", { class: "stack" }, this.#figures.root, this.#list.root) },
        { name: "order", label: "Order", content: this.#form.root },
        { name: "deliveries", label: "Deliveries", content: this.#deliveries.root },
        { name: "alerts", label: "Alerts", content: this.#alerts.root },
      ],
      (tab) => this.#opened(tab),
    );
  }

  /** Builds the page; settles when the map is there, or is known not to come. */
  async open(): Promise<void> {
    const shell = new Shell(this.theme, this.config.scenario);
    shell.follow(this.telemetry);
    this.root.className = "fleet";
    const title = element("h1", { class: "visually-hidden" }, `The fleet in ${this.config.scenario}`);
    const time = new TimeControls();
    this.root.replaceChildren(shell.header, time.root, element("main", { class: "fleet-main" }, title, element("aside", { class: "side", "aria-label": "Fleet, orders and alerts" }, this.#tabs.root), this.#stage, this.#cards));
    this.#tabs.open(this.#address.state.tab ?? "fleet");
    this.telemetry.subscribe("stats", { topic: "stats", hz: 1 }, (payload) => payload.kind === "stats" && this.#figures.update(payload.stats));
    window.setInterval(() => this.#tick(), TEXT_MS);
    window.setInterval(() => this.#route(this.telemetry.now()), routeMs());
    window.setInterval(() => this.#figures.tick(), CHART_MS);
    this.telemetry.onError((code, message) => code.endsWith("_limit") && this.#say(message));
    this.telemetry.onClock(() => this.#heardTime(time));
    time.open();
    this.#list.onTyped = () => this.#tick();
    document.addEventListener("keydown", (event) => event.key === "Escape" && this.#escape());
    await this.#openMap();
    this.#restore();
    this.#address.onChange(() => this.#restore());
  }

  async #openMap(): Promise<void> {
    try {
      const [{ MapView }, { FleetMap }] = await Promise.all([import("../map/view"), import("./fleet-map")]);
      const view = new MapView({ container: this.#stage, area: this.config.area, tone: this.theme.tone, view: this.#address.state.view });
      this.#depots = new DepotMarkers(view);
      this.#map = new FleetMap(view, this.config, this.telemetry, this.#roster, this.theme, {
        drone: (drone) => this.#choose(drone, false),
        place: ({ latitude, longitude }) => this.#form.pick(latitude, longitude),
        moved: (at) => this.#address.set({ view: at }),
        dragged: () => this.#following && this.#details?.following(false),
      });
      this.#map.visibleBy(() => this.#figures.shown);
      this.#map.subscribe((payload) => this.#receive(payload));
      this.#poll(DEPOTS_MS, async () => {
        const depots = await api.depots();
        this.#form.offer(depots.map((depot) => depot.name));
        this.#depots?.update(depots);
      });
      this.#poll(ZONES_MS, async () => view.zones(await api.zones()));
      await view.ready;
    } catch {
      this.#stage.replaceChildren(notice("This browser shows no map (WebGL 2 is missing). Lists, orders and alerts work without."));
      this.telemetry.subscribe("fleet", { topic: "fleet", mode: "legs", hz: 1 }, (payload) => this.#receive(payload));
    }
  }

  /** Says over the map what the service refused, such as more drones than one view may hold. */
  #say(message: string): void {
    const said = notice(message);
    said.classList.add("map-said");
    this.#stage.querySelector(".map-said")?.remove();
    this.#stage.append(said);
    window.setTimeout(() => said.remove(), SAID_MS);
  }

  #poll(every: number, ask: () => Promise<void>): void {
    const again = (): void => {
      const asked = document.hidden ? Promise.resolve() : ask();
      void asked.catch(() => undefined).finally(() => window.setTimeout(again, every));
    };
    again();
  }

  #receive(payload: Payload): void {
    if (payload.kind === "fleet") this.#roster.apply(payload.change, payload.whole);
  }

  /** Asks how the simulation runs where its speed has changed, whoever changed it. */
  #heardTime(time: TimeControls): void {
    const { speed } = this.telemetry.clock;
    if (speed !== this.#speed) void time.refresh();
    this.#speed = speed;
  }

  #filter(shown: Figures["shown"]): void {
    this.#map?.show(shown);
    this.#tick();
  }

  #opened(tab: string): void {
    this.#address.set({ tab: tab === "fleet" ? null : tab });
    this.#alerts.opened(tab === "alerts");
    this.#deliveries.opened(tab === "deliveries");
    if (tab !== "order") this.#form.stopPicking();
  }

  #restore(): void {
    const { drone, delivery, tab } = this.#address.state;
    if (tab) this.#tabs.open(tab);
    if (drone !== (this.#details?.drone ?? null)) this.#choose(drone, false);
    if (delivery !== null && delivery !== this.#followed?.delivery) this.#follow(delivery, false);
  }

  /** Opens the panel of a drone, or closes it. */
  #choose(drone: string | null, go: boolean): void {
    if (drone === this.#details?.drone) {
      if (drone !== null && go) this.#goTo(drone);
      return;
    }
    this.#details?.stop();
    this.#details = null;
    this.#setFollowing(false);
    this.#address.set({ drone });
    if (drone !== null) {
      this.#details = new DroneDetailsPanel(drone, this.telemetry, { closed: () => this.#choose(null, false), follow: (on) => this.#setFollowing(on), delivery: (delivery) => this.#follow(delivery, true) });
      this.#cards.append(this.#details.root);
      if (go) this.#goTo(drone);
      this.#details.focus();
    }
    this.#tick();
  }

  #goTo(id: string): void {
    const drone = this.#roster.get(id) ?? this.#details?.seen;
    if (!drone) return;
    const { latitude, longitude } = fixOf(drone, this.telemetry.now());
    this.#map?.go(latitude, longitude);
  }

  #setFollowing(on: boolean): void {
    const start = on && !this.#following;
    this.#following = on;
    if (start) window.requestAnimationFrame(() => this.#keepUp());
  }

  #keepUp(): void {
    const seen = this.#details?.seen;
    if (!this.#following || !this.#map) return;
    if (seen) {
      const { latitude, longitude } = fixOf(seen, this.telemetry.now());
      this.#map.keep(latitude, longitude);
    }
    window.requestAnimationFrame(() => this.#keepUp());
  }

  /** Follows a delivery in a panel of its own. */
  #follow(delivery: string, focus: boolean): void {
    if (this.#followed?.delivery !== delivery) {
      this.#followed?.stop();
      let framed = false;
      this.#followed = new FollowPanel(delivery, this.telemetry, {
        closed: () => this.#unfollow(),
        drone: (drone) => this.#choose(drone, true),
        changed: (tracked) => {
          this.#showEnds(tracked);
          if (!framed && focus) this.#map?.view.frame([tracked.delivery.pickup, tracked.delivery.dropoff], 90);
          framed = true;
        },
      });
      this.#cards.prepend(this.#followed.root);
      this.#address.set({ delivery });
    }
    if (focus) this.#followed.focus();
  }

  #unfollow(): void {
    this.#followed?.stop();
    this.#followed = null;
    this.#ends = NOWHERE;
    this.#map?.ends(NOWHERE);
    this.#address.set({ delivery: null });
    this.#tick();
  }

  #showEnds({ delivery: { pickup, dropoff } }: Tracked): void {
    const same = this.#ends.pickup === pickup && this.#ends.dropoff === dropoff;
    this.#ends = { pickup, dropoff };
    if (!same) this.#map?.ends(this.#ends);
  }

  #place(end: End, at: { latitude: number; longitude: number } | null): void {
    this.#ends = { ...this.#ends, [end]: at && { altitude: 0, ...at } };
    this.#map?.ends(this.#ends);
  }

  #escape(): void {
    if (this.#map?.picking) this.#form.stopPicking();
    else if (this.#details) this.#choose(null, false);
    else if (this.#followed) this.#unfollow();
  }

  #tick(): void {
    const now = this.telemetry.now();
    const wall = performance.now();
    if (this.#tabs.opened === "fleet") this.#list.update(now, this.#figures.shown, this.#details?.drone ?? null);
    this.#details?.update(now, wall);
    this.#followed?.tick(now, wall);
  }

  #route(now: number): void {
    const view = this.#map?.view;
    if (!view) return;
    const tracked = this.#followed?.tracker.tracked;
    this.#map?.drones.select(this.#details?.drone ?? tracked?.flight?.leg.drone ?? null);
    if (this.#details) {
      const { flight, flown, drone } = this.#details;
      // A drone that was chosen in a list may be out of the map's subscription, and is drawn from its own.
      if (flight && !this.#roster.get(drone)) this.#map?.drones.set(drone, this.#details.seen ?? undefined);
      return view.route(flight && now < flight.arrivesAt + 1 ? flight : null, now, flown);
    }
    if (tracked?.flight) return view.route(tracked.flight, now, tracked.flown);
    view.route(null, now, tracked?.flown);
  }
}
