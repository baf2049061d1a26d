import type { Map as LibreMap } from "maplibre-gl";
import type { Basemap } from "./basemap";
import { GIVEN } from "./given";
import type { Tone } from "./palette";
import { ABOVE_GROUND } from "./style";

/** What of a map a base map is laid on. */
export type Ground = Pick<LibreMap, "addLayer" | "addSource" | "addSprite" | "getLayer" | "getSource" | "removeLayer" | "removeSource" | "setGlyphs">;

/** Names that are said of those that are left out. */
const NAMED_MAX = 3;

/** Puts a base map below what is shown already. Answers with the layers that the map does not understand, which are left out; throws, with nothing laid, where it cannot be shown at all. */
export function lay(map: Ground, { sources, layers, sprites, glyphs }: Basemap, tone: Tone): string[] {
  const wanted = layers(tone);
  try {
    // Fonts that are not to be had there are drawn as the reader has them.
    if (glyphs !== null) map.setGlyphs(glyphs);
    for (const { id, url } of sprites) map.addSprite(id, url);
    for (const [name, source] of Object.entries(sources)) {
      map.addSource(name, source);
      if (!map.getSource(name)) throw new Error(`its source ${name.replace(GIVEN, "")} is not understood`);
    }
    for (const layer of wanted) map.addLayer(layer, ABOVE_GROUND);
    const left = wanted.filter(({ id }) => !map.getLayer(id)).map(({ id }) => id.replace(GIVEN, ""));
    if (wanted.length > 0 && left.length === wanted.length) throw new Error("none of its layers is understood");
    return left;
  } catch (problem) {
    for (const { id } of wanted) if (map.getLayer(id)) map.removeLayer(id);
    for (const name of Object.keys(sources)) if (map.getSource(name)) map.removeSource(name);
    if (glyphs !== null) map.setGlyphs(null);
    throw problem;
  }
}

/** What is said of layers that are left out. */
export function leftOutWords(left: readonly string[]): string {
  const more = left.length > NAMED_MAX ? ` and ${left.length - NAMED_MAX} more` : "";
  return `The base map is shown without layers that this map does not understand: ${left.slice(0, NAMED_MAX).join(", ")}${more}.`;
}
