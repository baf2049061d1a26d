import { AlertList } from "../alerts/list";
import { api } from "../api/client";
import type { Config, Depot } from "../api/model";
import { findDelivery } from "../deliveries/find";
import { DeliveryTable } from "../deliveries/table";
import { boxOf } from "../map/box";
import { routeMs } from "../map/motion";
import { Wind } from "../map/wind";
import { OrderForm } from "../order/form";
import { Address, type Played } from "../page/address";
import { element } from "../page/element";
import { notice, Shell } from "../page/shell";
import { Tabs } from "../page/tabs";
import type { Theme } from "../page/tone";
import { clockTime } from "../page/words";
import { countsOf, dronesOf, type PastClock, type PastFlight } from "../playback/past";
import { Playback } from "../playback/panel";
import { TimeControls } from "../simulation/controls";
import type { Telemetry } from "../telemetry/connection";
import type { Payload } from "../telemetry/frame";
import { Outline } from "../zones/draw";
import { pointsOf, ZonesPanel } from "../zones/panel";
import { DepotPanel } from "./depot-panel";
import { DepotMarkers } from "./depots";
import { DroneDetailsPanel } from "./details";
import { Figures } from "./figures";
import { FilterBar, isFiltering, queryOf } from "./filters";
import type { FleetMap } from "./fleet-map";
import { Followed } from "./followed";
import { DroneList } from "./list";
import { deliveryOf, fixOf, isStale, Roster, type Drone } from "./roster";
import { PastCard } from "./past-card";
import { Search, type Meaning } from "./search";
import { DRONE_STATES } from "./state";

/** How often text is redrawn, ms: twice a second reads as live and costs little. */
const TEXT_MS = 500;

/** How long a word of the service about its limits stays, ms. */
const SAID_MS = 8_000;

/** How often depots are asked for, ms. */
const DEPOTS_MS = 5_000;

/** How often drones that fit the filter, and how well deliveries are made, are asked for, ms. */
const FILTER_MS = 3_000;

/** How often zones and the weather are asked for, ms: they change by an operator's hand, and by the hour. */
const ZONES_MS = 10_000;

/** The operator's page: the fleet on its map, counters, orders, deliveries and alerts. */
export class FleetPage {
  readonly #address = new Address();
  readonly #roster = new Roster();
  readonly #figures = new Figures((shown) => this.#filter(shown));
  readonly #filters = new FilterBar(() => this.#filtered());
  readonly #search = new Search({ typed: () => this.#typed(), wanted: (meaning) => this.#find(meaning), place: ({ location }) => this.#map?.go(location.latitude, location.longitude) });
  readonly #list = new DroneList((drone) => this.#choose(drone, true));
  readonly #alerts: AlertList;
  readonly #deliveries = new DeliveryTable({ chosen: (delivery) => this.#followed.follow(delivery, true), wanted: (text) => void this.#findDelivery(text), filtered: (deliveries) => this.#address.set({ deliveries }) });
  readonly #form: OrderForm;
  readonly #zones = new ZonesPanel({ changed: () => void this.#askZones().catch(() => undefined), shown: (zone) => this.#map?.view.frame(pointsOf(zone), 90) });
  readonly #tabs: Tabs;
  readonly #cards = element("div", { class: "cards" });
  readonly #stage = element("div", { class: "map", role: "region", "aria-label": "Map of the fleet" });
  readonly #wind = new Wind();
  readonly #playback = new Playback({ changed: (clock) => this.#goBack(clock), shown: (flights) => this.#flown(flights), went: (played) => this.#went(played), now: () => this.telemetry.now(), seen: (margin) => this.#map && boxOf(this.#map.view.map, margin), chosen: () => this.#chosen });
  /** The time that is played and who flew then, while the past is shown. */
  #past: { readonly clock: PastClock; drones: ReadonlyMap<string, Drone> } | null = null;
  #map: FleetMap | null = null;
  #depots: DepotMarkers | null = null;
  #depot: DepotPanel | null = null;
  #known: readonly Depot[] = [];
  #declared: GeoJSON.FeatureCollection | null = null;
  #details: DroneDetailsPanel | null = null;
  /** What stands in its place while the past is shown. */
  #then: PastCard | null = null;
  readonly #followed: Followed;
  #following = false;
  /** The drone that the map goes to as soon as it is known where that is. */
  #awaited: string | null = null;
  /** The drones that fit the filter; `null` where it leaves none out. */
  #only: ReadonlySet<string> | null = null;
  #speed: number | null = null;

