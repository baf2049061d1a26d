import { drawing } from "../page/element";
import type { DroneState } from "./state";

/** The icon of a state as the map draws it: colour and shape both tell it. */
export function stateIcon(state: DroneState, size = 18): SVGElement {
  const root = drawing("svg", { viewBox: "0 0 24 24", width: size, height: size, "aria-hidden": "true", class: `state-icon state-${state}` });
  const dart = "M12 2 20 21 12 16.5 4 21Z";
  if (state === "toPickup" || state === "toDropoff") root.append(drawing("path", { d: dart, fill: "currentColor" }));
  if (state === "toDropoff") root.append(drawing("rect", { x: 10, y: 10.5, width: 4, height: 4, class: "core" }));
  if (state === "returning") root.append(drawing("path", { d: dart, fill: "none", stroke: "currentColor", "stroke-width": 2.4, "stroke-linejoin": "round" }));
  if (state === "idle") root.append(drawing("circle", { cx: 12, cy: 12, r: 7, fill: "currentColor" }));
  if (state === "charging") {
    root.append(drawing("circle", { cx: 12, cy: 12, r: 9, fill: "currentColor" }), drawing("path", { d: "M13 5.5 8 13h3.2L11 18.5 16 11h-3.2Z", class: "core" }));
  }
  if (state === "failed") {
    root.append(drawing("circle", { cx: 12, cy: 12, r: 9, fill: "currentColor" }), drawing("path", { d: "M8.5 8.5 15.5 15.5M15.5 8.5 8.5 15.5", class: "core-line", "stroke-width": 2.6, "stroke-linecap": "round" }));
  }
  if (state === "maintenance") {
    root.append(drawing("circle", { cx: 12, cy: 12, r: 9, fill: "currentColor" }), drawing("path", { d: "M7.5 12H16.5", class: "core-line", "stroke-width": 2.6, "stroke-linecap": "round" }));
  }
  if (state === "external") root.append(drawing("path", { d: dart, fill: "currentColor" }), drawing("circle", { cx: 12, cy: 13, r: 2.6, class: "core" }));
  return root;
}
