/** How often the line of a route is cut anew where its drone is, ms. */
const ROUTE_MS = 300;

/** Frames for who asked the system for less motion, ms: positions, not movement. */
export const STILL_MS = 1_000;

const less = window.matchMedia("(prefers-reduced-motion: reduce)");

/** Whether the system asks for less motion. */
export function isStill(): boolean {
  return less.matches;
}

/** How often a route is redrawn, ms. */
export function routeMs(): number {
  return isStill() ? STILL_MS : ROUTE_MS;
}
