import { DRONE_STATES, type DroneState } from "../fleet/state";

/** Light or dark. */
export type Tone = "light" | "dark";

/** Colours of the states, after Okabe and Ito (2008): told apart with any colour vision, and by shape besides. `fleet.css` has the same. */
export const STATE_COLOURS: Readonly<Record<Tone, Readonly<Record<DroneState, string>>>> = {
  light: { toPickup: "#0072b2", toDropoff: "#e69f00", returning: "#009e73", idle: "#6f7a86", charging: "#cc79a7", failed: "#d55e00", maintenance: "#8c6d31", external: "#1b2430" },
  dark: { toPickup: "#56b4e9", toDropoff: "#e69f00", returning: "#1fbf8f", idle: "#8a95a1", charging: "#cc79a7", failed: "#f0703a", maintenance: "#c2a15c", external: "#f2f5f8" },
};

/** The colour of what the page no longer knows. */
export const STALE_COLOUR = "#8a929b";

/** A `#rrggbb` colour as three shares of one. */
export function rgb(colour: string): [number, number, number] {
  const value = Number.parseInt(colour.slice(1), 16);
  return [(value >> 16) / 255, ((value >> 8) & 255) / 255, (value & 255) / 255];
}

/** The states' colours and then the stale one, as a shader takes them. */
export function shaderColours(tone: Tone): Float32Array {
  return new Float32Array([...DRONE_STATES.map((state) => STATE_COLOURS[tone][state]), STALE_COLOUR].flatMap(rgb));
}

/** Colours of the street map. */
export interface GroundColours {
  readonly void: string;
  readonly earth: string;
  readonly green: string;
  readonly farm: string;
  readonly built: string;
  readonly care: string;
  readonly water: string;
  readonly building: string;
  readonly buildingEdge: string;
  readonly path: string;
  readonly street: string;
  readonly streetEdge: string;
  readonly road: string;
  readonly motorway: string;
  readonly roadEdge: string;
  readonly rail: string;
  readonly runway: string;
  readonly text: string;
  readonly textFaint: string;
  readonly halo: string;
  readonly zone: string;
  readonly area: string;
  readonly grid: string;
  readonly route: string;
}

/** The ground by tone: quiet, so that the drones are what is seen. */
export const GROUND: Readonly<Record<Tone, GroundColours>> = {
  light: {
    void: "#eef0f2",
    earth: "#f4f5f3",
    green: "#dcebd8",
    farm: "#eef1e4",
    built: "#ebebef",
    care: "#f3e9ec",
    water: "#bcd9ea",
    building: "#e3e3e3",
    buildingEdge: "#d3d4d6",
    path: "#e2e2de",
    street: "#ffffff",
    streetEdge: "#dcdee1",
    road: "#fffaf0",
    motorway: "#fbe7c2",
    roadEdge: "#d5cfc2",
    rail: "#c3c7cd",
    runway: "#d6d9de",
    text: "#37414c",
    textFaint: "#5d6873",
    halo: "#ffffff",
    zone: "#c0392b",
    area: "#0072b2",
    grid: "#d9dde2",
    route: "#1b2430",
  },
  dark: {
    void: "#0d1218",
    earth: "#141a21",
    green: "#16251f",
    farm: "#171f20",
    built: "#191f28",
    care: "#211c26",
    water: "#0f2b3d",
    building: "#1e2630",
    buildingEdge: "#2a3440",
    path: "#1f2730",
    street: "#2a333e",
    streetEdge: "#10151b",
    road: "#3a4350",
    motorway: "#4d4838",
    roadEdge: "#10151b",
    rail: "#38424e",
    runway: "#2c3641",
    text: "#cfd6dd",
    textFaint: "#93a0ad",
    halo: "#0d1218",
    zone: "#ff7b6b",
    area: "#56b4e9",
    grid: "#222b35",
    route: "#f2f5f8",
  },
};
