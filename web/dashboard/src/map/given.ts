import type { LayerSpecification, SourceSpecification, SpriteSpecification } from "maplibre-gl";
import type { Basemap } from "./basemap";

/** What a style that somebody else serves is made of, as far as it is taken. */
export interface GivenStyle {
  readonly sources?: Readonly<Record<string, SourceSpecification>>;
  readonly layers?: readonly LayerSpecification[];
  readonly sprite?: SpriteSpecification;
  readonly glyphs?: string;
}

/** Names of what is given begin so: a style may name its sources and layers as the page names its own. */
export const GIVEN = "given-";

/** An address as a style says it, from where the style itself is; what the map fills in, such as `{z}`, stays. */
export function absolute(address: string, base: string): string {
  const archive = "pmtiles://";
  if (address.startsWith(archive)) return archive + absolute(address.slice(archive.length), base);
  if (/^[a-z][a-z0-9+.-]*:/i.test(address)) return address;
  return new URL(address, base).href.replaceAll("%7B", "{").replaceAll("%7D", "}");
}

/** A source whose addresses are absolute. */
function placed(source: SourceSpecification, base: string): SourceSpecification {
  const fields = Object.entries(source).map(([name, value]: [string, unknown]) => {
    if ((name === "url" || name === "data") && typeof value === "string") return [name, absolute(value, base)];
    if ((name === "tiles" || name === "urls") && Array.isArray(value)) return [name, value.map((each) => absolute(String(each), base))];
    return [name, value];
  });
  return Object.fromEntries(fields) as SourceSpecification;
}

function renamed(layer: LayerSpecification): LayerSpecification {
  return { ...layer, id: GIVEN + layer.id, ...("source" in layer ? { source: GIVEN + layer.source } : {}) } as LayerSpecification;
}

/** A style that somebody else serves at `base`: its sources, layers, icons and fonts, below what is ours. Throws where it is no style. */
export function styleMap({ sources = {}, layers, sprite, glyphs }: GivenStyle, base: string): Basemap {
  if (!Array.isArray(layers)) throw new Error("it is no style: it has no layers");
  // Its own ground is left out: ours changes with the tone.
  const shown = layers.filter((layer) => layer.type !== "background").map(renamed);
  const sprites = typeof sprite === "string" ? [{ id: "default", url: sprite }] : (sprite ?? []);
  return {
    sources: Object.fromEntries(Object.entries(sources).map(([name, source]) => [GIVEN + name, placed(source, base)])),
    layers: () => shown,
    archive: null,
    sprites: sprites.map(({ id, url }) => ({ id, url: absolute(url, base) })),
    glyphs: glyphs === undefined ? null : absolute(glyphs, base),
  };
}
