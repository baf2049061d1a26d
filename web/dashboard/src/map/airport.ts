import type { LayerSpecification } from "maplibre-gl";
import type { GroundColours } from "./palette";

/** The source, the layer and the picture of airports. */
export const AIRPORTS = "airports";

/** Width and height of the picture, px, and how many of them are one of the page's. */
const PIXELS = 48;
const PIXEL_RATIO = 2;

/** An aircraft seen from above, 24 by 24. */
const OUTLINE = "M12 1.6c1 0 1.6 1.2 1.6 2.8v4.8l8 5v2.3l-8-2.5v4.4l2.5 1.8v2L12 21.1l-4.1 1.1v-2l2.5-1.8V14l-8 2.5v-2.3l8-5V4.4c0-1.6.6-2.8 1.6-2.8Z";

/** The picture, in which only what is opaque counts: the layer colours it. */
export function airportPicture(): { image: ImageData; options: { pixelRatio: number; sdf: true } } {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = PIXELS;
  const draw = canvas.getContext("2d");
  if (!draw) throw new Error("this browser draws no pictures");
  draw.scale(PIXELS / 24, PIXELS / 24);
  draw.fill(new Path2D(OUTLINE));
  return { image: draw.getImageData(0, 0, PIXELS, PIXELS), options: { pixelRatio: PIXEL_RATIO, sdf: true } };
}

/** Airports with their names, which go where there is no room. */
export function airportLayer(c: GroundColours): LayerSpecification {
  return {
    id: AIRPORTS,
    type: "symbol",
    source: AIRPORTS,
    layout: {
      "icon-image": AIRPORTS,
      "icon-size": 0.8,
      "text-field": ["get", "name"],
      "text-size": 12,
      "text-max-width": 9,
      "text-variable-anchor": ["top", "bottom", "left", "right"],
      "text-radial-offset": 1,
      "text-justify": "auto",
      "text-optional": true,
    },
    paint: { "icon-color": c.text, "icon-halo-color": c.halo, "icon-halo-width": 1, "text-color": c.text, "text-halo-color": c.halo, "text-halo-width": 1.4 },
  };
}
