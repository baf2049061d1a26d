import type { LayerSpecification, SourceSpecification } from "maplibre-gl";
import { PMTiles, TileType } from "pmtiles";
import type { BasemapConfig } from "../api/model";
import { Archive } from "./archive";
import { styleMap, type GivenStyle } from "./given";
import { GROUND, type Tone } from "./palette";
import { BUILT_IN, hasStreets, landOf, openLayers } from "./streets";

/** The name of the base map's source. */
export const SOURCE = "streets";

/** What lies below drones and zones, besides the plain ground. */
export interface Basemap {
  readonly sources: Readonly<Record<string, SourceSpecification>>;
  /** Its layers in a tone. */
  readonly layers: (tone: Tone) => LayerSpecification[];
  /** Files that are read by ranges. */
  readonly archive: string | null;
  /** Pictures that its layers name. */
  readonly sprites: readonly { readonly id: string; readonly url: string }[];
  /** Where its fonts are; `null` where all are the reader's own. */
  readonly glyphs: string | null;
}

/** Only the plain ground. */
export const PLAIN: Basemap = { sources: {}, layers: () => [], archive: null, sprites: [], glyphs: null };

const PICTURES: readonly TileType[] = [TileType.Png, TileType.Jpeg, TileType.Webp, TileType.Avif];

function archived(url: string, attribution: string, layers: (tone: Tone) => LayerSpecification[]): Basemap {
  return { ...PLAIN, sources: { [SOURCE]: { type: "vector", url: `pmtiles://${url}`, attribution } }, layers, archive: url };
}

/** What an archive that somebody brought is drawn by: pictures as they are, streets by the scheme whose layers it has. */
export function archiveMap(url: string, type: TileType, attribution: string, layerNames: readonly string[]): Basemap {
  if (PICTURES.includes(type)) {
    const source: SourceSpecification = { type: "raster", url: `pmtiles://${url}`, tileSize: 256, attribution };
    const layers = (tone: Tone): LayerSpecification[] => [{ id: "pictures", type: "raster", source: SOURCE, paint: { "raster-brightness-max": tone === "dark" ? 0.45 : 1, "raster-saturation": tone === "dark" ? -0.4 : -0.2 } }];
    return { ...PLAIN, sources: { [SOURCE]: source }, layers, archive: url };
  }
  const isOpenMapTiles = layerNames.includes("transportation");
  return archived(url, attribution, (tone) => (isOpenMapTiles ? openLayers(GROUND[tone]) : landOf(GROUND[tone])));
}

async function fetchedStyle(address: string): Promise<Basemap> {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`its address answered ${answer.status}`);
  return styleMap((await answer.json()) as GivenStyle, answer.url || address);
}

/** The base map of a service: what its operator brought, else the built-in streets where they reach, else the plain ground. Throws where what was brought cannot be read. */
export async function basemapOf(config: BasemapConfig | null, latitude: number, longitude: number): Promise<Basemap> {
  if (config?.tiles) {
    const archive = new PMTiles(new Archive(config.tiles));
    const [{ tileType }, metadata] = [await archive.getHeader(), (await archive.getMetadata()) as { attribution?: string; vector_layers?: { id: string }[] }];
    return archiveMap(config.tiles, tileType, metadata.attribution ?? "", (metadata.vector_layers ?? []).map(({ id }) => id));
  }
  if (config?.style) return fetchedStyle(config.style);
  return hasStreets(latitude, longitude) ? archived(BUILT_IN.url, BUILT_IN.attribution, (tone) => landOf(GROUND[tone])) : PLAIN;
}
