import { clockTime, span } from "../page/words";

/** Virtual ms from when and until when a zone is in force; always where it does not say. */
function times({ properties }: GeoJSON.Feature): [number, number] {
  const at = (name: string, otherwise: number): number => (typeof properties?.[name] === "string" ? Date.parse(properties[name]) : otherwise);
  return [at("from", -Infinity), at("until", Infinity)];
}

/** Whether a zone is in force at virtual `now`. */
export function isActive(zone: GeoJSON.Feature, now: number): boolean {
  const [from, until] = times(zone);
  return now >= from && now < until;
}

/** When a zone is in force, in words. */
export function forceWords(zone: GeoJSON.Feature, now: number): string {
  const [from, until] = times(zone);
  if (now >= until) return "over";
  if (now < from) return `from ${clockTime(from)}, in ${span((from - now) / 1_000)}`;
  return until === Infinity ? "in force" : `in force until ${clockTime(until)}`;
}
