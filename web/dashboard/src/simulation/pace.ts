import type { Simulation } from "../api/model";
import { clockTime, span, speedWords } from "../page/words";

/** What an operator can do to the pace of time. */
export type Deed = { readonly do: "pause" | "resume" | "next" } | { readonly do: "step"; readonly by: string } | { readonly do: "speed"; readonly factor: number | "max" };

/** The speeds that are offered. */
export const SPEEDS: readonly (number | "max")[] = [0.1, 0.5, 1, 2, 5, 10, 60, 100, 500, 1_000, "max"];

/** The steps that are offered: a label, what it is called aloud, and by how much. */
export const STEPS: readonly { readonly label: string; readonly name: string; readonly deed: Deed }[] = [
  { label: "Next event", name: "Step to the next event", deed: { do: "next" } },
  { label: "+10 s", name: "+10 s: step by 10 seconds", deed: { do: "step", by: "10s" } },
  { label: "+1 min", name: "+1 min: step by 1 minute", deed: { do: "step", by: "1m" } },
];

/** What keeps an engine behind its clock, in words. */
const CAUSES: Readonly<Record<string, string>> = {
  hostDown: "its host is being rebuilt",
  journalStuck: "the journal cannot be written",
  storeSlow: "a store is slow",
  engineBusy: "there is more to do than the machine can",
};

/** How the simulation runs, in a few words. */
export function runsAs(simulation: Simulation): string {
  if (simulation.steppingTo !== null) return `Stepping to ${clockTime(Date.parse(simulation.steppingTo), true)}`;
  return simulation.paused ? "Paused" : `Running, ${speedWords(simulation.speed)}`;
}

/** What is wrong with the clock, or nothing. */
export function lagWords(simulation: Simulation): string {
  if (simulation.behindSince === null) return "";
  const cause = CAUSES[simulation.behindCause ?? ""] ?? "the engine cannot follow";
  const remedy = simulation.behindRemedy === "clockWaits" ? "Time goes slower until it follows" : "Events show late until it has caught up";
  return `The clock is ${span(simulation.behindS)} behind since ${clockTime(Date.parse(simulation.behindSince), true)}: ${cause}. ${remedy}; nothing is skipped.`;
}

/** The value of a speed in the list; a speed that is not offered is its own. */
export function speedValue(speed: number | null): string {
  return speed === null ? "max" : String(speed);
}

/** What a key asks for; nothing while a person types, or where the key already means something. */
export function deedOf(key: string, paused: boolean, busyWith: { readonly tag: string; readonly role: string | null; readonly editable: boolean }): Deed | null {
  const typing = busyWith.editable || ["INPUT", "TEXTAREA", "SELECT"].includes(busyWith.tag);
  if (typing) return null;
  const pressing = ["BUTTON", "A", "SUMMARY"].includes(busyWith.tag) || busyWith.role === "button";
  if (key === " " && !pressing) return { do: paused ? "resume" : "pause" };
  if (key === "." && paused) return { do: "next" };
  return null;
}