  constructor(
    private readonly root: HTMLElement,
    private readonly config: Config,
    private readonly telemetry: Telemetry,
    private readonly theme: Theme,
  ) {
    this.#followed = new Followed(this.#cards, telemetry, { map: () => this.#map, drone: (drone) => this.#choose(drone, true), changed: (delivery) => this.#followedBy(delivery) });
    this.#alerts = new AlertList({ open: (count) => this.#tabs.badge("alerts", count), drone: (drone) => this.#choose(drone, true), delivery: (delivery) => this.#followed.follow(delivery, true) });
    this.#form = new OrderForm({ picking: (end) => this.#map?.pickPlaces(end !== null), placed: (end, at) => this.#followed.place(end, at), ordered: (delivery) => this.#followed.follow(delivery, true) }, config.ownerId);
    this.#tabs = new Tabs(
      [
        { name: "fleet", label: "Fleet", content: element("div", { class: "stack" }, this.#search.root, this.#figures.legend, this.#filters.root, this.#list.root, this.#figures.root) },
        { name: "order", label: "Order", content: this.#form.root },
        { name: "deliveries", label: "Deliveries", content: this.#deliveries.root },
        { name: "alerts", label: "Alerts", content: this.#alerts.root },
        { name: "zones", label: "Zones", content: this.#zones.root },
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
    this.#restoreLists();
    this.telemetry.subscribe("stats", { topic: "stats", hz: 1 }, (payload) => payload.kind === "stats" && this.#figures.update(payload.stats));
    window.setInterval(() => this.#tick(), TEXT_MS);
    window.setInterval(() => this.#route(this.telemetry.now()), routeMs());
    this.#poll(FILTER_MS, () => this.#askOnly());
    this.#poll(FILTER_MS, async () => this.#figures.perform(await api.performance()));
    this.telemetry.onError((code, message) => code.endsWith("_limit") && this.#say(message));
    this.telemetry.onClock(() => this.#heardTime(time));
    time.open();
    document.addEventListener("keydown", (event) => this.#key(event));
    this.#poll(DEPOTS_MS, () => this.#askDepots());
    this.#poll(ZONES_MS, () => this.#askZones());
    this.#poll(ZONES_MS, async () => this.#wind.update(await api.weather()));
    await this.#openMap();
    if (this.#map) time.extend(this.#playback.root);
    this.#restoreChoice();
    this.#address.onChange(() => {
      this.#restoreLists();
      this.#restoreChoice();
    });
  }

  async #openMap(): Promise<void> {
    try {
      const [{ MapView }, { FleetMap }] = await Promise.all([import("../map/view"), import("./fleet-map")]);
      const view = new MapView({ container: this.#stage, config: this.config, tone: this.theme.tone, view: this.#address.state.view, trouble: (words) => this.#say(words) });
      this.#depots = new DepotMarkers(view, (depot) => this.#chooseDepot(depot));
      this.#zones.drawOn(new Outline(view.map, (corners) => this.#zones.drawn(corners)));
      this.#map = new FleetMap(view, this.config, this.telemetry, this.#roster, this.theme, {
        drone: (drone) => this.#zones.drawing || this.#choose(drone, false),
        place: ({ latitude, longitude }) => this.#form.pick(latitude, longitude),
        moved: (at) => this.#address.set({ view: at }),
        dragged: () => this.#dragged(),
      });
      // What was answered before there was a map to show it on.
      this.#depots.update(this.#known);
      this.#map.only(this.#only);
      this.#map.visibleBy(() => this.#figures.shown);
      this.#map.subscribe((payload) => this.#receive(payload));
      this.#stage.append(this.#wind.root);
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
    else if (payload.kind === "counts") this.#roster.crowd();
    this.#figures.external(this.#roster.externals);
    this.#map?.crowd(payload.kind === "counts" ? payload : null);
  }

  /** Shows the past by its clock, or the present again. */
  #goBack(clock: PastClock | null): void {
    const chosen = this.#chosen;
    this.#choose(null, false);
    this.#past = clock && { clock, drones: new Map() };
    this.#map?.goBack(clock);
    this.#filters.hold(clock !== null);
    this.#choose(chosen, false, false);
    this.#tick();
  }

  #flown(flights: readonly PastFlight[]): void {
    if (this.#past) this.#past.drones = dronesOf(flights);
    this.#map?.flown(flights);
  }

  /** Another time of the past is shown, or it runs or stands now. */
  #went(played: Played | null): void {
    this.#address.set({ played });
    this.#tick();
  }

  /** Asks how the simulation runs where its speed has changed, whoever changed it. */
  #heardTime(time: TimeControls): void {
    const { speed } = this.telemetry.clock;
    if (speed !== this.#speed) void time.refresh();
    this.#speed = speed;
    this.#restorePast();
  }

  #filter(shown: Figures["shown"]): void {
    this.#map?.show(shown);
    this.#address.set({ hidden: DRONE_STATES.filter((state) => !shown.has(state)) });
    this.#tick();
  }

  #filtered(): void {
    this.#address.set({ drones: this.#filters.filter });
    void this.#askOnly().catch(() => undefined);
  }

  /** Asks which drones fit the filter. */
  async #askOnly(): Promise<void> {
    const { filter } = this.#filters;
    const only = isFiltering(filter) ? new Set(await api.droneIds(queryOf(filter))) : null;
    // Nothing to do where nothing is left out, or where a newer question is under way.
    if (filter !== this.#filters.filter || (only === null && this.#only === null)) return;
    this.#only = only;
    this.#map?.only(only);
    this.#tick();
  }

  async #askDepots(): Promise<void> {
    this.#known = await api.depots();
    const names = this.#known.map((depot) => depot.name);
    this.#form.offer(names);
    this.#filters.offer(names);
    this.#depots?.update(this.#known);
    const opened = this.#known.find((depot) => depot.name === this.#depot?.name);
    if (opened) this.#depot?.update(opened);
    else if (this.#address.state.depot !== null) this.#chooseDepot(this.#address.state.depot, false);
  }

  async #askZones(): Promise<void> {
    this.#declared = await api.zones();
    this.#zones.update(this.#declared.features, this.telemetry.now());
    this.#tick();
  }

  /** Opens the panel of a depot, as soon as that is known, or closes it. */
  #chooseDepot(name: string | null, focus = true): void {
    this.#depot?.root.remove();
    this.#depot = null;
    this.#address.set({ depot: name });
    const depot = this.#known.find((known) => known.name === name);
    if (!depot) return;
    this.#depot = new DepotPanel(depot, { closed: () => this.#chooseDepot(null), changed: () => void this.#askDepots().catch(() => undefined), filter: (only) => this.#onlyOf(only) });
    this.#cards.prepend(this.#depot.root);
    if (focus) this.#depot.focus();
  }

  #typed(): void {
    this.#address.set({ find: this.#search.text || null });
    this.#tick();
  }

  #onlyOf(depot: string): void {
    this.#filters.set({ ...this.#filters.filter, depot });
    this.#tabs.open("fleet");
    this.#filtered();
  }

  /** Goes to what a search means. */
  #find(meaning: Meaning): void {
    if (meaning === null) return this.#say("No place of this name is known.");
    if (meaning.kind === "point") this.#map?.go(meaning.latitude, meaning.longitude);
    else if (meaning.kind === "drone") this.#choose(meaning.name, true);
    else if (meaning.kind === "delivery") void this.#findDelivery(meaning.name);
  }

  /** Follows the delivery of an id, or of one that begins so. */
  async #findDelivery(text: string): Promise<void> {
    const flown = [...this.#roster.all()].flatMap((drone) => deliveryOf(drone) ?? []);
    const found = await findDelivery(text, [...this.#deliveries.listed, ...flown]);
    if ("delivery" in found) this.#followed.follow(found.delivery, true);
    else this.#say(found.said);
  }

  /** A person moved the map: it goes nowhere by itself. */
  #dragged(): void {
    this.#awaited = null;
    if (this.#following) this.#details?.following(false);
  }

  #key(event: KeyboardEvent): void {
    const target = event.target instanceof HTMLElement ? event.target : document.body;
    const typing = target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.key === "Escape") this.#escape();
    else if (typing) return;
    else if (event.key === "/") {
      event.preventDefault();
      this.#tabs.open("fleet");
      this.#search.focus();
    } else if (event.key === "f") this.#details?.following(!this.#following);
  }

  #opened(tab: string): void {
    this.#address.set({ tab: tab === "fleet" ? null : tab });
    this.#deliveries.opened(tab === "deliveries");
    if (tab !== "order") this.#form.stopPicking();
    if (tab !== "zones") this.#zones.stop();
  }

  /** Takes from the address what is listed and in which tab, before anything is asked for that it leaves out. */
  #restoreLists(): void {
    const { tab, find, hidden, drones, deliveries } = this.#address.state;
    this.#search.set(find ?? "");
    this.#figures.hide(hidden);
    this.#filters.set(drones);
    this.#deliveries.set(deliveries);
    void this.#askOnly().catch(() => undefined);
    this.#tabs.open(tab ?? "fleet");
  }

  /** Takes from the address which time is shown, and which drone, delivery and depot are chosen. */
  #restoreChoice(): void {
    const { drone, delivery, depot } = this.#address.state;
    this.#restorePast();
    if (depot !== (this.#depot?.name ?? null)) this.#chooseDepot(depot, false);
    if (drone !== this.#chosen) this.#choose(drone, false);
    if (delivery !== null && delivery !== this.#followed.delivery) this.#followed.follow(delivery, false);
  }

  /** The drone whose panel is open. */
  get #chosen(): string | null {
    return (this.#then ?? this.#details)?.drone ?? null;
  }

  /** Takes from the address which time of the past is shown, once it is known what time it is. */
  #restorePast(): void {
    if (this.#map && this.telemetry.clock.known) this.#playback.show(this.#address.state.played);
  }

  /** Opens the panel of a drone, or closes it. */
  #choose(drone: string | null, go: boolean, focus = true): void {
    if (drone === this.#chosen) {
      if (drone !== null && go) this.#goTo(drone);
      return;
    }
    (this.#then ?? this.#details)?.stop();
    this.#details = this.#then = null;
    this.#awaited = null;
    this.#setFollowing(false);
    this.#address.set({ drone });
    if (drone !== null) {
      const panel = this.#past ? (this.#then = this.#cardOf(drone)) : (this.#details = this.#detailsOf(drone));
      this.#cards.append(panel.root);
      if (go) this.#goTo(drone);
      if (focus) panel.focus();
    }
    this.#tick();
  }

  #cardOf(drone: string): PastCard {
    return new PastCard(drone, { closed: () => this.#choose(null, false), delivery: (delivery) => this.#followed.follow(delivery, true) });
  }

  #detailsOf(drone: string): DroneDetailsPanel {
    return new DroneDetailsPanel(drone, this.telemetry, { closed: () => this.#choose(null, false), follow: (on) => this.#setFollowing(on), heard: () => this.#awaited === drone && this.#goTo(drone), delivery: (delivery) => this.#followed.follow(delivery, true) });
  }

  /** Goes to a drone; to one out of view once its panel has heard where it is. */
  #goTo(id: string): void {
    const drone = this.#past ? this.#past.drones.get(id) : (this.#roster.get(id) ?? this.#details?.seen);
    this.#awaited = drone ? null : id;
    if (!drone) return;
    const { latitude, longitude } = fixOf(drone, this.#past?.clock.now() ?? this.telemetry.now());
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

  /** Another delivery is followed, or none. */
  #followedBy(delivery: string | null): void {
    this.#address.set({ delivery });
    this.#deliveries.mark(delivery);
    this.#tick();
  }

  #escape(): void {
    if (this.#zones.drawing) this.#zones.stop();
    else if (this.#map?.picking) this.#form.stopPicking();
    else if (this.#depot) this.#chooseDepot(null);
    else if (this.#chosen !== null) this.#choose(null, false);
    else if (this.#followed.delivery !== null) this.#followed.stop();
  }

  #tick(): void {
    const now = this.telemetry.now();
    const wall = performance.now();
    this.#figures.tick(now);
    this.#drones(now);
    this.#details?.show(this.#roster.get(this.#details.drone)?.stands ?? null);
    this.#details?.update(now, wall);
    this.#followed.tick(now, wall);
    const zones = (this.#past && this.#playback.zones) ?? this.#declared;
    if (zones) this.#map?.view.zones(zones, this.#past?.clock.now() ?? now);
  }

  /** Counts and lists the drones: those in view, or those that flew at the time that is played. */
  #drones(now: number): void {
    const past = this.#past;
    const at = past?.clock.now() ?? now;
    if (past && this.#then) this.#then.update(past.drones.get(this.#then.drone), at);
    this.#figures.back(past && { counts: countsOf(past.drones.values()), time: clockTime(at, true) });
    if (this.#tabs.opened !== "fleet") return;
    const listed = past ? { drones: past.drones.values(), crowded: false, where: this.#playback.isNarrow ? "in the air near here then" : "in the air then", isStale: () => false } : { drones: this.#roster.all(), crowded: this.#roster.crowded, where: "in view", isStale: (drone: Drone) => isStale(drone, now, this.telemetry.clock.speed) };
    this.#list.update(listed, at, this.#figures.shown, past ? null : this.#only, this.#search.text, this.#chosen);
  }

  #route(now: number): void {
    const view = this.#map?.view;
    if (!view) return;
    if (this.#past) {
      this.#map?.drones.select(this.#map.flownBy(this.#chosen));
      return view.route(this.#past.drones.get(this.#chosen ?? "")?.flight ?? null, this.#past.clock.now());
    }
    const { tracked } = this.#followed;
    this.#map?.drones.select(this.#details?.drone ?? tracked?.flight?.drone ?? null);
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
